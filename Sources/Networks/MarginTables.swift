import Gradients
import LinearAlgebra
import Settings
import VectorFields

/// The margins ε·m of a pass over a batch, and their way back to the weights. One table of cotangents for each group of tiles, added in order, keeps the bits the same for any number of threads.
final class MarginTables {
  private let rules: MarginRules
  private let buffer: Buffer
  /// The table, then one of cotangents for each group.
  private let tables: [Matrix]
  /// For each norm: the matrix as Doubles, ∂β/∂W, and the memory of the iteration.
  private let norms: [(matrix: Matrix, slope: Matrix, memory: Vector, iteration: GramNorm)]
  /// The bound β of each norm.
  private var bounds: [Double]
  /// ε·Λ: what the distance of two rows is multiplied by.
  private var factor = 0.0

  /// - Parameter groups: how many groups of tiles a gradient is summed in; 0 without derivatives.
  /// - Throws: `memory`.
  init(_ rules: MarginRules, groups: Int, derivative: Bool) throws(Failure) {
    self.rules = rules
    let withCotangents = derivative ? groups : 0
    let iterations = rules.norms.map { GramNorm(rows: $0.rows, columns: $0.columns, withDerivative: derivative) }
    let count = Self.count(rules, groups: groups, derivative: derivative)
    buffer = try Buffer(count: count, precision: .float64)
    var rest = buffer.vector(count: count, precision: .float64)
    func take(_ count: Int) -> Vector {
      defer { rest = rest[count..<rest.count] }
      return rest[0..<count]
    }
    func matrix(_ rows: Int, _ columns: Int) -> Matrix { Matrix(take(rows * columns).base, rows: rows, columns: columns, precision: .float64) }
    tables = (0...withCotangents).map { _ in matrix(rules.outputs, rules.outputs) }
    norms = zip(rules.norms, iterations).map { norm, iteration in (matrix(norm.rows, norm.columns), matrix(norm.rows, norm.columns), take(iteration.memoryCount), iteration) }
    bounds = Array(repeating: 0, count: norms.count)
  }

  /// The numbers of float64 that the tables take. No product overflows: a network has at most 2⁴⁰ parameters.
  static func count(_ rules: MarginRules, groups: Int, derivative: Bool) -> Int {
    let norms = rules.norms.reduce(0) { $0 + 2 * $1.rows * $1.columns + GramNorm(rows: $1.rows, columns: $1.columns, withDerivative: derivative).memoryCount }
    return (1 + (derivative ? groups : 0)) * rules.outputs * rules.outputs + norms
  }

  var byteCount: Int { buffer.byteCount }

  /// The margins of the tiles of a group.
  func margins(ofGroup group: Int, withCotangents: Bool) -> Margins { Margins(tables[0], cotangents: withCotangents ? tables[1 + group] : nil) }

  /// Computes the table, and sets the cotangents to zero.
  ///
  /// - Parameters:
  ///   - radius: ε.
  ///   - normalization: of the inputs, in whose units before it the radius is.
  ///   - prepared: the operators of all stages, prepared for training.
  func make(_ plan: NetworkPlan, _ parameters: Vector, prepared: Vector, radius: Double, _ normalization: Normalization?, withDerivative: Bool) {
    factor = radius * rules.constant * (normalization?.largestScale ?? 1)
    for (index, norm) in rules.norms.enumerated() {
      guard let weights = norm.connector.matrix(parameters, prepared[plan.preparedRange(stage: norm.stage, for: .training)]) else { preconditionFailure("a norm of no matrix") }
      let place = norms[index]
      bounds[index] = place.iteration.bound(scaling: weights, into: place.matrix, derivative: withDerivative ? place.slope : nil, memory: place.memory)
      factor *= bounds[index]
    }
    let readout = rules.readout.flatMap { $0.connector.matrix(parameters, prepared[plan.preparedRange(stage: $0.stage, for: .training)]) }
    rowDistances(readout, times: factor, into: tables[0])
    for table in tables.dropFirst() { fill(Vector(table.base, count: table.rows * table.columns, precision: .float64), 0) }
  }

  /// Adds the cotangents of the weights of readout and norms to a gradient, in the places where operators' gradients accumulate, and says whether all numbers there are finite.
  func pullBack(_ plan: NetworkPlan, groups: Int, _ parameters: Vector, prepared: Vector, addingTo gradient: Vector) -> Bool {
    func vector(_ table: Matrix) -> Vector { Vector(table.base, count: table.rows * table.columns, precision: .float64) }
    guard groups > 0 else { return true }
    for group in 1..<groups { axpy(1, vector(tables[1 + group]), addingTo: vector(tables[1])) }
    // Margins are proportional to each norm, so that the cotangent of β is Σ m̄m/β.
    let along = dot(vector(tables[1]), vector(tables[0]))
    if let (stage, connector) = rules.readout, let out = connector.matrix(ofGradient: gradient),
      let readout = connector.matrix(parameters, prepared[plan.preparedRange(stage: stage, for: .training)])
    {
      pullBackRowDistances(readout, cotangents: tables[1], times: factor, addingTo: out)
    }
    for (index, norm) in rules.norms.enumerated() where bounds[index] > 0 {
      if let out = norm.connector.matrix(ofGradient: gradient) { add(along / bounds[index], norms[index].slope, to: out) }
    }
    return ((rules.readout.map { [$0.connector] } ?? []) + rules.norms.map(\.connector)).allSatisfy { connector in connector.ranges.allSatisfy { allFinite(gradient[$0]) } }
  }
}
