import Integrators
import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

/// Tests of what both implicit schemes share; the tests of each scheme are in its own file.
@Suite struct ImplicitStageTests {
  private static let schemes = integrators.names.filter { (try? integrators.standard($0)) is any OneStageIntegrator }
  private static let pairs = ["dense", "antisymmetric", "hamiltonian"].flatMap { field in schemes.map { [field, $0] } }

  /// A step whose equation has one solution. At h = 0.3 the iteration is a contraction; at h = 2, where ‖hJ‖ exceeds 4, K is shifted until the dense field decays.
  private func makeCase(_ pair: [String], h: Double, precision: Precision = .float64) throws -> StepCase {
    let example = try StepCase(pair[0], pair[1], h: h, precision: precision)
    if pair[0] == "dense" {
      for i in 0..<5 { example.tensors[0][i * 5 + i] -= 3 }
      example.prepare()
    }
    return example
  }

  @Test(arguments: pairs, Precision.allCases) func adjointIsTheTranspose(_ pair: [String], _ precision: Precision) throws {
    for h in [0.3, 2] {
      let example = try makeCase(pair, h: h, precision: precision)
      #expect(try example.adjointDefect() < (precision == .float64 ? 1e-12 : 1e-5), "h \(h)")
      #expect(example.log.first == nil)
    }
  }

  /// Newton's method and GMRES stop at once when the work must end, and do not report a failure to converge: the watch states the reason.
  @Test(arguments: pairs) func solversLeaveWhenTheWorkIsOver(_ pair: [String]) throws {
    let example = try makeCase(pair, h: 2)
    let before = try example.normal(5)
    let whole = try example.run(before)
    let solve = example.log.evaluations
    example.log.clear()
    example.log.watch = Watch(isCancelled: { true })
    _ = try example.run(before)
    #expect(example.log.evaluations <= 3 && solve > 6, "\(example.log.evaluations) of \(solve)")
    #expect(example.log.first == nil)
    withExtendedLifetime(whole) {}
  }

  @Test(arguments: pairs) func gradientPassesTheTaylorTest(_ pair: [String]) throws {
    for h in [0.3, 2] {
      let order = try makeCase(pair, h: h).taylorOrder()
      #expect(order > 1.9, "order \(order) at h \(h)")
    }
  }

  /// Every sample of a step satisfies the step's equation, which the test evaluates again.
  @Test(arguments: pairs, Precision.allCases) func stepsSolveTheirEquation(_ pair: [String], _ precision: Precision) throws {
    let example = try makeCase(pair, h: 2, precision: precision)
    let before = try example.normal(5)
    let after = try example.run(before).after
    #expect(example.log.first == nil)
    let thetas: [String: Double] = ["backward_euler": 1, "implicit_midpoint": 0.5]
    let theta = try #require(thetas[pair[1]], "the equation of a new scheme")
    // One step of forward Euler from m gives m + h f(m).
    let euler = try makeCase([pair[0], "euler"], h: 2, precision: precision)
    let m = try Numbers(zip(before.values, after.values).map { (1 - theta) * $0 + theta * $1 }, precision)
    let slopes = zip(try euler.run(m).after.values, m.values).map { $0 - $1 }
    // The solver's tolerance is one rounding error of the state; that of h f is added to it.
    #expect(largestDifference(after.values, zip(before.values, slopes).map { $0 + $1 }) < 100 * precision.epsilon)
  }

  /// A sample's bits do not depend on its neighbors: stiff ones, easy ones, and one that fails.
  @Test(arguments: schemes, Precision.allCases) func neighborsChangeNoBit(_ scheme: String, _ precision: Precision) throws {
    let tile = try StepCase("dense", scheme, h: 3, precision: precision)
    let before = try tile.normal(5)
    // Neighbors of other magnitudes converge earlier or later; column 3 never converges.
    for row in 0..<5 {
      for column in 0..<16 { before[row * 16 + column] *= [1, 1e-3, 30, 1][column % 4] }
    }
    before[3] = .infinity
    let after = try tile.run(before).after
    let pulled = try tile.cotangent(before, try tile.normal(23)).state
    for column in 0..<16 where column != 3 {
      let alone = try StepCase("dense", scheme, columns: 1, h: 3, precision: precision)
      let state = try Numbers(before.column(column, of: 16), precision)
      #expect(try alone.run(state).after.bits == (try Numbers(after.column(column, of: 16), precision)).bits, "sample \(column)")
      let cotangent = try Numbers(try tile.normal(23).column(column, of: 16), precision)
      #expect(try alone.cotangent(state, cotangent).state.bits == (try Numbers(pulled.column(column, of: 16), precision)).bits, "sample \(column)")
    }
    #expect(tile.log.first?.failure.status == .notConverged && Array(tile.log.failures.keys) == [3])
  }

  /// One iteration is not enough: the failure names layer, scheme and tolerance, and the state is the one before.
  @Test(arguments: schemes) func withoutConvergenceTheStateStaysAndTheLogSaysWhy(_ scheme: String) throws {
    let example = try StepCase("dense", scheme, h: 3, options: ["solver_iterations": .integer(1), "solver_tolerance": .real(1e-9)])
    let before = try example.normal(5)
    let after = try example.run(before).after
    #expect(after.values == before.values)
    let failure = try #require(example.log.first?.failure)
    #expect(failure.status == .notConverged)
    for word in ["layer 3", scheme, "residual", "1e-09", "1 iterations"] { #expect(failure.message.contains(word), "\(word) in: \(failure.message)") }
    // Derivatives of a step that did not converge are meaningless but finite.
    #expect(try example.cotangent(before, try example.normal(6)).state.values.allSatisfy { $0.isFinite })
  }

  /// A loose tolerance is met with fewer evaluations.
  @Test(arguments: schemes) func toleranceIsTheResidualAskedFor(_ scheme: String) throws {
    let (exact, loose) = (try StepCase("dense", scheme), try StepCase("dense", scheme, options: ["solver_tolerance": .real(1e-4)]))
    let before = try exact.normal(5)
    let difference = norm(zip(try exact.run(before).after.values, try loose.run(before).after.values).map { $0 - $1 })
    #expect(difference > 1e-12 && difference < 1e-3 * norm(before.values))
    #expect(loose.log.evaluations < exact.log.evaluations)
  }

  @Test func optionsAreChecked() throws {
    for (key, value) in [("solver_tolerance", OptionValue.real(0.5)), ("solver_iterations", .integer(0))] {
      #expect { _ = try StepCase("dense", "backward_euler", options: [key: value]) } throws: { ($0 as? Failure)?.status == .outOfRange && "\($0)".hasPrefix("\(key) is ") }
    }
  }
}
