import LinearAlgebra
import Settings

/// The size of h·f(y) and the rounding error of its computed value, for one layer and any computed state of at most a given norm. The multiplication by h and the update itself are in `StepRounding`.
struct FieldRounding {
  private enum Form {
    /// σ(Wy + b), and −γy if damped.
    case affine(ProductRounding, ActivationRounding, damping: Interval)
    /// W₂σ(W₁y + b₁) + b₂.
    case composed(ProductRounding, ActivationRounding, ProductRounding)
    /// σ(W₂W₁y + b).
    case product(ProductRounding, ProductRounding, ActivationRounding)
    /// Row sums, in the norm that weights row i by r_i^{−½}: the size of r^{−½}b and of r^{−½}σ(b), γ of both sums, the relative error of T, and the underflow.
    case rowSums(RowSumRounding)
  }

  private let form: Form
  private let step: Interval
  /// η/h: what a coefficient h·c, stored with an error of at most η besides its relative one, adds for each unit of h·f(y). It counts where the coefficient is below the smallest normal number.
  private let vanishing: Interval
  /// The Lipschitz bound of h·f.
  let gain: Interval
  /// γ of sums that start from the state where the step size is 1.
  private let start: ProductRounding?

  /// - Throws: `.incompatible` with the reason where no bound is known.
  init(_ layer: LayerReading, _ ledger: NormLedger, _ unit: RoundingUnit) throws(Failure) {
    step = Interval(layer.stepSize)
    vanishing = Interval(unit.smallest) / step
    let activation = layer.field.activation
    let slope = Interval(activation.lipschitz)
    switch layer.field {
    case .plain(let map):
      let product = try Self.product(map.weights, map.bias, ledger, unit)
      form = .affine(product, ActivationRounding(activation, rows: product.outputs, unit), damping: Interval(0))
      (gain, start) = (step * slope * product.norm, product)
    case .antisymmetric(let map, let gamma), .damped(let map, let gamma):
      var isDamped = false
      if case .damped = layer.field { isDamped = true }
      let product = try Self.antisymmetric(map, gamma: isDamped ? 0 : gamma, ledger, unit)
      let damping = Interval(isDamped ? gamma : 0)
      form = .affine(product, ActivationRounding(activation, rows: product.outputs, unit), damping: damping)
      (gain, start) = (step * (slope * product.norm + damping), product)
    case .twoLayer(let inner, let outer):
      let (first, second) = (try Self.product(inner.weights, inner.bias, ledger, unit), try Self.product(outer.weights, outer.bias, ledger, unit))
      form = .composed(first, ActivationRounding(activation, rows: first.outputs, unit), second)
      (gain, start) = (step * slope * first.norm * second.norm, second)
    case .descent(let map):
      (form, gain, start) = try Self.gradient(map, step, ledger, unit)
    case .negativeDefinite(let map):
      let (first, second) = (try Self.product(map.weights, nil, ledger, unit), try Self.product(map.weights.transposed, map.bias, ledger, unit))
      form = .product(first, second, ActivationRounding(activation, rows: second.outputs, unit))
      (gain, start) = (step * slope * first.norm * second.norm, second)
    case .rowSums(let map, let scales, let sums):
      form = .rowSums(try RowSumRounding(map, scales, sums, stepSize: layer.stepSize, ledger, unit))
      (gain, start) = (Interval(2), nil)
    case .rotateRelax: throw Failure(.incompatible, "blocks[\(layer.block)]: no bound of rounding errors is known of rotations")
    case .partitioned: throw Failure(.internal, "a partitioned field has two parts")
    }
  }

  /// One component of a partitioned field.
  init(_ map: AffineReading, isGradient: Bool, stepSize: Double, _ ledger: NormLedger, _ unit: RoundingUnit) throws(Failure) {
    step = Interval(stepSize)
    vanishing = Interval(unit.smallest) / step
    guard !isGradient else {
      (form, gain, start) = try Self.gradient(map, step, ledger, unit)
      return
    }
    let product = try Self.product(map.weights, map.bias, ledger, unit)
    form = .affine(product, ActivationRounding(map.activation, rows: product.outputs, unit), damping: Interval(0))
    (gain, start) = (step * Interval(map.activation.lipschitz) * product.norm, product)
  }

  private static func gradient(_ map: AffineReading, _ step: Interval, _ ledger: NormLedger, _ unit: RoundingUnit) throws(Failure) -> (Form, Interval, ProductRounding?) {
    let (first, second) = (try product(map.weights, map.bias, ledger, unit), try product(map.weights.transposed, nil, ledger, unit))
    return (.composed(first, ActivationRounding(map.activation, rows: first.outputs, unit), second), step * Interval(map.activation.lipschitz) * first.norm * second.norm, second)
  }

  static func product(_ weights: OperatorReading, _ bias: BiasReading?, _ ledger: NormLedger, _ unit: RoundingUnit) throws(Failure) -> ProductRounding {
    let bound = try ledger.vector(bias)?.bound ?? 0
    return try ProductRounding(
      norm: .upTo(try ledger.spectral(weights).bound), partial: .upTo(try ledger.partial(weights).bound), bias: .upTo(bound), terms: weights.terms, outputs: weights.outputs,
      squares: try squares(weights, unit), unit)
  }

  /// The rounding of Winograd's algorithm; nil for what is computed in order.
  /// - Parameter antisymmetry: nil for W itself; γ for ½(W − Wᵀ − γI), as its computed numbers are.
  private static func squares(_ weights: OperatorReading, antisymmetry: Double? = nil, _ unit: RoundingUnit) throws(Failure) -> ProductRounding.Squares? {
    guard weights.isByWinograd, let geometry = weights.geometry else { return nil }
    let sums = winogradSumBounds(weights.weights, geometry)
    try Watch.check()
    let (inputs, outputs) = (geometry.inputChannels / geometry.groups, geometry.outputChannels / geometry.groups)
    var (largest, norm) = (Interval(sums.outputs), (Interval(sums.outputs) * Interval(sums.inputs)).squareRoot())
    if let gamma = antisymmetry {
      // Those of ½(|W| + |Wᵀ|), and ½γ in the middle of a kernel. Each number is wrong by 2u of itself, or by η.
      let middle = Interval(geometry.padding == .periodic ? 9 : 4)
      let half = 0.5 * (Interval(sums.outputs) + Interval(sums.inputs)) + 0.5 * Interval(gamma) * middle
      norm = half * (1 + 4 * Interval(unit.unit)) + 128 * Interval(Double(inputs)) * Interval(unit.smallest)
      largest = norm
    }
    guard largest.upper < unit.safe else { throw Failure(.incompatible, "\(weights.tensor): its numbers are so large that transformed weights may overflow") }
    return try ProductRounding.Squares(
      sums: Interval(0, norm.upper), channels: weights.isTransposed ? outputs : inputs, others: weights.isTransposed ? inputs : outputs, outputs: weights.outputs, isPeriodic: geometry.padding == .periodic, unit)
  }

  /// ½(K − Kᵀ − γI) is computed from K: each entry is wrong by at most 2u of itself, or by η.
  private static func antisymmetric(_ map: AffineReading, gamma: Double, _ ledger: NormLedger, _ unit: RoundingUnit) throws(Failure) -> ProductRounding {
    let weights = map.weights
    let (norm, frobenius) = (try ledger.spectral(weights, .antisymmetric), try ledger.frobenius(weights))
    let taps = weights.geometry?.taps ?? 1
    let diagonal = weights.geometry?.outputChannels ?? weights.outputs
    let half = 0.5 * Interval(gamma)
    let entries = .upTo(frobenius.bound) + half * Interval(Double(diagonal)).squareRoot()
    guard (2 * entries).upper < unit.safe else {
      throw Failure(.incompatible, "\(weights.tensor): its numbers are so large that their differences may overflow")
    }
    let preparation = Interval(Double(taps)).squareRoot() * (2 * Interval(unit.unit) * entries + unit.underflow(1, rows: weights.weights.count))
    let whole = Interval(0, (.upTo(norm.bound) * .upTo(norm.bound) + half * half).squareRoot().upper)
    // The sums of magnitudes of a convolution's antisymmetric part are at most the mean of those of K and Kᵀ.
    let partial = weights.geometry == nil ? whole : 0.5 * (.upTo(try ledger.rowSum(weights).bound) + .upTo(try ledger.columnSum(weights).bound)) + half
    let bias = try ledger.vector(map.bias)?.bound ?? 0
    return try ProductRounding(norm: whole, partial: partial, bias: .upTo(bias), terms: weights.terms, outputs: weights.outputs, preparation: preparation,
      squares: try squares(weights, antisymmetry: gamma, unit), unit)
  }

  /// Bounds of |h·f(y)|, of the error of its computed value, before h is multiplied in floating-point arithmetic, and of the largest number on the way to it, for a computed y of at most R.
  ///
  /// Sums and values of the activation are stored before they are multiplied by h, which may be small: they must not overflow.
  /// - Parameter isStored: whether f itself is stored too, with its damping; a step of one evaluation multiplies the damping by h at once.
  func evaluate(_ state: Interval, isStored: Bool = false) -> (size: Interval, error: Interval, largest: Interval) {
    switch form {
    case .affine(let product, let activation, let damping):
      let (sum, wrong, sums) = (product.size(state), product.error(state), product.largest(state))
      return (step * (activation.size(sum) + damping * state), step * activation.error(sum, wrong), Interval.max(sums, activation.largest(sums) + (isStored ? damping * state : Interval(0))))
    case .composed(let first, let activation, let second):
      let sum = first.size(state)
      let (hidden, error) = (activation.size(sum), activation.error(sum, first.error(state)))
      let sums = first.largest(state)
      let values = activation.largest(sums)
      return (step * second.size(hidden), step * (second.norm * error + second.error(hidden + error)), Interval.max(Interval.max(sums, values), second.largest(values)))
    case .product(let first, let second, let activation):
      let (hidden, error) = (first.size(state), first.error(state))
      let sum = second.size(hidden)
      let (inner, outer) = (first.largest(state), second.largest(first.largest(state)))
      return (
        step * activation.size(sum), step * activation.error(sum, second.norm * error + second.error(hidden + error)), Interval.max(Interval.max(inner, outer), activation.largest(outer)))
    case .rowSums(let rows): return rows.evaluate(state)
    }
  }

  /// What the absolute rounding of a coefficient h·c adds, for |h·f(y)| ≤ `size` with the error `error`.
  func errorOfCoefficient(_ size: Interval, _ error: Interval) -> Interval { vanishing * (size + error) }

  /// What starting from the state adds: where h times the factor is 1 or −1, sums may begin there.
  func errorOfStart(_ state: Interval, factor: Double = 1) -> Interval {
    let scale = step * Interval(abs(factor))
    return scale.lower <= 1 && scale.upper >= 1 ? start?.errorOfStart(state) ?? Interval(0) : Interval(0)
  }
}

/// The rounding of h·f(y) = −(2/L)Kᵀ r^{−1}σ(Ky + b).
///
/// With A = diag(r)^{−½}K, ‖A‖ ≤ 1, the sums of Ky + b, weighted by r^{−½}, are at most |y| + |r^{−½}b|, and h·f(y) = −(2/L)Aᵀ(r^{−½}σ). So no norm of K enters. A partial sum of a matrix has some of the columns of A, and so at most its norm;
/// those of a convolution have some of the taps of all pixels, and at most √(‖|A|‖₁‖|A|‖_∞).
struct RowSumRounding {
  private let bias: Interval
  private let biasValue: Interval
  private let activation: Activation
  private let gammas: (first: Interval, second: Interval)
  /// Bounds of the partial sums of A and of Winograd's sums of magnitudes of A, the latter with its γ.
  private let parts: Interval
  private let squares: (sums: Interval, first: Interval, second: Interval)?
  private let factorError: Interval
  private let underflows: (inner: Interval, outer: Interval)
  /// What underflow adds in Winograd's algorithm for each unit of its inputs.
  private let growing: (inner: Interval, outer: Interval)
  private let relative: Interval
  private let step: Interval
  private let largestFactor: Interval
  /// Ky + b itself, which is computed before its rows are scaled, σ of it, and Kᵀ.
  private let plain: ProductRounding
  private let plainValue: ActivationRounding
  private let plainBack: ProductRounding

  init(_ map: AffineReading, _ scales: Vector, _ sums: RowSums, stepSize: Double, _ ledger: NormLedger, _ unit: RoundingUnit) throws(Failure) {
    let (weights, geometry) = (map.weights, map.weights.geometry)
    let (taps, pixels) = (geometry?.taps ?? 1, geometry.map { $0.vertical.output * $0.horizontal.output } ?? 1)
    let kernel = weights.matrix ?? Matrix(weights.weights.base, rows: sums.rows, columns: weights.weights.count / max(sums.rows, 1), precision: weights.weights.precision)
    let weighted = try WeightedRows(kernel, scales, sums, bias: map.bias?.numbers, taps: taps, pixels: pixels)
    let (terms, back) = (weights.terms, weights.transposed.terms)
    guard let first = unit.productGamma(terms), let second = unit.productGamma(back, more: 4) else {
      throw Failure(.incompatible, "\(weights.tensor): sums are too long for the bounds of rounding errors")
    }
    activation = map.activation
    step = Interval(stepSize)
    bias = .upTo(weighted.bias)
    // |r^{−½}σ(b)| ≤ |r^{−½}|·σ(0) + L|r^{−½}b|.
    biasValue = .upTo(weighted.ones) * Interval(activation.magnitudeAtZero) + Interval(activation.lipschitz) * bias
    gammas = (first, second)
    factorError = 8 * Interval(unit.unit) + .upTo(weighted.relativeError)
    let norm = try ledger.spectral(weights)
    plain = try FieldRounding.product(weights, map.bias, ledger, unit)
    plainBack = try FieldRounding.product(weights.transposed, nil, ledger, unit)
    plainValue = ActivationRounding(activation, rows: weights.outputs, unit)
    // r ≥ 2⁻¹⁰, so that r^{−½} ≤ 32.
    var inner = 32 * (unit.underflow(2 * (terms + 2), rows: weights.outputs) + (activation.ulps > 0 ? Interval(Double(weights.outputs)).squareRoot() * Interval(unit.normal) : Interval(0)))
    var outer = .upTo(norm.bound) * unit.underflow(4, rows: weights.outputs) + unit.underflow(2 * (back + 4), rows: weights.inputs)
    func root(_ sums: (outputs: Double, inputs: Double)) -> Interval { Interval(0, (Interval(sums.outputs) * Interval(sums.inputs)).squareRoot().upper) }
    parts = geometry.map { root(convolutionSumBounds(weights.weights, $0, factors: weighted.factors)) } ?? Interval(1)
    if let geometry, let forward = plain.squares, let backward = plainBack.squares {
      squares = (root(winogradSumBounds(weights.weights, geometry, factors: weighted.factors)), forward.gamma, backward.gamma)
      inner = inner + 32 * forward.underflow
      outer = outer + backward.underflow
      growing = (32 * forward.growing, 64 / Interval(activation.largestSlope) * backward.growing)
    } else {
      (squares, growing) = (nil, (Interval(0), Interval(0)))
    }
    try Watch.check()
    underflows = (inner, outer * step)
    relative = Interval(4 * activation.ulps) * Interval(unit.unit)
    let widest = Interval(weighted.factors.reduce(0) { max($0, $1) })
    let numerator = 2 / (Interval(activation.largestSlope) * step)
    largestFactor = numerator * widest * widest
    // T is 2/(hL) divided by r, both in float64. Its relative error is that of a normal number. A quarter is more than the relative errors of the r_i, so that the exact 1/r_i are not less.
    let narrowest = Interval(weighted.factors.reduce(.infinity) { min($0, $1) })
    guard numerator.upper < RoundingUnit(.float64).safe else {
      throw Failure(.incompatible, "\(weights.tensor): with the step size \(stepSize) the numerator 2/(hL) of the factors of steps row_sums may overflow")
    }
    guard (0.25 * numerator * narrowest * narrowest).lower >= unit.normal else {
      throw Failure(.incompatible,
        "\(weights.tensor): its numbers are so large that a factor 2/(hLr) of steps row_sums may be below the smallest normal number, \(unit.normal), where its digits are lost; smaller weights or steps have a bound")
    }
  }

  func evaluate(_ state: Interval) -> (size: Interval, error: Interval, largest: Interval) {
    let gain = Interval(activation.lipschitz)
    // In the weighted norm.
    var sumError = gammas.first * (parts * state + bias)
    if let squares { sumError = Interval.max(sumError, squares.first * (squares.sums * state + bias)) + growing.inner * state }
    let value = gain * state + biasValue
    let valueError = gain * sumError + relative * (value + gain * sumError) + underflows.inner
    let factor = 2 / Interval(activation.largestSlope)
    let whole = value + valueError
    let rounded = (1 + factorError) * whole
    let products = squares.map { Interval.max(gammas.second * parts, $0.second * $0.sums) } ?? gammas.second * parts
    let error = valueError + factorError * whole + products * rounded
    let sums = plain.largest(state)
    let values = plainValue.largest(sums)
    // Tσ, T = 2/(hLr), where the factors r^{−½} are at most 32; and the sums of its product.
    let scaled = factor * Interval.min(32 * (whole + error), 1024 * values) / step
    let reach = Interval.max(Interval.max(Interval(1), parts), squares?.sums ?? Interval(0))
    let back = Interval.min(reach * factor * (whole + error) / step, plainBack.largest(scaled))
    return (
      factor * value, factor * error + underflows.outer + growing.outer * whole, Interval.max(Interval.max(Interval.max(sums, values), Interval.max(scaled, back)), largestFactor)
    )
  }
}
