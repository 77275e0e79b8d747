import Gradients
import LinearAlgebra

/// One stage of a network. A tile passes through the stages in order.
package enum Stage: Sendable {
  case map(Connector)
  /// A block, by its number among the network's blocks.
  case block(Int)
}

/// A pass of a tile through a network's stages. What passes is a state, or a state with its tangent; each kind of pass says where a stage finds its input and how it computes its output.
protocol Passage {
  associatedtype Carried
  /// The place of the input of a stage: for a block the visible rows of its first state. After the last stage, the place of the scores.
  func input(of stage: Int) -> Carried
  /// Copies a stage's output to the input of the next, unless it lies there already.
  func carry(_ output: Carried, to input: Carried)
  func pass(_ connector: Connector, stage: Int, from input: Carried, to output: Carried)
  /// Passes a block, whose input lies in its first state, and gives the visible rows of its last state.
  func pass(block: Int, stage: Int) -> Carried
}

extension Passage {
  /// Passes the given stages of a network: from their input, which may lie elsewhere than the first of them reads it, to the output of the last.
  @inline(__always)
  func pass(_ plan: NetworkPlan, stages: Range<Int>, from first: Carried) -> Carried {
    var carried = first
    for stage in stages {
      switch plan.stages[stage] {
      case .map(let connector):
        let output = input(of: stage + 1)
        pass(connector, stage: stage, from: carried, to: output)
        carried = output
      case .block(let block):
        carry(carried, to: input(of: stage))
        carried = pass(block: block, stage: stage)
      }
    }
    return carried
  }
}
