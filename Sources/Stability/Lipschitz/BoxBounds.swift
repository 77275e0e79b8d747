import LinearAlgebra
import Networks
import Settings

/// Lipschitz bounds in ℓ₂ that hold on a box of inputs: the box is carried through the network by interval arithmetic, which bounds the slopes of every activation there, and each layer's Jacobians are bounded for these slopes alone.
///
/// With slopes in C ± R, ‖I + hDW‖ ≤ ‖I + hCW‖ + h·max R·‖W‖, and ‖D W‖ ≤ ‖diag(max|d|)W‖; a descent's step is symmetric, so that ‖I − hKᵀDK‖ ≤ max(1, h‖diag(√d)K‖² − 1). Of these and the global bound the smaller one holds (Theory.md §6.3). For matrices; a network with
/// other operators keeps its global bounds from the first of them on.
package struct BoxBounds {
  /// Bounds of each number of the state.
  private var lower: [Double]
  private var upper: [Double]
  /// Upper bounds of the slopes by which inputs enter: the magnitude of the scale, times the slope of asinh where they are squashed.
  private var entering: [Double] = []
  private let ledger: NormLedger
  /// Why the box is followed no further.
  private var lost: String?

  /// A network's global bound with what is smaller on the box.
  /// - Parameters: lower, upper: one number for each input, in the caller's units.
  /// - Returns: the bound, and why the box was not followed to the end, if it was not: from there on the global bounds hold.
  package static func improve(_ bound: NetworkBound, _ reading: NetworkReading, _ lower: [Double], _ upper: [Double], _ ledger: NormLedger) throws(Failure) -> (bound: NetworkBound, lost: String?) {
    var box = BoxBounds(lower, upper, ledger)
    var stages: [StageBound] = []
    for stage in bound.stages {
      try Watch.check()
      stages.append(try box.following(stage) { (box) throws(Failure) in try box.pass(stage, reading) })
    }
    return (NetworkBound(stages: stages), box.lost)
  }

  private init(_ lower: [Double], _ upper: [Double], _ ledger: NormLedger) { (self.lower, self.upper, self.ledger) = (lower, upper, ledger) }

  /// What `body` finds; once the box cannot be followed, the bound for all inputs.
  private mutating func following<Bound>(_ global: Bound, _ body: (inout BoxBounds) throws(Failure) -> Bound) throws(Failure) -> Bound {
    guard lost == nil else { return global }
    do throws(Failure) { return try body(&self) } catch {
      guard error.status == .incompatible else { throw error }
      lost = error.message
      return global
    }
  }

  /// - Throws: `.incompatible` if the box has grown beyond all numbers, so that nothing is known of slopes.
  private mutating func set(_ box: (lower: [Double], upper: [Double])) throws(Failure) {
    guard box.lower.allSatisfy(\.isFinite), box.upper.allSatisfy(\.isFinite) else { throw Failure(.incompatible, "the box of states grows beyond all numbers") }
    (lower, upper) = box
  }

  private mutating func pass(_ bound: StageBound, _ reading: NetworkReading) throws(Failure) -> StageBound {
    switch bound.stage.form {
    case .normalization:
      try scale(reading)
      return improved(bound, "local_diagonal", Interval(entering.reduce(0, max)))
    case .selection where bound.stage.kind == "opening" && bound.stage.outputs >= lower.count:
      // Zeros follow.
      let zeros = Array(repeating: 0.0, count: bound.stage.outputs - lower.count)
      (lower, upper) = (lower + zeros, upper + zeros)
      return bound
    case .identity, .targets: return bound
    case .activation(let activation):
      let slopes = try ActivationBox(activation).slopes(lower, upper)
      try set(ActivationBox(activation).values(lower, upper))
      return improved(bound, "local_activation", Interval(slopes.reduce(0) { max($0, abs($1.lowerBound), abs($1.upperBound)) }))
    case .affine(let map, let isScaled):
      if isScaled { try scale(reading) }
      guard let matrix = map.weights.matrix else { throw Failure(.incompatible, "\(map.weights.tensor): bounds on a box are known of matrices") }
      let products = try IntervalProducts(matrix)
      try set(products.apply(lower, upper, bias: Self.bias(map, outputs: products.rows)))
      let isSquashed = isScaled && reading.normalization?.squashed.isEmpty == false
      guard map.activation != .identity || isSquashed else { return bound }
      let box = ActivationBox(map.activation)
      let slopes = try box.slopes(lower, upper).map { max(abs($0.lowerBound), abs($0.upperBound)) }
      try set(box.values(lower, upper))
      return isScaled ? improved(bound, "local_scaled", try norm(products, slopes, columns: entering)) : improved(bound, "local_affine", try norm(products, slopes))
    case .block(let index):
      let scheme = try reading.scheme(ofBlock: index)
      var (layers, product) = ([LayerBound](), Interval(1))
      for (j, layer) in bound.layers.enumerated() {
        try Watch.check()
        let local = try following(layer) { (box) throws(Failure) in try box.step(layer, try reading.layer(j, ofBlock: index, scheme)) }
        layers.append(local)
        product = product * .upTo(local.lipschitz)
      }
      return StageBound(stage: bound.stage, rule: bound.rule, norms: bound.norms, lipschitz: product.upper, layers: layers)
    default: throw Failure(.incompatible, "bounds on a box are known of matrices and activations; this network has other connectors")
    }
  }

  private func improved(_ bound: StageBound, _ rule: String, _ value: Interval) -> StageBound {
    value.upper < bound.lipschitz ? StageBound(stage: bound.stage, rule: rule, norms: [], lipschitz: value.upper) : bound
  }

  private static func bias(_ map: AffineReading, outputs: Int) -> [Double] {
    (0..<outputs).map { map.bias?.number($0) ?? 0 }
  }

  private mutating func scale(_ reading: NetworkReading) throws(Failure) {
    guard let normalization = reading.normalization else { return }
    var entered = lower.indices.map { (Interval(lower[$0], upper[$0]) - Interval(normalization.shift.load($0))) * Interval(normalization.scale.load($0)) }
    entering = lower.indices.map { abs(normalization.scale.load($0)) }
    for feature in normalization.squashed {
      entering[feature] = (Interval(entering[feature]) * Interval(entered[feature].squashSlope)).upper
      entered[feature] = entered[feature].squash()
    }
    try set((entered.map(\.lower), entered.map(\.upper)))
  }

  /// ‖diag(d)W‖, ‖diag(d)W·diag(c)‖ or ‖I + h·diag(d)W‖.
  ///
  /// Each entry of h·diag(d)W and of diag(d)W·diag(c) is rounded at most three times. Where 1 and a number near −1 cancel, the sum's error is not relative to the sum but to 1.
  private func norm(_ products: IntervalProducts, _ d: [Double], columns: [Double]? = nil, stepSize: Double? = nil) throws(Failure) -> Interval {
    let count = products.rows * products.columns
    let buffer = try Buffer(count: count, precision: .float64)
    defer { withExtendedLifetime(buffer) {} }
    let matrix = Matrix(buffer.base, rows: products.rows, columns: products.columns, precision: .float64)
    try products.write(scaledBy: d, stepSize: stepSize, into: matrix)
    if let columns {
      let factors = try Buffer(count: columns.count, precision: .float64)
      let scales = factors.vector(count: columns.count, precision: .float64)
      for (index, value) in columns.enumerated() { scales.store(value, at: index) }
      scaleColumns(of: matrix, by: scales, into: matrix)
      withExtendedLifetime(factors) {}
    }
    // A product that vanishes is less than the smallest number, before it is multiplied by what follows.
    let factors = (1 + Interval(abs(stepSize ?? 0))) * (1 + Interval(columns?.reduce(0, max) ?? 0)) * (1 + Interval(d.reduce(0) { max($0, abs($1)) }))
    let underflow = factors * Interval(Double(count)) * Interval(0x1p-1072)
    let bound = try ledger.plainNorm(matrix, relative: 0x1p-50, absolute: stepSize == nil ? underflow : underflow + Interval(0x1p-50))
    return Interval(0, (Interval(bound) * Interval(NormLedger.room)).upper)
  }

  /// One layer: the box after it, and the smaller of its bounds.
  private mutating func step(_ global: LayerBound, _ layer: LayerReading) throws(Failure) -> LayerBound {
    guard case .euler = layer.scheme else { throw Failure(.incompatible, "blocks[\(layer.block)]: bounds on a box are known of integrator euler") }
    let h = layer.stepSize
    func smaller(_ rule: String, _ value: Interval) -> LayerBound { value.upper < global.lipschitz ? LayerBound(rule, [], value) : global }
    func advance(_ change: (lower: [Double], upper: [Double]), _ factor: Double) -> (lower: [Double], upper: [Double]) {
      let next = zip(zip(lower, upper), zip(change.lower, change.upper)).map { Interval($0.0, $0.1) + Interval(factor) * Interval($1.0, $1.1) }
      return (next.map(\.lower), next.map(\.upper))
    }
    switch layer.field {
    case .plain(let map), .antisymmetric(let map, _):
      var gamma: Double?
      if case .antisymmetric(_, let given) = layer.field { gamma = given }
      guard let matrix = map.weights.matrix else { break }
      let products = try IntervalProducts(matrix, antisymmetry: gamma)
      let sums = try products.apply(lower, upper, bias: Self.bias(map, outputs: products.rows))
      let box = ActivationBox(map.activation)
      let slopes = try box.slopes(sums.lower, sums.upper)
      try set(advance(box.values(sums.lower, sums.upper), h))
      let centers = slopes.map { 0.5 * $0.lowerBound + 0.5 * $0.upperBound }
      let radius = zip(slopes, centers).reduce(0) { max($0, ($1.0.upperBound - $1.1).nextUp, ($1.1 - $1.0.lowerBound).nextUp) }
      let ones = Array(repeating: 1.0, count: products.rows)
      return smaller("local_step", try norm(products, centers, stepSize: h) + Interval(h) * Interval(radius) * (try norm(products, ones)))
    case .descent(let map):
      guard let matrix = map.weights.matrix else { break }
      let products = try IntervalProducts(matrix)
      let sums = try products.apply(lower, upper, bias: Self.bias(map, outputs: products.rows))
      let box = ActivationBox(map.activation)
      let slopes = try box.slopes(sums.lower, sums.upper)
      let hidden = try box.values(sums.lower, sums.upper)
      try set(advance(products.applyTransposed(hidden.lower, hidden.upper), -h))
      guard map.activation.isMonotone else { return global }
      let size = try norm(products, slopes.map { $0.upperBound.squareRoot().nextUp })
      return smaller("local_symmetric", Interval.max(Interval(1), Interval(h) * size * size - 1))
    default: break
    }
    throw Failure(.incompatible, "blocks[\(layer.block)]: bounds on a box are known of the fields dense, antisymmetric and gradient_flow over matrices")
  }
}

/// The values and the slopes of an activation between two numbers, for all numbers of a layer at once.
package struct ActivationBox {
  private let activation: Activation
  package init(_ activation: Activation) { self.activation = activation }

  /// Rounding errors of values in Double, far more than their units in the last place.
  private static let relative = 1e-13

  /// - Throws: `memory`.
  package func values(_ lower: [Double], _ upper: [Double]) throws(Failure) -> (lower: [Double], upper: [Double]) {
    let count = lower.count
    switch activation {
    case .identity: return (lower, upper)
    case .relu: return (lower.map { max($0, 0) }, upper.map { max($0, 0) })
    case _ where activation.isMonotone:
      let found = try activated(activation, lower + upper)
      func room(_ value: Double) -> Double { abs(value) * Self.relative + 0x1p-1000 }
      return (found[..<count].map { $0 - room($0) }, found[count...].map { $0 + room($0) })
    default:
      // The Lipschitz constant about the middle.
      let centers = zip(lower, upper).map { 0.5 * $0 + 0.5 * $1 }
      let middles = try activated(activation, centers)
      let reach = (0..<count).map { i in
        activation.lipschitz * max(upper[i] - centers[i], centers[i] - lower[i]) * (1 + Self.relative) + (abs(centers[i]) + abs(middles[i])) * Self.relative + 0x1p-1000
      }
      return (zip(middles, reach).map { $0 - $1 }, zip(middles, reach).map { $0 + $1 })
    }
  }

  /// The range of σ' between two numbers, rounded outward.
  /// - Throws: `memory`.
  package func slopes(_ lower: [Double], _ upper: [Double]) throws(Failure) -> [ClosedRange<Double>] {
    let (all, count) = (activation.slopeRange, lower.count)
    func outward(_ low: Double, _ high: Double) -> ClosedRange<Double> {
      guard low.isFinite, high.isFinite else { return all }
      return max(all.lowerBound, low * (1 - 1e-9) - 1e-15)...min(all.upperBound, max(high * (1 + 1e-9) + 1e-15, all.lowerBound))
    }
    switch activation {
    case .identity, .relu: return zip(lower, upper).map { ($0 > 0 ? 1 : all.lowerBound)...($1 > 0 ? 1 : all.lowerBound) }
    // Below 0 the slope is 1/100 as the network's precision has it: the lower end is float32's, the upper one float64's.
    case .leakyRelu: return zip(lower, upper).map { ($0 > 0 ? 1 : all.lowerBound)...($1 > 0 ? 1 : 0.01) }
    case .tanh, .sigmoid:
      // Largest next to 0, falling on both sides.
      let near = zip(lower, upper).map { $0 <= 0 && $1 >= 0 ? 0 : min(abs($0), abs($1)) }
      let found = try activated(activation, near + zip(lower, upper).map { max(abs($0), abs($1)) })
      let slopes = found.map { activation == .tanh ? (1 - $0) * (1 + $0) : $0 * (1 - $0) }
      return (0..<count).map { outward(slopes[count + $0], slopes[$0]) }
    case .softplus:
      let found = try activated(.sigmoid, lower + upper)
      return (0..<count).map { outward(found[$0], found[count + $0]) }
    default: return Array(repeating: all, count: count)
    }
  }
}
