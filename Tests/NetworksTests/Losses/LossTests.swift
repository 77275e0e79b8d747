import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing

/// The contracts of the protocol, for every registered loss.
@Suite struct LossTests {
  @Test(arguments: losses.names, Precision.allCases) func gradientIsOptionalAndChangesNoBit(_ name: String, _ precision: Precision) throws {
    let loss = try losses(name)
    let outputs = name == "logistic" ? 1 : 3
    let scores = try Numbers.normal(outputs * 16, precision, seed: 1, deviation: 3).block(rows: outputs, columns: 16)
    let values = try Numbers.normal(outputs * 16, precision, seed: 2).block(rows: outputs, columns: 16)
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
    let loss = try losses(name)
    loss.link(scores.block(rows: outputs, columns: 16), into: out.block(rows: outputs, columns: 16))
    loss.link(scores.block(rows: outputs, columns: 16), into: scores.block(rows: outputs, columns: 16))
    #expect(out.bits == scores.bits)
  }

  @Test func classesFollowTheOutputs() throws {
    #expect(try losses.names.map { try losses($0).classes(outputs: 1) } == [1, 2, 0])
    #expect(try losses.names.map { try losses($0).targetKind } == [.labels, .labels, .values])
  }
}
