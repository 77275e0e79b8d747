import LinearAlgebra
import Settings

/// Least squares in the caller's units, of outputs and targets that are both scaled (`TargetScaling`): Σ ½ w c²(s − t)² with the scale c and the weight w of each output.
///
/// Evaluation and derivatives for the caller use it. Training minimizes plain least squares of the scaled numbers, in which all outputs count alike.
package struct ScaledLeastSquares: Loss {
  private let scaling: TargetScaling
  private let weights: [Double]

  /// - Parameter weights: those of the outputs; empty: all are 1.
  package init(_ scaling: TargetScaling, weights: [Double] = []) {
    self.scaling = scaling
    self.weights = weights
  }

  package var outputKind: OutputKind { .values }
  /// w c² of an output.
  private func factor(_ output: Int) -> Double { (weights.isEmpty ? 1 : weights[output]) * scaling.scale.load(output) * scaling.scale.load(output) }
  package var scalesTargets: Bool { true }
  package func classes(outputs: Int) -> Int { 0 }
  package func check(outputs: Int) throws(Failure) {}

  package func evaluate(scores: Block, targets: TileTargets, count: Int, scale: Double, gradient: Block?, correct: inout Int) -> Double {
    var sum = 0.0
    for output in 0..<scores.rows {
      let (row, factor) = (output..<output + 1, factor(output))
      sum += factor * leastSquares(
        outputs: scores.rows(row), targets: targets.values.rows(row), count: count, weights: targets.weights, scale: scale * factor, gradient: gradient?.rows(row))
    }
    return sum
  }

  /// ∇²ℓ = diag(w c²).
  package func curvature(at scores: Block, of tangent: Block, scratch: Block) {
    for output in 0..<tangent.rows {
      let row = tangent.rows(output..<output + 1)
      combine(factor(output), row, 0, row, into: row)
    }
  }

  package func link(_ scores: Block, into out: Block) {
    if out.base != scores.base { copy(scores, into: out) }
  }
}

extension NetworkPlan {
  /// The loss in the caller's units, of a network whose targets may be scaled.
  package func loss(inUnitsOf scaling: TargetScaling?) -> any Loss { scaling.map { ScaledLeastSquares($0, weights: (loss as? LeastSquares)?.outputWeights ?? []) } ?? loss }
}
