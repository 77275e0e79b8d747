import LinearAlgebra
import Settings

/// f(y) = −KᵀTσ(Ky + b), T = diag(2/(hLr_i)), r_i = 2⁻¹⁰ + Σ_j |KKᵀ|_ij q_j/q_i, q = exp s: the gradient flow whose Euler step is non-expansive for every K.
///
/// Source: Araujo et al. 2023 (SDP-based Lipschitz layers, arXiv:2303.03169). h is the size of the layer's step, L the largest slope of the activation. Euler's step is y − Kᵀdiag(2/(Lr))σ(Ky + b), which does not depend on h:
/// the field is scaled by 1/h, so that depth and not the horizon says how far a network descends. If the slopes lie in [0, L], then |x₊ − y₊| ≤ |x − y| in ℓ₂ for all x and y, for every K and every s (Theory.md §6.13).
/// It holds for each layer, whatever the weights of the others, and also for Runge–Kutta steps of circle radius 1 (heun, ssprk3, rk4), because −f is the gradient of a convex energy with Lipschitz constant 2/h. T is
/// rounded like any other number, so the constant is 1 up to some units of roundoff. Activations with negative slopes are refused, as is padding by pixels of the image.
///
/// Tensors: K hidden × n; b; log_q (s), one number for each row of K, or for each output channel of a convolution. Where K is an image's convolution, r sums the kernels' correlations (`RowSums`).
///
/// T is computed once per batch. Its gradient accumulates in the place of log_q; at the end it becomes those of K and log_q, by the derivative of the row sums. Cost: two products and a pass over the hidden values.
package final class RowSumGradientFlowField: MappedField {
  package let plan: LayerPlan
  package let map: ChainMap
  package let frozenDynamics: FrozenDynamics?
  package let weights: OperatorPlace
  package let bias: BiasPlace
  package let logScales: BiasPlace
  package let sums: RowSums
  private let precision: Precision
  private let slope: Double
  /// Bytes from the prepared memory to T, and to the work memory of the row sums.
  private let factorsOffset: Int
  private let memoryOffset: Int

  /// Takes the option `hidden_width`, the rows of K.
  /// - Throws: `.incompatible` for an activation whose slopes are not in [0, L], or for padding by pixels of the image.
  package init(_ configuration: FieldConfiguration) throws(Failure) {
    let slopes = configuration.activation.slopeRange
    guard slopes.lowerBound >= 0, slopes.upperBound.isFinite else {
      throw Failure(.incompatible,
        "steps row_sums needs an activation whose slopes are at least 0; those of \(configuration.activation.name) begin at \(slopes.lowerBound)")
    }
    var plan = LayerPlan(configuration)
    weights = try plan.weight("K", outputs: try configuration.hiddenWidth(), for: .gradient)
    sums = try weights.linearOperator.rowSums()
    bias = plan.bias("b", of: weights)
    logScales = plan.vector("log_q", sums.rows, stride: 1)
    factorsOffset = plan.reserve(sums.rows)
    memoryOffset = plan.reserve(sums.memoryCount)
    map = ChainMap([
      AffineMap(weights, bias: bias, configuration.activation), RowFactorMap(preparedAt: factorsOffset, gradientIn: logScales, rows: weights.outputs),
      AffineMap(weights.transposed, bias: .none, nil, factor: -1),
    ])
    self.plan = plan
    precision = configuration.precision
    slope = slopes.upperBound
    frozenDynamics = FrozenDynamics(.scaledDescent, configuration.activation, [])
  }

  package var isDamped: Bool { true }
  package var gradientNeedsFinish: Bool { true }
  package var preparesForStepSize: Bool { true }
  package func prepare(_ layer: Layer, for purpose: Purpose, asDirection: Bool) { preconditionFailure("the row sums need the step size") }
  package func finishGradient(_ gradient: Layer) { preconditionFailure("the row sums need the step size") }

  private func tensor(_ place: OperatorPlace, _ layer: Layer) -> Vector {
    Vector(place.gradient(layer).base, count: plan.parameters[place.tensor].count, precision: precision)
  }

  private func scales(_ layer: Layer) -> Vector {
    guard let place = logScales(layer) else { preconditionFailure("a layer without its scales") }
    return Vector(place.base, count: sums.rows, precision: precision)
  }

  /// T, and the work memory.
  private func prepared(_ layer: Layer) -> (factors: Vector, memory: Vector) {
    guard let base = layer.prepared else { preconditionFailure("layer not prepared") }
    return (Vector(base + factorsOffset, count: sums.rows, precision: precision), Vector(base + memoryOffset, count: sums.memoryCount, precision: precision))
  }

  package func prepare(_ layer: Layer, stepSize h: Double, for purpose: Purpose) {
    plan.prepare(layer, asDirection: false)
    let (factors, memory) = prepared(layer)
    sums.make(tensor(weights, layer), logScales: scales(layer), numerator: 2 / (h * slope), into: factors, memory: memory)
  }

  package func prepareDirection(_ direction: Layer, at layer: Layer, stepSize h: Double) {
    plan.prepare(direction, asDirection: true)
    let change = prepared(direction)
    sums.makeDirection(
      tensor(weights, direction), logScaleDirection: scales(direction), at: tensor(weights, layer), logScales: scales(layer), factors: prepared(layer).factors,
      numerator: 2 / (h * slope), into: change.factors, memory: change.memory)
  }

  package func finishGradient(_ gradient: Layer, at layer: Layer, stepSize h: Double) {
    let (factors, memory) = prepared(layer)
    sums.pullBack(
      scales(gradient), addingTo: tensor(weights, gradient), at: tensor(weights, layer), logScales: scales(layer), factors: factors,
      numerator: 2 / (h * slope), memory: memory)
  }
}
