import Glibc
import Settings

/// Factors t_i = c/(r_i + ε) for the rows of a matrix or the output channels of a convolution W, r_i = Σ_j |WWᵀ|_ij q_j/q_i, with their derivatives.
///
/// Source: Araujo et al. 2023 (SDP-based Lipschitz layers, arXiv:2303.03169). For every W and all q > 0, ‖diag(r)^{−½}W‖ ≤ 1: diag(r)^{−½}WWᵀdiag(r)^{−½} has the eigenvalues of diag(q)⁻¹diag(r)⁻¹WWᵀdiag(q), whose
/// rows sum to 1 in absolute value. A larger r keeps that, so ε = 2⁻¹⁰ bounds t where a row of W vanishes.
///
/// For a convolution r_i = Σ_j q_j/q_i Σ_δ |Σ_{c,u} k[i,c,u+δ]·k[j,c,u]|, over the shifts δ of the kernels that stride and dilation allow. These are the row sums on a plane without edges. Zero padding, a part of the outputs and
/// strides restrict the rows and columns of that convolution; a periodic image sums shifts that coincide. Both keep the bound. Padding that shows a pixel several times does not (`convolutionPaddingNorm`): by pixels at the
/// edge, and periodic padding so wide that results repeat around the torus.
///
/// q = exp s with s clamped to ±20, so that quotients of scales stay finite. Sums are Doubles. A row whose sum overflows has t = 0.
package struct RowSums: Sendable {
  /// The numbers t_i: outputs of a matrix, or output channels.
  package let rows: Int
  private let inputs: Int
  private let groups: Int
  private let vertical: Axis
  private let horizontal: Axis

  /// ε.
  package static let floor = 0x1p-10
  /// The largest |s|.
  package static let largestLogScale = 20.0

  /// The taps of a kernel along an axis, and the step of the shifts for which two outputs read the same pixel.
  private struct Axis: Sendable {
    var taps = 1
    var step = 1

    /// Shifts are multiples of stride / gcd(stride, dilation) taps.
    init(_ extent: ConvolutionExtent) {
      var (a, b) = (extent.stride, extent.dilation)
      while b != 0 { (a, b) = (b, a % b) }
      (taps, step) = (extent.kernel, extent.stride / a)
    }

    init() {}

    var shifts: StrideThrough<Int> { stride(from: -((taps - 1) / step) * step, through: (taps - 1) / step * step, by: step) }
    /// The taps u of the right factor for which u + shift is a tap as well.
    func overlap(_ shift: Int) -> Range<Int> { max(0, -shift)..<taps - max(0, shift) }
  }

  /// The rows of a matrix of outputs × inputs.
  package init(outputs: Int, inputs: Int) {
    (rows, self.inputs, groups, vertical, horizontal) = (outputs, inputs, 1, Axis(), Axis())
  }

  /// The output channels of a convolution.
  /// - Throws: `.incompatible` for padding with which the bound does not hold.
  package init(_ geometry: ConvolutionGeometry) throws(Failure) {
    let (v, h) = (geometry.vertical, geometry.horizontal)
    guard convolutionPaddingNorm(geometry) == 1 else {
      let reason = geometry.padding == .periodic ? "is so wide here that results repeat around the torus" : "uses pixels at the edge several times"
      throw Failure(.incompatible, "row sums bound a convolution with zero or periodic padding that keeps the size; padding \(geometry.padding.name) \(reason), which can exceed the bound")
    }
    (rows, inputs, groups, vertical, horizontal) = (geometry.outputChannels, geometry.inputChannels / geometry.groups, geometry.groups, Axis(v), Axis(h))
  }

  private var taps: Int { vertical.taps * horizontal.taps }
  private var weightCount: Int { rows * inputs * taps }
  /// Whether the inputs of a tap are neighbors in the tensor.
  private var isArranged: Bool { taps == 1 || inputs == 1 }

  /// Numbers of work memory that each function needs.
  package var memoryCount: Int { 2 * rows + (isArranged ? 0 : 2 * weightCount) }

  /// t from W and s.
  ///
  /// - Parameters: weights: the tensor; logScales, factors: `rows` numbers; memory: `memoryCount` numbers. All have one precision.
  /// - Cost: rows²/groups inner products of a row's weights, times the number of shifts.
  package func make(_ weights: Vector, logScales s: Vector, numerator c: Double, into factors: Vector, memory: Vector) {
    let w = arrange(weights, into: 0, memory)
    let q = makeScales(s, memory)
    let watch = Watch.current
    for i in 0..<rows where !watch.isOver {
      var sum = Self.floor
      for j in partners(of: i) {
        var size = 0.0
        forEachShift { size += abs(correlation(w, i, w, j, $0, $1)) }
        sum += size * (q.load(j) / q.load(i))
      }
      factors.store(sum.isFinite ? c / sum : 0, at: i)
    }
  }

  /// The tangent of t for the tangents of W and s.
  package func makeDirection(
    _ weightDirection: Vector, logScaleDirection: Vector, at weights: Vector, logScales s: Vector, factors: Vector, numerator c: Double,
    into direction: Vector, memory: Vector
  ) {
    let (w, dw) = (arrange(weights, into: 0, memory), arrange(weightDirection, into: 1, memory))
    let q = makeScales(s, memory)
    let watch = Watch.current
    for i in 0..<rows where !watch.isOver {
      var change = 0.0
      for j in partners(of: i) {
        var (size, sum) = (0.0, 0.0)
        forEachShift { dy, dx in
          let value = correlation(w, i, w, j, dy, dx)
          size += abs(value)
          let moved = correlation(dw, i, w, j, dy, dx) + correlation(w, i, dw, j, dy, dx)
          sum += value > 0 ? moved : value < 0 ? -moved : 0
        }
        change += (sum + size * (slope(s, j) * logScaleDirection.load(j) - slope(s, i) * logScaleDirection.load(i))) * (q.load(j) / q.load(i))
      }
      let t = factors.load(i)
      direction.store(t == 0 ? 0 : -t * t * change / c, at: i)
    }
  }

  /// The transpose of `makeDirection`: adds the cotangent of W to `weightGradient`, and turns that of t into that of s, in place.
  package func pullBack(
    _ gradient: Vector, addingTo weightGradient: Vector, at weights: Vector, logScales s: Vector, factors: Vector, numerator c: Double, memory: Vector
  ) {
    let w = arrange(weights, into: 0, memory)
    let dw = isArranged ? weightGradient : arranged(1, memory)
    if !isArranged { fill(dw, 0) }
    let (q, ds) = (makeScales(s, memory), memory[rows..<2 * rows])
    fill(ds, 0)
    let watch = Watch.current
    // First the cotangents of r.
    for i in 0..<rows {
      let t = factors.load(i)
      gradient.store(t == 0 ? 0 : -gradient.load(i) * t * t / c, at: i)
    }
    for i in 0..<rows where !watch.isOver {
      for j in partners(of: i) where j >= i {
        // r_i and r_j contain the same correlations, each with its own quotient of scales.
        let (here, there) = (gradient.load(i) * (q.load(j) / q.load(i)), i == j ? 0 : gradient.load(j) * (q.load(i) / q.load(j)))
        var size = 0.0
        forEachShift { dy, dx in
          let value = correlation(w, i, w, j, dy, dx)
          size += abs(value)
          let factor = value > 0 ? here + there : value < 0 ? -(here + there) : 0
          guard factor != 0 else { return }
          forEachSegment(i, j, dy, dx) { left, right, count in
            axpy(factor, w[right..<right + count], addingTo: dw[left..<left + count])
            axpy(factor, w[left..<left + count], addingTo: dw[right..<right + count])
          }
        }
        // Sums that overflowed have no cotangent.
        guard i != j, here != there else { continue }
        ds.store(ds.load(i) - (here - there) * size, at: i)
        ds.store(ds.load(j) + (here - there) * size, at: j)
      }
    }
    for i in 0..<rows { gradient.store(slope(s, i) * ds.load(i), at: i) }
    if !isArranged { add(dw, to: weightGradient) }
  }

  /// The rows of the same group: the rows j for which (WWᵀ)_ij may be different from zero.
  private func partners(of row: Int) -> Range<Int> {
    let count = rows / groups
    return row / count * count..<(row / count + 1) * count
  }

  @inline(__always) private func forEachShift(_ body: (_ vertical: Int, _ horizontal: Int) -> Void) {
    for dy in vertical.shifts { for dx in horizontal.shifts { body(dy, dx) } }
  }

  /// The runs of numbers that a shift multiplies: the places of k[i,·,u+δ] and of k[j,·,u] in arranged weights, and their count.
  @inline(__always) private func forEachSegment(_ i: Int, _ j: Int, _ dy: Int, _ dx: Int, _ body: (_ left: Int, _ right: Int, _ count: Int) -> Void) {
    let columns = horizontal.overlap(dx)
    for y in vertical.overlap(dy) {
      body(((i * vertical.taps + y + dy) * horizontal.taps + columns.lowerBound + dx) * inputs,
        ((j * vertical.taps + y) * horizontal.taps + columns.lowerBound) * inputs, columns.count * inputs)
    }
  }

  /// Σ_{c,u} a[i,c,u+δ]·b[j,c,u].
  @inline(__always) private func correlation(_ a: Vector, _ i: Int, _ b: Vector, _ j: Int, _ dy: Int, _ dx: Int) -> Double {
    var sum = 0.0
    forEachSegment(i, j, dy, dx) { left, right, count in sum += dot(a[left..<left + count], b[right..<right + count]) }
    return sum
  }

  /// q, in work memory.
  private func makeScales(_ s: Vector, _ memory: Vector) -> Vector {
    let q = memory[0..<rows]
    for i in 0..<rows { q.store(exp(min(max(s.load(i), -Self.largestLogScale), Self.largestLogScale)), at: i) }
    return q
  }

  /// The slope of the clamp.
  private func slope(_ s: Vector, _ i: Int) -> Double { abs(s.load(i)) < Self.largestLogScale ? 1 : 0 }

  private func arranged(_ slot: Int, _ memory: Vector) -> Vector { memory[2 * rows + slot * weightCount..<2 * rows + (slot + 1) * weightCount] }

  /// The weights as [rows, taps, inputs]: the tensor itself, or a copy in work memory.
  private func arrange(_ weights: Vector, into slot: Int, _ memory: Vector) -> Vector {
    precondition(weights.count == weightCount && memory.count >= memoryCount, "row sums: shapes")
    if isArranged { return weights }
    let copy = arranged(slot, memory)
    switch weights.precision {
    case .float32: forEachPlace(copy, weights, as: Float.self) { arranged, tensor in arranged = tensor }
    case .float64: forEachPlace(copy, weights, as: Double.self) { arranged, tensor in arranged = tensor }
    }
    return copy
  }

  /// tensor += arranged.
  private func add(_ arranged: Vector, to tensor: Vector) {
    switch tensor.precision {
    case .float32: forEachPlace(arranged, tensor, as: Float.self) { arranged, tensor in tensor += arranged }
    case .float64: forEachPlace(arranged, tensor, as: Double.self) { arranged, tensor in tensor += arranged }
    }
  }

  /// Visits every weight in its place of arranged weights and in that of a tensor.
  @inline(__always) private func forEachPlace<Number: BinaryFloatingPoint>(
    _ arranged: Vector, _ tensor: Vector, as number: Number.Type, _ body: (_ arranged: inout Number, _ tensor: inout Number) -> Void
  ) {
    let (inOrder, numbers) = (arranged.base.assumingMemoryBound(to: Number.self), tensor.base.assumingMemoryBound(to: Number.self))
    for row in 0..<rows {
      for input in 0..<inputs {
        for tap in 0..<taps { body(&inOrder[(row * taps + tap) * inputs + input], &numbers[(row * inputs + input) * taps + tap]) }
      }
    }
  }
}
