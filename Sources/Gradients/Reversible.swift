import Integrators
import LinearAlgebra
import Settings

/// Keeps two states and one record whatever the depth: the adjoint sweep recovers each state from the next by the integrator's inverse.
///
/// Source: Chang et al. 2017 (arXiv:1709.03698). Costs one more evaluation a layer than `StoreAll`. The recovered states carry the rounding of the way there and back.
package struct Reversible: MemoryPolicy {
  package init() {}

  package func check(_ block: ODEBlock) throws(Failure) {
    guard block.integrator.isReversible else {
      throw Failure(.incompatible, "memory policy reversible needs a reversible integrator: \(Self.reversibleNames.joined(separator: ", "))")
    }
  }

  private static var reversibleNames: [String] { integrators.names.filter { (try? integrators.standard($0).isReversible) == true } }

  package func tapeRows(_ block: ODEBlock) -> Int { 2 * block.stateWidth + block.recordWidth }

  private func state(_ j: Int, _ block: ODEBlock, _ tape: Block) -> Block {
    let start = (j & 1) * block.stateWidth
    return tape.rows(start..<start + block.stateWidth)
  }

  package func initialState(_ block: ODEBlock, tape: Block) -> Block { state(0, block, tape) }

  package func forward(_ block: ODEBlock, _ weights: Weights, tape: Block, scratch: Block) -> Block {
    for j in 0..<block.layers {
      block.integrator.step(
        block.field, block.step(j, weights), from: state(j, block, tape), into: state(j + 1, block, tape), record: nil, scratch: scratch)
    }
    return state(block.layers, block, tape)
  }

  package func adjoint(_ block: ODEBlock, _ weights: Weights, tape: Block, cotangent: Block, gradient: BlockGradient?, scratch: Block) {
    let record = tape.rows(2 * block.stateWidth..<2 * block.stateWidth + block.recordWidth)
    for j in stride(from: block.layers - 1, through: 0, by: -1) {
      let step = block.step(j, weights)
      block.integrator.reverse(block.field, step, from: state(j + 1, block, tape), into: state(j, block, tape), record: record, scratch: scratch)
      block.integrator.pullback(
        block.field, step, before: state(j, block, tape), after: state(j + 1, block, tape), record: record, cotangent: cotangent,
        gradient: block.gradient(j, gradient), scratch: scratch)
    }
  }
}
