import LinearAlgebra
import Networks
import Settings

/// Lipschitz bounds in ℓ₂ that hold on a box of inputs: the box is carried through the network by interval arithmetic, which bounds the slopes of every activation there, and each layer's Jacobians are bounded for these slopes alone.
///
/// With slopes in C ± R, ‖I + hDW‖ ≤ ‖I + hCW‖ + h·max R·‖W‖, and ‖D W‖ ≤ ‖diag(max|d|)W‖; a descent's step is symmetric, so that ‖I − hKᵀDK‖ ≤ max(1, h‖diag(√d)K‖² − 1). Of these and the global bound the smaller one holds (Theory.md §6.3). For matrices; a network with
/// other operators keeps its global bounds.
package struct BoxBounds {
  /// Bounds of each number of the state.
  private var lower: [Double]
  private var upper: [Double]
  private let ledger: NormLedger

  /// The stages of a network's global bound with what is smaller on the box.
  /// - Parameters: lower, upper: one number for each input, in the caller's units.
  /// - Throws: `.incompatible` for operators that are no matrices.
  package static func improve(_ bound: NetworkBound, _ reading: NetworkReading, _ lower: [Double], _ upper: [Double], _ ledger: NormLedger) throws(Failure) -> (stages: [StageBound], lipschitz: Double, features: Double) {
    var box = BoxBounds(lower: lower, upper: upper, ledger: ledger)
    var stages: [StageBound] = []
    var (product, features) = (Interval(1), Interval(1))
    for stage in bound.stages {
      try Watch.check()
      let improved = try box.pass(stage, reading)
      stages.append(improved)
      product = product * .upTo(improved.lipschitz)
      if stage.stage.kind != "readout", stage.stage.kind != "targets" { features = product }
    }
    return (stages, product.upper, features.upper)
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
      return bound
    case .selection where bound.stage.kind == "opening":
      // Zeros follow.
      let zeros = Array(repeating: 0.0, count: max(bound.stage.outputs - lower.count, 0))
      (lower, upper) = (lower + zeros, upper + zeros)
      return bound
    case .targets: return bound
    case .selection where bound.stage.outputs == lower.count: return bound
    case .activation(let activation):
      let slopes = ActivationBox(activation).slopes(lower, upper)
      try set(ActivationBox(activation).values(lower, upper))
      return improved(bound, "local_activation", Interval(slopes.reduce(0) { max($0, abs($1.lowerBound), abs($1.upperBound)) }))
    case .affine(let map, let isScaled):
      if isScaled { try scale(reading) }
      guard let matrix = map.weights.matrix else { throw Failure(.incompatible, "\(map.weights.tensor): bounds on a box are known of matrices") }
      let products = IntervalProducts(matrix)
      try set(products.apply(lower, upper, bias: Self.bias(map, outputs: products.rows)))
      guard map.activation != .identity else { return bound }
      let box = ActivationBox(map.activation)
      let slopes = box.slopes(lower, upper).map { max(abs($0.lowerBound), abs($0.upperBound)) }
      try set(box.values(lower, upper))
      guard !isScaled else { return bound }
      return improved(bound, "local_affine", try norm(products, slopes))
    case .block(let index):
      let scheme = try reading.scheme(ofBlock: index)
      var (layers, product) = ([LayerBound](), Interval(1))
      for (j, layer) in bound.layers.enumerated() {
        try Watch.check()
        let local = try step(layer, try reading.layer(j, ofBlock: index, scheme))
        layers.append(local)
        product = product * .upTo(local.lipschitz)
      }
      return StageBound(stage: bound.stage, rule: bound.rule, norms: bound.norms, lipschitz: product.upper, layers: layers)
    default: throw Failure(.incompatible, "bounds on a box are known of matrices and activations; this network has other stages")
    }
  }

  private func improved(_ bound: StageBound, _ rule: String, _ value: Interval) -> StageBound {
    value.upper < bound.lipschitz ? StageBound(stage: bound.stage, rule: rule, norms: [], lipschitz: value.upper) : bound
  }

  private static func bias(_ map: AffineReading, outputs: Int) -> [Double] {
    (0..<outputs).map { i in map.bias.map { $0.numbers.load($0.numbers.count == 1 ? 0 : i) } ?? 0 }
  }

  private mutating func scale(_ reading: NetworkReading) throws(Failure) {
    guard let normalization = reading.normalization else { return }
    let scaled = lower.indices.map { (Interval(lower[$0], upper[$0]) - Interval(normalization.shift.load($0))) * Interval(normalization.scale.load($0)) }
    try set((scaled.map(\.lower), scaled.map(\.upper)))
  }

  /// ‖diag(d)W‖ or ‖I + h·diag(d)W‖. Each entry is rounded at most three times.
  private func norm(_ products: IntervalProducts, _ d: [Double], stepSize: Double? = nil) throws(Failure) -> Interval {
    let count = products.rows * products.columns
    let buffer = try Buffer(count: count, precision: .float64)
    let matrix = Matrix(buffer.base, rows: products.rows, columns: products.columns, precision: .float64)
    products.write(scaledBy: d, stepSize: stepSize, into: matrix)
    let bound = try ledger.plainNorm(matrix)
    return withExtendedLifetime(buffer) { Interval(0, (Interval(bound) + Interval(euclideanNormBound(buffer.vector(count: count, precision: .float64))) * Interval(0x1p-50)).upper) }
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
      let products = IntervalProducts(matrix, antisymmetry: gamma)
      let sums = products.apply(lower, upper, bias: Self.bias(map, outputs: products.rows))
      let box = ActivationBox(map.activation)
      let slopes = box.slopes(sums.lower, sums.upper)
      try set(advance(box.values(sums.lower, sums.upper), h))
      let centers = slopes.map { 0.5 * $0.lowerBound + 0.5 * $0.upperBound }
      let radius = zip(slopes, centers).reduce(0) { max($0, ($1.0.upperBound - $1.1).nextUp, ($1.1 - $1.0.lowerBound).nextUp) }
      let ones = Array(repeating: 1.0, count: products.rows)
      return smaller("local_step", try norm(products, centers, stepSize: h) + Interval(h) * Interval(radius) * (try norm(products, ones)))
    case .descent(let map):
      guard let matrix = map.weights.matrix else { break }
      let products = IntervalProducts(matrix)
      let sums = products.apply(lower, upper, bias: Self.bias(map, outputs: products.rows))
      let box = ActivationBox(map.activation)
      let slopes = box.slopes(sums.lower, sums.upper)
      let hidden = box.values(sums.lower, sums.upper)
      try set(advance(products.applyTransposed(hidden.lower, hidden.upper), -h))
      guard map.activation.isMonotone else { return global }
      let size = try norm(products, slopes.map { $0.upperBound.squareRoot().nextUp })
      return smaller("local_symmetric", Interval.max(Interval(1), Interval(h) * size * size - 1))
    default: break
    }
    throw Failure(.incompatible, "blocks[\(layer.block)]: bounds on a box are known of the fields dense, antisymmetric and gradient_flow over matrices")
  }
}

/// The values and the slopes of an activation between two numbers.
struct ActivationBox {
  private let activation: Activation
  init(_ activation: Activation) { self.activation = activation }

  /// Rounding errors of values in Double, far more than their units in the last place.
  private static let relative = 1e-13

  func values(_ lower: [Double], _ upper: [Double]) -> (lower: [Double], upper: [Double]) {
    guard activation != .identity else { return (lower, upper) }
    var (low, high) = (lower, upper)
    for i in lower.indices {
      if activation.isMonotone {
        let (a, b) = (value(lower[i]), value(upper[i]))
        (low[i], high[i]) = (a - abs(a) * Self.relative - 0x1p-1000, b + abs(b) * Self.relative + 0x1p-1000)
      } else {
        // The Lipschitz constant about the middle.
        let center = 0.5 * lower[i] + 0.5 * upper[i]
        let reach = activation.lipschitz * max(upper[i] - center, center - lower[i]) * (1 + Self.relative) + abs(center) * Self.relative + 0x1p-1000
        let middle = value(center)
        (low[i], high[i]) = (middle - reach, middle + reach)
      }
      if activation == .relu { (low[i], high[i]) = (max(lower[i], 0), max(upper[i], 0)) }
    }
    return (low, high)
  }

  /// The range of σ' between two numbers, rounded outward.
  func slopes(_ lower: [Double], _ upper: [Double]) -> [ClosedRange<Double>] {
    let all = activation.slopeRange
    return zip(lower, upper).map { a, b in
      let (low, high): (Double, Double)
      switch activation {
      case .identity: return 1...1
      case .relu: return (a > 0 ? 1 : 0)...(b > 0 ? 1 : 0)
      case .leakyRelu: return (a > 0 ? 1 : all.lowerBound)...(b > 0 ? 1 : all.lowerBound)
      case .tanh, .sigmoid:
        // Largest next to 0, falling on both sides.
        let (near, far) = (a <= 0 && b >= 0 ? 0 : min(abs(a), abs(b)), max(abs(a), abs(b)))
        (low, high) = (bell(far), bell(near))
      case .softplus: (low, high) = (logistic(a), logistic(b))
      default: return all
      }
      guard low.isFinite, high.isFinite else { return all }
      let range = (low * (1 - 1e-9) - 1e-15, high * (1 + 1e-9) + 1e-15)
      return max(all.lowerBound, range.0)...min(all.upperBound, max(range.1, all.lowerBound))
    }
  }

  private func value(_ x: Double) -> Double { (try? activated(activation, [x]))?.first ?? .nan }
  private func logistic(_ x: Double) -> Double { (try? activated(.sigmoid, [x]))?.first ?? 1 }
  /// σ'(x) of tanh and sigmoid.
  private func bell(_ x: Double) -> Double {
    let s = value(x)
    return activation == .tanh ? (1 - s) * (1 + s) : s * (1 - s)
  }
}
