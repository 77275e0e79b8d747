import Networks
import Stability
import TestSupport
import Testing

@Suite struct DoubleTwinTests {
  @Test func theTwinHasTheSameNumbers() throws {
    let made = try certified(#"{"inputs": 3, "outputs": 2, "field": "gradient_flow", "layers": 2}"#)
    let twin = try #require(try DoubleTwin(of: made, made.snapshot))
    let (a, b) = (made.snapshot.parameters, twin.snapshot.parameters)
    #expect(twin.network.plan.precision == .float64 && a.count == b.count && (0..<a.count).allSatisfy { a.load($0) == b.load($0) })
    #expect(twin.network.plan.tensors.map(\.name) == made.plan.tensors.map(\.name))
  }

  @Test func aNetworkInFloat64IsItsOwnTwin() throws {
    let made = try network(#"{"inputs": 3, "outputs": 2, "precision": "float64"}"#)
    #expect(try DoubleTwin(of: made, made.snapshot)?.network === made)
  }
}
