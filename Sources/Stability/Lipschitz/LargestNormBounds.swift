import LinearAlgebra
import Settings

/// Lipschitz bounds in ℓ∞ of a layer's step (Theory.md §6.3): exact over all slopes in [α, L] for Euler's step of σ(Wy + b), otherwise from the field's Lipschitz constant.
package enum LargestNormBounds {
  package static func layer(_ layer: LayerReading, _ ledger: NormLedger) throws(Failure) -> LayerBound {
    let activation = layer.field.activation
    let gain = Interval(activation.lipschitz)
    switch layer.field {
    case .plain(let map):
      if let rows = try stepRows(layer, map, gamma: nil) { return rows }
      let norm = try ledger.rowSum(map.weights)
      return try explicit(layer, [norm], gain * .upTo(norm.bound))
    case .antisymmetric(let map, let gamma):
      if let rows = try stepRows(layer, map, gamma: gamma) { return rows }
      let (rows, columns) = (try ledger.rowSum(map.weights), try ledger.columnSum(map.weights))
      return try explicit(layer, [rows, columns], gain * 0.5 * (.upTo(rows.bound) + .upTo(columns.bound) + gamma))
    case .damped(let map, let gamma):
      let (rows, columns) = (try ledger.rowSum(map.weights), try ledger.columnSum(map.weights))
      return try explicit(layer, [rows, columns], gain * 0.5 * (.upTo(rows.bound) + .upTo(columns.bound)) + gamma)
    case .twoLayer(let inner, let outer):
      let (first, second) = (try ledger.rowSum(inner.weights), try ledger.rowSum(outer.weights))
      return try explicit(layer, [first, second], gain * .upTo(first.bound) * .upTo(second.bound))
    case .negativeDefinite(let map), .descent(let map):
      let (rows, columns) = (try ledger.rowSum(map.weights), try ledger.columnSum(map.weights))
      return try explicit(layer, [rows, columns], gain * .upTo(rows.bound) * .upTo(columns.bound))
    case .rowSums, .rotateRelax, .partitioned:
      throw Failure(.incompatible, "blocks[\(layer.block)]: no Lipschitz bound in ℓ∞ is known of this field; lipschitz_l2 may have one")
    }
  }

  private static func explicit(_ layer: LayerReading, _ norms: [NormClaim], _ gain: Interval) throws(Failure) -> LayerBound {
    guard let bound = ExplicitBounds.step(layer, gain: gain) else {
      throw Failure(.incompatible, "blocks[\(layer.block)]: no Lipschitz bound in ℓ∞ is known of this integrator")
    }
    return LayerBound(bound.rule, norms, bound.value)
  }

  private static func stepRows(_ layer: LayerReading, _ map: AffineReading, gamma: Double?) throws(Failure) -> LayerBound? {
    guard case .euler = layer.scheme, map.activation.isMonotone, let matrix = map.weights.matrix, matrix.rows == matrix.columns else { return nil }
    try Watch.check()
    let bound = largestStepRowSumBound(matrix, stepSize: layer.stepSize, slopes: map.activation.slopeRange, antisymmetry: gamma)
    return LayerBound("rows", [], Interval(0, bound * NormLedger.room), [StepConditions.slopes(layer)])
  }
}
