import Settings

/// A quadratic form of m vectors, ½Σ_ik g_ik⟨θ_i, θ_k⟩, with G symmetric, positive semidefinite and g_ik = 0 for |i − k| ≥ width.
///
/// The vectors lie one after the other in a `Vector`. The form is computed as a sum over pairs, −½Σ_{i>k} g_ik‖θ_i − θ_k‖² + ½Σ_i r_i‖θ_i‖² with r_i = Σ_k g_ik. If it measures differences, so that all r_i are zero, no
/// digits are lost when all vectors are nearly equal. The form never changes after it is made, and any number of threads may use it.
package final class BandForm: @unchecked Sendable {
  package let order: Int
  package let width: Int
  private let buffer: Buffer
  /// Row i: g_{i,i−width+1} … g_ii; then all r_i.
  private let entries: UnsafeMutablePointer<Double>
  private let sums: UnsafeMutablePointer<Double>

  /// - Parameters:
  ///   - order: m, at least 1.
  ///   - width: entries from the diagonal on that may differ from zero; `order` for a full matrix.
  ///   - fill: adds to entries (row, column) with column ≤ row < column + width, which begin as zeros.
  /// - Throws: `memory`.
  package init(order: Int, width: Int, _ fill: (_ add: (_ row: Int, _ column: Int, _ value: Double) -> Void) -> Void) throws(Failure) {
    precondition(order >= 1 && width >= 1, "a form of no vectors")
    self.order = order
    let width = min(width, order)
    self.width = width
    let (count, overflow) = order.multipliedReportingOverflow(by: width + 1)
    buffer = try Buffer(count: overflow ? Int.max : count, precision: .float64)
    let entries = buffer.base.assumingMemoryBound(to: Double.self)
    self.entries = entries
    sums = entries + order * width
    entries.initialize(repeating: 0, count: count)
    fill { row, column, value in entries[row * width + column - row + width - 1] += value }
    let watch = Watch.current
    for i in 0..<order where !watch.isOver {
      for k in max(0, i - width + 1)...i {
        sums[i] += self[i, k]
        if k < i { sums[k] += self[i, k] }
      }
    }
    // A sum that differs from zero only by rounding is set to zero.
    for i in 0..<order where abs(sums[i]) <= 16 * Double(width) * Double.ulpOfOne * self[i, i] { sums[i] = 0 }
  }

  /// g_{row,column} with column ≤ row < column + width.
  package subscript(row: Int, column: Int) -> Double { entries[row * width + column - row + width - 1] }

  /// The form's value times `strength`; its gradient, strength·Gθ, is added to `gradient`.
  /// - Parameter theta: order × size numbers, one vector after the other; the gradient likewise.
  /// - Cost: `width` passes over θ for the value, as many for the gradient; allocates nothing.
  package func accumulate(_ theta: Vector, strength: Double, addingTo gradient: Vector?) -> Double {
    let size = theta.count / order
    func part(_ vector: Vector, _ i: Int) -> Vector { vector[i * size..<(i + 1) * size] }
    var energy = 0.0
    for i in 0..<order {
      if sums[i] != 0 { energy += sums[i] * sumOfSquares(part(theta, i)) }
      if let gradient, self[i, i] != 0 { axpy(strength * self[i, i], part(theta, i), addingTo: part(gradient, i)) }
      for k in max(0, i - width + 1)..<i where self[i, k] != 0 {
        energy -= self[i, k] * squaredDistance(part(theta, i), part(theta, k))
        guard let gradient else { continue }
        axpy(strength * self[i, k], part(theta, k), addingTo: part(gradient, i))
        axpy(strength * self[i, k], part(theta, i), addingTo: part(gradient, k))
      }
    }
    return 0.5 * strength * energy
  }

  /// Numbers of memory that `solve` works in.
  package var workspaceCount: Int { order * width }

  /// x ← (strength·G + shift·I)⁻¹x by the factorization LDLᵀ of the band (Golub & Van Loan 2013, "Matrix computations", §4.3.5), each step of which is one of whole vectors.
  /// - Parameters:
  ///   - x: as `theta` of `accumulate`; overwritten.
  ///   - shift: > 0.
  ///   - workspace: `workspaceCount` Doubles.
  /// - Cost: 2·`width` passes over x, and order·width² operations; allocates nothing.
  package func solve(_ x: Vector, strength: Double, shift: Double, workspace: Vector) {
    precondition(shift > 0 && workspace.count >= workspaceCount && workspace.precision == .float64, "a band is solved with a shift, in memory of its size")
    let factors = workspace.base.assumingMemoryBound(to: Double.self)
    let width = width
    func at(_ row: Int, _ column: Int) -> Int { row * width + column - row + width - 1 }
    for i in 0..<order {
      let start = max(0, i - width + 1)
      // L·D in place: row i holds l_ik·d_k until it is divided.
      for k in start...i {
        var sum = strength * self[i, k] + (i == k ? shift : 0)
        for j in max(start, k - width + 1)..<k { sum -= factors[at(i, j)] * (i == k ? factors[at(i, j)] / factors[at(j, j)] : factors[at(k, j)]) }
        factors[at(i, k)] = sum
      }
      for k in start..<i { factors[at(i, k)] /= factors[at(k, k)] }
    }
    let size = x.count / order
    func part(_ i: Int) -> Vector { x[i * size..<(i + 1) * size] }
    let watch = Watch.current
    for i in 0..<order where !watch.isOver {
      for k in max(0, i - width + 1)..<i { axpy(-factors[at(i, k)], part(k), addingTo: part(i)) }
    }
    for i in stride(from: order - 1, through: 0, by: -1) where !watch.isOver {
      scale(1 / factors[at(i, i)], part(i))
      for k in stride(from: i + 1, to: min(order, i + width), by: 1) { axpy(-factors[at(k, i)], part(k), addingTo: part(i)) }
    }
  }
}
