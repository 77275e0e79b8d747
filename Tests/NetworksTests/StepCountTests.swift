import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing

struct StepCountTests {
  private static func recurrent(_ options: String) -> String {
    #"{"opening": "sequence", "channels": 2, "inputs": 12, "outputs": 3, "width": 5, "field": "antisymmetric_rnn", "layers": 6, "horizon": 3, "weights_in_time": "shared", "precision": "float64", \#(options) "seed": 2}"#
  }

  private func scores(_ network: Network, _ features: Numbers) throws -> [UInt64] {
    let out = try Numbers(network.plan.scoreCount, .float64)
    _ = try Predictor(network, maximumBatch: 1, threads: 1).run(
      features.view(rows: 1, columns: network.plan.inputs), .scores, into: out.target(rows: 1, columns: network.plan.scoreCount), pool: nil)
    return out.bits
  }

  /// With outputs at every step, the scores of the first steps have the bits of the network of more steps.
  @Test(arguments: ["", #""sequence_layout": "values", "#])
  func firstStepsKeepTheirBits(_ options: String) throws {
    let long = try network(Self.recurrent(options + #""outputs_at": "steps", "#))
    let short = try long.withSteps(4)
    let one = try long.withSteps(1)
    #expect(short.plan.inputs == 8 && short.plan.steps == 4 && short.plan.blocks[0].layers == 4 && short.plan.blocks[0].grid.horizon == 2 && one.plan.blocks[0].layers == 1)
    let x = try Numbers.normal(12, .float64, seed: 3)
    let whole = try scores(long, x)
    #expect(try scores(short, try Numbers(Array(x.values[0..<8]), .float64)) == Array(whole[0..<12]))
    #expect(try scores(short.withSteps(6), x) == whole)
  }

  /// A normalization by channels goes along; one that differs from step to step cannot.
  @Test func normalizationsGoAlong() throws {
    let long = try network(Self.recurrent(""))
    let (shift, scale) = (try Numbers((0..<12).map { Double($0 % 2) }, .float64), try Numbers([Double](repeating: 0.5, count: 12), .float64))
    func set() throws {
      long.replaceNormalization(with: try Normalization(shift: shift.view(rows: 1, columns: 12), scale: scale.view(rows: 1, columns: 12), inputs: 12, precision: .float64))
    }
    try set()
    let longer = try long.withSteps(9)
    #expect(longer.snapshot.normalization?.shift.count == 18 && longer.snapshot.normalization?.shift.load(17) == 1)
    shift[7] = 3
    try set()
    #expect(refusal { _ = try long.withSteps(9) }?.status == .incompatible)
  }

  @Test func trajectoriesKeepTheirStepsBetweenTimes() throws {
    let made = try network(
      #"{"opening": "trajectory", "channels": 2, "inputs": 7, "outputs": 2, "width": 2, "outputs_at": "steps", "readout": "identity", "loss": "least_squares", "field": "two_layer", "integrator": "rk4", "layers": 8, "weights_in_time": "shared", "precision": "float64"}"#)
    #expect(made.plan.trajectoryShape.map { [$0.width, $0.steps] } == [2, 5])
    let longer = try made.withSteps(11)
    #expect(longer.plan.inputs == 13 && longer.plan.blocks[0].layers == 20 && longer.plan.trajectoryShape?.steps == 11)
    let times = [0, 0.3, 0.4, 1, 1.5]
    let x = try Numbers([0.7, -0.2] + times, .float64)
    let padded = try Numbers([0.7, -0.2] + times + [Double](repeating: 1.5, count: 6), .float64)
    #expect(try scores(longer, padded).prefix(10) == scores(made, x)[...])
    #expect(refusal { _ = try made.withSteps(1) }?.status == .incompatible)
  }

  @Test func otherNetworksAreRefused() throws {
    let plain = try network(#"{"inputs": 3, "outputs": 2}"#)
    #expect(refusal { _ = try plain.withSteps(2) }?.message.contains("no sequences") == true && plain.plan.trajectoryShape == nil)
    let own = try network(Self.recurrent("").replacing(#""weights_in_time": "shared", "#, with: ""))
    #expect(refusal { _ = try own.withSteps(2) }?.message.contains("block 0") == true)
    let huge = refusal { _ = try network(Self.recurrent("")).withSteps(1_000_000) }
    #expect(huge?.status == .outOfRange)
  }
}
