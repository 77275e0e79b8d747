import LinearAlgebra
import Networks
import Settings
import Testing
import Training

struct ReadoutSweepTests {
  /// For fixed states loss and gradient equal those of the network, and the Hessian product equals the readout part of the whole network's. Tested for one sample, a tile with padding, and several tiles.
  @Test(arguments: [[:], ["loss": .text("logistic")], ["loss": .text("least_squares")]] as [[String: OptionValue]], [1, 37, 700])
  func agreesWithTheNetwork(extra: [String: OptionValue], samples: Int) throws {
    let test = try CurvatureCase(extra, samples: samples)
    let readout = try ReadoutSweep(test.plan, batch: samples)
    #expect(readout.range == test.plan.tensors.first { $0.name == "readout.W" }!.range.lowerBound..<test.plan.parameterCount)
    let theta = test.network.snapshot.parameters
    try readout.fixStates(theta, test.source, test.targets, count: samples, test.sweep, test.pool)
    let (gradient, whole) = (try Numbers(theta[readout.range].values), try Numbers(theta.values))
    let result = readout.lossGradient(theta[readout.range], gradient: gradient.vector)
    let expected = try test.sweep.lossGradient(theta, test.source, test.targets, count: samples, gradient: whole.vector, pool: test.pool)
    #expect(abs(result.meanLoss - expected.meanLoss) < 1e-14 && result.correct == expected.correct && result.count == samples)
    #expect(readout.lossGradient(theta[readout.range], gradient: nil) == result)
    for (a, b) in zip(gradient.values, whole.values[readout.range]) { #expect(abs(a - b) < 1e-14) }

    let direction = try Numbers(normal: readout.range.count, seed: 8)
    let product = try Numbers(direction.values)
    readout.hessianProduct(direction.vector, at: theta[readout.range], into: product.vector)
    let products = try test.gaussNewton((0..<theta.count).map { readout.range.contains($0) ? direction.values[$0 - readout.range.lowerBound] : 0 })
    for (a, b) in zip(product.values, products[readout.range]) { #expect(abs(a - b) < 1e-13) }
  }

  /// For each output M is the mean of (y; 1)(y; 1)ᵀ, which is the Hessian of least squares, plus γI. So Hv + γv = Mv with a single γ, a tenth of the mean eigenvalue.
  @Test(arguments: [37, 700])
  func preconditionsByTheStatesMoments(samples: Int) throws {
    let test = try CurvatureCase(["loss": .text("least_squares")], samples: samples)
    let readout = try ReadoutSweep(test.plan, batch: samples)
    let theta = test.network.snapshot.parameters
    try readout.fixStates(theta, test.source, test.targets, count: samples, test.sweep, test.pool)
    func hessian(_ v: [Double]) throws -> [Double] {
      let (direction, product) = (try Numbers(v), try Numbers(v))
      readout.hessianProduct(direction.vector, at: theta[readout.range], into: product.vector)
      return product.values
    }
    let count = readout.range.count
    let trace = try (0..<count).map { i in try hessian((0..<count).map { $0 == i ? 1 : 0 })[i] }.reduce(0, +)
    let shift = 0.1 * trace / Double(count)
    let v = try Numbers(normal: count, seed: 8).values
    let (shifted, solved) = (try Numbers(zip(try hessian(v), v).map { $0 + shift * $1 }), try Numbers(v))
    readout.precondition(shifted.vector, into: solved.vector)
    for (a, b) in zip(solved.values, v) { #expect(abs(a - b) < 1e-12) }
  }

  @Test func anIdentityReadoutIsRefused() throws {
    let network = try smallNetwork(classes: 4, extra: ["readout": .text("identity")])
    #expect(failure { _ = try ReadoutSweep(network.plan, batch: 8) }?.status == .incompatible)
  }
}
