import LinearAlgebra
import Settings

/// Products with the second derivatives of a network's mean loss, and the memory they need, made at the first product.
package final class CurvatureSweep {
  private let plan: NetworkPlan
  private var tangents: TangentSweep?
  private var cotangent: Buffer?
  private var vectors: (buffer: Buffer, point: Vector, gradient: Vector)?

  package init(_ plan: NetworkPlan) { self.plan = plan }

  /// Bytes of scratch held: none before the first product.
  package var byteCount: Int { (tangents?.byteCount ?? 0) + (cotangent?.byteCount ?? 0) + (vectors?.buffer.byteCount ?? 0) }

  /// Jᵀ∇²ℓJ·direction of the weighted mean loss overwrites `product`; J is the derivative of the scores, ∇²ℓ that of the loss with respect to a sample's scores.
  ///
  /// A forward pass with tangents gives ∇²ℓJ·direction, a backward pass its pullback: exact for every field and integrator, and the same bits for any number of threads.
  /// - Parameters:
  ///   - loss, weighting: as in `Sweep.lossGradient`; smoothing changes no second derivative.
  ///   - draws: the random numbers of a training step; nil for evaluation.
  ///   - sweep: of the same network, for batches of `count` samples and gradients.
  /// - Throws: `memory`; what a step that can fail reports.
  package func gaussNewtonProduct(
    _ direction: Vector, at parameters: Vector, _ source: BatchSource, _ targets: Targets, loss: (any Loss)? = nil, weighting: LossWeighting = LossWeighting(),
    count: Int, draws: Draws? = nil, _ sweep: Sweep, _ pool: WorkerPool, into product: Vector
  ) throws(Failure) {
    if tangents == nil { tangents = try TangentSweep(plan, threads: sweep.threads) }
    let (numbers, overflow) = count.multipliedReportingOverflow(by: plan.outputs)
    if cotangent.map({ overflow || $0.byteCount / plan.precision.byteCount < numbers }) ?? true {
      cotangent = try Buffer(count: overflow ? Int.max : numbers, precision: plan.precision)
    }
    guard let tangents, let memory = cotangent else { return }
    let type = ElementType(plan.precision)
    let view = MutableTensorView(memory.base, type: type, rows: count, columns: plan.outputs)
    try tangents.pushforward(
      parameters, source, count: count, direction: direction, featureDirection: nil, curvature: loss ?? plan.loss, draws: draws, scores: nil, into: view, pool: pool)
    if weighting.isWeighted {
      var labels: UnsafePointer<Int32>?
      if case .labels(let all) = targets { labels = all }
      weightRows(view, samples: weighting.samples, classes: weighting.classes, labels: labels, rows: source.rows)
    }
    try sweep.pullback(parameters, source, cotangent: TensorView(memory.base, type: type, rows: count, columns: plan.outputs), count: count, gradient: product, featureGradient: nil, draws: draws, pool: pool)
    let total = weighting.sum(targets, rows: source.rows, count: count)
    scale(total > 0 ? 1 / total : 0, product)
  }

  /// The derivative of `gradient` along `direction` overwrites `product`, by central differences of sixth order:
  /// (45(g₁ − g₋₁) − 9(g₂ − g₋₂) + (g₃ − g₋₃))/60δ with gₖ = g(θ + kδ·direction).
  ///
  /// Gradients are exact, so that in Double products are right to about 1e-11 of the gradient's size, in Float to 1e-5. Six gradients a product; it goes through every field and integrator alike.
  /// Source: Fornberg 1988, table 1.
  package func hessianProduct(
    _ direction: Vector, at parameters: Vector, into product: Vector, gradient: (_ point: Vector, _ gradient: Vector) throws(Failure) -> Void
  ) throws(Failure) {
    let length = sumOfSquares(direction).squareRoot()
    guard length > 0 else { return fill(product, 0) }
    if vectors == nil { vectors = try makeVectors() }
    guard let memory = vectors else { return }
    // Of sixth order: the truncation, δ⁶, meets the gradient's rounding over δ.
    let step = (plan.precision == .float64 ? 5e-3 : 3e-2) / length
    fill(product, 0)
    for (distance, weight) in [(1.0, 45.0), (2, -9), (3, 1)] {
      for sign in [1.0, -1] {
        copy(parameters, into: memory.point)
        axpy(sign * distance * step, direction, addingTo: memory.point)
        try gradient(memory.point, memory.gradient)
        axpy(sign * weight / (60 * step), memory.gradient, addingTo: product)
      }
    }
  }

  private func makeVectors() throws(Failure) -> (buffer: Buffer, point: Vector, gradient: Vector) {
    let count = plan.parameterCount
    let buffer = try Buffer(count: 2 * count, precision: plan.precision)
    let all = buffer.vector(count: 2 * count, precision: plan.precision)
    return (buffer, all[0..<count], all[count..<2 * count])
  }
}
