import Settings
import Testing
import Training

struct TrajectoryFitOptionsTests {
  private func read(_ settings: [(String, OptionValue)]) throws -> TrajectoryFitOptions {
    var values = OptionValues(scope: "trajectory_fit", trajectoryFitOptions)
    for (key, value) in settings { try values.set(key, value) }
    return try TrajectoryFitOptions(values)
  }

  @Test func singleShootingHasOneRound() throws {
    #expect(try read([]).rounds == 1)
    let several = try read([("segment", .integer(4))])
    #expect(several.rounds == 3 && (0..<3).map { several.strength(ofRound: $0) } == [1, 10, 100])
    let failure = #expect(throws: Failure.self) { _ = try read([("rounds", .integer(2))]) }
    #expect(failure?.status == .incompatible && failure?.message.contains("segment is 0") == true)
  }

  /// Only methods that need gradients alone are offered, and every one of them can be made.
  @Test func methodsNeedOnlyGradients() throws {
    guard case .choice(let names) = trajectoryFitOptions.first(where: { $0.key == "optimizer" })?.kind else { throw Failure(.internal, "no option optimizer") }
    #expect(names == trajectoryFitMethods.map(\.name) && !names.contains("adamw") && names.contains("lbfgs") && names.contains("adam") && !names.contains("gauss_newton"))
    for name in names { _ = try read([("optimizer", .text(name))]) }
    let failure = #expect(throws: Failure.self) { _ = try read([("beta1", .real(0.5))]) }
    #expect(failure?.message.contains("beta1") == true)
  }
}
