import LinearAlgebra
import Settings

/// Computes products with the second derivatives of a network's mean loss. Their memory is allocated at the first product.
package final class CurvatureSweep {
  private let plan: NetworkPlan
  private var tangents: TangentSweep?
  private var cotangent: Buffer?
  private var vectors: (buffer: Buffer, point: Vector, gradient: Vector, unit: Vector)?

  package init(_ plan: NetworkPlan) { self.plan = plan }

  /// Bytes of scratch memory held: 0 before the first product.
  package var byteCount: Int { (tangents?.byteCount ?? 0) + (cotangent?.byteCount ?? 0) + (vectors?.buffer.byteCount ?? 0) }

  /// Writes Jᵀ∇²ℓJ·direction of the weighted mean loss to `product`, where J is the derivative of the scores and ∇²ℓ is the loss's second derivative with respect to a sample's scores (`Loss.curvature`).
  ///
  /// A forward pass with tangents gives ∇²ℓJ·direction, and a backward pass pulls it back. This is exact for every field and integrator, with the same bits for any number of threads.
  /// - Parameters:
  ///   - loss, weighting: as in `Sweep.lossGradient`; label smoothing does not change second derivatives.
  ///   - draws: the random numbers of a training step; nil for evaluation.
  ///   - sweep: a sweep of the same network for batches of `count` samples, with gradients.
  /// - Throws: `memory`; what a step that can fail reports.
  package func gaussNewtonProduct(
    _ direction: Vector, at parameters: Vector, _ source: BatchSource, _ targets: Targets, loss: (any Loss)? = nil, weighting: LossWeighting = LossWeighting(),
    count: Int, draws: Draws? = nil, _ sweep: Sweep, _ pool: WorkerPool, into product: Vector
  ) throws(Failure) {
    if tangents == nil { tangents = try TangentSweep(plan, threads: sweep.threads) }
    let (numbers, overflow) = count.multipliedReportingOverflow(by: plan.scoreCount)
    if cotangent.map({ overflow || $0.byteCount / plan.precision.byteCount < numbers }) ?? true {
      cotangent = try Buffer(count: overflow ? Int.max : numbers, precision: plan.precision)
    }
    guard let tangents, let memory = cotangent else { return }
    let type = ElementType(plan.precision)
    let view = MutableTensorView(memory.base, type: type, rows: count, columns: plan.scoreCount)
    try tangents.pushforward(
      parameters, source, count: count, direction: direction, featureDirection: nil, curvature: loss ?? plan.loss, draws: draws, scores: nil, into: view, pool: pool)
    let weighting = weighting.inUnit(of: targets, rows: source.rows, count: count)
    let hasMissing = targets.steps.map { !$0.isComplete } ?? false
    if case .labels(let labels, let steps) = targets, weighting.isWeighted || hasMissing {
      weightRows(view, samples: weighting.samples, classes: weighting.classes, labels: labels, steps: steps?.count, rows: source.rows, unit: weighting.unit)
    } else if weighting.isWeighted {
      weightRows(view, samples: weighting.samples, classes: nil, labels: nil, rows: source.rows, unit: weighting.unit)
    }
    if hasMissing, case .values(let values, _, _) = targets { clearMissing(view, values: values, sharing: plan.outputs / plan.targetsOfStep, rows: source.rows) }
    try sweep.pullback(parameters, source, cotangent: TensorView(memory.base, type: type, rows: count, columns: plan.scoreCount), count: count, gradient: product, featureGradient: nil, draws: draws, pool: pool)
    let total = weighting.sum(targets, rows: source.rows, count: count)
    try Watch.pieces(product.count) { range in scale(total > 0 ? 1 / total : 0, product[range]) }
  }

  /// Writes the derivative of `gradient` along `direction` to `product`, by central differences of sixth order:
  /// (45(g₁ − g₋₁) − 9(g₂ − g₋₂) + (g₃ − g₋₃))/60δ with gₖ = g(θ + kδ·direction).
  ///
  /// The gradients are exact, so that the error of a product relative to the gradient's size is about 1e-11 in Double and 1e-5 in Float. A product takes six gradients and works for every
  /// field and integrator. Differences are taken along the direction divided by a power of two, so that a direction of any size gives its product if numbers can hold it; the product of a
  /// direction that is not finite is NaN.
  /// Source: Fornberg 1988, table 1.
  package func hessianProduct(
    _ direction: Vector, at parameters: Vector, into product: Vector, gradient: (_ point: Vector, _ gradient: Vector) throws(Failure) -> Void
  ) throws(Failure) {
    var largest = 0.0
    try Watch.pieces(direction.count) { range in
      let here = largestMagnitude(direction[range])
      if !(here <= largest) { largest = here }
    }
    guard largest > 0 else { return try Watch.pieces(product.count) { range in fill(product[range], largest == 0 ? 0 : .nan) } }
    if vectors == nil { vectors = try makeVectors() }
    guard let memory = vectors else { return }
    // The unit direction's largest number lies in [1, 2). Powers of two leave the bits of the result as they are.
    let exponent = largest.exponent
    var squares = 0.0
    try Watch.pieces(direction.count) { range in
      copy(direction[range], into: memory.unit[range])
      multiply(memory.unit[range], byTwoTo: -exponent)
      squares += sumOfSquares(memory.unit[range])
      fill(product[range], 0)
    }
    let length = squares.squareRoot()
    // The step δ that balances the truncation error, of order δ⁶, against the gradient's rounding error divided by δ.
    let step = (plan.precision == .float64 ? 5e-3 : 3e-2) / length
    for (distance, weight) in [(1.0, 45.0), (2, -9), (3, 1)] {
      for sign in [1.0, -1] {
        try Watch.pieces(parameters.count) { range in
          copy(parameters[range], into: memory.point[range])
          axpy(sign * distance * step, memory.unit[range], addingTo: memory.point[range])
        }
        try gradient(memory.point, memory.gradient)
        try Watch.pieces(parameters.count) { range in axpy(sign * weight / (60 * step), memory.gradient[range], addingTo: product[range]) }
      }
    }
    try Watch.pieces(product.count) { range in multiply(product[range], byTwoTo: exponent) }
  }

  /// x ← 2ᵉ·x in two factors, because 2ᵉ itself may be outside the precision's range.
  private func multiply(_ x: Vector, byTwoTo exponent: Int) {
    guard exponent != 0 else { return }
    let half = exponent / 2
    scale(Double(sign: .plus, exponent: half, significand: 1), x)
    scale(Double(sign: .plus, exponent: exponent - half, significand: 1), x)
  }

  private func makeVectors() throws(Failure) -> (buffer: Buffer, point: Vector, gradient: Vector, unit: Vector) {
    let count = plan.parameterCount
    let buffer = try Buffer(count: 3 * count, precision: plan.precision)
    let all = buffer.vector(count: 3 * count, precision: plan.precision)
    return (buffer, all[0..<count], all[count..<2 * count], all[2 * count..<3 * count])
  }
}
