import CKernels

/// out = σ(x), number by number; `out` may be `x`. The same bits as in `affine`.
///
/// Largest error against the exact value, over all Float and over samples of Double. NaN gives NaN.
///
/// | σ | Float | Double | range |
/// |---|---|---|---|
/// | tanh | 3 ulp | 3 ulp | all x; ±∞ give ±1 |
/// | sigmoid | 3 ulp | 3 ulp | all x; results below the smallest normal number are 0 |
/// | softplus | 3 ulp | 3 ulp | all x; results below the smallest normal number are 0; +∞ gives +∞ |
/// | relu, identity | exact | exact | all x |
/// | sin | 3 ulp | 2 ulp | all x: beyond 400 (Float) and 10⁶ (Double) through libm; ±∞ give NaN |
/// | smooth_relu | 5 ulp | 5 ulp | all x |
/// | leaky_relu | 1 ulp | 1 ulp | all x; ±∞ give ±∞ |
/// | elu | 2 ulp | 2 ulp | all x; −∞ gives −1 |
/// | gelu | 7 ulp | 7 ulp | all x whose result is a normal number; below that it may be 0; −∞ gives 0 |
/// | silu | 6 ulp | 6 ulp | as gelu |
package func apply(_ activation: Activation, to x: Vector, into out: Vector) {
  Kernels.table(x.precision).pointee.activation(activation.rawValue, x.base, out.base, x.count)
}

/// out = exp(x) within 3 ulp; `out` may be `x`. Results below the smallest normal number are 0; +∞ gives +∞, −∞ gives 0, NaN gives NaN.
package func exponential(_ x: Vector, into out: Vector) { Kernels.table(x.precision).pointee.exponential(x.base, out.base, x.count) }

/// out = 1/(1 + exp(−scores)), number by number.
package func sigmoid(_ scores: Block, into out: Block) {
  let activation = Kernels.table(out.precision).pointee.activation
  let bytes = out.precision.byteCount
  for row in 0..<scores.rows {
    activation(Activation.sigmoid.rawValue, scores.base + row * scores.stride * bytes, out.base + row * out.stride * bytes, scores.columns)
  }
}
