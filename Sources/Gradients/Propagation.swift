import LinearAlgebra

extension ODEBlock {
  /// The number of rows of the buffer for `propagate` and `propagateTangent`, which alternate between its halves: two states.
  package var propagationRows: Int { 2 * stateWidth }

  /// The half of a propagation buffer that holds the state before layer j.
  package func propagated(_ j: Int, in buffer: Block) -> Block {
    let start = (j & 1) * stateWidth
    return buffer.rows(start..<start + stateWidth)
  }

  /// Runs all layers forward and stores no trajectory. The initial state lies in `propagated(0, in: buffer)`; the result is the final state.
  package func propagate(_ weights: Weights, buffer: Block, scratch: Block) -> Block {
    if buffer.columns > 1 || !propagateSample(weights, buffer) {
      stepForward(0..<layers, weights, scratch: scratch, states: { propagated($0, in: buffer) })
    }
    return propagated(layers, in: buffer)
  }

  /// Runs all layers of one sample in one kernel call, if field and integrator allow it; false if they do not. Where all layers together would take longer than a piece of work may, they are left to `stepForward`,
  /// which asks between them whether the work must end.
  private func propagateSample(_ weights: Weights, _ buffer: Block) -> Bool {
    guard layout.parameterCount <= ProductPieces.numbers, grid.isUniform, layout.isLayerwise, weights.drive == nil, !weights.draws.isDrawn else { return false }
    var step = step(0, weights)
    let first = step.weights.first
    advance(&step, by: 1, weights)
    return integrator.propagateSample(
      field, first: first, second: step.weights.first, layers: layers, stepSize: step.stepSize, states: (propagated(0, in: buffer), propagated(1, in: buffer)))
  }

  /// One layer of `propagate`.
  package func propagateLayer(_ j: Int, _ weights: Weights, buffer: Block, scratch: Block) {
    stepForward(j..<j + 1, weights, scratch: scratch, states: { propagated($0, in: buffer) })
  }

  /// Runs all layers and carries a tangent along with the state: J·v + (∂/∂θ)·direction. Both initial blocks lie at `propagated(0, …)`.
  package func propagateTangent(
    _ weights: Weights, direction: Weights?, states: Block, tangents: Block, record: Block, scratch: Block
  ) -> (state: Block, tangent: Block) {
    func read(_ j: Int) {
      weights.reader?._withUnsafeGuaranteedRef { $0.read(j, visible(propagated(j, in: states)), tangent: visible(propagated(j, in: tangents)), scratch: scratch) }
    }
    read(0)
    for j in 0..<layers where !weights.isOver {
      let step = step(j, weights)
      let before = propagated(j, in: states)
      let after = propagated(j + 1, in: states)
      integrator.step(field, step, from: before, into: after, record: record, scratch: scratch)
      if weights.isOver { break }
      integrator.pushforward(
        field, step, direction: direction.map { stepWeights(j, of: $0.parameters, prepared: $0.prepared, drive: $0.drive) },
        before: before, after: after, record: record, tangent: propagated(j, in: tangents), into: propagated(j + 1, in: tangents), scratch: scratch)
      read(j + 1)
    }
    return (propagated(layers, in: states), propagated(layers, in: tangents))
  }
}
