import LinearAlgebra
import Testing

extension KernelSweeps {
  @Suite struct InstructionSetTests {
    @Test func aThreadForcesWhatTheMachineHas() {
      let usual = InstructionSet.current
      #expect(usual == .detected)
      for set in InstructionSet.allCases {
        withInstructionSet(set) { #expect(InstructionSet.current.rawValue == min(set.rawValue, InstructionSet.detected.rawValue)) }
      }
      #expect(InstructionSet.current == usual)
    }

    /// The tables differ: 1 + 2⁻²⁴·(1 + 2⁻²³)·… shows whether a product is rounded before it is added.
    @Test func theBaselineHasNoFusedMultiplyAdd() throws {
      guard InstructionSet.detected != .baseline else { return }
      let e = 0x1p-27
      func residue(_ set: InstructionSet) throws -> Double {
        let (w, x, y) = (try Numbers(1, .float64), try Numbers(1, .float64), try Numbers(1, .float64))
        (w[0], x[0], y[0]) = (1 + e, 1 + e, -(1 + 2 * e))
        withInstructionSet(set) {
          affine(
            Matrix(w.buffer.base, rows: 1, columns: 1, precision: .float64), bias: Bias(y.buffer.base, stride: 1), activation: .identity, of: x.block(rows: 1, columns: 1), scale: 1,
            addingTo: nil, into: y.block(rows: 1, columns: 1), slope: nil)
        }
        return y[0]
      }
      #expect(try residue(.baseline) == 0)
      #expect(try residue(.detected) == e * e)
    }
  }
}
