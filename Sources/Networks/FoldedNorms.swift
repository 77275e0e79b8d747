import Gradients
import Integrators
import LinearAlgebra
import Settings
import VectorFields

extension Network {
  /// The network whose tensors are the weights that this one multiplies by: those of `opening_norm`, `readout_norm`, the connectors' `norm` and `steps` tight, which evaluation computes from the tensors (`UnitScaling`). These options become
  /// free and plain; all else stays.
  ///
  /// The weights are those of the prepared operators that predictions read, in the network's precision, so that predictions have the same bits. Training goes on from them in another way: nothing holds the norms any longer. A loss with
  /// margins that knows the norm of a convolution only from its `norm` becomes softmax_cross_entropy.
  /// - Throws: `.incompatible` for scaled layers whose weights are mixed from coefficients in time, because products of the mixed weights are no mixtures; `.memory`; the reason why the work must end.
  package func foldingNorms() throws(Failure) -> Network {
    guard plan.scales else { return try copied() }
    for (index, block) in plan.blocks.enumerated() where block.scaledPlan != nil && block.layout.expandedCount > 0 {
      throw Failure(
        .incompatible,
        "blocks[\(plan.specification.place(ofBlock: index))]: the layers' weights are mixed from coefficients in time and then scaled, so that no coefficients give the scaled weights; a projection onto weights_in_time layers gives each layer its own, of a network with similar scores")
    }
    let target = try NetworkPlan(try plan.specification.withFreeNorms(plan), knownTerms: plan.knownTerms)
    guard target.tensors.map(\.range) == plan.tensors.map(\.range) else { throw Failure(.internal, "free weights lie in other places than scaled ones") }
    let present = snapshot
    let weights = try present.inferenceWeights(plan)
    guard let prepared = weights.prepared else { throw Failure(.internal, "scaled weights that are not prepared") }
    let folded = try ParameterSnapshot(plan: target, scaling: present.scaling) { (parameters) throws(Failure) in
      try copyInPieces(present.parameters, into: parameters)
      for (number, stage) in plan.stages.enumerated() {
        try Watch.check()
        let own = prepared[plan.preparedRange(stage: number, for: .inference)]
        switch stage {
        case .map(let connector): if connector.layers.scales { connector.copyScaled(weights.parameters, prepared: own, into: parameters) }
        case .block(let index): try plan.blocks[index].copyScaled(weights.parameters, prepared: own, into: parameters)
        }
      }
    }
    return try withExtendedLifetime((present, weights)) { () throws(Failure) in try Network(target, folded, metadata: metadata) }
  }
}

extension NetworkPlan {
  /// Whether evaluation scales weights, so that the tensors are others than those that it multiplies by.
  package var scales: Bool { connectors.contains { $0.connector.layers.scales } || blocks.contains { $0.scaledPlan != nil } }
}

extension ODEBlock {
  /// The plan of a field that scales weights.
  fileprivate var scaledPlan: LayerPlan? {
    guard let planned = plainField as? any PlannedField, planned.plan.scales else { return nil }
    return planned.plan
  }

  /// Copies the scaled weights of all layers to the places of their tensors in another parameter vector.
  fileprivate func copyScaled(_ parameters: Vector, prepared: Vector, into target: Vector) throws(Failure) {
    guard let scaled = scaledPlan else { return }
    var next = 0
    for j in 0..<layers where layout.entry(of: j) == next {
      if j % 64 == 0 { try Watch.check() }
      let (from, to) = (stepWeights(j, of: parameters, prepared: prepared, for: .inference), stepWeights(j, of: target, prepared: nil))
      for field in 0..<integrator.fieldCount { scaled.copyScaled(from.beginning(node: 0, field: field).first, into: to.beginning(node: 0, field: field).first) }
      next += 1
    }
  }
}

extension NetworkSpecification {
  /// The same specification without options that scale weights.
  fileprivate func withFreeNorms(_ plan: NetworkPlan) throws(Failure) -> NetworkSpecification {
    var changed = self
    for key in ["opening_norm", "readout_norm"] where try network.text(key) != "free" { changed = try changed.changingNetwork(key, .text("free")) }
    changed = try changed.changingConnectors { _, connector throws(Failure) in
      if connector.isSet(weightNorm.key) { try connector.set(weightNorm.key, .text("free")) }
    }
    changed = try changed.changingBlocks { index, block throws(Failure) in
      if plan.blocks[index].scaledPlan != nil { try block.set("steps", .text("plain")) }
    }
    let scalesConvolutions = plan.connectors.contains { $0.connector.layers.scales && !(($0.connector.map as? AffineMap)?.place.linearOperator is DenseOperator) }
    guard plan.loss.marginRadius != nil, scalesConvolutions else { return changed }
    return try changed.changingNetwork("loss", .text("softmax_cross_entropy")).settlingLoss(given: [])
  }
}
