import Gradients
import Integrators
import LinearAlgebra
import Settings
import VectorFields

/// How the margins of scores follow from a network's weights: m_yi = Λ‖w_y − w_i‖, w the rows of the readout and Λ a Lipschitz constant in ℓ₂ of the map from normalized inputs to the readout's input.
///
/// Λ is the product of the constants of all stages. A block counts as 1 if its steps are non-expansive for all weights, or up to a size that the trainer's option `certified` keeps. A matrix counts with its norm, which is
/// computed anew for every step of training. If |δ|₂ < (s_y − s_i)/m_yi for all i, no change δ of the normalized input alters the class (Theory.md §6.15).
struct MarginRules: Sendable {
  /// A stage whose matrix has a norm that must be computed.
  struct Norm: Sendable {
    let stage: Int
    let connector: Connector
    let rows: Int
    let columns: Int
  }

  /// The product of the constants that do not depend on the weights.
  let constant: Double
  let norms: [Norm]
  /// The readout and its stage; nil where the final state is the scores.
  let readout: (stage: Int, connector: Connector)?
  let outputs: Int

  /// - Throws: `.incompatible` for a stage of which no constant is known.
  init(stages: [Stage], blocks: [ODEBlock], hasReadout: Bool, outputs: Int) throws(Failure) {
    var (constant, norms) = (1.0, [Norm]())
    for (index, stage) in stages.enumerated() where !(hasReadout && index == stages.count - 1) {
      switch stage {
      case .map(let connector):
        switch connector.lipschitz {
        case .atMost(let bound): constant *= bound
        case .matrix(let factor):
          constant *= factor
          norms.append(Norm(stage: index, connector: connector, rows: connector.output.features, columns: connector.input.features))
        case .unknown(let reason): throw Self.failure("\(connector.name): \(reason)")
        }
      case .block(let number): try Self.requireNonExpansive(blocks[number], number)
      }
    }
    (self.constant, self.norms, self.outputs) = (constant, norms, outputs)
    if hasReadout, let last = stages.indices.last, case .map(let connector) = stages[last] { readout = (last, connector) } else { readout = nil }
  }

  private static func requireNonExpansive(_ block: ODEBlock, _ number: Int) throws(Failure) {
    guard block.integrator.fieldCount == 1, let dynamics = block.plainField.frozenDynamics else {
      throw failure("blocks.\(number): of its field no non-expansive step is known; field gradient_flow with steps tight or row_sums has one")
    }
    if case .unknown(let reason) = block.integrator.largestNonExpansiveSize(dynamics, stepSize: block.stepSize(0)) { throw failure("blocks.\(number): \(reason)") }
  }

  private static func failure(_ reason: String) -> Failure {
    Failure(.incompatible, "a loss with margins needs a Lipschitz constant of the network, but \(reason)")
  }
}
