import LinearAlgebra

/// f(y) = σ(Ky + b): the residual network's field, with no stability guarantee.
///
/// Source: Haber & Ruthotto 2017, eq. 2.1; Lu et al. 2018 (residual block). K is outputs × inputs and acts on each sample's column; [HR] writes samples as
/// rows, Y·K, so that its K is the transpose of this one.
package final class DenseField: VectorField {
  private let configuration: FieldConfiguration
  private let layerMap: AffineActivation

  package init(_ configuration: FieldConfiguration) {
    self.configuration = configuration
    layerMap = AffineActivation(configuration.activation)
  }

  package var width: Int { configuration.width }
  package var parameters: [ParameterShape] { configuration.weightAndBias }

  package func preparedCount(for purpose: Purpose) -> Int { configuration.preparedCopyCount(for: purpose) }
  package func prepare(_ layer: Layer, for purpose: Purpose, asDirection: Bool) { configuration.prepareCopy(layer) }

  private func weights(_ layer: Layer) -> Matrix { configuration.preparedMatrix(layer) ?? configuration.matrix(layer) }

  package func affineForm(_ component: Int, _ layer: Layer) -> AffineForm? {
    AffineForm(weights: weights(layer), bias: configuration.bias(layer), activation: layerMap.activation, sign: 1)
  }

  package func evaluate(
    _ component: Int, _ layer: Layer, at x: Block, scale: Double, addingTo base: Block?, into out: Block, record: Block?, scratch: Block
  ) {
    layerMap.evaluate(weights(layer), configuration.bias(layer), at: x, scale: scale, addingTo: base, into: out, record: record)
  }

  package func pushforward(
    _ component: Int, _ layer: Layer, direction: Layer?, at x: Block, record: Block, tangent v: Block?,
    scale: Double, addingTo base: Block?, into out: Block, scratch: Block
  ) {
    layerMap.pushforward(
      weights(layer), direction: direction.map { (configuration.matrix($0), configuration.bias($0)) }, at: x, record: record, tangent: v,
      scale: scale, addingTo: base, into: out, scratch: scratch)
  }

  package func pullback(
    _ component: Int, _ layer: Layer, at x: Block, record: Block, scale: Double, cotangent p: Block,
    addingTo q: Block, gradient: Layer?, scratch: Block
  ) {
    layerMap.pullback(
      weights(layer), at: x, record: record, scale: scale, cotangent: p, addingTo: q,
      gradient: gradient.map { (configuration.matrix($0), configuration.bias($0)) }, scratch: scratch)
  }
}
