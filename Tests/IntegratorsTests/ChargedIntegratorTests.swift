import Integrators
import LinearAlgebra
import TestSupport
import Testing
import VectorFields

@Suite struct ChargedIntegratorTests {
  /// One step of Euler on a linear field wy (slope one, no bias): y₊ − y = hwy, so that the kinetic term is (α/2)h‖wy‖² and the second, whose quotient is exact for a linear map, (α/2)h‖wε‖², each summed over the samples.
  @Test func chargesTheFormulasOfALinearField() throws {
    let field = try fields("dense").make(FieldConfiguration(width: 3, activation: .identity, bias: .none, gamma: 0, precision: .float64))
    let weights = try Numbers.normal(9, .float64, seed: 1)
    var layer = Layer()
    layer.tensors[0] = weights.vector.base
    let (before, after) = (try Numbers.normal(3 * 16, .float64, seed: 2), try Numbers(3 * 16, .float64))
    let cost = TrajectoryCost(kinetic: 0.6, jacobian: 0.8, step: 0.125)
    let charged = ChargedIntegrator(Euler(), cost)
    let log = StepLog()
    (log.isCharging, log.samples) = (true, 0..<5)
    let step = Step(index: 3, stepSize: 0.5, weights: StepWeights(layer), log: Unmanaged.passUnretained(log))
    let scratch = Block.zeros(charged.scratchWidth(field), 16, .float64)
    let record = Block.zeros(charged.recordWidth(field), 16, .float64)
    charged.step(field, step, from: before.block(rows: 3, columns: 16), into: after.block(rows: 3, columns: 16), record: record, scratch: scratch)
    let rows = weights.rows(of: 3)
    var expected = 0.0
    let signs = (0..<3).map { probeSign($0, stream: 3) }
    for sample in 0..<5 {
      let slope = rows.map { inner($0, before.column(sample, of: 16)) }
      let moved = rows.map { inner($0, signs) }
      expected += 0.5 * 0.5 * (0.6 * inner(slope, slope) + 0.8 * inner(moved, moved))
    }
    #expect(abs(log.cost - expected) < 1e-12 * (1 + expected))
    // With or without the cost the step itself has the bits of Euler.
    let plain = try Numbers(3 * 16, .float64)
    Euler().step(field, step, from: before.block(rows: 3, columns: 16), into: plain.block(rows: 3, columns: 16), record: nil, scratch: scratch)
    #expect(plain.bits == after.bits)
    log.isCharging = false
    charged.step(field, step, from: before.block(rows: 3, columns: 16), into: after.block(rows: 3, columns: 16), record: record, scratch: scratch)
    #expect(plain.bits == after.bits && abs(log.cost - expected) < 1e-12 * (1 + expected))
  }
}
