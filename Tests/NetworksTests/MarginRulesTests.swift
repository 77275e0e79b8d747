import Foundation
import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing

@Suite struct MarginRulesTests {
  /// Networks with every stage of which a constant is known, besides those of `MarginCrossEntropyTests`.
  private static let more = [
    #""input_shape": [1, 4, 4], "blocks": [{"connector": "channel_copies", "channels": 4}, {"connector": "spatial_shift"}, {"connector": "max_pooling"}, {"field": "gradient_flow", "steps": "row_sums", "operator": "convolution", "layers": 2}, {"connector": "flatten"}, {"connector": "dense", "features": 5, "activation": "sigmoid"}, {"field": "antisymmetric_damped", "gamma": 0.9, "initial_scale": 0.02, "layers": 2}]"#,
    #""input_shape": [4, 4, 4], "blocks": [{"connector": "first_channels", "channels": 2}, {"connector": "channel_padding", "channels": 3, "stride": 2}, {"connector": "activation", "activation": "relu"}, {"connector": "dropout"}, {"connector": "global_average"}, {"field": "gradient_flow", "steps": "tight", "layers": 2}]"#,
  ]

  /// The margin of two classes, from the loss of one sample: log(1 + exp(r + εm)).
  private static func margin(_ specification: String, samples: Int) throws -> (network: Network, scores: (Numbers) throws -> [Double], margin: Double, inputs: Int) {
    let network = try network(#"{\#(specification), "outputs": 2, "loss": "margin_cross_entropy", "margin_radius": 1, "precision": "float64", "seed": 6}"#)
    let batch = try BatchCase(network, samples: samples)
    let first = try batch.predict(.scores, range: 0..<1).values
    let loss = try batch.lossGradient(range: 0..<1, mode: .evaluation, derivative: false).result.meanLoss
    // Label 0.
    let margin = log(exp(loss) - 1) - (first[1] - first[0])
    func scores(_ features: Numbers) throws -> [Double] {
      copy(features.vector, into: batch.features.vector)
      return try batch.predict(.scores).values
    }
    return (network, scores, margin, network.plan.inputs)
  }

  /// |Δ(s₀ − s₁)| ≤ m|δ| for changes of any length; and m is no larger than a few times what is found.
  @Test(arguments: [0, 1, 2, 3, 4, 5, 6]) func marginsBoundTheChangeOfScores(_ index: Int) throws {
    let text = index < 5 ? MarginCrossEntropyTests.networks[index] : Self.more[index - 5]
    guard !text.contains("identity") else { return }
    let samples = 60
    let (_, scores, margin, inputs) = try Self.margin(text, samples: samples)
    #expect(margin > 0 && margin.isFinite)
    let x = try Numbers.normal(samples * inputs, .float64, seed: 12)
    let before = try scores(x)
    for length in [1e-3, 1, 30.0] {
      let change = try Numbers.normal(samples * inputs, .float64, seed: 13, deviation: length)
      let moved = try Numbers(zip(x.values, change.values).map { $0 + $1 }, .float64)
      let after = try scores(moved)
      for sample in 0..<samples {
        let gained = abs((after[2 * sample] - after[2 * sample + 1]) - (before[2 * sample] - before[2 * sample + 1]))
        let distance = norm(Array(change.values[sample * inputs..<(sample + 1) * inputs]))
        #expect(gained <= margin * distance * (1 + 1e-9), "\(text): \(gained) > \(margin) · \(distance)")
      }
    }
  }

  /// Blocks that count with the constant 1 although they expand with large weights are known, so that training can demand their limit.
  @Test func blocksWithALimitAreKnown() throws {
    func block(_ rest: String, loss: String = "emma") throws -> Int? { try NetworkPlan(try specification(#"{"outputs": 3, "loss": "\#(loss)", \#(rest)}"#)).blockWithLimit }
    #expect(try block(#""inputs": 3, "field": "gradient_flow""#) == 0)
    #expect(try block(#""inputs": 3, "field": "gradient_flow", "integrator": "rk4""#) == 0)
    for steps in ["tight", "row_sums"] { #expect(try block(#""inputs": 3, "field": "gradient_flow", "steps": "\#(steps)""#) == nil) }
    #expect(try block(#""inputs": 3, "blocks": [{"field": "gradient_flow", "steps": "tight", "layers": 2}, {"field": "gradient_flow", "layers": 2}, {"field": "gradient_flow", "layers": 2}]"#) == 1)
    #expect(try block(#""inputs": 3, "field": "gradient_flow""#, loss: "softmax_cross_entropy") == nil)
  }
}
