import Datasets
import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing
import Training

/// What training chooses by whether targets are linear in the features but for noise shows as the decay of weights.
@Suite struct NoiseEstimateTests {
  private static let rows = 300
  private static let plain = 0.3 * (1000.0 / 300).squareRoot()

  /// Rows of four normal features, and a target of them and of normal noise of deviation 1.
  private func table(_ target: (_ features: ArraySlice<Double>, _ noise: Double) -> Double, isClass: Bool = false, count: Int = rows) throws -> Dataset {
    let (features, noise) = (try TestSupport.Numbers.normal(4 * count, .float64, seed: 1), try TestSupport.Numbers.normal(count, .float64, seed: 2).values)
    let values = features.values
    let targets = try TestSupport.Numbers((0..<count).map { target(values[4 * $0..<4 * $0 + 4], noise[$0]) }, .float64).view(rows: count, columns: 1)
    let view = features.view(rows: count, columns: 4)
    return isClass ? try Dataset(copying: view, labels: targets) : try Dataset(copying: view, values: targets)
  }

  /// The decay of weights that a first run chooses.
  private func decay(_ data: Dataset, network extra: [String: OptionValue] = ["loss": .text("least_squares")], options: [String: OptionValue] = [:]) throws -> Double {
    let outputs: Int64 = extra["outputs"].map { if case .integer(let number) = $0 { number } else { 1 } } ?? 1
    let network = try smallNetwork(extra: ["inputs": .integer(4), "outputs": .integer(outputs)].merging(extra) { $1 })
    let trainer = Trainer(network)
    for (key, value) in options { try trainer.set(key, value) }
    _ = try trainer.run(training: data, limits: TrainingLimits(epochs: 1))
    return try trainer.options.real("weight_decay")
  }

  private func sum(_ x: ArraySlice<Double>) -> Double { x.reduce(0, +) }

  @Test func noiseAroundALineIsMetWithMoreDecay() throws {
    #expect(abs(try decay(try table { 0.3 * sum($0) + $1 }) - 10 * Self.plain) < 1e-12)
    #expect(abs(try decay(try table { $1 + 0 * $0[$0.startIndex] }) - 10 * Self.plain) < 1e-12)
    let classes: [String: OptionValue] = ["outputs": .integer(2)]
    #expect(abs(try decay(try table({ 0.3 * sum($0) + $1 > 0 ? 1 : 0 }, isClass: true), network: classes) - 10 * Self.plain) < 1e-12)
    // Of few rows, a curve has to explain more to be one; the decay is at most 15.
    #expect(try decay(try table({ 0.3 * sum($0) + $1 }, count: 30)) == 15)
    // Ten times 0.3·√(1000/2000).
    #expect(abs(try decay(try table({ 0.3 * sum($0) + $1 }, count: 2000)) - 3 * 0.5.squareRoot()) < 1e-12)
  }

  @Test func curvesAndTablesWithoutNoiseAreNot() throws {
    #expect(try decay(try table { sum($0) + 0.1 * $1 }) == Self.plain)
    #expect(try decay(try table { x, noise in x.reduce(0) { $0 + $1 * $1 } + noise }) == Self.plain)
    #expect(try decay(try table { x, noise in 2 * x[x.startIndex] * x[x.startIndex + 1] + noise }) == Self.plain)
    let classes: [String: OptionValue] = ["outputs": .integer(2)]
    #expect(try decay(try table({ x, noise in x.reduce(0) { $0 + $1 * $1 } + noise > 4 ? 1 : 0 }, isClass: true), network: classes) == Self.plain)
  }

  /// Variances say nothing about targets with outliers, which robust losses are for; a value that is set wins, and a named optimizer has fixed defaults.
  @Test func othersKeepTheirs() throws {
    let noisy = try table { 0.3 * sum($0) + $1 }
    #expect(try decay(noisy, network: ["loss": .text("huber")]) == Self.plain)
    #expect(try decay(noisy, options: ["weight_decay": .real(0.125)]) == 0.125)
    #expect(try decay(noisy, options: ["optimizer": .text("adamw")]) == 0)
    #expect(try decay(try table({ 0.3 * sum($0) + $1 }, count: 10_000)) == 0.3 * 0.1.squareRoot())
    // Too few rows to tell.
    #expect(try decay(try table({ 0.3 * sum($0) + $1 }, count: 9)) == 2)
  }

  @Test func unitsDoNotMatterAndConstantsHaveNoNoise() throws {
    #expect(try decay(try table { 1e9 + 1e-3 * (0.3 * sum($0) + $1) }) == 10 * Self.plain)
    #expect(try decay(try table { _, _ in 7 }) == Self.plain)
  }
}
