import Settings

/// Kernels whose convolution is antisymmetric or symmetric as a matrix.
///
/// The transpose of a convolution that keeps the size is the convolution with Kᵀ[o, i, y, x] = K[i, o, h − 1 − y, w − 1 − x], channels counted within their group. Both maps below are their own transposes but for the damping, so
/// gradients are mapped back by the same functions, without damping.
extension ConvolutionGeometry {
  /// Checks that the convolution is a square matrix whose transpose is a convolution of the same geometry.
  ///
  /// - Throws: `incompatible` with what prevents it.
  package func checkSquare() throws(Failure) {
    if inputChannels != outputChannels {
      throw Failure(.incompatible, "an antisymmetric or symmetric convolution needs as many input as output channels; it has \(inputChannels) and \(outputChannels)")
    }
    for extent in [vertical, horizontal] where extent.kernel % 2 == 0 {
      throw Failure(.incompatible, "an antisymmetric or symmetric convolution needs odd kernels; this one has \(extent.kernel)")
    }
    for extent in [vertical, horizontal] where extent.kernel % 2 == 0 || extent.stride != 1 || extent.before != extent.after || 2 * extent.before != extent.reach {
      throw Failure(.incompatible, "an antisymmetric or symmetric convolution needs odd kernels, stride 1 and half of the kernel's reach as padding on every side")
    }
    if padding == .reflect || padding == .replicate, vertical.before > 0 || horizontal.before > 0 {
      throw Failure(.incompatible, "an antisymmetric or symmetric convolution needs zero or periodic padding; it has \(padding.name)")
    }
  }
}

/// m = ½(k − kᵀ − γδ), δ the kernel of the identity: the symmetric part of the convolution is −½γI.
///
/// - Parameters: k, m: weights of a geometry that passes `checkSquare`; m may be k.
package func antisymmetrize(_ k: Vector, _ geometry: ConvolutionGeometry, damping gamma: Double, into m: Vector) {
  combine(k, geometry, into: m) { weight, mirrored, isIdentity in
    isIdentity ? -0.5 * gamma : 0.5 * (weight - mirrored)
  }
}

/// m = ½(k + kᵀ).
///
/// - Parameters: k, m: weights of a geometry that passes `checkSquare`; m may be k.
package func symmetrize(_ k: Vector, _ geometry: ConvolutionGeometry, into m: Vector) {
  combine(k, geometry, into: m) { weight, mirrored, _ in 0.5 * (weight + mirrored) }
}

@inline(__always) private func combine(
  _ k: Vector, _ geometry: ConvolutionGeometry, into m: Vector, _ value: (_ weight: Double, _ mirrored: Double, _ isIdentity: Bool) -> Double
) {
  precondition(k.count == geometry.weightCount && m.count == k.count && k.precision == m.precision && geometry.inputChannels == geometry.outputChannels, "weights of another geometry")
  switch k.precision {
  case .float32: combineElements(k, geometry, m, as: Float.self, value)
  case .float64: combineElements(k, geometry, m, as: Double.self, value)
  }
}

/// A weight and its mirror image are read before either is written. In Double, one half of a sum or difference of two numbers of the precision is rounded once.
@inline(__always) private func combineElements<Number: BinaryFloatingPoint>(
  _ k: Vector, _ geometry: ConvolutionGeometry, _ m: Vector, as number: Number.Type, _ value: (_ weight: Double, _ mirrored: Double, _ isIdentity: Bool) -> Double
) {
  let from = UnsafeRawPointer(k.base).assumingMemoryBound(to: Number.self)
  let to = m.base.assumingMemoryBound(to: Number.self)
  let (channels, taps) = (geometry.inputChannels / geometry.groups, geometry.taps)
  for group in 0..<geometry.groups {
    let first = group * channels * channels * taps
    // The watch is asked after about a million weights.
    forEachPiece(of: channels, max(1, (1 << 20) / (channels * taps))) { outputs in
      for output in outputs {
        for input in 0...output {
          let (here, there) = (first + (output * channels + input) * taps, first + (input * channels + output) * taps + taps - 1)
          for tap in 0..<taps {
            let (p, q) = (here + tap, there - tap)
            // On the diagonal the taps pair up as well; the one in the middle is its own mirror image.
            if p > q, input == output { break }
            let (weight, mirrored) = (Double(from[p]), Double(from[q]))
            to[p] = Number(value(weight, mirrored, p == q))
            to[q] = Number(value(mirrored, weight, p == q))
          }
        }
      }
    }
  }
}
