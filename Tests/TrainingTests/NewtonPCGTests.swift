import LinearAlgebra
import Settings
import Testing
import Training

struct NewtonPCGTests {
  /// If the inner iterations solve the system, ten steps agree with Newton's method with Armijo backtracking, computed here in plain Double with a dense solve.
  @Test(arguments: ["newton_pcg", "gauss_newton"])
  func stepsAreNewtons(name: String) throws {
    var settings: [String: OptionValue] = ["cg_tolerance": .real(1e-13), "cg_iterations": .integer(50)]
    if name == "gauss_newton" { settings["trust_radius"] = .real(1e3) }
    let method = try optimizers(name).init(try options(settings))
    let objective = AnalyticObjective(count: 6, .float64)
    let iterate = try objective.iterate(of: method)
    var x = iterate.parameters.values
    for number in 1...10 {
      iterate.number = number
      try method.step(objective, iterate)
      if iterate.ending != nil { break }
      let newton = solve(objective.hessian(x), objective.gradient(x))
      let next = zip(x, newton).map(-)
      #expect(objective.value(next) < objective.value(x) + 1e-14)
      x = next
      #expect(zip(iterate.parameters.values, x).allSatisfy { abs($0 - $1) < 1e-9 })
    }
    #expect(inner(objective.gradient(x), objective.gradient(x)).squareRoot() < 1e-11)
  }

  /// Without a tolerance, training ends where rounding leaves nothing to descend.
  @Test(arguments: ["newton_pcg", "varpro", "block_coordinate"]) func trainingEndsAtTheBottom(name: String) throws {
    let data = try ellipses(40, 4).training
    let network = try smallNetwork(classes: 2, precision: .float32, extra: ["width": .integer(3), "layers": .integer(1)])
    let trainer = try trainer(
      network, ["optimizer": .text(name), "gradient_tolerance": .real(0), "weight_decay": .real(1), "epochs": .integer(2000), "num_threads": .integer(1)])
    let status = try trainer.run(training: data)
    #expect((status == .converged || status == .noDescent) && trainer.history.count < 2000, "\(status) after \(trainer.history.count) epochs")
  }
}
