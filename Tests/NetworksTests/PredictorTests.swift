import Foundation
import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing
import VectorFields

@Suite struct PredictorTests {
  private static func text(_ field: String, _ precision: Precision, width: Int = 5, loss: String = "softmax_cross_entropy", opening: String = "dense") -> String {
    let driven = drivenOptions(field)
    // Two halves.
    let width = field == "hamiltonian_h" ? width + width % 2 : width
    let opening = driven.isEmpty || opening != "dense" ? opening : "sequence_dense"
    let inputs = driven.isEmpty ? #""inputs": 3, "# : driven
    return #"{\#(inputs) "outputs": \#(loss == "logistic" ? 1 : 4), "width": \#(width), "opening": "\#(opening)", "precision": "\#(precision.name)", "loss": "\#(loss)", "seed": 6, "#
      + #""field": "\#(field)", "integrator": "\#(field == "hamiltonian" ? "verlet" : "euler")", "layers": 4, "horizon": 1.5}"#
  }

  /// Options of sequences for a driven field of four layers; none for other fields.
  private static func drivenOptions(_ field: String) -> String {
    guard let driven = try? fields(field).make(FieldConfiguration(width: 4)) as? any DrivenField else { return "" }
    switch driven.driveForm {
    case .value: return #""channels": 2, "inputs": 8, "#
    case .derivative: return #""channels": 2, "inputs": 6, "interpolation": "hermite", "#
    case .events: return #""channels": 2, "inputs": 4, "#
    }
  }

  private static func batch(_ json: String, samples: Int) throws -> BatchCase {
    let network = try network(json)
    let parameters = try Numbers.normal(network.plan.parameterCount, network.plan.precision, seed: 91, deviation: 0.3)
    for each in network.plan.batchNormalizations {
      for index in each.range.suffix(each.channels) { parameters[index] = abs(parameters[index]) }
    }
    try network.replaceParameters(with: parameters.vector)
    return try BatchCase(network, samples: samples)
  }

  /// A sample has the same bits alone, in a batch of any size, and at any place in the batch.
  @Test(arguments: fields.names, Precision.allCases) func aSampleGivesTheSameBitsAnywhere(_ field: String, _ precision: Precision) throws {
    for width in [5, 8, 16, 64, 130] {
      let batch = try Self.batch(Self.text(field, precision, width: width), samples: 130)
      let whole = try batch.predict().bits
      let outputs = 4
      #expect(try (0..<130).flatMap { try batch.predict(range: $0..<$0 + 1).bits } == whole, "alone, width \(width)")
      for size in [2, 15, 17, 64, 65] {
        let parts = try stride(from: 0, to: 130, by: size).flatMap { try batch.predict(range: $0..<min($0 + size, 130)).bits }
        #expect(parts == whole, "by \(size), width \(width)")
      }
      #expect(try batch.predict(range: 77..<78, maximumBatch: 500).bits == Array(whole[77 * outputs..<78 * outputs]), "width \(width)")
      #expect(try batch.predict(threads: 3).bits == whole, "threads, width \(width)")
    }
  }

  @Test(arguments: losses.names, Precision.allCases) func probabilitiesAreTheLinkOfTheScores(_ loss: String, _ precision: Precision) throws {
    let batch = try Self.batch(Self.text("gradient_flow", precision, loss: loss), samples: 37)
    let scores = try batch.predict(.scores)
    let probabilities = try batch.predict(.probabilities)
    switch loss {
    case "softmax_cross_entropy", "emma", "margin_cross_entropy":
      for row in probabilities.rows(of: 4) { #expect(abs(row.reduce(0, +) - 1) < 4 * precision.epsilon && row.allSatisfy { $0 > 0 }) }
    case "logistic":
      #expect(largestDifference(probabilities.values, scores.values.map { plainActivation(.sigmoid, $0).value }) < 4 * precision.epsilon)
    case "multilabel_logistic":
      #expect(largestDifference(probabilities.values, scores.values.map { plainActivation(.sigmoid, $0).value }) < 4 * precision.epsilon)
    case "poisson":
      for (mean, score) in zip(probabilities.values, scores.values) { #expect(abs(mean - exp(score)) < 8 * precision.epsilon * mean) }
    default: #expect(probabilities.bits == scores.bits)
    }
    // The bits are also the same for the sample alone.
    #expect(try (0..<37).flatMap { try batch.predict(.probabilities, range: $0..<$0 + 1).bits } == probabilities.bits)
  }

  @Test func classesAreTheRowsOfTheLargestScores() throws {
    let batch = try Self.batch(Self.text("dense", .float32), samples: 37)
    let expected = try batch.predict(.scores).rows(of: 4).map { row in Double(row.firstIndex(of: row.max() ?? 0) ?? -1) }
    #expect(try batch.predict(.classes).values == expected)
    #expect(Set(expected).count > 1)
    let labels = try Self.batch(Self.text("dense", .float32, loss: "multilabel_logistic"), samples: 37)
    let signs = try labels.predict(.scores).values.map { $0 > 0 ? 1.0 : 0 }
    #expect(try labels.predict(.classes).values == signs && labels.predict(.classes, threads: 2).values == signs)
    let binary = try Self.batch(Self.text("dense", .float32, loss: "logistic"), samples: 37)
    #expect(try binary.predict(.classes).values == (try binary.predict(.scores)).values.map { $0 > 0 ? 1 : 0 })
  }

  /// Prediction and training compute the same states: the loss of the predicted scores and the number of correct classes have the same bits as in the sweep.
  @Test(arguments: fields.names, Precision.allCases) func predictsWhatTheSweepSees(_ field: String, _ precision: Precision) throws {
    // A trajectory's samples are a state and times: SweepTests has them.
    for opening in openings.names where try opening != "trajectory" && openings(opening).takesSequences != Self.drivenOptions(field).isEmpty {
      let batch = try Self.batch(Self.text(field, precision, opening: opening), samples: 50)
      let scores = try batch.predict()
      let result = try batch.lossGradient(mode: .evaluation).result
      // Scores as features × samples in a tile of 64 columns, as in the sweep's only tile.
      let tile = try Numbers(4 * 64, precision)
      for (index, value) in scores.values.enumerated() { tile[index % 4 * 64 + index / 4] = value }
      var labels = batch.labels + Array(repeating: 0, count: 14)
      var correct = 0
      let loss = try labels.withUnsafeMutableBufferPointer { labels in
        batch.network.plan.loss.evaluate(
          scores: tile.block(rows: 4, columns: 64), targets: TileTargets(labels: try #require(labels.baseAddress), values: tile.block(rows: 4, columns: 64)),
          count: 50, scale: 1, gradient: nil, correct: &correct)
      }
      #expect(loss == result.lossSum)
      #expect(correct == result.correct)
    }
  }

  @Test(arguments: PredictionKind.allCases) func aRunAllocatesNoMemory(_ kind: PredictionKind) throws {
    let batch = try Self.batch(Self.text("hamiltonian", .float32), samples: 65)
    let predictor = try Predictor(batch.network, maximumBatch: 65, threads: 1)
    let out = try Numbers(65 * 4, .float32)
    // Other tests allocate on other threads. If runs never allocate, at least one of them is observed without any allocation.
    let undisturbed = try (0..<200).contains { _ in
      let before = Memory.allocationCount
      for samples in [1, 65] {
        try predictor.run(batch.view.rows(0..<samples), kind, into: out.target(rows: samples, columns: kind == .classes ? 1 : 4), pool: nil)
      }
      return Memory.allocationCount == before
    }
    #expect(undisturbed)
  }

  /// A predictor keeps the parameters that it was made with.
  @Test func laterParametersDoNotReachIt() throws {
    let batch = try Self.batch(Self.text("dense", .float64), samples: 3)
    let before = try batch.predict().bits
    let predictor = try Predictor(batch.network, maximumBatch: 3, threads: 1)
    try batch.network.initializeParameters(seed: 1)
    let out = try Numbers(12, .float64)
    try predictor.run(batch.view, .scores, into: out.target(rows: 3, columns: 4), pool: nil)
    #expect(out.bits == before)
    #expect(try batch.predict().bits != before)
  }

  /// [HR] Example 1 (Theory.md §8.1): ten identical tanh layers, h = 0.1, no bias. [HR] has samples as rows, Y·K₊; we have them as columns, so K = K₊ᵀ.
  @Test func haberAndRuthottosFirstExample() throws {
    let plus: [Double] = [2, -2, 0, 2]
    let transposed: [Double] = [2, 0, -2, 2]
    let expected = [0.538263075023281, -0.2730798385613702, -0.538263075023281, 0.2730798385613702, 0, 1.4152190941792178]
    #expect(largestDifference(try example1(k: transposed), expected) < 1e-12)
    // If K₊ itself is used in the column convention K·y, the samples are reflected: (y₁, y₂) ↦ (y₂, y₁) turns K₊ᵀ into K₊.
    let swapped = try example1(k: plus, swap: true)
    #expect(largestDifference(swapped, [expected[1], expected[0], expected[3], expected[2], expected[5], expected[4]]) < 1e-12)
  }

  /// The states after ten layers with this K (row-major, acting on columns), from `Predictor.states`.
  private func example1(k: [Double], swap: Bool = false) throws -> [Double] {
    let network = try network(
      #"{"inputs": 2, "outputs": 2, "readout": "identity", "loss": "least_squares", "precision": "float64", "field": "dense", "bias": "none", "layers": 10, "horizon": 1}"#)
    try network.replaceParameters(with: try Numbers(Array(repeating: k, count: 10).flatMap { $0 }, .float64).vector)
    let rows: [[Double]] = [[0.1, 0.1], [-0.1, -0.1], [0, 0.5]]
    let features = try Numbers(rows.flatMap { swap ? $0.reversed() : $0 }, .float64)
    let states = try Numbers(11 * 6, .float64)
    let predictor = try Predictor(network, maximumBatch: 3, threads: 1)
    try predictor.states(block: 0, features.view(rows: 3, columns: 2)) { layer in
      MutableTensorView(states.vector.base + 48 * layer, type: .float64, rows: 3, columns: 2)
    }
    #expect(Array(states.values[..<6]) == features.values)
    // The identity readout returns the last state.
    let scores = try Numbers(6, .float64)
    try predictor.run(features.view(rows: 3, columns: 2), .scores, into: scores.target(rows: 3, columns: 2), pool: nil)
    #expect(scores.values == Array(states.values[60...]))
    return scores.values
  }

  /// The first states are the outputs of the opening. Each block starts with the last state of the block before, with zero momenta. The readout reads the last state.
  @Test(arguments: [1, 20]) func statesLeadFromTheOpeningToTheReadout(_ maximumBatch: Int) throws {
    let network = try network(
      #"{"inputs": 3, "outputs": 5, "width": 5, "readout": "identity", "loss": "least_squares", "precision": "float64", "seed": 2, "blocks": ["#
        + #"{"field": "antisymmetric", "layers": 3, "gamma": 0.1}, {"field": "hamiltonian", "integrator": "verlet", "layers": 4}, {"field": "dense", "layers": 2}]}"#)
    let samples = 20
    let batch = try BatchCase(network, samples: samples)
    let shift = try Numbers([1, 2, 3], .float64)
    let scale = try Numbers([0.5, 1, 2], .float64)
    try network.replaceNormalization(
      with: Normalization(shift: shift.view(rows: 3, columns: 1), scale: scale.view(rows: 3, columns: 1), inputs: 3, precision: .float64))
    let predictor = try Predictor(network, maximumBatch: maximumBatch, threads: 1)
    func states(_ block: Int) throws -> [[[Double]]] {
      let made = network.plan.blocks[block]
      let size = samples * made.stateWidth
      let all = try Numbers((made.layers + 1) * size, .float64)
      try predictor.states(block: block, batch.view) {
        MutableTensorView(all.vector.base + 8 * size * $0, type: .float64, rows: samples, columns: made.stateWidth)
      }
      return (0...made.layers).map { layer in all.rows(of: made.stateWidth)[(layer * samples)..<((layer + 1) * samples)].map { $0 } }
    }
    let (first, second, third) = (try states(0), try states(1), try states(2))
    let opened = batch.features.rows(of: 3).map { row in (0..<3).map { (row[$0] - shift[$0]) * scale[$0] } + [0, 0] }
    for (state, expected) in zip(first[0], opened) { #expect(largestDifference(state, expected) < 1e-15) }
    #expect(second[0] == first[3].map { $0 + Array(repeating: 0, count: 5) })
    #expect(third[0] == second[4].map { Array($0[..<5]) })
    #expect(third[2] == (try batch.predict()).rows(of: 5))
    #expect(second[4].allSatisfy { norm(Array($0[5...])) > 0 })
  }
}
