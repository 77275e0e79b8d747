import Glibc
import Settings

/// Solves with the Hessian of the smoothness in time, x ← (f·DᵀD + γI)⁻¹x, where D takes the differences θ_j − θ_{j−1} of N layers.
///
/// The orthonormal cosine transform diagonalizes DᵀD, with eigenvalues 2 − 2cos(πk/N) (Strang 1999, "The discrete cosine transform", DCT-2). Each parameter, as a sequence over the layers, is transformed, divided by
/// the eigenvalues and transformed back. This needs layers at equal distances; other forms are solved by `BandForm.solve`.
/// Memory is allocated once. Only one thread may use the object at a time.
package final class SmoothnessSolve {
  private let buffer: Buffer
  private let maximumLayers: Int
  private let column: Vector
  private let workspace: Vector
  private let pivots: Vector

  /// - Parameter maximumLayers: the largest N that will be solved.
  /// - Throws: `memory`.
  package init(maximumLayers: Int) throws(Failure) {
    self.maximumLayers = maximumLayers
    let work = cosineWorkspaceCount(maximumLayers)
    buffer = try Buffer(count: 2 * maximumLayers + work, precision: .float64)
    let all = buffer.vector(count: 2 * maximumLayers + work, precision: .float64)
    column = all[0..<maximumLayers]
    pivots = all[maximumLayers..<2 * maximumLayers]
    workspace = all[2 * maximumLayers..<all.count]
  }

  /// Solves in place, by the cosine transform.
  /// - Parameters:
  ///   - x: layers × size numbers, one layer after the other, overwritten.
  ///   - factor: f = α/h ≥ 0.
  ///   - shift: γ > 0.
  /// It returns early once this thread's watch is over; the result must then be discarded.
  /// - Cost: size transforms of length N and back; allocates nothing.
  package func solve(_ x: Vector, layers: Int, factor: Double, shift: Double) {
    precondition(layers <= maximumLayers && shift > 0, "a smoothness solve beyond its memory, or without a shift")
    let size = x.count / layers
    guard layers > 1, factor > 0 else { return scale(1 / shift, x) }
    let column = column[0..<layers]
    let bytes = x.precision.byteCount
    let values = column.base.assumingMemoryBound(to: Double.self)
    // The eigenvalues by which each transformed sequence is divided.
    let divisors = pivots.base.assumingMemoryBound(to: Double.self)
    for k in 0..<layers {
      let half = sin(Double.pi * Double(k) / Double(2 * layers))
      divisors[k] = shift + factor * 4 * half * half
    }
    let (watch, interval) = (Watch.current, max(1, (1 << 14) / layers))
    for index in 0..<size {
      if index % interval == 0, watch.isOver { return }
      let course = Course(base: x.base + index * bytes, distance: size, precision: x.precision)
      for j in 0..<layers { values[j] = course.load(j) }
      cosineTransform(column, workspace: workspace)
      for k in 0..<layers { values[k] /= divisors[k] }
      cosineTransform(column, isInverse: true, workspace: workspace)
      for j in 0..<layers { course.store(values[j], j) }
    }
  }
}

/// One number's course over the layers.
private struct Course {
  let base: UnsafeMutableRawPointer
  let distance: Int
  let precision: Precision

  func load(_ j: Int) -> Double {
    precision == .float64
      ? base.load(fromByteOffset: 8 * j * distance, as: Double.self) : Double(base.load(fromByteOffset: 4 * j * distance, as: Float.self))
  }

  func store(_ value: Double, _ j: Int) {
    if precision == .float64 {
      base.storeBytes(of: value, toByteOffset: 8 * j * distance, as: Double.self)
    } else {
      base.storeBytes(of: Float(value), toByteOffset: 4 * j * distance, as: Float.self)
    }
  }
}
