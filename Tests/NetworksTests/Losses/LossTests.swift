import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing

/// The contracts of the protocol, for every registered loss.
@Suite struct LossTests {
  @Test(arguments: losses.names, Precision.allCases) func gradientIsOptionalAndChangesNoBit(_ name: String, _ precision: Precision) throws {
    let loss = try losses.standard(name)
    let outputs = name == "logistic" ? 1 : 3
    let scores = try Numbers.normal(outputs * 16, precision, seed: 1, deviation: 3).block(rows: outputs, columns: 16)
    let targets = try Numbers.normal(outputs * 16, precision, seed: 2)
    loss.keepTargets(targets)
    let values = targets.block(rows: outputs, columns: 16)
    let gradient = try Numbers(outputs * 16, precision).block(rows: outputs, columns: 16)
    var labels = (0..<16).map { Int32($0 % max(loss.classes(outputs: outputs), 1)) }
    var correct = [0, 0]
    let sums = try labels.withUnsafeMutableBufferPointer { labels in
      var targets = TileTargets(labels: try #require(labels.baseAddress), values: values)
      let margins = try Numbers(Array(repeating: 0.5, count: outputs * outputs), .float64)
      if loss.marginRadius != nil { targets.margins = Margins(margins.matrix(rows: outputs, columns: outputs), cotangents: nil) }
      return [
        loss.evaluate(scores: scores, targets: targets, count: 16, scale: 1, gradient: nil, correct: &correct[0]),
        loss.evaluate(scores: scores, targets: targets, count: 16, scale: 1, gradient: gradient, correct: &correct[1]),
      ]
    }
    #expect(sums[0] == sums[1] && correct[0] == correct[1])
    #expect(sums[0] > 0)
  }

  @Test(arguments: losses.names) func linkMayWriteOverTheScores(_ name: String) throws {
    let outputs = name == "logistic" ? 1 : 3
    let scores = try Numbers.normal(outputs * 16, .float32, seed: 1)
    let out = try Numbers(outputs * 16, .float32)
    let loss = try losses.standard(name)
    loss.link(scores.block(rows: outputs, columns: 16), into: out.block(rows: outputs, columns: 16))
    loss.link(scores.block(rows: outputs, columns: 16), into: scores.block(rows: outputs, columns: 16))
    #expect(out.bits == scores.bits)
  }

  @Test func classesFollowTheOutputs() throws {
    let made = try losses.names.map { try losses.standard($0) }
    #expect(made.map { $0.classes(outputs: 1) } == [1, 1, 1, 2, 0, 0, 0, 0, 0])
    #expect(made.map(\.outputKind) == [.classes, .classes, .classes, .classes, .labels, .values, .values, .values, .counts])
    #expect(made.map(\.targetKind) == [.labels, .labels, .labels, .labels, .values, .values, .values, .values, .values])
    #expect(made.map { $0.targets(outputs: 3) } == Array(repeating: 3, count: 9))
  }

  /// Losses whose targets may be scaled: with targets and scores mapped to (t − m)/d, and δ divided by d, their gradient is divided by d² or d, without another change.
  @Test(arguments: losses.names) func scaledTargetsHaveScaledGradients(_ name: String) throws {
    let plain = try losses.standard(name)
    guard plain.targetsMayBeScaled else { return #expect(plain.targetBounds != nil || plain.targetKind == .labels) }
    let (shift, scale) = (3.0, 2.0)
    let scaled: any Loss = name == "huber" ? Huber(delta: 1 / scale) : plain
    let (scores, targets) = (try Numbers.normal(16, .float64, seed: 1, deviation: 3), try Numbers.normal(16, .float64, seed: 2))
    func gradient(_ loss: any Loss) throws -> [Double] {
      let (gradient, label) = (try Numbers(16, .float64), try Numbers(1, .float64))
      var correct = 0
      let labels = label.vector.base.bindMemory(to: Int32.self, capacity: 1)
      _ = loss.evaluate(
        scores: scores.block(rows: 1, columns: 16), targets: TileTargets(labels: labels, values: targets.block(rows: 1, columns: 16)), count: 16, scale: 1,
        gradient: gradient.block(rows: 1, columns: 16), correct: &correct)
      return gradient.values
    }
    let before = try gradient(plain)
    for index in 0..<16 { (scores[index], targets[index]) = ((scores[index] - shift) / scale, (targets[index] - shift) / scale) }
    let factor = name == "quantile" ? 1 : 1 / scale
    #expect(largestDifference(try gradient(scaled), before.map { $0 * factor }) < 1e-14)
  }

  /// An option of another loss is refused, naming its owner; what a changed loss does not take is dropped.
  @Test func optionsBelongToLosses() throws {
    func plan(_ options: String) throws -> NetworkPlan { try NetworkPlan(try specification(#"{"inputs": 2, "outputs": 2, \#(options)}"#)) }
    let failure = refusal { _ = try plan(#""huber_delta": 2"#) }
    #expect(failure?.status == .incompatible && failure?.message == "loss softmax_cross_entropy has no option huber_delta; it belongs to huber")
    let huber = try plan(#""loss": "huber", "huber_delta": 2, "output_weights": [1, 0]"#).specification
    #expect(try huber.json.written().contains(#""huber_delta":2"#))
    let changed = try huber.changing(json: try JSON.read(#"{"loss": "quantile"}"#, limit: 100))
    #expect(!changed.network.isSet("huber_delta") && changed.network.isSet("output_weights"))
    #expect(refusal { _ = try NetworkPlan(try huber.changing(json: try JSON.read(#"{"loss": "quantile", "huber_delta": 1}"#, limit: 100))) }?.status == .incompatible)
    // Nothing of losses is written for a network without such options.
    #expect(try !plan(#""loss": "least_squares""#).specification.json.written().contains("output_weights"))
  }
}
