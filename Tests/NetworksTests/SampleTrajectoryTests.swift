import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing

@Suite struct SampleTrajectoryTests {
  private static let names = [
    #""field": "antisymmetric", "layers": 4"#, #""field": "hamiltonian", "integrator": "verlet", "bias": "scalar", "layers": 3"#, #""field": "dense", "integrator": "linear_multistep", "layers": 3"#,
  ]

  /// The trajectory's scores have the bits of a prediction, its products are those of the sweeps.
  @Test(arguments: names) func agreesWithPredictionsAndSweeps(_ options: String) throws {
    let network = try network(#"{"inputs": 3, "outputs": 2, "opening": "dense", "width": 4, "seed": 5, "precision": "float64", \#(options)}"#)
    let (plan, snapshot) = (network.plan, network.snapshot)
    let features = try Numbers([0.3, -0.8, 1.1, 0.2, 0.5, -0.4], .float64)
    let trajectory = try SampleTrajectory(plan, snapshot.parameters)
    let source = BatchSource(features: features.view(rows: 2, columns: 3), normalization: nil)
    try trajectory.follow(source, sample: 1)
    let scores = try Numbers(4, .float64)
    _ = try Predictor(network, maximumBatch: 2, threads: 1).run(features.view(rows: 2, columns: 3), .scores, into: scores.target(rows: 2, columns: 2), pool: nil)
    let last = trajectory.state(trajectory.links.count)
    #expect((0..<2).map { Vector(last.base, count: 2, precision: .float64).load($0) } == [scores[2], scores[3]])
    // J·v link by link against a tangent sweep.
    var tangent = try Numbers([0.7, -0.1, 0.4], .float64).block(rows: 3, columns: 1)
    for link in trajectory.links.indices {
      let next = Block.zeros(trajectory.width(link + 1), 1, .float64)
      trajectory.pushforward(link, tangent, into: next)
      tangent = next
    }
    let (direction, expected) = (try Numbers([0, 0, 0, 0.7, -0.1, 0.4], .float64), try Numbers(4, .float64))
    try TangentSweep(plan).pushforward(
      snapshot.parameters, source, count: 2, direction: nil, featureDirection: direction.view(rows: 2, columns: 3), scores: nil, into: expected.target(rows: 2, columns: 2))
    let found = Vector(tangent.base, count: 2, precision: .float64)
    for index in 0..<2 { #expect(abs(found.load(index) - expected[2 + index]) < 1e-14) }
    withExtendedLifetime(snapshot) {}
  }

  @Test func linksAreNamed() throws {
    let network = try network(#"{"inputs": 2, "outputs": 2, "opening": "dense", "width": 3, "layers": 2}"#)
    let snapshot = network.snapshot
    let trajectory = try SampleTrajectory(network.plan, snapshot.parameters)
    let names = trajectory.links.map { SampleTrajectory.name($0, network.plan) }
    #expect(names == ["the connector opening", "the beginning of block 0", "layer 0 of block 0", "layer 1 of block 0", "the end of block 0", "the connector readout"])
    #expect(trajectory.parameterRanges(of: trajectory.links[2]).map(\.count) == [9, 3] && trajectory.parameterRanges(of: trajectory.links[1]).isEmpty)
    withExtendedLifetime(snapshot) {}
  }

  @Test func deepNetworksAreRefused() throws {
    let network = try network(#"{"inputs": 1, "outputs": 2, "weights_in_time": "shared", "layers": 20000}"#)
    let failure = refusal { _ = try SampleTrajectory(network.plan, network.snapshot.parameters) }
    #expect(failure?.status == .outOfRange)
  }
}
