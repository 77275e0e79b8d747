import LinearAlgebra
import Settings

/// The numbers of a floating-point format that bounds of rounding errors are made of.
package struct RoundingUnit {
  /// u: half the distance of 1 to the next number.
  package let unit: Double
  /// η: the smallest number.
  package let smallest: Double
  /// μ: the smallest normal number; activations give 0 where the result is less.
  package let normal: Double
  /// A quarter of the largest number: a bound below it proves that nothing overflows.
  package let safe: Double

  package init(_ precision: Precision) {
    switch precision {
    case .float32: (unit, smallest, normal, safe) = (0x1p-24, 0x1p-149, 0x1p-126, 0x1p126)
    case .float64: (unit, smallest, normal, safe) = (0x1p-53, 0x1p-1074, 0x1p-1022, 0x1p1022)
    }
  }

  /// γ(n) = nu/(1 − nu), a bound of (1 + u)ⁿ − 1 (Higham 2002, lemma 3.1); nil where nu is not below ½.
  package func gamma(_ n: Int) -> Interval? {
    let share = Interval(Double(n)) * Interval(unit)
    return share.upper < 0.5 ? share / (1 - share) : nil
  }

  /// γ of a product's sums of n terms, γ(n + ⌈√n⌉ + 2): below AVX2 a multiply-add rounds its product, too, which adds u|a_k||x_k| for each column a_k, together at most u√n·‖A‖|x|.
  package func productGamma(_ terms: Int, more: Int = 2) -> Interval? {
    var root = 0
    while root * root < terms { root += 1 }
    return gamma(terms + root + more)
  }

  /// √m·η, times a factor.
  package func underflow(_ factor: Int, rows: Int) -> Interval { Interval(Double(factor)) * Interval(Double(rows)).squareRoot() * Interval(smallest) }
}

/// A bound of rounding errors does not exist: something may overflow, or sums are too long.
struct RoundingFailure: Error {}

/// The rounding of x ↦ Wx + b as the kernels compute it: multiply-adds over the inputs in ascending order, from the bias or from what the product is added to.
///
/// Winograd's algorithm is bounded by its sums of magnitudes: each product passes 3c + 11 roundings at most, c being the channels that are summed. The larger of both bounds counts.
///
/// Every partial sum is bounded by s̃R + β, because a part of W's columns has at most W's norm. So n roundings change the sum by at most γ(n)(s̃R + β) in ℓ₂, those of products where they are rounded by √n·u of it, and underflow by at most n√m·η (certificate_format.md, "Rounding errors").
struct ProductRounding {
  let norm: Interval
  /// s̃, a bound of the partial products and of the computed operator.
  let partial: Interval
  let bias: Interval
  let outputs: Int
  private let gamma: Interval
  private let underflow: Interval
  /// By how much the computed operator differs from the exact one.
  private let preparation: Interval
  let squares: Squares?

  /// What the rounding of Winograd's algorithm needs: a bound of the norm of its sums of magnitudes, γ, and what underflow adds, by itself and for each unit of the input.
  struct Squares {
    let sums: Interval
    let gamma: Interval
    let underflow: Interval
    let growing: Interval

    /// - Parameters:
    ///   - channels: those of a group that are summed.
    ///   - others: those of a group that are results.
    ///   - isPeriodic: whether rows may be in three squares.
    init(sums: Interval, channels: Int, others: Int, outputs: Int, isPeriodic: Bool, _ unit: RoundingUnit) throws(Failure) {
      guard let gamma = unit.gamma(3 * channels + 11) else { throw Failure(.incompatible, "sums over \(channels) channels are too long for the bounds of rounding errors") }
      (self.sums, self.gamma) = (sums, gamma)
      underflow = unit.underflow(2 * (9 * channels + 11), rows: outputs)
      growing = (isPeriodic ? 225 : 100) * (Interval(Double(channels)) * Interval(Double(others))).squareRoot() * Interval(unit.smallest)
    }
  }

  init(norm: Interval, partial: Interval, bias: Interval, terms: Int, outputs: Int, preparation: Interval = Interval(0), squares: Squares? = nil, _ unit: RoundingUnit) throws(Failure) {
    guard let gamma = unit.productGamma(terms) else { throw Failure(.incompatible, "sums of \(terms) terms are too long for the bounds of rounding errors") }
    self.norm = norm
    self.partial = partial + preparation
    self.bias = bias
    self.outputs = outputs
    self.gamma = gamma
    self.preparation = preparation
    self.squares = squares
    underflow = unit.underflow(2 * (terms + 2), rows: outputs)
  }

  /// |Wx + b| for |x| ≤ R.
  func size(_ state: Interval) -> Interval { norm * state + bias }
  /// The error for a computed input of at most R.
  func error(_ state: Interval) -> Interval {
    let inOrder = gamma * (partial * state + bias) + underflow + preparation * state
    guard let squares else { return inOrder }
    return Interval.max(inOrder, squares.gamma * (squares.sums * state + bias) + squares.underflow + squares.growing * state + preparation * state)
  }
  /// A bound of the computed sums, the partial ones too, for a computed input of at most R.
  func largest(_ state: Interval) -> Interval { Interval.max(Interval.max(norm, partial), squares?.sums ?? Interval(0)) * state + bias + error(state) }
  /// The rounding error that comes from starting the sums from a state of this size.
  func errorOfStart(_ state: Interval) -> Interval { gamma * state }
}

/// The rounding of σ, number by number.
struct ActivationRounding {
  private let activation: Activation
  private let root: Interval
  private let relative: Interval
  private let absolute: Interval

  init(_ activation: Activation, rows: Int, _ unit: RoundingUnit) {
    self.activation = activation
    root = Interval(Double(rows)).squareRoot()
    relative = Interval(4 * activation.ulps) * Interval(unit.unit)
    absolute = activation.ulps > 0 ? root * Interval(unit.normal) : Interval(0)
  }

  var gain: Interval { Interval(activation.lipschitz) }

  /// |σ(z)| for |z| ≤ Z.
  func size(_ sum: Interval) -> Interval {
    let grown = root * Interval(activation.magnitudeAtZero) + gain * sum
    return activation.largestValue.map { Interval.min(grown, root * Interval($0)) } ?? grown
  }

  /// |σ̂(ẑ)| for computed sums of at most Z.
  func largest(_ sum: Interval) -> Interval { size(sum) + error(sum, Interval(0)) }

  /// |σ̂(ẑ) − σ(z)| for |z| ≤ Z and |ẑ − z| ≤ error.
  func error(_ sum: Interval, _ error: Interval) -> Interval { gain * error + relative * size(sum + error) + absolute }
}
