import Gradients
import LinearAlgebra
import Settings
import VectorFields

extension Network {
  /// A network of `specification` with the L² projections of the present weights. Its blocks may differ from this network's only in their layers, step sizes, horizon and basis of weights in time: for
  /// example more layers, fewer coefficients, or smooth weights instead of separate ones for each layer.
  ///
  /// Time is measured relative to each block's horizon. An integrator's own tensors, one per layer, are projected as functions that are constant on each layer; if the first layer has none,
  /// that of the second is used. Everything outside the blocks is copied, including the normalization. Weights that the new basis can represent stay the same up to rounding
  /// (`TimeFunctions.projection`).
  /// - Throws: what `NetworkPlan.init` throws; `.incompatible` if anything else differs; `.outOfRange` for more than 4096 coefficients in either network; `.memory`.
  package func projected(onto specification: NetworkSpecification) throws(Failure) -> Network {
    let target = try NetworkPlan(specification, knownTerms: plan.knownTerms)
    guard target.precision == plan.precision, target.tensors.map(\.name) == plan.tensors.map(\.name) else {
      throw Failure(.incompatible, "a projection goes to a network of the same tensors in \(plan.precision.name); the new one has \(target.tensors.map(\.name).joined(separator: ", ")) in \(target.precision.name)")
    }
    for (old, new) in zip(plan.tensors, target.tensors) {
      let kept = old.block == nil ? 0 : 1
      guard old.block == new.block, old.shape.dropFirst(kept) == new.shape.dropFirst(kept) else {
        throw Failure(.incompatible, "\(old.name) has shape \(old.shape) here and \(new.shape) in the new network; a projection changes only how many entries a block's tensors have")
      }
    }
    var matrices: [BlockProjection] = []
    for (old, new) in zip(plan.blocks, target.blocks) { matrices.append(try BlockProjection(old, new)) }
    let present = snapshot
    let projected = try ParameterSnapshot(plan: target, scaling: present.scaling, isInitial: present.isInitial) { (parameters) throws(Failure) in
      for (old, new) in zip(plan.tensors, target.tensors) {
        let (from, to) = (present.parameters[old.range], parameters[new.range])
        guard let block = new.block else {
          try copyInPieces(from, into: to)
          continue
        }
        try matrices[block].apply(old.name, from, old.shape[0], into: to, new.shape[0])
      }
    }
    return try withExtendedLifetime(present) { () throws(Failure) in try Network(target, projected, metadata: metadata) }
  }
}

/// The projection of one block's tensors to another grid or basis. A matrix of nil stands for the identity.
private struct BlockProjection {
  private let coefficients: [Double]?
  private let layers: [Double]?
  /// What the entries of each tensor stand for, by the last part of its name.
  private let entries: [String: BlockTensor.Entries]

  init(_ old: ODEBlock, _ new: ODEBlock) throws(Failure) {
    entries = Dictionary(new.layout.tensors.map { ($0.name, $0.entries) }, uniquingKeysWith: { first, _ in first })
    coefficients = try Self.matrix(TimeFunctions(old.basis, on: old.grid), TimeFunctions(new.basis, on: new.grid))
    let hasOwn = new.layout.tensors.contains { $0.entries != .coefficients }
    layers = hasOwn ? try Self.matrix(TimeFunctions(LayerwiseBasis(), on: old.grid), TimeFunctions(LayerwiseBasis(), on: new.grid)) : nil
  }

  private static func matrix(_ from: TimeFunctions, _ to: TimeFunctions) throws(Failure) -> [Double]? {
    from.isSame(as: to) ? nil : try from.projection(onto: to)
  }

  func apply(_ name: String, _ from: Vector, _ old: Int, into to: Vector, _ new: Int) throws(Failure) {
    let kind = entries[name.split(separator: ".", maxSplits: 2).last.map(String.init) ?? name] ?? .coefficients
    guard let matrix = kind == .coefficients ? coefficients : layers else { return try copyInPieces(from, into: to) }
    let size = to.count / new
    let skipped = kind == .layersAfterFirst ? 1 : 0
    for row in 0..<new {
      // A row may be large.
      try Watch.pieces(size, work: old + skipped) { piece in
        let sum = to[row * size + piece.lowerBound..<row * size + piece.upperBound]
        fill(sum, 0)
        for column in 0..<old + skipped {
          let factor = matrix[(row + skipped) * (old + skipped) + column]
          let source = max(column - skipped, 0) * size
          if factor != 0 { axpy(factor, from[source + piece.lowerBound..<source + piece.upperBound], addingTo: sum) }
        }
      }
    }
  }
}
