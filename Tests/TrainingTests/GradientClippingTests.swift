import Settings
import Testing
import Training

@Test func theNormIsBoundedAfterTheValues() throws {
  func clipped(_ settings: [String: OptionValue], _ values: [Double]) throws -> [Double] {
    let gradient = try Numbers(values)
    try GradientClipping(try options(settings)).apply(to: gradient.vector)
    return gradient.values
  }
  #expect(try clipped([:], [30, -40]) == [30, -40])
  #expect(try clipped(["clip_norm": .real(5)], [30, -40]) == [3, -4])
  #expect(try clipped(["clip_norm": .real(50)], [30, -40]) == [30, -40])
  #expect(try clipped(["clip_value": .real(3)], [30, -2]) == [3, -2])
  // (30, −40) is first clipped to (4, −4), whose norm is √32.
  let both = try clipped(["clip_value": .real(4), "clip_norm": .real(1)], [30, -40])
  #expect(abs(both[0] - 0.5.squareRoot()) < 1e-15 && both[1] == -both[0])
}

/// A step of gradient descent is at most rate·clip_norm long; line searches refuse clipped gradients.
@Test func clippingBoundsTheSteps() throws {
  let data = try ellipses()
  for (settings, bound) in [(["clip_norm": OptionValue.real(1e-3)], 1e-3), (["clip_value": .real(1e-4)], Double.infinity)] {
    let network = try smallNetwork(precision: .float64)
    let before = network.snapshot.parameters.values
    let all = settings.merging(["optimizer": .text("sgd"), "learning_rate": .real(1), "epochs": .integer(1), "batch_size": .integer(200)]) { $1 }
    _ = try trainer(network, all).run(training: data.training)
    let moves = zip(network.snapshot.parameters.values, before).map { $0 - $1 }
    let length = moves.map { $0 * $0 }.reduce(0, +).squareRoot()
    #expect(length > 0 && length < bound * (1 + 1e-12))
    if bound.isInfinite { #expect(moves.allSatisfy { $0.magnitude <= 1e-4 * (1 + 1e-10) } && moves.contains { $0.magnitude > 0.99e-4 }) }
  }
  let network = try smallNetwork()
  let refused = failure { _ = try trainer(network, ["optimizer": .text("lbfgs"), "clip_norm": .real(1)]) }
  #expect(refused?.status == .incompatible && refused?.message.contains("clip_norm") == true)
}
