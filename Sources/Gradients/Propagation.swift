import LinearAlgebra

extension ODEBlock {
  /// Rows that `propagate` and `propagateTangent` need for the states they pass between: two states.
  package var propagationRows: Int { 2 * stateWidth }

  /// The state at layer j of a propagation buffer: the two halves take turns.
  package func propagated(_ j: Int, in buffer: Block) -> Block {
    let start = (j & 1) * stateWidth
    return buffer.rows(start..<start + stateWidth)
  }

  /// Runs all layers forward without remembering: the initial state lies in `propagated(0, in: buffer)`; gives the final one.
  package func propagate(_ weights: Weights, buffer: Block) -> Block {
    let first = layer(0, of: weights.parameters, prepared: weights.prepared, for: weights.purpose)
    let second = layers > 1 ? layer(1, of: weights.parameters, prepared: weights.prepared, for: weights.purpose) : first
    let states = (even: propagated(0, in: buffer), odd: propagated(1, in: buffer))
    if buffer.columns > 1
      || !integrator.propagateSample(field, first: first, second: second, layers: layers, stepSize: stepSize, states: states)
    {
      for j in 0..<layers { propagateLayer(j, weights, buffer: buffer) }
    }
    return propagated(layers, in: buffer)
  }

  /// One layer of `propagate`.
  package func propagateLayer(_ j: Int, _ weights: Weights, buffer: Block) {
    integrator.step(
      field, layer(j, of: weights.parameters, prepared: weights.prepared, for: weights.purpose), stepSize: stepSize,
      from: propagated(j, in: buffer), into: propagated(j + 1, in: buffer), record: nil)
  }

  /// Runs all layers with a tangent beside the state: J·v + (∂/∂θ)·direction. Both initial blocks lie at `propagated(0, …)`.
  package func propagateTangent(
    _ weights: Weights, direction: Weights?, states: Block, tangents: Block, record: Block, scratch: Block
  ) -> (state: Block, tangent: Block) {
    for j in 0..<layers {
      let parameters = layer(j, of: weights.parameters, prepared: weights.prepared)
      let before = propagated(j, in: states)
      let after = propagated(j + 1, in: states)
      integrator.step(field, parameters, stepSize: stepSize, from: before, into: after, record: record)
      integrator.pushforward(
        field, parameters, direction: direction.map { layer(j, of: $0.parameters, prepared: $0.prepared) }, stepSize: stepSize,
        before: before, after: after, record: record, tangent: propagated(j, in: tangents), into: propagated(j + 1, in: tangents), scratch: scratch)
    }
    return (propagated(layers, in: states), propagated(layers, in: tangents))
  }
}
