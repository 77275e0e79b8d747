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
    let beginning = weights.beginning(node: 1, field: 1)
    #expect(beginning.first.tensors[0] == chosen.tensors[0] && beginning.first.prepared == chosen.prepared && beginning.first.driveBase == chosen.driveBase)
    #expect(beginning.advance == 32 && weights.beginning(node: 0, field: 0).first.tensors[0] == memory.vector.base)
    weights.fieldsPerNode = 0
    #expect(weights.layer(node: 1).tensors[0] == memory.vector.base)
    // Defaults that copies use without a call.
    #expect(MemoryLayout<StepWeights>.size <= 128)
  }

  /// Numbers that share a word do not disturb each other.
  @Test func packedNumbersAreApart() {
    var weights = StepWeights(Layer())
    (weights.purpose, weights.precision, weights.driveAdvance, weights.fieldsPerNode) = (.inference, .float64, 1 << 40, 2)
    #expect(weights.purpose == .inference && weights.precision == .float64 && weights.driveAdvance == 1 << 40 && weights.fieldsPerNode == 2)
    weights.purpose = .training
    #expect(weights.purpose == .training && weights.precision == .float64)
    (weights.purpose, weights.precision) = (.inference, .float32)
    #expect(weights.purpose == .inference && weights.precision == .float32 && weights.driveAdvance == 1 << 40 && weights.fieldsPerNode == 2)
  }

  @Test func theFirstStepHasItselfBeforeIt() {
    #expect(Step(Layer(), stepSize: 0.3).previousStepSize == 0.3)
    #expect(Step(index: 2, stepSize: 0.3, previousStepSize: 0.1, weights: StepWeights(Layer())).previousStepSize == 0.1)
  }
}
