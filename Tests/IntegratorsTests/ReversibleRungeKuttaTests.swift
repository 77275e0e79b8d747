import Foundation
import Gradients
import Integrators
import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

@Suite struct ReversibleRungeKuttaTests {
  private static let columns = 16

  private func scheme(_ base: String, _ coupling: Double = 0.999) throws -> ReversibleRungeKutta {
    var options = OptionValues(scope: "block", integrators.options)
    try options.set("base", .text(base))
    try options.set("reversible_coupling", .real(coupling))
    return try ReversibleRungeKutta(options)
  }

  /// Ψ_h(x) of a method, in plain numbers.
  private func increment(_ t: ButcherTableau, _ h: Double, _ x: [Double], _ f: ([Double]) -> [Double]) -> [Double] {
    var slopes: [[Double]] = []
    for i in 0..<t.stages {
      slopes.append(f(x.indices.map { k in x[k] + h * (0..<i).reduce(0) { $0 + t.a[i * t.stages + $1] * slopes[$1][k] } }))
    }
    return x.indices.map { k in h * (0..<t.stages).reduce(0) { $0 + t.b[$1] * slopes[$1][k] } }
  }

  /// y₊ = λy + (1−λ)z + Ψ_h(z), z₊ = z − Ψ_{−h}(y₊), over two steps, so that y and z differ.
  @Test(arguments: tableaux.names) func stepsByItsFormula(_ base: String) throws {
    let tableau = try tableaux.standard(base)
    let example = try FieldCase("dense", FieldConfiguration(width: 5, bias: .vector, precision: .float64))
    let run = try SchemeRun(try scheme(base, 0.7), example, columns: 1)
    func f(_ x: [Double]) -> [Double] { plainLayer(.tanh, example.weights, example.bias, x).value }
    var y = try Numbers.normal(5, .float64, seed: 3).values
    var z = y
    run.start(y)
    #expect(run.values == y + z)
    for index in 0..<2 {
      y = zip(zip(y, z), increment(tableau, 0.3, z, f)).map { 0.7 * $0.0 + 0.3 * $0.1 + $1 }
      z = zip(z, increment(tableau, -0.3, y, f)).map { $0 - $1 }
      run.advance(index, 0.3)
      #expect(largestDifference(run.values, y + z) < 1e-14, "\(base)")
    }
  }

  /// Every explicit method of the registry is a base, and has the coefficients of its integrator: one step has its bits.
  @Test(arguments: tableaux.names) func basesAreTheRegisteredMethods(_ base: String) throws {
    let example = try FieldCase("dense", FieldConfiguration(width: 5, bias: .vector, precision: .float64))
    let start = try Numbers.normal(80, .float64, seed: 3).values
    let (registered, made) = (try SchemeRun(try integrators.standard(base), example), try SchemeRun(RungeKutta(try tableaux.standard(base)), example))
    #expect(registered.run(start, steps: 2, 0.3) == made.run(start, steps: 2, 0.3))
    #expect(registered.integrator.order == made.integrator.order)
  }

  /// The order is that of the base, also where weights are a function of time and each stage takes those of its own node, on the way back too.
  @Test(arguments: tableaux.names, [0.5, 0.999]) func keepsTheOrder(_ base: String, _ coupling: Double) throws {
    let stated = try tableaux.standard(base).order
    for basis in [SharedBasis(), try PolynomialBasis(3)] as [any TimeBasis] {
      func visible(_ steps: Int) throws -> [Double] {
        let example = try BlockCase(field: "dense", integrator: "reversible", scheme: try scheme(base, coupling), layers: steps, horizon: 1, basis: basis,
          offset: 0)
        let state = try example.numbers(example.stateWidth, Self.columns)
        let start = try Numbers.normal(example.block.width * Self.columns, .float64, seed: 5)
        for (index, value) in start.values.enumerated() { state[index] = value }
        example.block.start(state.block(rows: example.stateWidth, columns: Self.columns))
        return Array(try example.propagate(state, columns: Self.columns).values[..<start.count])
      }
      let first = [128, 128, 64, 64, 32][min(stated, 4)]
      let results = try [first, 2 * first, 4 * first].map { try visible($0) }
      let errors = [0, 1].map { index in norm(zip(results[index], results[index + 1]).map { $0 - $1 }) }
      let order = log2(errors[0] / errors[1])
      #expect(abs(order - Double(stated)) < 0.2, "\(base), λ \(coupling): order \(order)")
    }
  }

  /// The nodes are the times of the stages and their mirror images.
  @Test func nodesAreThoseOfBothIncrements() throws {
    #expect(try scheme("euler").nodes == [0, 1])
    #expect(try scheme("rk4").nodes == [0, 0.5, 1])
    let ralston = RungeKutta(try ButcherTableau(a: [2.0 / 3], b: [0.25, 0.75], order: 2))
    #expect(largestDifference(ReversibleRungeKutta(ralston, coupling: 0.9).nodes, [0, 1.0 / 3, 2.0 / 3, 1]) < 1e-15)
  }

  /// The inverse is algebraic for any field: 1000 layers there and back. Rounding errors grow by 1/λ a layer, by e = 2.7 for λ = 0.999; a smaller λ loses more.
  @Test(arguments: [("dense", "heun"), ("gradient_flow", "rk4"), ("hamiltonian", "euler"), ("port_hamiltonian",
    "ssprk3")]) func thousandLayersThereAndBackAreTheIdentity(_ field: String, _ base: String) throws {
    func defect(_ coupling: Double) throws -> Double {
      // Layers with random weights of their own would hardly move the state of a free field.
      let basis: any TimeBasis = field == "dense" ? SharedBasis() : LayerwiseBasis()
      return try roundTripDefect(try BlockCase(field: field, integrator: "reversible", scheme: try scheme(base, coupling), layers: 1000, horizon: 2,
        basis: basis))
    }
    let weak = try defect(0.999)
    #expect(weak < 1e-11, "\(weak)")
    #expect(try defect(0.98) > weak)
  }

  /// Theory.md §3.16: for ẏ = μy the product of the two growth factors of a step is λ, so that a decay by less than λ in a step makes y − z grow.
  @Test(arguments: ["euler", "heun", "rk4"], [0.5, 0.999]) func growthFactorsMultiplyToTheCoupling(_ base: String, _ coupling: Double) throws {
    for mu in [-1.5, -0.2, 0.3] {
      let run = try SchemeRun(try scheme(base, coupling), linear: [[mu]])
      func applied(_ y: Double, _ z: Double) -> [Double] {
        run.state.store([y, z])
        run.advance(0, 0.4)
        return run.values
      }
      let (a, b) = (applied(1, 0), applied(0, 1))
      #expect(abs(a[0] * b[1] - a[1] * b[0] - coupling) < 1e-14)
    }
  }

  /// Training in constant memory gives the stored states' gradient up to rounding.
  @Test(arguments: ["dense", "hamiltonian", "gradient_flow"], ["euler", "heun", "rk4"]) func recomputedGradientsAgree(_ field: String, _ base: String) throws {
    let example = try BlockCase(field: field, integrator: "reversible", scheme: try scheme(base), layers: 30, horizon: 1.5)
    let (stored, recomputed) = (try example.derivatives(StoreAll()), try example.derivatives(Reversible()))
    for (a, b) in [(recomputed.gradient, stored.gradient), (recomputed.cotangent, stored.cotangent)] {
      #expect(norm(zip(a.values, b.values).map { $0 - $1 }) < 1e-11 * norm(b.values))
    }
  }

  @Test func optionsOutsideAreRefused() throws {
    #expect(refusal { _ = try scheme("heun", 1) }?.status == .outOfRange)
    #expect(refusal { _ = try scheme("dopri5") } != nil)
    #expect(try scheme("rk3").order == 3 && scheme("rk3").isReversible)
  }
}
