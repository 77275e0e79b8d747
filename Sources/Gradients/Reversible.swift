import Integrators
import LinearAlgebra
import Settings

/// Stores the first state, two more states and one record at any depth: the adjoint sweep recovers each state from the next by the integrator's inverse.
///
/// Source: Chang et al. 2017 (arXiv:1709.03698). It takes one more evaluation per layer than `StoreAll`. The recovered states contain the rounding errors of both passes, which contracting or
/// saturating layers amplify without bound. The distance of the recovered first state from the true one is reported in `StepLog.reconstructionError`; an adjoint sweep that finds it larger than `tolerance` fails.
package struct Reversible: MemoryPolicy {
  /// The index of the true first state on the tape; the states 0 and 1 alternately hold the states before and after the current layer.
  private static let first = 2
  private static let states = 3

  /// The largest |recovered − true| of a block's first state, relative to the largest |true|, with which a gradient is accepted; 0 for the default of the precision.
  package let tolerance: Double

  package init(tolerance: Double = 0) { self.tolerance = tolerance }

  /// The default tolerance of a precision: gradients then have about three correct digits in float32, and six in float64.
  package func allowed(_ precision: Precision) -> Double { tolerance > 0 ? tolerance : precision == .float32 ? 1e-3 : 1e-6 }

  package var name: String { "reversible" }

  package func check(_ block: ODEBlock) throws(Failure) {
    guard block.integrator.isReversible else {
      throw Failure(.incompatible, "memory policy reversible needs a reversible integrator: \(Self.reversibleNames.joined(separator: ", "))")
    }
  }

  private static var reversibleNames: [String] { integrators.names.filter { (try? integrators.standard($0).isReversible) == true } }

  package func use(_ block: ODEBlock) -> MemoryUse { MemoryUse(states: Self.states, records: 1, recomputedSteps: block.layers) }

  private func parts(_ block: ODEBlock, _ tape: Block) -> Tape { Tape(tape, of: block, states: Self.states) }

  package func initialRow(_ block: ODEBlock) -> Int { Self.first * block.stateWidth }

  package func forward(_ block: ODEBlock, _ weights: Weights, tape: Block, scratch: Block) -> Block {
    let tape = parts(block, tape)
    block.stepForward(0..<block.layers, weights, scratch: scratch, states: { tape.state($0 == 0 ? Self.first : $0 & 1) })
    return tape.state(block.layers & 1)
  }

  package func adjoint(_ block: ODEBlock, _ weights: Weights, tape: Block, cotangent: Block, gradient: BlockGradient?, scratch: Block) {
    let tape = parts(block, tape)
    block.pullBack(
      0..<block.layers, weights, cotangent: cotangent, gradient: gradient, scratch: scratch, states: { tape.state($0 & 1) }, records: { _ in tape.record(0) },
      before: { j, step in
        block.integrator.reverse(block.field, step, from: tape.state((j + 1) & 1), into: tape.state(j & 1), record: tape.record(0), scratch: scratch)
      })
    guard let log = weights.log?.takeUnretainedValue() else { return }
    let difference = largestDifference(tape.state(0), tape.state(Self.first))
    let error = log.reconstructed(difference: difference, size: largestMagnitude(tape.state(Self.first)))
    guard error > allowed(block.precision) else { return }
    log.fail(
      Failure(
        .incompatible,
        "memory is reversible, but the states of the \(block.layers) layers cannot be recovered: the first state came back with a relative error of \(error), above reconstruction_tolerance = \(allowed(block.precision)), and the gradient would be wrong; use memory automatic, binomial or store_all, or smaller steps"
      ))
  }
}
