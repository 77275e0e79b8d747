import Foundation
import Integrators
import LinearAlgebra
import TestSupport
import Testing
import VectorFields

@Suite struct BackwardEulerTests {
  /// y' = λy with K = λI.
  private func linear(_ lambda: Double, h: Double, precision: Precision = .float64) throws -> StepCase {
    let example = try StepCase("dense", "backward_euler", width: 2, h: h, activation: .identity, bias: .none, precision: precision)
    for (index, value) in [lambda, 0, 0, lambda].enumerated() { example.tensors[0][index] = value }
    example.prepare()
    return example
  }

  /// Theory.md §3.10: y' = −100y, h = 1: each step divides by 101, where forward Euler multiplies by −99.
  @Test(arguments: Precision.allCases) func stiffDecayIsStable(_ precision: Precision) throws {
    let example = try linear(-100, h: 1, precision: precision)
    let start = try example.normal(5)
    var state = start
    for _ in 0..<3 { state = try example.run(state).after }
    #expect(largestDifference(state.values, start.values.map { $0 / (101 * 101 * 101) }) < 20 * precision.epsilon)
    #expect(example.log.first == nil)
  }

  /// A stiff nonlinear field: tanh with ‖hK‖ in the thousands. It is dissipative because K is negative definite, so the step's equation has a unique solution.
  @Test(arguments: Precision.allCases) func stiffNonlinearProblemConverges(_ precision: Precision) throws {
    let example = try StepCase("dense", "backward_euler", width: 6, h: 50, bias: .vector, precision: precision, deviation: 1)
    let k = example.tensors[0]
    let random = k.values
    for row in 0..<6 {
      for column in 0..<6 {
        // −(BBᵀ + 30 on the diagonal, spread from 30 to 180).
        let product = (0..<6).reduce(0) { $0 + random[row * 6 + $1] * random[column * 6 + $1] }
        k[row * 6 + column] = -product - (row == column ? 30 * Double(row + 1) : 0)
      }
    }
    example.prepare()
    let before = try example.normal(5)
    let after = try example.run(before).after
    #expect(example.log.first == nil)
    // y₊ = y + 50·tanh(Ky₊ + b), checked by a plain evaluation; its rounding is that of Ky₊, amplified by h.
    for sample in [0, 7, 15] {
      let f = plainLayer(.tanh, k.rows(of: 6), example.tensors[1].values, after.column(sample, of: 16)).value
      let expected = zip(before.column(sample, of: 16), f).map { $0 + 50 * $1 }
      #expect(largestDifference(after.column(sample, of: 16), expected) < 1e5 * precision.epsilon)
    }
  }

  @Test(arguments: ["dense", "antisymmetric", "hamiltonian"]) func isOfOrderOne(_ name: String) throws {
    let order = try StepCase.observedOrder { try StepCase(name, "backward_euler", h: $0) }
    #expect(abs(order - 1) < 0.15, "order \(order)")
  }

  /// A step uses weights and drive at its end.
  @Test func evaluatesAtTheEndOfAStep() throws {
    #expect(try integrators.standard("backward_euler").nodes == [1])
    #expect(try integrators.standard("backward_euler").order == 1)
  }

  /// Backward Euler on ẏ = z, ż = −y (K = I, linear): (y₊, z₊) = (I − hJ)⁻¹(y, z) with J = [[0, 1], [−1, 0]], by hand.
  @Test(arguments: Precision.allCases) func bothPartsMoveTogether(_ precision: Precision) throws {
    let h = 0.5
    let example = try StepCase("hamiltonian", "backward_euler", width: 1, h: h, activation: .identity, bias: .none, precision: precision)
    example.tensors[0][0] = 1
    let before = try example.normal(3)
    let after = try example.run(before).after
    for sample in 0..<16 {
      let (y, z) = (before[sample], before[16 + sample])
      let expected = [(y + h * z) / (1 + h * h), (z - h * y) / (1 + h * h)]
      #expect(largestDifference(after.column(sample, of: 16), expected) < 10 * precision.epsilon)
    }
  }
}
