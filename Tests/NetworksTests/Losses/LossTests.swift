import Glibc
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
      let targets = TileTargets(labels: try #require(labels.baseAddress), values: values)
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
    #expect(made.map { $0.classes(outputs: 1) } == [1, 2, 0, 0, 0, 0, 0])
    #expect(made.map(\.outputKind) == [.classes, .classes, .labels, .values, .values, .values, .counts])
    #expect(made.map(\.targetKind) == [.labels, .labels, .values, .values, .values, .values, .values])
    #expect(made.map { $0.targets(outputs: 3) } == Array(repeating: 3, count: 7))
  }

  /// Of scaled numbers, a loss in the caller's units has the value and, by the scores in the caller's units, the gradient that it has of the caller's numbers. Training's is in proportion, output by output, whatever the units are.
  @Test(arguments: losses.names) func scaledNumbersHaveTheCallersLoss(_ name: String) throws {
    let plain: any Loss = name == "huber" ? Huber(delta: 1.5, weights: [1, 2]) : name == "quantile" ? Quantile(levels: [0.2], weights: [1, 2]) : try losses.standard(name)
    guard plain.targetScale != nil else { return #expect(plain.targetKind == .labels || plain.targetBounds?.upperBound == 1) }
    let (shifts, scales) = plain.targetScale == .logarithmic ? ([-2.0, 10], [0.5, 1]) : ([3.0, -1e3], [2.0, 1e5])
    let scaling = try TargetScaling(
      shift: try Numbers(shifts, .float64).view(rows: 1, columns: 2), scale: try Numbers(scales, .float64).view(rows: 1, columns: 2), loss: plain, outputs: 2)
    let (scores, targets) = (try Numbers.normal(32, .float64, seed: 1, deviation: 2), try Numbers.normal(32, .float64, seed: 2))
    plain.keepTargets(targets)
    let (callersScores, callersTargets) = (try Numbers(scores.values, .float64), try Numbers(targets.values, .float64))
    for place in 0..<32 {
      let output = place / 16
      callersScores[place] = scaling.scoreShift.load(output) + scaling.scoreScale.load(output) * scores[place]
      callersTargets[place] = plain.targetScale == .logarithmic ? exp(shifts[output]) * targets[place] : shifts[output] + scales[output] * targets[place]
    }
    func result(_ loss: any Loss, _ scores: Numbers, _ targets: Numbers) throws -> (loss: Double, gradient: [Double]) {
      let (gradient, label) = (try Numbers(32, .float64), try Numbers(1, .float64))
      var correct = 0
      let labels = label.vector.base.bindMemory(to: Int32.self, capacity: 1)
      let sum = loss.evaluate(
        scores: scores.block(rows: 2, columns: 16), targets: TileTargets(labels: labels, values: targets.block(rows: 2, columns: 16)), count: 16, scale: 1,
        gradient: gradient.block(rows: 2, columns: 16), correct: &correct)
      return (sum, gradient.values)
    }
    let wanted = try result(plain, callersScores, callersTargets)
    let found = try result(scaling.loss(plain, in: .caller), scores, targets)
    #expect(abs(found.loss - wanted.loss) <= 1e-11 * wanted.loss)
    for place in 0..<32 {
      let inScaledUnits = wanted.gradient[place] * scaling.scoreScale.load(place / 16)
      #expect(abs(found.gradient[place] - inScaledUnits) <= 1e-9 * abs(inScaledUnits))
    }
    let trained = try result(scaling.loss(plain, in: .training), scores, targets)
    for output in 0..<2 {
      let ratios = (0..<16).map { trained.gradient[16 * output + $0] / found.gradient[16 * output + $0] }.filter(\.isFinite)
      #expect(ratios.allSatisfy { abs($0 / ratios[0] - 1) < 1e-9 })
      #expect((0..<16).contains { abs(trained.gradient[16 * output + $0]) > 0.1 })
    }
    withExtendedLifetime(scaling) {}
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
