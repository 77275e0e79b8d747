/// An upper bound of the spectral norm of a convolution: ½(‖K‖₁ + ‖K‖_∞) ≥ √(‖K‖₁‖K‖_∞) ≥ ‖K‖₂.
///
/// ‖K‖_∞ is at most the largest sum of |weights| of an output channel, ‖K‖₁ the largest of an input channel, for zero and periodic padding and any stride. Padding that repeats pixels multiplies the norm by
/// `convolutionPaddingNorm`. The bound is a norm of the kernel itself. It is also a bound for the antisymmetric and the symmetric part, whose sums are means of those of K and Kᵀ.
///
/// - Parameter weights: [outputs, inputs / groups, taps], row-major.
/// - Returns: the bound; NaN or infinity if a weight is.
/// - Accuracy: Double sums of at most 2³⁰ numbers, relative error below 1e-13 for kernels of up to 1000 weights a channel; the result is increased by as much.
/// - Cost: two additions a weight.
package func boundConvolutionNorm(_ weights: Vector, _ geometry: ConvolutionGeometry) -> Double {
  switch weights.precision {
  case .float32: channelSums(weights, geometry, as: Float.self)
  case .float64: channelSums(weights, geometry, as: Double.self)
  }
}

/// By how much padding increases the norm at most: √copies, the largest number of places of the padded image that show the same pixel, or of results that are the same around the torus. 1 for zero padding, and for periodic padding
/// that keeps the size.
package func convolutionPaddingNorm(_ geometry: ConvolutionGeometry) -> Double {
  func copies(_ extent: ConvolutionExtent) -> Int {
    let (n, before, after) = (extent.input, extent.before, extent.after)
    switch geometry.padding {
    case .zero: return 1
    case .periodic:
      let different = n / greatestCommonDivisor(n, extent.stride)
      return (extent.output + different - 1) / different
    case .reflect:
      // A pixel has one mirror image at each edge: the pixels 1 … before at one, n − 1 − after … n − 2 at the other.
      guard before > 0, after > 0 else { return before + after > 0 ? 2 : 1 }
      return max(1, n - 1 - after) <= min(before, n - 2) ? 3 : 2
    case .replicate: return 1 + (n == 1 ? before + after : max(before, after))
    }
  }
  return (Double(copies(geometry.vertical)) * Double(copies(geometry.horizontal))).squareRoot()
}

private func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int { b == 0 ? a : greatestCommonDivisor(b, a % b) }

private func channelSums<Number: BinaryFloatingPoint>(_ weights: Vector, _ geometry: ConvolutionGeometry, as type: Number.Type) -> Double {
  let numbers = UnsafeRawPointer(weights.base).assumingMemoryBound(to: Number.self)
  let (inputs, outputs, taps) = (geometry.inputChannels / geometry.groups, geometry.outputChannels / geometry.groups, geometry.taps)
  var (largestOutput, largestInput) = (0.0, 0.0)
  for group in 0..<geometry.groups {
    let first = numbers + group * outputs * inputs * taps
    for output in 0..<outputs {
      var sum = 0.0
      for index in 0..<inputs * taps { sum += abs(Double(first[output * inputs * taps + index])) }
      largestOutput = larger(largestOutput, sum)
    }
    for input in 0..<inputs {
      var sum = 0.0
      for output in 0..<outputs {
        for tap in 0..<taps { sum += abs(Double(first[(output * inputs + input) * taps + tap])) }
      }
      largestInput = larger(largestInput, sum)
    }
  }
  return 0.5 * (largestOutput + largestInput) * convolutionPaddingNorm(geometry) * (1 + 1e-13)
}

/// The larger number, NaN if one is.
private func larger(_ a: Double, _ b: Double) -> Double { b > a || b.isNaN ? b : a }
