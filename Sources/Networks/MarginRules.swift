import Gradients
import Integrators
import LinearAlgebra
import Settings
import VectorFields

/// How the margins of scores follow from a network's weights: m_yi = Λ‖w_y − w_i‖, w the rows of the readout and Λ a Lipschitz constant in ℓ₂ of the map from normalized inputs to the readout's input.
///
/// Λ is the product of the constants of all stages. A block counts as 1 if its steps are non-expansive for all weights, or up to a size: training keeps this size by the option `certified`, which it then demands
/// (`blockWithLimit`). A matrix counts with its norm, which is computed anew for every step of training. If |δ|₂ < (s_y − s_i)/m_yi for all i, no change δ of the normalized input alters the class (Theory.md §6.16).
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
  /// The first block whose steps are non-expansive up to a size of its weights only; nil if all of them are for all weights.
  let blockWithLimit: Int?

  /// - Throws: `.incompatible` for a stage of which no constant is known.
  init(stages: [Stage], blocks: [ODEBlock], hasReadout: Bool, outputs: Int) throws(Failure) {
    var (constant, norms, limited) = (1.0, [Norm](), Int?.none)
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
      case .block(let number): if try Self.hasLimit(blocks[number], number) { limited = limited ?? number }
      }
    }
    (self.constant, self.norms, self.outputs, blockWithLimit) = (constant, norms, outputs, limited)
    if hasReadout, let last = stages.indices.last, case .map(let connector) = stages[last] { readout = (last, connector) } else { readout = nil }
  }

  /// Whether a block's steps are non-expansive up to a size of its weights only.
  /// - Throws: `.incompatible` if of no size they are known to be.
  private static func hasLimit(_ block: ODEBlock, _ number: Int) throws(Failure) -> Bool {
    guard block.integrator.fieldCount == 1, let dynamics = block.plainField.frozenDynamics else {
      throw failure("blocks.\(number): of its field no non-expansive step is known; field gradient_flow with steps tight or row_sums has one")
    }
    let largest = (0..<block.layers).lazy.map(block.stepSize).max() ?? 0
    switch block.integrator.largestNonExpansiveSize(dynamics, stepSize: largest) {
    case .unlimited: return false
    case .atMost: return true
    case .unknown(let reason): throw failure("blocks.\(number): \(reason)")
    }
  }

  private static func failure(_ reason: String) -> Failure {
    Failure(.incompatible, "a loss with margins needs a Lipschitz constant of the network, but \(reason)")
  }
}
