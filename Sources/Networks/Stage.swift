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
  /// Whether the work must end. Asked before each stage, as layers are asked within a block.
  var isOver: Bool { get }
}

extension Passage {
  /// Carries a tile through consecutive stages of a network. If the work must end, the remaining stages are left out, and the result is meaningless.
  ///
  /// - Parameter first: the input of the first stage. That of the network's first stage lies in its place; another is copied if its stage is a block and reads other memory.
  /// - Returns: the output of the last stage; `first` if there is no stage.
  @inline(__always)
  func pass(_ plan: NetworkPlan, stages: Range<Int>, from first: Carried) -> Carried {
    var carried = first
    for stage in stages where !isOver {
      switch plan.stages[stage] {
      case .map(let connector):
        let output = input(of: stage + 1)
        pass(connector, stage: stage, from: carried, to: output)
        carried = output
      case .block(let block):
        if stage > 0 { carry(carried, to: input(of: stage)) }
        carried = pass(block: block, stage: stage)
      }
    }
    return carried
  }
}

extension Passage where Carried == Block {
  func carry(_ output: Block, to input: Block) {
    if output.base != input.base { copy(output, into: input) }
  }
}

/// The rows of scratch memory that the states of a passage need.
struct PassageRows {
  /// For each stage: the rows of its input, if it is a connector that reads neither a block's last state nor sequences; 0 for other stages.
  let inputs: [Int]
  /// The rows of the two memories for states. Each holds two states of the largest of its blocks.
  let banks: [Int]

  init(_ plan: NetworkPlan) {
    var (inputs, banks) = ([Int](), [0, 0])
    // Whether the input of the stage lies in memory that other work has: a block's states, or sequences.
    var liesElsewhere = plan.sequence != nil
    for (number, stage) in plan.stages.enumerated() {
      switch stage {
      case .map(let connector):
        inputs.append(liesElsewhere ? 0 : connector.input.features)
        liesElsewhere = false
      case .block(let index):
        let bank = plan.bank(ofInput: number)
        banks[bank] = max(banks[bank], plan.blocks[index].propagationRows)
        inputs.append(0)
        liesElsewhere = true
      }
    }
    (self.inputs, self.banks) = (inputs, banks)
  }
}
