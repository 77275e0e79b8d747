import Foundation
import Integrators
import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

@Suite struct ImexTests {
  private static let fieldNames = ["dense", "antisymmetric"]

  /// (I + hLᵀL)y₊ = y + h f(y) with the plain stencil.
  @Test(arguments: Precision.allCases) func stepsByItsFormula(_ precision: Precision) throws {
    let h = 0.7
    let example = try StepCase("dense", "imex", h: h, precision: precision)
    let taps = example.tensors[2]
    for (index, value) in [-0.9, 1.2, 0.3].enumerated() { taps[index] = value }
    example.prepare()
    let before = try example.normal(5)
    let after = try example.run(before).after
    func smoothed(_ y: [Double]) -> [Double] {
      let n = y.count
      func sum(_ x: [Double], _ i: Int, _ direction: Int) -> Double {
        var sum = 0.0
        for k in 0..<3 { sum += taps[k] * x[(i + direction * (k - 1) + n) % n] }
        return sum
      }
      let l = y.indices.map { sum(y, $0, 1) }
      // Lᵀ: tap k of row i stands in column i + k − 1.
      return y.indices.map { y[$0] + h * sum(l, $0, -1) }
    }
    for sample in [0, 9] {
      let y = before.column(sample, of: 16)
      let f = plainLayer(.tanh, example.tensors[0].rows(of: 5), example.tensors[1].values, y).value
      // The rounding error of the product, times the norm of I + hLᵀL.
      #expect(largestDifference(smoothed(after.column(sample, of: 16)), zip(y, f).map { $0 + h * $1 }) < 40 * precision.epsilon)
    }
  }

  @Test func theStencilBeginsAsADifference() throws {
    let shape = try #require(Imex().parameters(try fields("dense").make(FieldConfiguration(width: 4))).first)
    #expect(shape.name == "L" && shape.shape == [3] && shape.initial == .values([-1, 1, 0]))
  }

  @Test(arguments: fieldNames, Precision.allCases) func adjointIsTheTranspose(_ name: String, _ precision: Precision) throws {
    for h in [0.3, 30] { #expect(try StepCase(name, "imex", h: h, precision: precision).adjointDefect() < (precision == .float64 ? 1e-12 : 1e-5)) }
  }

  @Test(arguments: fieldNames) func gradientPassesTheTaylorTest(_ name: String) throws {
    #expect(try StepCase(name, "imex", h: 0.6).taylorOrder() > 1.9)
  }

  @Test func isOfOrderOne() throws {
    let order = try StepCase.observedOrder { try StepCase("antisymmetric", "imex", h: $0) }
    #expect(abs(order - 1) < 0.15, "order \(order)")
  }

  /// Theory.md §3.12: stable at h = 1e3. With L = (−1, 3, −1), σ_min(L) = 1, and |tanh| ≤ 1: the state ends below ‖f‖/σ_min² ≤ √5; Euler on the same ẏ = f(y) − LᵀLy multiplies by up to 25 000.
  @Test(arguments: Precision.allCases) func longStepsAreStable(_ precision: Precision) throws {
    let example = try StepCase("dense", "imex", h: 1e3, precision: precision, deviation: 3)
    for (index, value) in [-1, 3, -1.0].enumerated() { example.tensors[2][index] = value }
    example.prepare()
    var state = try example.normal(5)
    for _ in 0..<100 { state = try example.run(state).after }
    for sample in 0..<16 {
      let size = norm(state.column(sample, of: 16))
      #expect(size > 0 && size < 5.0.squareRoot() * 1.001)
    }
  }

  /// One sample has the same bits alone and in a tile.
  @Test(arguments: Precision.allCases) func aSampleAloneHasTheSameBits(_ precision: Precision) throws {
    let tile = try StepCase("dense", "imex", precision: precision)
    let alone = try StepCase("dense", "imex", columns: 1, precision: precision)
    let before = try tile.normal(5)
    let after = try tile.run(before).after
    let state = try Numbers(before.column(3, of: 16), precision)
    #expect(try alone.run(state).after.bits == (try Numbers(after.column(3, of: 16), precision)).bits)
  }

  /// Each layer has its own stencil, and the smoothing operator is computed for each set of weights.
  @Test func layersThatShareWeightsAreRefusedWithTheReason() throws {
    #expect { try BlockCase(field: "dense", integrator: "imex", basis: SharedBasis()) } throws: {
      ($0 as? Failure)?.status == .incompatible && "\($0)".contains("weights_in_time")
    }
  }

  @Test func partitionedFieldsAreRefusedWithTheReason() throws {
    let field = try fields("hamiltonian").make(FieldConfiguration(width: 4))
    #expect { try Imex().check(field) } throws: { ($0 as? Failure)?.status == .incompatible && "\($0)".contains("partitioned") && "\($0)".contains("gradient_flow") }
  }
}
