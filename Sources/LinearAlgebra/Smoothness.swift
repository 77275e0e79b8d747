import CKernels
import Settings

/// Energy ½·factor·Σ_j‖θ_j − θ_{j−1}‖² of a parameter that varies over the layers, j = 1 ..< layers; its gradient is added to `gradient`.
///
/// The gradient is factor·(2θ_j − θ_{j−1} − θ_{j+1}), one-sided at the ends. Source: Haber & Ruthotto (2017), §4.1, regularization of the weights in time.
///
/// - Parameters:
///   - theta: layers × size numbers, one layer after the other; the gradient likewise.
///   - factor: α/h.
/// - Cost: one pass for the energy, two for the gradient.
package func accumulateSmoothness(_ theta: Vector, layers: Int, size: Int, factor: Double, addingTo gradient: Vector?) -> Double {
  guard layers > 1 else { return 0 }
  precondition(theta.count >= layers * size, "smoothness: layers × size numbers")
  let inner = (layers - 1) * size
  let (before, after) = (theta[0..<inner], theta[size..<size + inner])
  if let gradient {
    // +factor·(θ_j − θ_{j−1}) to layer j and the negative to layer j − 1.
    for (sign, theta, first) in [(1.0, after, size), (-1, before, size), (1, before, 0), (-1, after, 0)] {
      Watch.allPieces(inner) { axpy(sign * factor, theta[$0], addingTo: gradient[first..<first + inner][$0]) }
    }
  }
  return 0.5 * factor * squaredDistance(before, after)
}

/// ‖x − y‖², in double precision.
package func squaredDistance(_ x: Vector, _ y: Vector) -> Double {
  precondition(x.count == y.count && x.precision == y.precision, "vectors of one length and precision")
  return Kernels.table(x.precision).pointee.squaredDistance(x.base, y.base, x.count)
}
