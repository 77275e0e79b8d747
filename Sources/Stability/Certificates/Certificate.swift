import LinearAlgebra
import Networks
import Settings

/// What a certificate says of its statement.
package enum Verdict: Int32, Sendable {
  case proved = 1
  case refuted = 2
  case notProvable = 3

  package var name: String {
    switch self {
    case .proved: "proved"
    case .refuted: "refuted"
    case .notProvable: "not_provable"
    }
  }
}

/// The theorem on which a certificate rests.
package struct Theorem: Sendable {
  /// "E2".
  package let name: String
  package let source: String

  package init(_ name: String, _ source: String) { (self.name, self.source) = (name, source) }
}

/// A statement about a network at the moment of a call: its theorem, the theorem's hypotheses with their numbers, and the verdict. `proved` rests on upper bounds that are rounded outward; `refuted` comes with a witness that anyone can compute again;
/// `not_provable` says why, and what would make the statement provable.
package struct Certificate {
  package let statement: String
  /// The statement in one sentence.
  package let claim: String
  package let theorem: Theorem
  package var verdict = Verdict.notProvable
  /// Why nothing was proved.
  package var reason: String?
  package var hypotheses: [Hypothesis] = []
  package var stages: [StageBound]?
  package var rounding: JSON?
  package var results: [(name: String, value: Double)] = []
  package var result: [(key: String, value: JSON)] = []
  package var witness: JSON?
  package var repair: [(key: String, value: JSON)] = []
  /// The norms that operators may have at most for the statement to hold; nil if no such norms are known.
  package var weightLimits: [WeightLimit]?
  /// The ranges in which single numbers must lie for the statement to hold.
  package var numberLimits: [NumberLimit] = []
  package var norms: [NormLedger.Entry] = []
  package var options: [(key: String, value: JSON)] = []
  /// What the caller gave besides options: the input.
  package var extraOptions: [(key: String, value: JSON)] = []

  package init(_ statement: String, _ claim: String, _ theorem: Theorem) { (self.statement, self.claim, self.theorem) = (statement, claim, theorem) }

  /// The verdict that the hypotheses give.
  package mutating func conclude() {
    if hypotheses.allSatisfy(\.holds) {
      verdict = .proved
    } else if reason == nil, let failed = hypotheses.first(where: { !$0.holds }) {
      reason = reason(failed)
      if !slopesHold, repair.isEmpty { repair = [("text", .text("an activation whose slopes are at least 0, such as tanh or relu, satisfies the hypothesis slopes; no step and no weights do"))] }
    }
  }

  /// Whether no activation has slopes that its theorem forbids, which neither steps nor weights mend.
  var slopesHold: Bool { hypotheses.allSatisfy { $0.holds || $0.name != "slopes" } }

  /// Which condition fails, where, and by how much; and what a witness shows there.
  func reason(_ failed: Hypothesis, _ shown: String? = nil) -> String {
    let place = failed.block.map { " (blocks[\($0)]\(failed.layer.map { ", layer \($0)" } ?? ""))" } ?? ""
    let text = "\(failed.text) does not hold\(place): \(failed.value) against \(failed.limit); \(hypotheses.filter { !$0.holds }.count) of \(hypotheses.count) hypotheses fail"
    return shown.map { "\($0)\(place): \(text)" } ?? text
  }

  /// The certificate as JSON text, bound to the bytes of a model file.
  /// - Parameters:
  ///   - model: SHA-256 of the file as hexadecimal digits, and its length.
  package func text(model: (sha256: String, bytes: Int), libraryVersion: String) throws(Failure) -> String {
    func number(_ x: Double) -> JSON { x.isFinite ? .real(x) : .null }
    var members: [(key: String, value: JSON)] = [
      ("format", .text("stableode.certificate")), ("version", .integer(1)), ("digest", .text(String(repeating: "0", count: 64))), ("library_version", .text(libraryVersion)),
      ("model", .object([("sha256", .text(model.sha256)), ("bytes", .integer(Int64(model.bytes)))])), ("statement", .text(statement)), ("claim", .text(claim)),
      ("theorem", .object([("name", .text(theorem.name)), ("source", .text(theorem.source))])), ("options", .object(options)), ("verdict", .text(verdict.name)),
    ]
    if let reason, verdict != .proved { members.append(("reason", .text(reason))) }
    members.append(("norms", .array(norms.map(\.json))))
    members.append(("hypotheses", .array(hypotheses.map(\.json))))
    if let stages { members.append(("stages", .array(stages.map(\.json)))) }
    if let rounding { members.append(("rounding", rounding)) }
    members.append(("result", .object(results.map { ($0.name, number($0.value)) } + result)))
    if let witness { members.append(("witness", witness)) }
    if !repair.isEmpty { members.append(("repair", .object(repair))) }
    let text = try JSON.object(members).written()
    let mark = "\"digest\":\""
    var bytes = Array(text.utf8)
    guard let start = firstRange(of: Array(mark.utf8), in: bytes) else { throw Failure(.internal, "a certificate without a place for its digest") }
    let digest = SHA256.hexadecimal(bytes)
    bytes.replaceSubrange(start + mark.utf8.count..<start + mark.utf8.count + 64, with: Array(digest.utf8))
    return String(decoding: bytes, as: UTF8.self)
  }

  private func firstRange(of mark: [UInt8], in bytes: [UInt8]) -> Int? {
    (0..<max(bytes.count - mark.count, 0)).first { start in bytes[start] == mark[0] && mark.indices.allSatisfy { bytes[start + $0] == mark[$0] } }
  }
}
