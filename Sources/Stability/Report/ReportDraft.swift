import LinearAlgebra
import Networks
import Settings

/// A report while it is made: the network's samples, the arrays that are filled, and what is left out.
struct ReportDraft {
  let subject: Subject
  let source: BatchSource
  let samples: Int
  var omissions = Omissions()
  private(set) var arrays: [Report.Array] = []

  /// - Parameters:
  ///   - features: samples × inputs, at least one.
  ///   - ownPrecision: whether to stay in the network's precision.
  /// - Throws: `.invalidData` naming a row that the network cannot take; `.outOfRange`; `.memory`; the reason why the work must end.
  init(_ network: Network, _ features: TensorView, ownPrecision: Bool = false) throws(Failure) {
    subject = try Subject(network, samples: features.rows, ownPrecision: ownPrecision)
    source = try subject.source(features)
    samples = features.rows
  }

  /// A new array of the report.
  /// - Throws: `.memory`.
  mutating func array(_ name: String, _ shape: [Int], _ help: String, allowsInfinity: Bool = false) throws(Failure) -> Report.Array {
    let made = try Report.Array(name, shape, help, allowsInfinity: allowsInfinity)
    arrays.append(made)
    return made
  }

  /// Runs `body` on the trajectory of one sample.
  /// - Throws: the failures of steps, naming the sample; the reason why the work must end; what `body` throws.
  func following(_ sample: Int, _ body: () throws(Failure) -> Void) throws(Failure) {
    try subject.trajectory.follow(source, sample: sample)
    try subject.trajectory.working(source, body)
  }

  /// The report, of these members beside those that all reports have.
  /// - Throws: `.notFinite` naming an array one of whose numbers overflowed.
  func finished(_ kind: String, _ members: [(key: String, value: JSON)], _ statements: [ReportStatement]) throws(Failure) -> Report {
    let described = arrays.map { (key: $0.name, value: JSON.object([("shape", .array($0.shape.map { .integer(Int64($0)) })), ("help", .text($0.help))])) }
    let common: [(key: String, value: JSON)] = [("statements", .array(statements.map(\.json))), ("omitted", omissions.json), ("arrays", .object(described))]
    return try Report(.object([("report", .text(kind)), ("samples", .integer(Int64(samples)))] + members + common), arrays)
  }
}

/// A statement of a report: in which sense something holds or not, and the number that decides it.
struct ReportStatement {
  let sense: String
  let holds: Bool
  let quantity: String
  let value: Double
  let limit: Double
  /// The sample with the worst value.
  let sample: Int
  /// The statement in words.
  let text: String
  /// Where the value is, for statements about layers or links.
  var more: [(key: String, value: JSON)] = []

  var json: JSON {
    .object(
      [
        ("sense", .text(sense)), ("holds", .bool(holds)), ("quantity", .text(quantity)), ("value", number(value)), ("limit", .real(limit)), ("sample", .integer(Int64(sample))), ("text", .text(text)),
      ] + more)
  }
}
