import Glibc
import Settings

/// The frequencies at which the norm of a convolution is bounded, and the factors that make a bound of their largest matrix norm: ‖T‖₂ ≤ padding·grid·max_ω ‖K̂(ω)‖₂ (Theory.md §6.14).
///
/// On a torus of n + reach pixels or more, zero padding is a part of the periodic convolution, as is a stride; where padding keeps the size around a torus of the image's own size, the largest norm is that of the operator. Padding that repeats
/// pixels multiplies the norm by `convolutionPaddingNorm`.
///
/// u^H K̂ v is a trigonometric polynomial of degree ½(k − 1) in each frequency, so between N points it exceeds their largest value by at most the factor 1/cos(½π(k − 1)/N) (M. Riesz 1914; Ehlich & Zeller 1964). So large images need no more than
/// `density`·(k − 1) points.
package struct ConvolutionSpectrum {
  /// The frequencies of one axis: 2πp/points, with taps at these distances.
  private struct Axis {
    let points: Int
    let taps: KernelTransform.Taps
    let factor: Double

    init(_ extent: ConvolutionExtent, _ padding: Padding, density: Int) {
      guard extent.kernel > 1 else {
        (points, taps, factor) = (1, KernelTransform.Taps(centered: 1), 1)
        return
      }
      let torus: Int
      switch padding {
      case .zero: torus = extent.input + extent.reach
      // A multiple of the image, so that the taps of a kernel do not meet.
      case .periodic: torus = (extent.reach + extent.input) / extent.input * extent.input
      case .reflect, .replicate: torus = extent.padded
      }
      let enough = density * (extent.kernel - 1)
      if torus <= enough {
        (points, taps, factor) = (torus, KernelTransform.Taps(extent), 1)
      } else {
        (points, taps, factor) = (enough, KernelTransform.Taps(centered: extent.kernel), 1 / cos(Double.pi / Double(2 * density)) * (1 + 1e-15))
      }
    }
  }

  let geometry: ConvolutionGeometry
  private let vertical: Axis
  private let horizontal: Axis

  package init(_ geometry: ConvolutionGeometry) {
    self.geometry = geometry
    // As dense as a billion operations allow; at least 4 points a degree.
    let order = Double(2 * min(geometry.inputChannels, geometry.outputChannels) / geometry.groups)
    let each = order * order * (order + Double(2 * max(geometry.inputChannels, geometry.outputChannels) / geometry.groups)) * Double(geometry.groups)
    var density = 16
    var axes: (Axis, Axis)
    repeat {
      axes = (Axis(geometry.vertical, geometry.padding, density: density), Axis(geometry.horizontal, geometry.padding, density: density))
      density /= 2
    } while density >= 4 && Double(axes.0.points * axes.1.points / 2 + 1) * each > 1e9
    (vertical, horizontal) = axes
  }

  private var outputs: Int { geometry.outputChannels / geometry.groups }
  private var inputs: Int { geometry.inputChannels / geometry.groups }

  /// What multiplies the largest norm of K̂.
  var factor: Double { convolutionPaddingNorm(geometry) * vertical.factor * horizontal.factor }
  /// How much a change of the weights increases the bounded norm at most, relative to the change's Frobenius norm: |Σ_δ k_δ e^{…}| ≤ √taps·|k|.
  package var growth: Double { factor * Double(geometry.taps).squareRoot() }
  /// By how much a bound exceeds factor·max ‖K̂‖ at most.
  package var looseness: Double { NormBound.looseness(rows: 2 * outputs, columns: 2 * inputs, precision: .float64) * (1 + 1e-10) }
  /// The real matrices of one group at one frequency, the shorter side first.
  package var extents: (rows: Int, columns: Int) { (2 * min(outputs, inputs), 2 * max(outputs, inputs)) }
  /// Doubles of memory for phases.
  package var numbers: Int { KernelTransform.memoryCount(geometry) }

  func transform(_ memory: UnsafeMutablePointer<Double>) -> KernelTransform { KernelTransform(geometry, vertical.taps, horizontal.taps, memory) }

  /// Sets one frequency of each pair of opposite ones, whose matrices have the same norm, and calls `body` with whether K̂ is real there.
  func forEachFrequency(_ transform: KernelTransform, _ body: (_ isReal: Bool) -> Void) {
    for p in 0...vertical.points / 2 {
      let isOwnOpposite = p == 0 || 2 * p == vertical.points
      for q in 0..<(isOwnOpposite ? horizontal.points / 2 + 1 : horizontal.points) {
        transform.set(p, of: vertical.points, q, of: horizontal.points)
        body(isOwnOpposite && (q == 0 || 2 * q == horizontal.points))
      }
    }
  }
}

extension NormBound {
  /// A bound of the norm of a convolution, or of ½(K − Kᵀ).
  ///
  /// At each frequency a Cholesky factorization proves that K̂ is not above the bound so far, or else a new bound is found as for matrices. This thread's watch is asked at each frequency; if the work must end, the result is `limit`.
  /// - Parameters:
  ///   - weights: finite.
  ///   - limit: a bound that is known.
  /// - Cost: about 12C³ operations a frequency and group.
  package func bound(_ weights: Vector, _ spectrum: ConvolutionSpectrum, isAntisymmetric: Bool, below limit: Double) -> Double {
    count += 1
    guard limit > 0 else { return limit }
    arena.release(to: 0)
    let geometry = spectrum.geometry
    let phases = arena.vector(count: spectrum.numbers, precision: .float64)
    let transform = spectrum.transform(phases.base.assumingMemoryBound(to: Double.self))
    let (mark, watch) = (arena.mark, Watch.current)
    // Scaling by a power of two is exact and keeps squares from overflowing or vanishing.
    let unit = Double(sign: .plus, exponent: max(min(Int(limit.exponent), 1000), -1000), significand: 1)
    var (square, isOver) = (0.0, false)
    spectrum.forEachFrequency(transform) { isReal in
      for group in 0..<geometry.groups {
        guard !isOver, !watch.isOver else { return isOver = true }
        arena.release(to: mark)
        let parts = isReal ? 1 : 2
        let (m, n) = (parts * geometry.outputChannels / geometry.groups, parts * geometry.inputChannels / geometry.groups)
        let block = arena.block(rows: min(m, n), columns: Self.padded(max(m, n)), precision: .float64)
        fill(block, 0)
        let wide = Matrix(block.base, rows: block.rows, columns: max(m, n), rowStride: block.columns, columnStride: 1, precision: .float64)
        let matrix = m <= n ? wide : wide.transposed
        transform.fill(weights, group: group, isReal: isReal, factor: 1 / unit, into: matrix)
        if isAntisymmetric { antisymmetricPart(0.5, matrix, into: matrix) }
        square = max(square, boundSquare(block, columns: max(m, n), parts: parts, above: square))
      }
    }
    guard !isOver else { return limit }
    // Each value of K̂ is wrong by its roundings, which are relative to the sums of |weights|.
    let rounding = 2 * Double(geometry.taps + 16) * Double.ulpOfOne * limit
    return min(limit, unit * square.squareRoot() * spectrum.factor * (1 + 1e-13) + rounding)
  }

  /// A bound of ‖W‖₂², or `known` if that is one.
  private func boundSquare(_ block: Block, columns: Int, parts: Int, above known: Double) -> Double {
    let squares = sumOfSquares(Vector(block.base, count: block.rows * block.columns, precision: .float64))
    // The norm appears in both parts.
    let frobenius = squares / Double(parts) * (1 + 8 * Double(block.rows * columns + 16) * Double.ulpOfOne)
    if frobenius <= known { return known }
    guard block.rows > parts else { return frobenius }
    let gram = GramMatrix(of: block, columns: columns, arena)
    if known > 0, gram.isProven(atMost: known) { return known }
    var trial = gram.estimate() * trialRatio
    while trial > 0, trial < frobenius {
      if let proven = gram.proven(trial) { return min(proven, frobenius) }
      trial *= trialRatio
    }
    return frobenius
  }
}
