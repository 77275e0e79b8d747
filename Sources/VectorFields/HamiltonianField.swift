import LinearAlgebra

/// ẏ = σ(Kz + b), ż = −σ(Kᵀy + b), z(0) = 0: a partitioned field whose block matrix is antisymmetric for every K.
///
/// Source: Haber & Ruthotto 2017, §4.3. Both parts share the bias. Component 0 moves the positions y, which the next block or the classifier sees; component 1
/// the momenta z. Under Verlet the step preserves volume.
package final class HamiltonianField: VectorField {
  private let configuration: FieldConfiguration
  private let layerMap: AffineActivation

  package init(_ configuration: FieldConfiguration) {
    self.configuration = configuration
    layerMap = AffineActivation(configuration.activation)
  }

  package var width: Int { configuration.width }
  package var stateWidth: Int { 2 * width }
  package var componentCount: Int { 2 }
  package func rowsWritten(by component: Int) -> Range<Int> { component == 0 ? 0..<width : width..<2 * width }
  package func rowsRead(by component: Int) -> Range<Int> { rowsWritten(by: 1 - component) }
  package var parameters: [ParameterShape] { configuration.weightAndBias }

  package func preparedCount(for purpose: Purpose) -> Int { configuration.preparedCopyCount(for: purpose) }
  package func prepare(_ layer: Layer, for purpose: Purpose, asDirection: Bool) { configuration.prepareCopy(layer) }

  /// K for the positions, Kᵀ for the momenta.
  private func weights(_ component: Int, _ layer: Layer) -> Matrix {
    component == 0 ? configuration.preparedMatrix(layer) ?? configuration.matrix(layer) : configuration.matrix(layer).transposed
  }

  /// K or Kᵀ in the tensors of a gradient or a direction.
  private func tensors(_ component: Int, _ layer: Layer) -> (weights: Matrix, bias: Bias?) {
    let matrix = configuration.matrix(layer)
    return (component == 0 ? matrix : matrix.transposed, configuration.bias(layer))
  }

  private func sign(_ component: Int) -> Double { component == 0 ? 1 : -1 }

  package func affineForm(_ component: Int, _ layer: Layer) -> AffineForm? {
    AffineForm(weights: weights(component, layer), bias: configuration.bias(layer), activation: layerMap.activation, sign: sign(component))
  }

  package func evaluate(
    _ component: Int, _ layer: Layer, at x: Block, scale: Double, addingTo base: Block?, into out: Block, record: Block?, scratch: Block
  ) {
    layerMap.evaluate(
      weights(component, layer), configuration.bias(layer), at: x, scale: sign(component) * scale, addingTo: base, into: out, record: record)
  }

  package func pushforward(
    _ component: Int, _ layer: Layer, direction: Layer?, at x: Block, record: Block, tangent v: Block?,
    scale: Double, addingTo base: Block?, into out: Block, scratch: Block
  ) {
    layerMap.pushforward(
      weights(component, layer), direction: direction.map { tensors(component, $0) }, at: x, record: record, tangent: v,
      scale: sign(component) * scale, addingTo: base, into: out, scratch: scratch)
  }

  package func pullback(
    _ component: Int, _ layer: Layer, at x: Block, record: Block, scale: Double, cotangent p: Block,
    addingTo q: Block, gradient: Layer?, scratch: Block
  ) {
    layerMap.pullback(
      weights(component, layer), at: x, record: record, scale: sign(component) * scale, cotangent: p, addingTo: q,
      gradient: gradient.map { tensors(component, $0) }, scratch: scratch)
  }
}
