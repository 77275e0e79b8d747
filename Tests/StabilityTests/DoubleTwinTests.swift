import LinearAlgebra
import Networks
import Stability
import TestSupport
import Testing

@Suite struct DoubleTwinTests {
  @Test func theTwinHasTheSameNumbers() throws {
    let made = try certified(#"{"inputs": 3, "outputs": 2, "field": "gradient_flow", "layers": 2}"#)
    let twin = try DoubleTwin(of: made, made.snapshot)
    let (a, b) = (made.snapshot.parameters, twin.snapshot.parameters)
    #expect(twin.network.plan.precision == .float64 && a.count == b.count && (0..<a.count).allSatisfy { a.load($0) == b.load($0) })
    #expect(twin.network.plan.tensors.map(\.name) == made.plan.tensors.map(\.name))
  }

  @Test func aNetworkInFloat64IsItsOwnTwin() throws {
    let made = try network(#"{"inputs": 3, "outputs": 2, "precision": "float64"}"#)
    #expect(try DoubleTwin(of: made, made.snapshot).network === made)
  }

  /// Scalings have the numbers that the caller gave, and not what float32 holds of them: the twin's scores are those of a network that was made in float64.
  @Test func scalingsAreThoseOfTheCaller() throws {
    let json = #"{"inputs": 3, "outputs": 2, "field": "gradient_flow", "layers": 2, "loss": "least_squares", "precision": "%"}"#
    let (made, wide) = (try certified(json.replacing("%", with: "float32")), try network(json.replacing("%", with: "float64")))
    let parameters = made.snapshot.parameters
    _ = try wide.replaceParameters(with: try Numbers((0..<parameters.count).map(parameters.load), .float64).vector)
    let (shift, scale) = (try Numbers([0.1, 1e5 + 0.3, -7.7], .float64), try Numbers([1.1, 3.3, 0.7], .float64))
    let (offset, unit) = (try Numbers([1.7e9, 0.1], .float64), try Numbers([0.3, 1e-3], .float64))
    for each in [made, wide] {
      each.replaceNormalization(with: try Normalization(shift: shift.view(rows: 1, columns: 3), scale: scale.view(rows: 1, columns: 3), inputs: 3, precision: each.plan.precision))
      each.replaceTargetScaling(with: try TargetScaling(shift: offset.view(rows: 1, columns: 2), scale: unit.view(rows: 1, columns: 2), for: each.plan))
    }
    let twin = try DoubleTwin(of: made, made.snapshot)
    #expect(twin.snapshot.targetScaling?.shift.load(0) == 1.7e9 && twin.snapshot.targetScaling?.scale.load(1) == 1e-3)
    #expect((0..<3).map { twin.snapshot.normalization?.shift.load($0) } == [0.1, 1e5 + 0.3, -7.7] && (0..<3).map { twin.snapshot.normalization?.scale.load($0) } == [1.1, 3.3, 0.7])
    let x = try Numbers([0.2, 1e5, 3, -1, 99_999.9, 0.5], .float64)
    func scores(_ network: Network) throws -> [Double] {
      let out = try Numbers(4, .float64)
      _ = try Predictor(network, maximumBatch: 2, threads: 1).run(x.view(rows: 2, columns: 3), .scores, into: out.target(rows: 2, columns: 2), pool: nil)
      return out.values
    }
    #expect(try scores(twin.network) == scores(wide) && scores(twin.network) != scores(made))
  }

  /// Winograd's algorithm computes in float32 only; the twin computes the convolution directly.
  @Test func convolutionsByWinogradHaveATwin() throws {
    let made = try network(#"{"input_shape": [1, 8, 8], "outputs": 2, "operator": "convolution", "convolution": "winograd", "layers": 2}"#)
    #expect(try DoubleTwin(of: made, made.snapshot).network.plan.precision == .float64)
  }
}
