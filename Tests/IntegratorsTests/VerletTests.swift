import Foundation
import Integrators
import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

@Suite struct VerletTests {
  private static let (width, columns) = (5, 16)

  private func block(_ numbers: Numbers, columns: Int = columns) -> Block { numbers.block(rows: numbers.count / columns, columns: columns) }

  /// Theory.md §3.6: z₊ = z − hσ(Kᵀy+b); y₊ = y + hσ(Kz₊+b).
  @Test(arguments: Precision.allCases) func stepsByItsFormula(_ precision: Precision) throws {
    let example = try FieldCase("hamiltonian", FieldConfiguration(width: Self.width, precision: precision))
    let before = try example.numbers(2 * Self.width, Self.columns, seed: 5)
    let after = try example.zeros(2 * Self.width, Self.columns)
    let h = 0.2
    Verlet().step(example.field, example.layer(), stepSize: h, from: block(before), into: block(after), record: nil)
    for sample in 0..<Self.columns {
      let state = before.column(sample, of: Self.columns)
      let (y, z) = (Array(state[..<Self.width]), Array(state[Self.width...]))
      let momenta = zip(z, plainLayer(.tanh, plainTranspose(example.weights), example.bias, y).value).map { $0 - h * $1 }
      let positions = zip(y, plainLayer(.tanh, example.weights, example.bias, momenta).value).map { $0 + h * $1 }
      #expect(largestDifference(after.column(sample, of: Self.columns), positions + momenta) < 10 * precision.epsilon)
    }
  }

  @Test(arguments: ["dense", "antisymmetric"]) func refusesAFieldOfOneComponentWithTheReason(_ name: String) throws {
    let field = try fields(name).make(FieldConfiguration(width: 2))
    #expect { try Verlet().check(field) } throws: { error in
      (error as? Failure)?.status == .incompatible && "\(error)".contains("partitioned") && "\(error)".contains("hamiltonian")
    }
  }

  /// Algebraic reversibility (Theory.md §3.15): 1000 tanh layers forward and back in float64 lose at most about 1e-15 per layer.
  @Test func a1000LayersThereAndBackAreTheIdentity() throws {
    let layers = try (0..<20).map { try FieldCase("hamiltonian", FieldConfiguration(width: 8, precision: .float64), seed: 100 + 2 * UInt64($0), deviation: 0.3) }
    let start = try Numbers.normal(16 * Self.columns, .float64, seed: 9)
    var (state, other) = (try Numbers(start.values, .float64), try Numbers(start.count, .float64))
    let verlet = Verlet()
    for j in 0..<1000 {
      verlet.step(layers[j % 20].field, layers[j % 20].layer(), stepSize: 0.01, from: block(state), into: block(other), record: nil)
      swap(&state, &other)
    }
    #expect(largestDifference(state.values, start.values) > 0.1, "it moved")
    for j in (0..<1000).reversed() {
      verlet.reverse(layers[j % 20].field, layers[j % 20].layer(), stepSize: 0.01, from: block(state), into: block(other), record: nil)
      swap(&state, &other)
    }
    #expect(largestDifference(state.values, start.values) < 1e-12)
  }

  /// The reverse step writes the same record as the step itself.
  @Test func reverseLeavesTheStepsRecord() throws {
    let example = try FieldCase("hamiltonian", FieldConfiguration(width: Self.width, precision: .float64))
    let before = try example.numbers(2 * Self.width, Self.columns, seed: 5)
    let (after, back) = (try example.zeros(2 * Self.width, Self.columns), try example.zeros(2 * Self.width, Self.columns))
    let (record, second) = (try example.zeros(2 * Self.width, Self.columns), try example.zeros(2 * Self.width, Self.columns))
    Verlet().step(example.field, example.layer(), stepSize: 0.2, from: block(before), into: block(after), record: block(record))
    Verlet().reverse(example.field, example.layer(), stepSize: 0.2, from: block(after), into: block(back), record: block(second))
    #expect(largestDifference(second.values, record.values) < 1e-14)
  }

  /// The largest number of the state in this many steps of h = 1, with K = σ·(a rotation), linear and without bias.
  private func largestState(sigma: Double, steps: Int) throws -> Double {
    let example = try FieldCase("hamiltonian", FieldConfiguration(width: 2, activation: .identity, bias: .none, precision: .float64))
    let (c, s) = (sigma * cos(0.7), sigma * sin(0.7))
    for (index, value) in [c, -s, s, c].enumerated() { example.tensors[0][index] = value }
    var (state, other) = (try Numbers([1, 0.5, 0, 0], .float64), try Numbers(4, .float64))
    var largest = 0.0
    for _ in 0..<steps {
      Verlet().step(example.field, example.layer(), stepSize: 1, from: block(state, columns: 1), into: block(other, columns: 1), record: nil)
      swap(&state, &other)
      largest = max(largest, state.values.map(abs).max() ?? 0)
    }
    return largest
  }

  /// Theory.md §6.6: constant linear K is bounded iff hσ_max(K) ≤ 2. At 1.99 the invariant ellipse has semi-axes up to 1/√(1 − (1.99/2)²) ≈ 10; at 2.01 a step's
  /// factor is 1.22, so that 200 steps give 1e17.
  @Test func isBoundedUpToStepTimesNormTwo() throws {
    #expect(try largestState(sigma: 1.99, steps: 20_000) < 20)
    #expect(try largestState(sigma: 2.01, steps: 200) > 1e6)
  }

  /// Theory.md §6.10: each step has determinant 1, whatever the weights.
  @Test(arguments: Activation.allCases) func stepPreservesVolume(_ activation: Activation) throws {
    let example = try FieldCase("hamiltonian", FieldConfiguration(width: 3, activation: activation, precision: .float64))
    let columns = 16
    let one = try example.numbers(6, 1, seed: 5)
    let (before, tangent) = (try example.zeros(6, columns), try example.zeros(6, columns))
    for row in 0..<6 {
      for column in 0..<columns { before[row * columns + column] = one[row] }
      tangent[row * columns + row] = 1
    }
    let (after, out) = (try example.zeros(6, columns), try example.zeros(6, columns))
    let (record, scratch) = (try example.zeros(6, columns), try example.zeros(3, columns))
    Verlet().step(example.field, example.layer(), stepSize: 0.5, from: block(before), into: block(after), record: block(record))
    Verlet().pushforward(
      example.field, Step(example.layer(), stepSize: 0.5), direction: nil, before: block(before), after: block(after), record: block(record),
      tangent: block(tangent), into: block(out), scratch: block(scratch))
    #expect(abs(determinant(out.rows(of: columns).map { Array($0[0..<6]) }) - 1) < 1e-12)
  }

  private func determinant(_ rows: [[Double]]) -> Double {
    var (a, result) = (rows, 1.0)
    for k in a.indices {
      let pivot = (k..<a.count).max { abs(a[$0][k]) < abs(a[$1][k]) } ?? k
      if pivot != k {
        a.swapAt(pivot, k)
        result = -result
      }
      result *= a[k][k]
      for i in a.indices where i > k {
        let factor = a[i][k] / a[k][k]
        for j in a.indices { a[i][j] -= factor * a[k][j] }
      }
    }
    return result
  }
}
