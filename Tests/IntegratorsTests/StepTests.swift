import Integrators
import LinearAlgebra
import TestSupport
import Testing
import VectorFields

@Suite struct StepTests {
  @Test func nodesAndFieldsLieAtTheirDistances() throws {
    let memory = try Numbers(100, .float64)
    let drive = try Numbers(6 * 16, .float64).block(rows: 6, columns: 16)
    var layer = Layer()
    layer.tensors[0] = memory.vector.base
    layer.prepared = memory.vector.base + 400
    var weights = StepWeights(layer)
    (weights.advance, weights.preparedAdvance, weights.fieldsPerNode) = (32, 24, 2)
    weights.first.driveBase = drive.base
    weights.driveAdvance = 3 * 16 * 8
    let chosen = weights.layer(node: 1, field: 1)
    #expect(chosen.tensors[0] == memory.vector.base + 96)
    #expect(chosen.tensors[1] == nil)
    #expect(chosen.prepared == memory.vector.base + 400 + 72)
    let input = chosen.drive(3, like: drive)
    #expect(input?.base == drive.rows(3..<6).base && input?.rows == 3 && input?.columns == 16)
    #expect(weights.layer().tensors[0] == memory.vector.base)
    #expect(weights.layer(field: 1).tensors[0] == memory.vector.base + 32)
    weights.fieldsPerNode = 0
    #expect(weights.layer(node: 1).tensors[0] == memory.vector.base)
    // Defaults that copies use without a call.
    #expect(MemoryLayout<StepWeights>.size <= 128)
  }

  @Test func theFirstStepHasItselfBeforeIt() {
    #expect(Step(Layer(), stepSize: 0.3).previousStepSize == 0.3)
    #expect(Step(index: 2, stepSize: 0.3, previousStepSize: 0.1, weights: StepWeights(Layer())).previousStepSize == 0.1)
  }
}
