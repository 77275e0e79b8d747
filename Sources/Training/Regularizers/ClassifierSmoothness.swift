import LinearAlgebra
import Settings

/// Smoothness ½α‖LW‖² of the readout's weights over the features that it reads, if the features lie on a grid: pixels, or points in space.
///
/// L takes the differences between neighboring features, or the Laplacian (`GridOperator`), of each output's weights. The features form grids of `classifier_grid` rows × columns, one after the
/// other (channels), or one line. A network without a trained readout has nothing to smooth. Source: Haber & Ruthotto 2017, section 3.4 (regularization of the classifier).
package struct ClassifierSmoothness: Regularizer {
  package static let option = OptionDescription(
    "classifier_smoothness", .real(0...Double.greatestFiniteMagnitude), default: .real(0), unit: "1",
    "strength α of the term ½α‖LW‖² in the objective; W are the weights of the readout and L takes differences between neighboring features; 0: no term")
  package static let furtherOptions = [
    OptionDescription(
      "classifier_grid", .reals, default: .text(""), unit: "features",
      "rows and columns of the grid on which the features of the readout lie, for classifier_smoothness; several grids may follow one another; empty: the features lie on one line"),
    OptionDescription(
      "classifier_operator", .choice(GridOperator.allCases.map(\.rawValue)), default: .text(GridOperator.differences.rawValue),
      "the operator L of classifier_smoothness. differences: those between neighbors; laplacian: at each feature the sum of its differences from all neighbors"),
  ]

  package let strength: Double
  /// The grid of the features; nil for one line.
  private let grid: (rows: Int, columns: Int)?
  private let type: GridOperator

  package init(strength: Double) { self.init(strength: strength, grid: nil, .differences) }

  package init(strength: Double, grid: (rows: Int, columns: Int)?, _ type: GridOperator) {
    (self.strength, self.grid, self.type) = (strength, grid, type)
  }

  package init(strength: Double, _ values: OptionValues) throws(Failure) {
    let shape = try values.reals("classifier_grid")
    let whole = shape.compactMap { Int(exactly: $0) }.filter { 1...65_536 ~= $0 }
    guard shape.isEmpty || (whole.count == 2 && shape.count == 2) else {
      throw Failure(.outOfRange, "classifier_grid is '\(try values.text("classifier_grid"))'; it must be rows,columns, each between 1 and 65536, or empty")
    }
    self.init(
      strength: strength, grid: shape.isEmpty ? nil : (whole[0], whole[1]), GridOperator(rawValue: try values.text("classifier_operator")) ?? .differences)
  }

  package func check(_ layout: ParameterLayout) throws(Failure) {
    guard let classifier = layout.classifier else {
      throw Failure(.incompatible, "classifier_smoothness is \(strength) but the network has no readout of its own (readout identity)")
    }
    if let grid, classifier.inputs % (grid.rows * grid.columns) != 0 {
      throw Failure(
        .incompatible, "classifier_grid is \(grid.rows),\(grid.columns), but the readout's \(classifier.inputs) features are no multiple of \(grid.rows * grid.columns)")
    }
  }

  package func accumulate(_ parameters: Vector, layout: ParameterLayout, addingTo gradient: Vector?) -> Double {
    guard let classifier = layout.classifier else { return 0 }
    return accumulateGridRoughness(
      parameters[classifier.range], rows: grid?.rows ?? 1, columns: grid?.columns ?? classifier.inputs, type, strength: strength,
      addingTo: gradient?[classifier.range])
  }

  package func accumulateCurvature(_ direction: Vector, at parameters: Vector, layout: ParameterLayout, addingTo product: Vector) {
    // The term is quadratic: its Hessian times the direction is its gradient at the direction.
    _ = accumulate(direction, layout: layout, addingTo: product)
  }
}
