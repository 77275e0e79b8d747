import LinearAlgebra

/// A field whose tensors and prepared operators are those of a plan.
package protocol PlannedField: VectorField {
  var plan: LayerPlan { get }
}

extension PlannedField {
  package var width: Int { plan.width }
  package var shape: Shape { plan.shape }
  package var pixels: Int { plan.pixels }
  package var isDense: Bool { plan.isDense }
  package var couplesSamples: Bool { plan.couplesSamples }
  package var parameters: [ParameterShape] { plan.parameters }
  package func preparedCount(for purpose: Purpose) -> Int { plan.preparedCount(for: purpose) }
  package func prepare(_ layer: Layer, for purpose: Purpose, asDirection: Bool) { plan.prepare(layer, asDirection: asDirection) }
  package func finishGradient(_ gradient: Layer) { plan.finishGradient(gradient) }
  package var gradientNeedsFinish: Bool { plan.gradientNeedsFinish }
}

/// A field that is one map of the whole state.
package protocol MappedField: PlannedField {
  associatedtype Map: LayerMap
  var map: Map { get }
}

extension MappedField {
  package var recordWidth: Int { map.recordWidth }
  package var scratchWidth: Int { map.scratchWidth }
  package func affineForm(_ component: Int, _ layer: Layer) -> AffineForm? { map.affineForm(layer) }

  package func evaluate(
    _ component: Int, _ layer: Layer, at x: Block, scale: Double, addingTo base: Block?, into out: Block, record: Block?, scratch: Block
  ) {
    map.evaluate(layer, at: x, scale: scale, addingTo: base, into: out, record: record, scratch: scratch)
  }

  package func pushforward(
    _ component: Int, _ layer: Layer, direction: Layer?, at x: Block, record: Block, tangent v: Block?,
    scale: Double, addingTo base: Block?, into out: Block, scratch: Block
  ) {
    map.pushforward(layer, direction: direction, at: x, record: record, tangent: v, scale: scale, addingTo: base, into: out, scratch: scratch)
  }

  package func pullback(
    _ component: Int, _ layer: Layer, at x: Block, record: Block, scale: Double, cotangent p: Block,
    addingTo q: Block, gradient: Layer?, scratch: Block
  ) {
    map.pullback(layer, at: x, record: record, scale: scale, cotangent: p, addingTo: q, into: q, gradient: gradient, scratch: scratch)
  }
}

/// A partitioned field: one map moves the positions, which come first, and reads the momenta; the other moves the momenta and reads the positions.
package protocol PartitionedMappedField: PlannedField {
  associatedtype PositionMap: LayerMap
  associatedtype MomentumMap: LayerMap
  var positionMap: PositionMap { get }
  var momentumMap: MomentumMap { get }
}

extension PartitionedMappedField {
  package var componentCount: Int { 2 }
  package var stateWidth: Int { positionMap.outputs + momentumMap.outputs }
  package func rowsWritten(by component: Int) -> Range<Int> { component == 0 ? 0..<positionMap.outputs : positionMap.outputs..<stateWidth }
  package func rowsRead(by component: Int) -> Range<Int> { rowsWritten(by: 1 - component) }
  package var recordWidth: Int { max(positionMap.recordWidth, momentumMap.recordWidth) }
  package var scratchWidth: Int { max(positionMap.scratchWidth, momentumMap.scratchWidth) }
  package func affineForm(_ component: Int, _ layer: Layer) -> AffineForm? {
    component == 0 ? positionMap.affineForm(layer) : momentumMap.affineForm(layer)
  }

  package func evaluate(
    _ component: Int, _ layer: Layer, at x: Block, scale: Double, addingTo base: Block?, into out: Block, record: Block?, scratch: Block
  ) {
    if component == 0 {
      positionMap.evaluate(layer, at: x, scale: scale, addingTo: base, into: out, record: record, scratch: scratch)
    } else {
      momentumMap.evaluate(layer, at: x, scale: scale, addingTo: base, into: out, record: record, scratch: scratch)
    }
  }

  package func pushforward(
    _ component: Int, _ layer: Layer, direction: Layer?, at x: Block, record: Block, tangent v: Block?,
    scale: Double, addingTo base: Block?, into out: Block, scratch: Block
  ) {
    if component == 0 {
      positionMap.pushforward(layer, direction: direction, at: x, record: record, tangent: v, scale: scale, addingTo: base, into: out, scratch: scratch)
    } else {
      momentumMap.pushforward(layer, direction: direction, at: x, record: record, tangent: v, scale: scale, addingTo: base, into: out, scratch: scratch)
    }
  }

  package func pullback(
    _ component: Int, _ layer: Layer, at x: Block, record: Block, scale: Double, cotangent p: Block,
    addingTo q: Block, gradient: Layer?, scratch: Block
  ) {
    if component == 0 {
      positionMap.pullback(layer, at: x, record: record, scale: scale, cotangent: p, addingTo: q, into: q, gradient: gradient, scratch: scratch)
    } else {
      momentumMap.pullback(layer, at: x, record: record, scale: scale, cotangent: p, addingTo: q, into: q, gradient: gradient, scratch: scratch)
    }
  }
}
