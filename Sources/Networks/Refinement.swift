import Gradients
import LinearAlgebra
import Settings
import VectorFields

/// How the weights of layers become those of twice as many layers.
package enum Prolongation: Sendable {
  case linear, copy
}

/// The prolongations by name.
package let prolongations = Registry<Prolongation>("prolongation", [
  ("linear", "interpolates linearly in time between the middles of the layers, and extrapolates before the first and after the last", .linear),
  ("copy", "uses the weights of each layer for both of its halves", .copy),
])

/// Converts a network, and any vector with one number per parameter, to a network with each step halved: twice the layers over the same horizon.
///
/// A layer's weights belong to the middle of its step. Layer j with step h_j becomes layers 2j and 2j + 1, whose middles lie h_j/4 before and after it, so that with equal steps
///
///     θ'_{2j} = ¾θ_j + ¼θ_{j−1},   θ'_{2j+1} = ¾θ_j + ¼θ_{j+1},   with θ_{−1} = 2θ_0 − θ_1 and θ_N = 2θ_{N−1} − θ_{N−2}
///
/// and weights linear in time are reproduced exactly, also at the ends. Coefficients of a basis in time that is independent of the layers stay as they are, and so do the parameters outside
/// the blocks. An integrator's tensors that the first layer does not have are treated as functions on the layers after it.
/// Source: Haber & Ruthotto 2017, §3.4 (multi-level learning); Chang et al. 2018 (arXiv:1710.10348) copy.
package struct Refinement: Sendable {
  package let coarse: NetworkPlan
  package let fine: NetworkPlan
  private let prolongation: Prolongation

  /// - Throws: `outOfRange` when the finer network would be too large.
  package init(_ plan: NetworkPlan, _ prolongation: Prolongation) throws(Failure) {
    coarse = plan
    fine = try NetworkPlan(try plan.specification.refined(plan), knownTerms: plan.knownTerms)
    self.prolongation = prolongation
  }

  /// Converts parameters, or the vectors of an optimizer, to those of the finer network.
  ///
  /// - Parameters:
  ///   - vector: `coarse.parameterCount` numbers; result: `fine.parameterCount`.
  ///   - isConvex: true to interpolate without extrapolation: the first and the last value extend to the ends, so that every new number lies between two old ones. For numbers that must keep
  ///     their sign, such as means of squares.
  /// - Throws: the reason why the work must end.
  /// - Complexity: one pass.
  package func prolong(_ vector: Vector, isConvex: Bool = false, into result: Vector) throws(Failure) {
    precondition(vector.count == coarse.parameterCount && result.count == fine.parameterCount, "a prolongation of vectors of another network")
    for new in fine.tensors {
      let to = result[new.range]
      guard let old = coarse.tensors.first(where: { $0.name == new.name }) else {
        // A single layer has none of the tensors that begin with the second layer; it acts as if they were zero.
        fill(to, 0)
        continue
      }
      let from = vector[old.range]
      guard let index = old.block, old.shape[0] != new.shape[0] else {
        try copyInPieces(from, into: to)
        continue
      }
      let layers = Layers(coarse.blocks[index].grid, fine.blocks[index].grid, old.shape[0], new.shape[0])
      let size = from.count / old.shape[0]
      // Variances that were extrapolated could be negative.
      let isConvex = isConvex || old.role.isNormalization
      for j in 0..<new.shape[0] {
        try Watch.check()
        let (first, share) = layers.source(of: j, prolongation, isConvex: isConvex)
        let target = to[j * size..<(j + 1) * size]
        copy(from[first * size..<(first + 1) * size], into: target)
        guard share != 0 else { continue }
        scale(1 - share, target)
        axpy(share, from[(first + 1) * size..<(first + 2) * size], addingTo: target)
      }
    }
  }
}

extension Network {
  /// A network with twice the layers, the prolonged present parameters and the same normalization.
  /// - Throws: what `Refinement.init` throws; `memory`; `notFinite` if extrapolated weights overflow.
  package func refined(_ prolongation: Prolongation) throws(Failure) -> Network {
    try refined(try Refinement(plan, prolongation))
  }

  /// The same, with a given refinement of this network's plan.
  package func refined(_ refinement: Refinement) throws(Failure) -> Network {
    let present = snapshot
    let prolonged = try ParameterSnapshot(plan: refinement.fine, scaling: present.scaling, isInitial: present.isInitial) { (parameters) throws(Failure) in
      try refinement.prolong(present.parameters, into: parameters)
    }
    guard try allFiniteInPieces(prolonged.parameters) else { throw Failure(.notFinite, "weights extrapolated to the ends of the finer network are not finite; prolongation copy does not extrapolate") }
    return try withExtendedLifetime(present) { () throws(Failure) in try Network(refinement.fine, prolonged, metadata: metadata) }
  }
}

/// The entries of a tensor on a coarse grid and on the grid with its steps halved. A tensor has entries for all layers, or for the layers after the first.
private struct Layers {
  let coarse: TimeGrid
  let fine: TimeGrid
  let count: Int
  let skipped: Int
  let fineSkipped: Int

  init(_ coarse: TimeGrid, _ fine: TimeGrid, _ old: Int, _ new: Int) {
    (self.coarse, self.fine, count) = (coarse, fine, old)
    (skipped, fineSkipped) = (coarse.layers - old, fine.layers - new)
  }

  /// Entry j of the finer tensor is (1 − share)·(entry `first`) + share·(entry `first` + 1).
  func source(of j: Int, _ prolongation: Prolongation, isConvex: Bool) -> (first: Int, share: Double) {
    let layer = j + fineSkipped
    let own = layer / 2
    guard prolongation == .linear, count > 1 else { return (min(max(own - skipped, 0), count - 1), 0) }
    // The two entries whose middles lie on either side, or else the nearest two.
    let left = layer % 2 == 0 ? own - 1 : own
    let first = min(max(left - skipped, 0), count - 2)
    let before = first + skipped
    var share = 0.5 * Double(layer) - 0.25 - Double(before)
    if !coarse.isUniform {
      let (start, end) = (coarse.midpoint(before), coarse.midpoint(before + 1))
      share = (fine.midpoint(layer) - start) / (end - start)
    }
    guard isConvex else { return (first, share) }
    return share >= 1 ? (first + 1, 0) : (first, max(share, 0))
  }
}

extension NetworkSpecification {
  /// The specification with each step halved.
  fileprivate func refined(_ plan: NetworkPlan) throws(Failure) -> NetworkSpecification {
    try changingBlocks { index, block throws(Failure) in
      let grid = plan.blocks[index].grid
      if block.isSet("layers") || grid.isUniform { try block.set("layers", .integer(Int64(2 * grid.layers))) }
      guard try !block.reals("step_sizes").isEmpty else { return }
      try block.set("step_sizes", .text(shown(reals: (0..<2 * grid.layers).map { grid.stepSize($0 / 2) / 2 })))
    }
  }
}
