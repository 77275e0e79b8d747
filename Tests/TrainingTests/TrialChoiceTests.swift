import Datasets
import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing
import Training

/// What trials choose shows in the trainer's options.
@Suite struct TrialChoiceTests {
  private static let plain = 0.02

  /// Rows of normal features, or of their signs, and a target of them and of normal noise of deviation 1.
  private func table(_ target: (_ features: ArraySlice<Double>, _ noise: Double) -> Double, inputs: Int = 4, ofSigns: Bool = false, isClass: Bool = false, count: Int = 300) throws -> Dataset {
    let (drawn, noise) = (try TestSupport.Numbers.normal(inputs * count, .float64, seed: 1).values, try TestSupport.Numbers.normal(count, .float64, seed: 2).values)
    let values = ofSigns ? drawn.map { $0 > 0 ? 1 : -1 } : drawn
    let targets = try TestSupport.Numbers((0..<count).map { target(values[inputs * $0..<inputs * ($0 + 1)], noise[$0]) }, .float64).view(rows: count, columns: 1)
    let view = try TestSupport.Numbers(values, .float64).view(rows: count, columns: inputs)
    return isClass ? try Dataset(copying: view, labels: targets) : try Dataset(copying: view, values: targets)
  }

  private func network(inputs: Int = 4, isClass: Bool = false) throws -> Network {
    let json = "{\"inputs\": \(inputs), \"outputs\": \(isClass ? "2" : "1, \"loss\": \"least_squares\"")}"
    return try Network(NetworkSpecification(json: try JSON.read(json, limit: 1000)))
  }

  /// What a first run chooses.
  private func choices(_ data: Dataset, inputs: Int = 4, isClass: Bool = false, options: [String: OptionValue] = [:]) throws -> OptionValues {
    let trainer = Trainer(try network(inputs: inputs, isClass: isClass))
    for (key, value) in options { try trainer.set(key, value) }
    _ = try trainer.run(training: data, limits: TrainingLimits(epochs: 1))
    return trainer.options
  }

  /// Whether a row of ten features lies outside the ball that half of all rows lie in.
  private func ball() throws -> Dataset { try table({ x, _ in x.reduce(0) { $0 + $1 * $1 } > 9.34 ? 1 : 0 }, inputs: 10, isClass: true, count: 500) }

  @Test func aBallAsksForTheSmallRateAndAProductForTheLargeOne() throws {
    #expect(try choices(try ball(), inputs: 10, isClass: true).real("learning_rate") == Self.plain / 4)
    #expect(try choices(try table { x, noise in x[x.startIndex] * x[x.startIndex + 1] + x[x.startIndex + 2] * x[x.startIndex + 3] + 0.05 * noise }).real("learning_rate") == Self.plain)
  }

  /// A parity is noise to ridge regressions, but not to a network, which then keeps the plain decay.
  @Test func noiseThatIsAPatternIsFound() throws {
    let decay = 10 * 0.3 * (1000.0 / 300).squareRoot()
    let parity = try table({ x, _ in x.prefix(4).reduce(1, *) > 0 ? 1 : 0 }, inputs: 10, ofSigns: true, isClass: true, count: 1000)
    #expect(abs(try choices(parity, inputs: 10, isClass: true).real("weight_decay") - 0.3) < 1e-12)
    #expect(abs(try choices(try table { x, noise in 0.3 * x.reduce(0, +) + noise }).real("weight_decay") - decay) < 1e-12)
  }

  @Test func othersKeepTheirs() throws {
    func rate(_ options: [String: OptionValue]) throws -> Double { try choices(try ball(), inputs: 10, isClass: true, options: options).real("learning_rate") }
    #expect(try rate(["epochs": .integer(5)]) == Self.plain)
    #expect(try rate(["weight_decay": .real(0.1)]) == Self.plain)
    #expect(try rate(["learning_rate": .real(0.01)]) == 0.01)
    #expect(try rate(["optimizer": .text("adamw")]) == 0.001)
    let few = try table({ x, _ in x.reduce(0) { $0 + $1 * $1 } > 9.34 ? 1 : 0 }, inputs: 10, isClass: true, count: 99)
    #expect(try choices(few, inputs: 10, isClass: true).real("learning_rate") == Self.plain, "too few rows to tell")
    let wide = Trainer(try smallNetwork(extra: ["inputs": .integer(10), "width": .integer(200), "opening": .text("dense")]))
    _ = try wide.run(training: try ball(), limits: TrainingLimits(epochs: 1))
    #expect(try wide.options.real("learning_rate") > Self.plain / 2, "too large for trials")
  }

  /// A run with nothing set equals one with what it chose, bit for bit, for any number of threads.
  @Test func trialsLeaveNoTrace() throws {
    let data = try ball()
    let (first, second) = (try network(inputs: 10, isClass: true), try network(inputs: 10, isClass: true))
    let open = Trainer(first)
    try open.set("num_threads", .integer(2))
    _ = try open.run(training: data, limits: TrainingLimits(epochs: 2))
    #expect(open.history.map(\.epoch) == [1, 2])
    let told = Trainer(second)
    try told.set(try open.options.trainerSettings().map { ($0.key, $0.value) })
    try told.set("num_threads", .integer(1))
    _ = try told.run(training: data, limits: TrainingLimits(epochs: 2))
    #expect(bits(first) == bits(second))
  }

  /// Whoever stops a trial finds the network as it was, and nothing chosen.
  @Test func trialsCanBeStopped() throws {
    let data = try ball()
    let (made, fresh) = (try network(inputs: 10, isClass: true), try network(inputs: 10, isClass: true))
    let trainer = Trainer(made)
    #expect(try trainer.run(training: data, limits: TrainingLimits { true }) == .cancelled)
    #expect(bits(made) == bits(fresh) && trainer.history.isEmpty)
    #expect(try trainer.options.isOpenInTraining("learning_rate"))
    #expect(try trainer.run(training: data, limits: TrainingLimits(epochs: 1)) == .ok)
  }
}
