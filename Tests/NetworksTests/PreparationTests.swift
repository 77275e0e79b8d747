import Gradients
import LinearAlgebra
import Networks
import TestSupport
import Testing
import VectorFields

@Suite struct PreparationTests {
  /// Every block uses its own operators: preparing them all at once or layer by layer gives the same bits, and no block overwrites another's operators.
  @Test(arguments: [Purpose.training, .inference]) func operatorsOfBlocksLieSideBySide(_ purpose: Purpose) throws {
    let network = try network(
      #"{"inputs": 3, "outputs": 4, "width": 5, "opening": "dense", "blocks": [{"layers": 3}, {"field": "dense", "layers": 2}, {"layers": 4, "gamma": 0.5}]}"#)
    let (plan, snapshot) = (network.plan, network.snapshot)
    let count = plan.preparedCount(for: purpose)
    // Antisymmetric blocks always prepare operators; dense blocks, opening and readout only for single samples.
    #expect(count == (purpose == .training ? 7 * 25 : 9 * 25 + 15 + 20))
    let (whole, pieces) = (try Numbers(count, .float32), try Numbers(count, .float32))
    withExtendedLifetime(snapshot) {
      plan.prepare(snapshot.parameters, into: whole.vector, for: purpose)
      for block in [2, 0, 1] {
        for layer in (0..<plan.blocks[block].preparedEntries).reversed() {
          plan.prepare(block: block, entries: layer..<layer + 1, snapshot.parameters, into: pieces.vector, for: purpose)
        }
      }
    }
    for block in 0..<3 {
      let range = plan.preparedRange(stage: plan.stage(ofBlock: block), for: purpose)
      #expect(!range.isEmpty || (block == 1 && purpose == .training))
      #expect(pieces.bits[range] == whole.bits[range])
    }
    #expect(whole.values.allSatisfy(\.isFinite) && whole.values.filter { $0 == 0 }.count <= 3 * 5, "only γ = 0 diagonals are zero")
  }
}
