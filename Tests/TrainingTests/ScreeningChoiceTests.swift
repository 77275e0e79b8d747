import Datasets
import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing
import Training

/// Which inputs the first run leaves out shows as scales of 0 in the normalization.
@Suite struct ScreeningChoiceTests {
  private static let inputs = 20

  private func table(_ target: (_ features: ArraySlice<Double>, _ noise: Double) -> Double, isClass: Bool = false, count: Int = 300, seed: UInt64 = 1) throws -> Dataset {
    let (features, noise) = (try TestSupport.Numbers.normal(Self.inputs * count, .float64, seed: seed), try TestSupport.Numbers.normal(count, .float64, seed: seed + 1).values)
    let values = features.values
    let targets = try TestSupport.Numbers((0..<count).map { target(values[Self.inputs * $0..<Self.inputs * ($0 + 1)], noise[$0]) }, .float64).view(rows: count, columns: 1)
    let view = features.view(rows: count, columns: Self.inputs)
    return isClass ? try Dataset(copying: view, labels: targets) : try Dataset(copying: view, values: targets)
  }

  /// The inputs that a first run leaves.
  private func left(_ data: Dataset, network extra: [String: OptionValue] = ["loss": .text("least_squares")], options: [String: OptionValue] = [:], normalized: Bool = false) throws -> (inputs: [Int], option: Bool, decay: Double) {
    let outputs: Int64 = extra["loss"] == nil ? 2 : 1
    let network = try smallNetwork(extra: ["inputs": .integer(Int64(Self.inputs)), "outputs": .integer(outputs), "width": .integer(24), "opening": .text("dense")].merging(extra) { $1 })
    if normalized { try network.fitNormalization(on: data) }
    let trainer = Trainer(network)
    for (key, value) in options { try trainer.set(key, value) }
    _ = try trainer.run(training: data, limits: TrainingLimits(epochs: 1))
    let scale = try #require(network.snapshot.scaling.features).scale
    return ((0..<Self.inputs).filter { scale.load($0) != 0 }, try trainer.options.flag("screening"), try trainer.options.real("weight_decay"))
  }

  private func curve(_ x: ArraySlice<Double>, _ noise: Double) -> Double { x[x.startIndex + 4] + x[x.startIndex + 9] * x[x.startIndex + 9] + 0.3 * noise }

  @Test func inputsWithoutInfluenceAreLeftOut() throws {
    let found = try left(try table(curve))
    #expect(Set(found.inputs).isSuperset(of: [4, 9]) && found.inputs.count < 6 && found.option)
    let classes = try left(try table({ curve($0, $1) > 1 ? 1 : 0 }, isClass: true), network: [:])
    #expect(Set(classes.inputs).isSuperset(of: [4, 9]) && classes.inputs.count < 6)
    // Whether a table is linear up to noise is asked of what is left.
    let line = try left(try table { x, noise in x[x.startIndex + 4] + noise })
    #expect(line.inputs.contains(4) && line.inputs.count < 4 && line.decay > 4)
  }

  @Test func othersKeepAllInputs() throws {
    let all = Array(0..<Self.inputs)
    #expect(try left(try table { x, noise in x.reduce(0, +) / 4 + noise }).inputs == all, "many weak influences")
    #expect(try left(try table(curve), options: ["screening": .flag(false)]).inputs == all)
    #expect(try left(try table(curve), options: ["optimizer": .text("adam")]) .inputs == all)
    #expect(try left(try table(curve), network: ["loss": .text("huber")]).inputs == all)
    #expect(try left(try table(curve), normalized: true).inputs == all, "the caller's normalization")
    #expect(try left(try table(curve, count: 49)).inputs == all, "too few rows to tell")
    #expect(try left(try table(curve), options: ["optimizer": .text("adam"), "screening": .flag(true)]).inputs.count < 6)
  }
}
