import Gradients
import LinearAlgebra
import Networks
import TestSupport
import Testing
import VectorFields

@Suite struct IntakeTests {
  /// Opening, two Euler steps of σ(Ky+b), and readout agree with a computation in plain Double.
  @Test(arguments: ["zero_padding", "dense"], Precision.allCases) func scoresAreThePlainFormulas(_ opening: String, _ precision: Precision) throws {
    let network = try network(
      #"{"inputs": 3, "outputs": 4, "width": 5, "opening": "\#(opening)", "precision": "\#(precision.name)", "field": "dense", "layers": 2, "horizon": 0.6}"#)
    let plan = network.plan
    let parameters = try Numbers.normal(plan.parameterCount, precision, seed: 8, deviation: 0.4)
    try network.replaceParameters(with: parameters.vector)
    func tensor(_ name: String) throws -> [Double] { Array(parameters.values[try network.tensor(name).range]) }
    func rows(_ values: [Double], _ columns: Int) -> [[Double]] { stride(from: 0, to: values.count, by: columns).map { Array(values[$0..<$0 + columns]) } }
    let batch = try BatchCase(network, samples: 19)
    for (sample, scores) in zip(batch.features.rows(of: 3), try batch.predict().rows(of: 4)) {
      var y = opening == "dense" ? plainLayer(.identity, rows(try tensor("opening.W"), 3), try tensor("opening.b"), sample).value : sample + [0, 0]
      for layer in 0..<2 {
        let k = rows(Array(try tensor("blocks.0.K")[25 * layer..<25 * (layer + 1)]), 5)
        let f = plainLayer(.tanh, k, Array(try tensor("blocks.0.b")[5 * layer..<5 * (layer + 1)]), y).value
        y = zip(y, f).map { $0 + 0.3 * $1 }
      }
      let expected = plainLayer(.identity, rows(try tensor("readout.W"), 5), try tensor("readout.b"), y).value
      #expect(largestDifference(scores, expected) < 30 * precision.epsilon)
    }
  }
}
