import Integrators
import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

@Suite struct AdaptiveControlTests {
  private static let adaptive = integrators.names.filter { (try? integrators.standard($0)) is AdaptiveRungeKutta }

  private func integrator(_ name: String, _ options: [String: OptionValue]) throws -> any Integrator {
    var values = OptionValues(scope: "block", integrators.options)
    for (key, value) in options { try values.set(key, value) }
    return try integrators(name).make(values)
  }

  @Test func theAdaptiveSchemesAreFound() { #expect(Set(Self.adaptive).isSuperset(of: ["dopri5", "tsit5"])) }

  @Test(arguments: adaptive) func optionsReachTheMethod(_ name: String) throws {
    let made = try integrator(
      name, ["relative_tolerance": .real(1e-4), "absolute_tolerance": .real(1e-7), "first_step": .real(0.2), "max_steps": .integer(77), "recorded_steps": .integer(5)])
    let method = try #require(made as? AdaptiveRungeKutta)
    #expect(method.tableau.name == name)
    #expect((method.control.relativeTolerance, method.control.absoluteTolerance, method.control.firstStep) == (1e-4, 1e-7, 0.2))
    #expect((method.control.maximumSteps, method.control.recordedSteps) == (77, 5))
  }

  @Test(arguments: [("relative_tolerance", OptionValue.real(0)), ("absolute_tolerance", .real(0)), ("max_steps", .integer(0)), ("first_step", .real(-1)), ("recorded_steps", .integer(0))])
  func refusesWhatMakesNoSense(_ key: String, _ value: OptionValue) throws {
    #expect { _ = try integrator("dopri5", [key: value]) } throws: { ($0 as? Failure)?.status == .outOfRange }
  }

  /// Rounding of Float hides errors below a few units in the last place.
  @Test func refusesATolerancesBelowRounding() throws {
    let made = try integrator("tsit5", ["relative_tolerance": .real(1e-8)])
    try made.check(.float64)
    #expect { try made.check(Precision.float32) } throws: {
      ($0 as? Failure)?.status == .outOfRange && "\($0)".contains("relative_tolerance is 1e-08") && "\($0)".contains("float32")
    }
    try integrator("tsit5", [:]).check(Precision.float32)
  }

  /// A given first step is tried first; an automatic one follows II.4: for ẏ = 0 at y = 0 it is at most 100 times 10⁻⁶.
  @Test func aGivenFirstStepIsTaken() throws {
    let given = try AdaptiveCase(linear: [[-1]], tolerance: 1e-2, length: 1) { $0.firstStep = 0.5 }
    let record = try given.record(1)
    _ = try given.solve(try given.tile([[1]], columns: 1), columns: 1, record: record)
    #expect(record[0] >= 2 && record[3] == 0.5, "count; then the first slot's state and step size")
  }
}
