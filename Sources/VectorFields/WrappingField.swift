/// A field that changes the value of another one, and has its shape, its tensors and its operators.
protocol WrappingField: VectorField {
  var field: any VectorField { get }
}

extension WrappingField {
  package var width: Int { field.width }
  package var shape: Shape { field.shape }
  package var pixels: Int { field.pixels }
  package var isDense: Bool { field.isDense }
  package var couplesSamples: Bool { field.couplesSamples }
  package var stateWidth: Int { field.stateWidth }
  package var componentCount: Int { field.componentCount }
  package func rowsRead(by component: Int) -> Range<Int> { field.rowsRead(by: component) }
  package func rowsWritten(by component: Int) -> Range<Int> { field.rowsWritten(by: component) }
  package var isDamped: Bool { field.isDamped }
  package var parameters: [ParameterShape] { field.parameters }
  package func preparedCount(for purpose: Purpose) -> Int { field.preparedCount(for: purpose) }
  package func prepare(_ layer: Layer, stepSize h: Double, for purpose: Purpose) { field.prepare(layer, stepSize: h, for: purpose) }
  package func prepareDirection(_ direction: Layer, at layer: Layer, stepSize h: Double) { field.prepareDirection(direction, at: layer, stepSize: h) }
  package func finishGradient(_ gradient: Layer, at layer: Layer, stepSize h: Double) { field.finishGradient(gradient, at: layer, stepSize: h) }
  package var gradientNeedsFinish: Bool { field.gradientNeedsFinish }
}
