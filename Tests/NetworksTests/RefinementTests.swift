import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing

@Suite struct RefinementTests {
  private func text(_ block: String, integrator: String = "euler", field: String = "dense") -> String {
    #"{"inputs": 3, "outputs": 2, "width": 4, "precision": "float64", "seed": 9, "blocks": [{"field": "\#(field)", "integrator": "\#(integrator)", \#(block)}]}"#
  }

  private func values(_ network: Network, _ name: String) throws -> [Double] {
    let (tensor, snapshot) = (try network.tensor(name), network.snapshot)
    return withExtendedLifetime(snapshot) { tensor.range.map { snapshot.parameters.load($0) } }
  }

  /// Weights linear in time, a + c·t at the midpoint of each layer, stay on the same line: inside, at both ends, and for unequal steps.
  @Test(arguments: [#""layers": 5, "horizon": 2.0"#, #""step_sizes": [0.5, 0.25, 0.75, 0.5]"#, #""layers": 2"#])
  func takesWeightsLinearInTimeOverExactly(_ block: String) throws {
    let network = try network(text(block))
    let (tensor, grid) = (try network.tensor("blocks.0.K"), network.plan.blocks[0].grid)
    let line = (start: try Numbers.normal(16, .float64, seed: 1).values, slope: try Numbers.normal(16, .float64, seed: 2).values)
    let given = try Numbers((0..<grid.layers).flatMap { j in (0..<16).map { line.start[$0] + line.slope[$0] * grid.midpoint(j) } }, .float64)
    try network.replace(tensor, with: given.view(rows: grid.layers, columns: 16))
    let finer = try network.refined(.linear)
    let fine = finer.plan.blocks[0].grid
    #expect(fine.layers == 2 * grid.layers && abs(fine.horizon - grid.horizon) < 1e-15)
    #expect((0..<fine.layers).allSatisfy { abs(fine.stepSize($0) - grid.stepSize($0 / 2) / 2) < 1e-16 })
    let wanted = (0..<fine.layers).flatMap { j in (0..<16).map { line.start[$0] + line.slope[$0] * fine.midpoint(j) } }
    // Rounding errors of numbers of a few units.
    #expect(largestDifference(try values(finer, "blocks.0.K"), wanted) < 1e-14)
    #expect(try values(finer, "readout.W") == values(network, "readout.W"))
  }

  /// With equal steps the coefficients are the quarters of the doc comment, which are exact in binary. Copying repeats values, and without extrapolation the end values are kept.
  @Test func interpolatesInQuarters() throws {
    let network = try network(text(#""layers": 3, "bias": "scalar""#))
    let tensor = try network.tensor("blocks.0.b")
    try network.replace(tensor, with: try Numbers([0, 4, 16], .float64).view(rows: 3, columns: 1))
    #expect(try values(try network.refined(.linear), "blocks.0.b") == [-1, 1, 3, 7, 13, 19])
    #expect(try values(try network.refined(.copy), "blocks.0.b") == [0, 0, 4, 4, 16, 16])
    let refinement = try Refinement(network.plan, .linear)
    let (snapshot, result) = (network.snapshot, try Numbers(refinement.fine.parameterCount, .float64))
    try withExtendedLifetime(snapshot) { try refinement.prolong(snapshot.parameters, isConvex: true, into: result.vector) }
    #expect(try refinement.fine.tensors.first { $0.name == "blocks.0.b" }.map { Array(result.values[$0.range]) } == [0, 1, 3, 7, 13, 16])
  }

  /// A refined network approximates the same equation: with weights constant in time its final state is closer to that of a much finer network. For schemes of order 1 the error
  /// about halves.
  @Test func solvesTheSameEquation() throws {
    var levels = [try network(text(#""layers": 8"#, integrator: "euler", field: "antisymmetric"))]
    let tensor = try levels[0].tensor("blocks.0.K")
    let constant = try Numbers.normal(16, .float64, seed: 3).values
    try levels[0].replace(tensor, with: try Numbers((0..<8).flatMap { _ in constant }, .float64).view(rows: 8, columns: 16))
    for _ in 0..<7 { levels.append(try levels[levels.count - 1].refined(.linear)) }
    let scores = try levels.map { try BatchCase($0, samples: 20).predict().values }
    let last = scores[7]
    let errors = scores.prefix(4).map { norm(zip($0, last).map(-)) }
    for (coarse, fine) in zip(errors, errors.dropFirst()) { #expect(coarse / fine > 1.8 && coarse / fine < 2.4) }
  }

  /// The weights k of a linear multistep method are a function on the layers after the first. A single layer has none, and its refined network starts like Euler.
  @Test func refinesTensorsOfTheIntegratorsOwn() throws {
    let network = try network(text(#""layers": 3"#, integrator: "linear_multistep"))
    try network.replace(try network.tensor("blocks.0.k"), with: try Numbers([0.25, 0.5], .float64).view(rows: 2, columns: 1))
    // The midpoints are 1.5 and 2.5 of three layers; those of the finer layers 1 … 5 are 0.75, 1.25, 1.75, 2.25 and 2.75.
    #expect(try values(try network.refined(.linear), "blocks.0.k") == [0.0625, 0.1875, 0.3125, 0.4375, 0.5625])
    #expect(try values(try network.refined(.copy), "blocks.0.k") == [0.25, 0.25, 0.25, 0.5, 0.5])
    let one = try TestSupport.network(text(#""layers": 1"#, integrator: "linear_multistep"))
    #expect(try values(try one.refined(.linear), "blocks.0.k") == [0])
    #expect(try values(try one.refined(.linear), "blocks.0.K") == values(try one.refined(.copy), "blocks.0.K"))
  }

  /// The number of a basis's coefficients does not depend on the layers; each block is refined separately.
  @Test func keepsCoefficientsOfABasis() throws {
    let network = try network(
      #"{"inputs": 3, "outputs": 2, "width": 4, "blocks": [{"layers": 6, "weights_in_time": "b_spline", "basis_count": 5}, {"layers": 2}]}"#)
    let finer = try network.refined(.linear)
    #expect(finer.plan.blocks.map(\.layers) == [12, 4])
    #expect(try values(finer, "blocks.0.K") == values(network, "blocks.0.K"))
    #expect(try finer.tensor("blocks.1.K").shape == [4, 4, 4])
  }

  @Test func refusesWhatWouldBeTooLarge() throws {
    let network = try network(text(#""layers": 600000, "weights_in_time": "shared""#))
    #expect(refusal { _ = try network.refined(.copy) }?.status == .outOfRange)
  }
}
