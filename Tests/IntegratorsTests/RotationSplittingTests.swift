import Foundation
import Integrators
import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

@Suite struct RotationSplittingTests {
  private static let schemes = integrators.names.filter { (try? integrators.standard($0)) is RotationSplitting }

  /// y* = Q y by the series of the exponential or by checking (I − ½hS)y* = (I + ½hS)y; then y₊ = y* − hKᵀσ(Ky* + b).
  @Test(arguments: schemes, Precision.allCases) func stepsByItsFormula(_ scheme: String, _ precision: Precision) throws {
    let h = 0.3
    let example = try StepCase("rotate_relax", scheme, h: h, precision: precision)
    let (a, k, b) = (example.tensors[0].rows(of: 5), example.tensors[1].rows(of: 5), example.tensors[2].values)
    func turn(_ y: [Double]) -> [Double] { zip(a, plainTranspose(a)).map { row, column in h * inner(zip(row, column).map { $0 - $1 }, y) } }
    func relaxed(_ y: [Double]) -> [Double] {
      let slope = plainLayer(.tanh, k, b, y).value
      return zip(y, plainTranspose(k)).map { $0 - h * inner($1, slope) }
    }
    let before = try example.normal(5)
    let (after, record) = try example.run(before)
    for sample in [0, 11] {
      let y = before.column(sample, of: 16)
      let turned = Array(record.column(sample, of: 16)[0..<5])
      if scheme == "exponential" {
        var (sum, term) = (y, y)
        for order in 1...30 {
          term = turn(term).map { $0 / Double(order) }
          sum = zip(sum, term).map { $0 + $1 }
        }
        #expect(largestDifference(turned, sum) < 10 * precision.epsilon)
      } else {
        #expect(scheme == "cayley", "the formula of a new scheme")
        let (left, right) = (zip(turned, turn(turned)).map { $0 - $1 / 2 }, zip(y, turn(y)).map { $0 + $1 / 2 })
        #expect(largestDifference(left, right) < 10 * precision.epsilon)
      }
      #expect(largestDifference(after.column(sample, of: 16), relaxed(turned)) < 20 * precision.epsilon)
    }
  }

  @Test(arguments: schemes, Precision.allCases) func adjointIsTheTranspose(_ scheme: String, _ precision: Precision) throws {
    for h in [0.3, 3] { #expect(try StepCase("rotate_relax", scheme, h: h, precision: precision).adjointDefect() < (precision == .float64 ? 1e-12 : 1e-5)) }
  }

  @Test(arguments: schemes) func gradientPassesTheTaylorTest(_ scheme: String) throws {
    #expect(try StepCase("rotate_relax", scheme, h: 0.6).taylorOrder() > 1.9)
  }

  /// Lie splitting.
  @Test(arguments: schemes) func isOfOrderOne(_ scheme: String) throws {
    let order = try StepCase.observedOrder { try StepCase("rotate_relax", scheme, h: $0) }
    #expect(abs(order - 1) < 0.15, "order \(order)")
  }

  /// Theory.md §6.4 with an exact rotation: distances between samples do not grow for h = 2/(L‖K‖²), but grow for a much larger step.
  @Test(arguments: schemes) func isNonExpansiveUpToItsStep(_ scheme: String) throws {
    func growth(_ factor: Double) throws -> Double {
      let probe = try StepCase("rotate_relax", scheme, bias: .none)
      // ‖K‖² by power iteration on KᵀK, to many digits.
      let k = probe.tensors[1].rows(of: 5)
      var v = Array(repeating: 1.0, count: 5)
      for _ in 0..<2000 {
        let w = plainTranspose(k).map { inner($0, k.map { inner($0, v) }) }
        v = w.map { $0 / norm(w) }
      }
      let square = norm(k.map { inner($0, v) }) * norm(k.map { inner($0, v) })
      let example = try StepCase("rotate_relax", scheme, columns: 64, h: factor * 2 / square, activation: .tanh, bias: .none)
      let before = try example.normal(9)
      for index in 0..<before.count { before[index] *= 0.05 }
      let after = try example.run(before).after
      return (0..<32).map { s in
        func distance(_ numbers: Numbers) -> Double { norm(zip(numbers.column(2 * s, of: 64), numbers.column(2 * s + 1, of: 64)).map { $0 - $1 }) }
        return distance(after) / distance(before)
      }.reduce(0, max)
    }
    #expect(try growth(1) <= 1 + 1e-14)
    #expect(try growth(2) > 1.1)
  }

  /// A hundred rotations without relaxation (K = 0) conserve lengths up to rounding.
  @Test(arguments: schemes) func rotationsKeepTheLength(_ scheme: String) throws {
    let example = try StepCase("rotate_relax", scheme, h: 2)
    for index in 0..<example.tensors[1].count { example.tensors[1][index] = 0 }
    let start = try example.normal(5)
    var state = start
    for _ in 0..<100 { state = try example.run(state).after }
    for sample in 0..<16 {
      let (now, then) = (norm(state.column(sample, of: 16)), norm(start.column(sample, of: 16)))
      // 100 rounding errors of 1e-16·√n, at worst all in one direction.
      #expect(abs(now - then) < 5e-14 * then)
    }
  }

  @Test(arguments: schemes, Precision.allCases) func aSampleAloneHasTheSameBits(_ scheme: String, _ precision: Precision) throws {
    let tile = try StepCase("rotate_relax", scheme, precision: precision)
    let alone = try StepCase("rotate_relax", scheme, columns: 1, precision: precision)
    let before = try tile.normal(5)
    let after = try tile.run(before).after
    #expect(try tile.runPlainly(before).bits == after.bits, "with and without a record")
    let state = try Numbers(before.column(3, of: 16), precision)
    #expect(try alone.run(state).after.bits == (try Numbers(after.column(3, of: 16), precision)).bits)
  }

  @Test(arguments: schemes) func fieldsWithoutARotationAreRefusedWithTheReason(_ scheme: String) throws {
    for name in ["dense", "antisymmetric", "hamiltonian"] {
      let field = try fields(name).make(FieldConfiguration(width: 4))
      #expect { try integrators.standard(scheme).check(field) } throws: {
        ($0 as? Failure)?.status == .incompatible && "\($0)".contains(scheme) && "\($0)".contains("rotate_relax")
      }
    }
  }
}
