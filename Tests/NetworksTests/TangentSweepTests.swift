import LinearAlgebra
import Networks
import TestSupport
import Testing

@Suite struct TangentSweepTests {
  private func example(_ samples: Int) throws -> BatchCase {
    let network = try network(
      #"{"inputs": 3, "outputs": 4, "width": 5, "opening": "dense", "precision": "float64", "seed": 5, "blocks": ["#
        + #"{"field": "antisymmetric", "layers": 3, "gamma": 0.1}, {"field": "hamiltonian", "integrator": "verlet", "layers": 3}]}"#)
    let numbers = try Numbers([0.5, -1, 2], .float64)
    try network.replaceNormalization(
      with: Normalization(shift: numbers.view(rows: 3, columns: 1), scale: numbers.view(rows: 3, columns: 1), inputs: 3, precision: .float64))
    return try BatchCase(network, samples: samples)
  }

  /// J·v, in parameters and raw features together, agrees with central differences of the predicted scores, and the scores agree with the prediction.
  @Test(arguments: [1, 7, 200]) func tangentIsTheDerivativeOfTheScores(_ samples: Int) throws {
    let example = try example(samples)
    let (network, plan) = (example.network, example.network.plan)
    let snapshot = network.snapshot
    let direction = try Numbers.normal(plan.parameterCount, .float64, seed: 15)
    let featureDirection = try Numbers.normal(example.features.count, .float64, seed: 16)
    let (scores, tangent) = (try Numbers(samples * 4, .float64), try Numbers(samples * 4, .float64))
    let sweep = try TangentSweep(plan)
    try withExtendedLifetime((snapshot, sweep)) {
      try sweep.pushforward(
        snapshot.parameters, BatchSource(features: example.view, normalization: snapshot.normalization), count: samples, direction: direction.vector,
        featureDirection: featureDirection.view(rows: samples, columns: 3), scores: scores.target(rows: samples, columns: 4),
        into: tangent.target(rows: samples, columns: 4))
    }
    #expect(scores.bits == (try example.predict()).bits)
    func moved(_ factor: Double) throws -> [Double] {
      let other = try self.example(samples)
      let parameters = try Numbers(plan.parameterCount, .float64)
      copy(snapshot.parameters, into: parameters.vector)
      axpy(factor, direction.vector, addingTo: parameters.vector)
      try other.network.replaceParameters(with: parameters.vector)
      axpy(factor, featureDirection.vector, addingTo: other.features.vector)
      return try other.predict().values
    }
    // ε² and rounding/ε are both near 1e-10; the third derivatives of this network are about 10.
    let difference = zip(try moved(1e-5), try moved(-1e-5)).map { ($0 - $1) / 2e-5 }
    #expect(largestDifference(tangent.values, difference) < 1e-7)
  }

  @Test func scratchDoesNotGrowWithDepth() throws {
    func bytes(_ layers: Int) throws -> Int {
      try TangentSweep(try NetworkPlan(try specification(#"{"inputs": 3, "outputs": 4, "field": "dense", "layers": \#(layers)}"#))).byteCount
    }
    #expect(try bytes(1) == bytes(1000))
  }
}
