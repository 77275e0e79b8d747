import LinearAlgebra
import Networks
import Settings

/// The range in which the numbers of a part of a tensor must lie, where a condition on them fails.
package struct NumberLimit {
  package let numbers: Vector
  /// The place of the first among the network's parameters.
  let first: Int
  package let least: Double
  package let largest: Double

  init(_ numbers: Vector, first: Int, least: Double, largest: Double) { (self.numbers, self.first, self.least, self.largest) = (numbers, first, least, largest) }
}

/// The norm that an operator may have at most, where a condition on it fails.
package struct WeightLimit {
  /// Whose norm that is, and how the nearest weights are found.
  package enum Part {
    /// ‖W‖₂.
    case spectral
    /// ‖½(W − Wᵀ)‖₂.
    case antisymmetric
    /// ‖W‖_∞.
    case rowSums
    /// A norm of W to which a factor of W is one: the weights are multiplied by it.
    case factor
  }

  package let weights: OperatorReading
  package let part: Part
  /// The claimed bound of its norm, and the part of it that is allowed, between 0 and 1.
  let bound: Double
  var share: Double

  /// nil where no norm above 0 is allowed, or none that numbers hold.
  init?(_ weights: OperatorReading, _ part: Part, bound: Double, share: Double) {
    let isSingle = weights.weights.precision == .float32
    // Smaller numbers lose digits; and where the symmetric part stays, roundings beside it are left of an antisymmetric part that is much smaller.
    guard share > 0, share < 1, bound.isFinite, bound * share >= (isSingle ? 0x1p-100 : 0x1p-1000), part != .antisymmetric || share >= (isSingle ? 0x1p-20 : 0x1p-44) else { return nil }
    (self.weights, self.part, self.bound, self.share) = (weights, part, bound, share)
  }

  init?(_ weights: OperatorReading, isAntisymmetric: Bool = false, bound: Double, share: Double) {
    self.init(weights, isAntisymmetric ? .antisymmetric : .spectral, bound: bound, share: share)
  }

  /// For h L(g² + ‖S‖²) <= 2g, g = γ/2.
  init?(_ weights: OperatorReading, rotating gamma: Double, slope: Double, stepSize h: Double, bound: Double) {
    let g = 0.5 * gamma
    self.init(weights, isAntisymmetric: true, bound: bound, share: (2 * g / (h * slope) - g * g).squareRoot() / bound)
  }

  fileprivate var key: String { "\(weights.tensor) \(weights.entry ?? -1)" }
}

/// The limits of all operators whose conditions fail; without a limit for one of them, no change of the weights is known that repairs the statement.
struct WeightLimits {
  private var found: [WeightLimit] = []
  private var places: [String: Int] = [:]
  private var isComplete = true
  var all: [WeightLimit]? { isComplete ? found : nil }

  /// An operator that several layers share gets the smallest of its limits.
  mutating func add(_ limit: WeightLimit?) {
    guard let limit else {
      isComplete = false
      return
    }
    if let place = places[limit.key] {
      found[place].share = min(found[place].share, limit.share)
    } else {
      places[limit.key] = found.count
      found.append(limit)
    }
  }
}

/// The nearest change of weights after which norms are within their limits.
///
/// Of a matrix the singular values above the limit become the limit (`SingularClipping`), which no matrix within it is nearer to, in the spectral or in the Frobenius norm. Of ½(W − Wᵀ) the same: it stays antisymmetric, and ½(W + Wᵀ) stays
/// as it is. Rows whose sums of magnitudes are above the limit are projected on it (`RowSumClipping`), and numbers outside of their range become its nearest ones. The kernel of a convolution is multiplied by a factor, which is not the nearest change. Limits are undercut by what bounds of norms and roundings of stored numbers may add: 5·10⁻⁶ and 2√o units of roundoff, o being the smaller extent.
enum WeightRepair {
  private static let room = 5e-6

  /// Multiply-adds of one sweep over all matrices, up to which `certify` computes the distance: about a second.
  static let measuredWork = 1 << 26

  static func work(_ limits: [WeightLimit]) -> Int {
    limits.reduce(0) { sum, limit in
      guard limit.part == .spectral || limit.part == .antisymmetric, let matrix = limit.weights.matrix, sum <= measuredWork else { return sum }
      let (r, s) = (min(matrix.rows, matrix.columns), max(matrix.rows, matrix.columns))
      return r > measuredWork / s ? measuredWork + 1 : sum + min(r * s, measuredWork) * r
    }
  }

  /// Changes parameters, which are those that the limits were found for, in place.
  /// - Parameters:
  ///   - numbers: ranges of single numbers.
  ///   - inside: a factor for all limits of norms.
  /// - Returns: the Frobenius norm of the change of all tensors, rounded up.
  /// - Throws: `memory`; the reason why the work must end.
  static func apply(_ limits: [WeightLimit], _ numbers: [NumberLimit] = [], _ plan: NetworkPlan, _ parameters: Vector, inside: Double = 1) throws(Failure) -> Double {
    var square = Interval(0)
    for limit in numbers {
      let target = parameters[limit.first..<limit.first + limit.numbers.count]
      for i in 0..<target.count { target.store(max(limit.least, min(limit.largest, target.load(i))), at: i) }
      let change = Interval(0, try distance(target, limit.numbers))
      square = square + change * change
    }
    for limit in limits {
      try Watch.check()
      guard let tensor = plan.tensors.first(where: { $0.name == limit.weights.tensor }) else { throw Failure(.internal, "a limit of no tensor") }
      let start = tensor.range.lowerBound + (limit.weights.entry ?? 0) * limit.weights.weights.count
      let target = parameters[start..<start + limit.weights.weights.count]
      if let matrix = limit.weights.matrix, limit.part == .rowSums {
        // Of n rounded numbers the sum changes by less than a unit of roundoff of itself, its bound by n + 4 of float64.
        let most = limit.bound * limit.share * inside * (1 - room - 4 * plan.precision.epsilon - Double(matrix.columns + 4) * 0x1p-51)
        try clipRows(target, rows: matrix.rows, columns: matrix.columns, to: most)
      } else if let matrix = limit.weights.matrix, limit.part != .factor {
        let extent = Double(min(matrix.rows, matrix.columns))
        try clip(target, rows: matrix.rows, columns: matrix.columns, limit, to: limit.bound * limit.share * inside * (1 - room - 2 * extent.squareRoot() * plan.precision.epsilon))
      } else {
        scale(limit.share * inside * (1 - room - 4 * plan.precision.epsilon), target)
      }
      let change = Interval(0, try distance(target, limit.weights.weights))
      square = square + change * change
    }
    return square.squareRoot().upper
  }

  private static func clipRows(_ target: Vector, rows: Int, columns: Int, to limit: Double) throws(Failure) {
    let memory = try Buffer(count: rows * columns, precision: .float64)
    defer { withExtendedLifetime(memory) {} }
    let whole = memory.vector(count: rows * columns, precision: .float64)
    try convertInPieces(TensorView(UnsafeRawPointer(target.base), type: ElementType(target.precision), rows: 1, columns: target.count), into: whole)
    try RowSumClipping.clip(Matrix(whole.base, rows: rows, columns: columns, precision: .float64), to: limit)
    try convertInPieces(TensorView(UnsafeRawPointer(whole.base), type: .float64, rows: 1, columns: target.count), into: target)
  }

  private static func clip(_ target: Vector, rows: Int, columns: Int, _ limit: WeightLimit, to norm: Double) throws(Failure) {
    let count = rows * columns
    let isAntisymmetric = limit.part == .antisymmetric
    let memory = try Buffer(count: isAntisymmetric ? 2 * count : count, precision: .float64)
    defer { withExtendedLifetime(memory) {} }
    let whole = memory.vector(count: count, precision: .float64)
    let matrix = Matrix(whole.base, rows: rows, columns: columns, precision: .float64)
    try convertInPieces(TensorView(UnsafeRawPointer(target.base), type: ElementType(target.precision), rows: 1, columns: count), into: whole)
    if isAntisymmetric {
      let part = Matrix(whole.base + 8 * count, rows: rows, columns: columns, precision: .float64)
      antisymmetrize(matrix, damping: 0, into: part)
      let numbers = Vector(part.base, count: count, precision: .float64)
      axpy(-1, numbers, addingTo: whole)
      try SingularClipping.clip(part, to: norm)
      // Rounding leaves a symmetric part, which goes.
      antisymmetrize(part, damping: 0, into: part)
      axpy(1, numbers, addingTo: whole)
    } else {
      try SingularClipping.clip(matrix, to: norm)
    }
    try convertInPieces(TensorView(UnsafeRawPointer(whole.base), type: .float64, rows: 1, columns: count), into: target)
  }

  /// |a − b|₂, rounded up. A difference of two Doubles is rounded once.
  private static func distance(_ a: Vector, _ b: Vector) throws(Failure) -> Double {
    let memory = try Buffer(count: 2 * a.count, precision: .float64)
    defer { withExtendedLifetime(memory) {} }
    let all = memory.vector(count: 2 * a.count, precision: .float64)
    let (x, y) = (all[0..<a.count], all[a.count..<2 * a.count])
    try convertInPieces(TensorView(UnsafeRawPointer(a.base), type: ElementType(a.precision), rows: 1, columns: a.count), into: x)
    try convertInPieces(TensorView(UnsafeRawPointer(b.base), type: ElementType(b.precision), rows: 1, columns: b.count), into: y)
    axpy(-1, y, addingTo: x)
    try Watch.check()
    return (Interval(euclideanNormBound(x)) * Interval(1 + 0x1p-52)).upper
  }
}

extension Certificate {
  /// The statements for which `repaired` knows a change of the weights.
  package static let repairable = certificates.entries.filter { $0.entry.withoutRepair == nil }.map(\.name)

  /// The network with the nearest weights, by `WeightRepair`, for which a statement is proved: of the layers whose conditions fail, the operators with smaller norms; for Lipschitz bounds the readout; for zero stability the numbers k.
  ///
  /// A condition about a product of two norms lowers both in the same ratio, which need not be the nearest pair.
  /// - Parameters: name, network, snapshot, json: as for `prove`.
  /// - Returns: the network, a copy if the statement is proved already, and the Frobenius norm of the change, rounded up.
  /// - Throws: what `prove` throws; `.incompatible` with the reason for other statements, and if no change of weights is known that repairs this one.
  package static func repaired(_ name: String, _ network: Network, _ snapshot: ParameterSnapshot, _ json: JSON? = nil) throws(Failure) -> (network: Network, distance: Double) {
    if let reason = try certificates(name).withoutRepair {
      throw Failure(.incompatible, "no change of the weights makes statement \(name) provable: \(reason); there is one for \(enumeration(repairable))")
    }
    let found = try prove(name, of: network, snapshot, json, measuresRepair: false)
    let plan = network.plan
    if found.verdict == .proved { return (try Network(plan, snapshot, metadata: network.metadata), 0) }
    let limits = found.weightLimits ?? []
    guard !limits.isEmpty || !found.numberLimits.isEmpty else {
      let help = found.repair.first { $0.key == "text" }?.value.text.map { "; \($0)" } ?? ""
      throw Failure(.incompatible, "no change of the weights is known that makes statement \(name) provable: \(found.reason ?? "its hypotheses fail")\(help)")
    }
    // The limits are views of the snapshot's numbers.
    defer { withExtendedLifetime(snapshot) {} }
    var inside = 1.0
    var reason = found.reason
    for attempt in 0..<5 {
      var distance = 0.0
      let changed = try ParameterSnapshot(plan: plan, scaling: snapshot.scaling) { (parameters) throws(Failure) in
        try copyInPieces(snapshot.parameters, into: parameters)
        distance = try WeightRepair.apply(limits, found.numberLimits, plan, parameters, inside: inside)
      }
      let made = try Network(plan, changed, metadata: network.metadata)
      let again = try prove(name, of: made, changed, json, measuresRepair: false)
      if again.verdict == .proved { return (made, distance) }
      reason = again.reason
      inside *= 1 - 0x1p-15 * Double(1 << (3 * attempt))
    }
    throw Failure(.incompatible, "with smaller norms of its weights statement \(name) is not provable either: \(reason ?? "its hypotheses fail")")
  }

  /// Adds the distance to the nearest weights, if it is soon computed.
  mutating func measureRepair(_ plan: NetworkPlan, _ parameters: Vector) throws(Failure) {
    let limits = weightLimits ?? []
    guard verdict != .proved, !limits.isEmpty || !numberLimits.isEmpty, WeightRepair.work(limits) <= WeightRepair.measuredWork else { return }
    let changed = try ParameterSnapshot(copying: parameters, scaling: DataScaling())
    let distance = try withExtendedLifetime(changed) { () throws(Failure) in try WeightRepair.apply(limits, numberLimits, plan, changed.parameters) }
    guard distance.isFinite else { return }
    let place = repair.firstIndex { $0.key == "text" }
    repair.insert(("distance", .real(distance)), at: place ?? repair.count)
    if place == nil { repair.append(("text", .text("the network with the nearest weights, which sode_network_repair gives, satisfies the hypotheses that fail"))) }
  }
}
