import Foundation
import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

@Suite struct ODERNNFieldTests {
  /// Rubanova et al. 2019, algorithm 1, in the form of the field's documentation: δ tanh(Ky + b) + m tanh(Wy + Vx + c).
  @Test func fieldFlowsAndUpdates() throws {
    let example = try DrivenFieldTests.Variant(name: "ode_rnn", drive: DriveConfiguration(channels: 3)).example()
    let y = AntisymmetricRNNFieldTests.h
    let rows = DrivenFieldTests.drive(example)
    func product(_ name: String, _ x: [Double]) -> [Double] { plainProduct(DrivenFieldTests.matrix(example, name), x) }
    let flow = plainSum(product("K", y), DrivenFieldTests.vector(example, "b")).map(Foundation.tanh)
    let update = plainSum(product("W", y), product("V", Array(rows[2...])), DrivenFieldTests.vector(example, "c")).map(Foundation.tanh)
    let expected = zip(flow, update).map { rows[0] * $0 + rows[1] * $1 }
    #expect(largestDifference(try DrivenFieldTests.evaluated(example, y), expected) < 20 * Precision.float64.epsilon)
  }

  /// The option `activation` applies to the flow; the update always uses tanh.
  @Test func activationIsTheFlows() throws {
    let example = try DrivenFieldTests.Variant(name: "ode_rnn", drive: DriveConfiguration(channels: 1)).example(activation: .identity)
    let y = AntisymmetricRNNFieldTests.h
    example.drive[1] = 0
    let flow = plainSum(plainProduct(DrivenFieldTests.matrix(example, "K"), y), DrivenFieldTests.vector(example, "b"))
    #expect(largestDifference(try DrivenFieldTests.evaluated(example, y), flow.map { example.drive[0] * $0 }) < 20 * Precision.float64.epsilon)
  }
}
