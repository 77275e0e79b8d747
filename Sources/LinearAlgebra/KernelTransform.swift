import Glibc

/// The values of a convolution's kernel in the Fourier basis of a torus: K̂[o, c] = Σ_δ K[o, c, δ] e^{−i(αδ₁ + βδ₂)}, δ the distance of the pixel that a tap reads.
///
/// One frequency at a time. It owns no memory.
struct KernelTransform {
  /// The distances of the taps along one axis: `first` + tap·`step`.
  struct Taps {
    let count: Int
    let first: Int
    let step: Int

    init(_ extent: ConvolutionExtent) { (count, first, step) = (extent.kernel, -extent.before, extent.dilation) }
    /// Taps next to one another around the center, whatever the dilation and the padding.
    init(centered count: Int) { (self.count, first, step) = (count, -((count - 1) / 2), 1) }

    /// The phase of a tap in turns.
    fileprivate func turns(_ tap: Int, _ frequency: Int, _ n: Int) -> Double { Double((frequency % n) * ((first + tap * step) % n) % n) / Double(n) }
  }

  let geometry: ConvolutionGeometry
  private let vertical: Taps
  private let horizontal: Taps
  /// cos and −sin of each tap's phase.
  private let cosines: UnsafeMutablePointer<Double>
  private let sines: UnsafeMutablePointer<Double>

  /// Doubles of memory.
  static func memoryCount(_ geometry: ConvolutionGeometry) -> Int { 2 * geometry.taps }

  /// - Parameter memory: `memoryCount` Doubles.
  init(_ geometry: ConvolutionGeometry, _ memory: UnsafeMutablePointer<Double>) {
    self.init(geometry, Taps(geometry.vertical), Taps(geometry.horizontal), memory)
  }

  init(_ geometry: ConvolutionGeometry, _ vertical: Taps, _ horizontal: Taps, _ memory: UnsafeMutablePointer<Double>) {
    (self.geometry, self.vertical, self.horizontal) = (geometry, vertical, horizontal)
    (cosines, sines) = (memory, memory + geometry.taps)
  }

  /// Sets the frequency α = 2π·p/height, β = 2π·q/width.
  ///
  /// - Accuracy: a few roundings of each cosine and sine, absolutely.
  func set(_ p: Int, of height: Int, _ q: Int, of width: Int) {
    for i in 0..<vertical.count {
      for j in 0..<horizontal.count {
        let angle = 2 * Double.pi * (vertical.turns(i, p, height) + horizontal.turns(j, q, width))
        let tap = i * horizontal.count + j
        (cosines[tap], sines[tap]) = (cos(angle), -sin(angle))
      }
    }
  }

  /// The value of one pair of channels, whose taps begin at `first`.
  @inline(__always) func value<Number: BinaryFloatingPoint>(_ weights: UnsafePointer<Number>, _ first: Int) -> (real: Double, imaginary: Double) {
    var (real, imaginary) = (0.0, 0.0)
    for tap in 0..<geometry.taps {
      let weight = Double(weights[first + tap])
      real += weight * cosines[tap]
      imaginary += weight * sines[tap]
    }
    return (real, imaginary)
  }

  func value(_ weights: Vector, _ first: Int) -> (real: Double, imaginary: Double) {
    switch weights.precision {
    case .float32: value(UnsafeRawPointer(weights.base).assumingMemoryBound(to: Float.self), first)
    case .float64: value(UnsafeRawPointer(weights.base).assumingMemoryBound(to: Double.self), first)
    }
  }

  /// The channels of one group as the real matrix [[X, −Y], [Y, X]] of K̂ = X + iY, which maps real parts followed by imaginary ones; or as X alone, at frequencies where K̂ is real.
  ///
  /// - Parameters:
  ///   - out: Doubles, 2·outputs × 2·inputs of a group, or outputs × inputs.
  ///   - factor: multiplies the weights.
  func fill(_ weights: Vector, group: Int, isReal: Bool, factor: Double = 1, into out: Matrix) {
    switch weights.precision {
    case .float32: fillElements(UnsafeRawPointer(weights.base).assumingMemoryBound(to: Float.self), group, isReal, factor, out)
    case .float64: fillElements(UnsafeRawPointer(weights.base).assumingMemoryBound(to: Double.self), group, isReal, factor, out)
    }
  }

  @inline(__always) private func fillElements<Number: BinaryFloatingPoint>(_ weights: UnsafePointer<Number>, _ group: Int, _ isReal: Bool, _ factor: Double, _ out: Matrix) {
    let (outputs, inputs) = (geometry.outputChannels / geometry.groups, geometry.inputChannels / geometry.groups)
    precondition(out.precision == .float64 && out.rows == (isReal ? 1 : 2) * outputs && out.columns == (isReal ? 1 : 2) * inputs, "KernelTransform: shapes")
    let numbers = out.base.assumingMemoryBound(to: Double.self)
    func set(_ row: Int, _ column: Int, _ value: Double) { numbers[row * out.rowStride + column * out.columnStride] = factor * value }
    for o in 0..<outputs {
      for c in 0..<inputs {
        let (x, y) = value(weights, ((group * outputs + o) * inputs + c) * geometry.taps)
        set(o, c, x)
        guard !isReal else { continue }
        set(o, inputs + c, -y)
        set(outputs + o, c, y)
        set(outputs + o, inputs + c, x)
      }
    }
  }
}
