import LinearAlgebra
import Settings

/// f(y) = σ(My + b) with M = ½(K − Kᵀ − γI): eigenvalues of the frozen Jacobian have real parts in [−½γ·max σ', −½γ·min σ'].
///
/// Source: Haber & Ruthotto 2017, eq. 4.12, with the factor ½. For γ = 0 they are purely imaginary; this is not a bound on growth (theory §5). The row
/// convention Y·A of [HR] has A = Mᵀ: pass the transpose of its K.
///
/// M is prepared once per batch (n² per layer); the gradient of M, G = Σ g·yᵀ, accumulates in K's place and becomes dK = ½(G − Gᵀ) at the end.
package final class AntisymmetricField: VectorField {
  private let configuration: FieldConfiguration
  private let layerMap: AffineActivation
  /// γ ≥ 0.
  private let gamma: Double

  package init(_ configuration: FieldConfiguration) throws(Failure) {
    self.configuration = configuration
    layerMap = AffineActivation(configuration.activation)
    gamma = try configuration.options.real("gamma")
  }

  package var width: Int { configuration.width }
  package var isDamped: Bool { gamma > 0 }
  package var parameters: [ParameterShape] { configuration.weightAndBias }
  package func preparedCount(for purpose: Purpose) -> Int { width * width }

  /// The memory holds Mᵀ = ½(Kᵀ − K − γI).
  package func prepare(_ layer: Layer, for purpose: Purpose, asDirection: Bool) {
    antisymmetrize(
      configuration.matrix(layer).transposed, damping: asDirection ? 0 : gamma, into: operatorMatrix(layer).transposed)
  }

  private func operatorMatrix(_ layer: Layer) -> Matrix {
    guard let prepared = configuration.preparedMatrix(layer) else { preconditionFailure("antisymmetric layer not prepared") }
    return prepared
  }

  package var gradientNeedsFinish: Bool { true }

  package func finishGradient(_ gradient: Layer) {
    let matrix = configuration.matrix(gradient)
    antisymmetrize(matrix, damping: 0, into: matrix)
  }

  package func affineForm(_ component: Int, _ layer: Layer) -> AffineForm? {
    AffineForm(weights: operatorMatrix(layer), bias: configuration.bias(layer), activation: layerMap.activation, sign: 1)
  }

  package func evaluate(
    _ component: Int, _ layer: Layer, at x: Block, scale: Double, addingTo base: Block?, into out: Block, record: Block?, scratch: Block
  ) {
    layerMap.evaluate(operatorMatrix(layer), configuration.bias(layer), at: x, scale: scale, addingTo: base, into: out, record: record)
  }

  package func pushforward(
    _ component: Int, _ layer: Layer, direction: Layer?, at x: Block, record: Block, tangent v: Block?,
    scale: Double, addingTo base: Block?, into out: Block, scratch: Block
  ) {
    layerMap.pushforward(
      operatorMatrix(layer), direction: direction.map { (operatorMatrix($0), configuration.bias($0)) }, at: x, record: record, tangent: v,
      scale: scale, addingTo: base, into: out, scratch: scratch)
  }

  package func pullback(
    _ component: Int, _ layer: Layer, at x: Block, record: Block, scale: Double, cotangent p: Block,
    addingTo q: Block, gradient: Layer?, scratch: Block
  ) {
    layerMap.pullback(
      operatorMatrix(layer), at: x, record: record, scale: scale, cotangent: p, addingTo: q,
      gradient: gradient.map { (configuration.matrix($0), configuration.bias($0)) }, scratch: scratch)
  }
}
