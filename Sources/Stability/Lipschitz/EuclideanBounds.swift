import Integrators
import LinearAlgebra
import Settings

/// Lipschitz bounds in ℓ₂ of a layer's step, y ↦ y₊, for any two states.
///
/// Each rule is a theorem about every pair of states: the Jacobian is bounded for all slopes in [α, L] (Theory.md §6.3, §6.4). Of several rules the one with the smallest bound is taken.
package enum EuclideanBounds {
  /// - Throws: `.incompatible` with the reason where no rule applies.
  package static func layer(_ layer: LayerReading, _ ledger: NormLedger) throws(Failure) -> LayerBound {
    switch layer.field {
    case .descent(let map): return try descent(layer, map, ledger)
    case .rowSums(let map, _, _): return try rowSums(layer, map)
    case .rotateRelax(let rotation, let map):
      if case .rotation = layer.scheme { return try descent(layer, map, ledger) }
      let (turn, norm) = (try ledger.spectral(rotation, .antisymmetric), try ledger.spectral(map.weights))
      return try explicit(layer, [turn, norm], 2 * .upTo(turn.bound) + gain(map) * square(norm))
    case .plain(let map): return try plain(layer, map, ledger)
    case .antisymmetric(let map, let gamma): return try antisymmetric(layer, map, gamma: gamma, ledger)
    case .damped(let map, let gamma):
      let norm = try ledger.spectral(map.weights, .antisymmetric)
      let general = try explicit(layer, [norm], gain(map) * .upTo(norm.bound) + gamma)
      guard case .euler = layer.scheme, map.activation.isMonotone else { return general }
      return smaller(LayerBound("damped", [norm], StepConditions.dampedSquare(layer, norm, gamma: gamma).squareRoot(), [StepConditions.slopes(layer)]), general)
    case .twoLayer(let inner, let outer):
      let (first, second) = (try ledger.spectral(inner.weights), try ledger.spectral(outer.weights))
      return try explicit(layer, [first, second], gain(inner) * .upTo(first.bound) * .upTo(second.bound))
    case .negativeDefinite(let map):
      let norm = try ledger.spectral(map.weights)
      return try explicit(layer, [norm], gain(map) * square(norm))
    case .partitioned(let positions, let momenta, let areGradients): return try verlet(layer, positions, momenta, areGradients, ledger)
    }
  }

  private static func gain(_ map: AffineReading) -> Interval { Interval(map.activation.lipschitz) }
  private static func square(_ norm: NormClaim) -> Interval { .upTo(norm.bound) * .upTo(norm.bound) }
  private static func smaller(_ a: LayerBound, _ b: LayerBound) -> LayerBound { a.lipschitz <= b.lipschitz ? a : b }

  /// −f is the gradient of a convex energy whose second derivatives are at most L‖K‖².
  private static func descent(_ layer: LayerReading, _ map: AffineReading, _ ledger: NormLedger) throws(Failure) -> LayerBound {
    let norm = try ledger.spectral(map.weights)
    if map.activation.isMonotone {
      if let condition = StepConditions.descent(layer, norm), condition.holds { return LayerBound("cocoercive", [norm], Interval(1), [StepConditions.slopes(layer), condition]) }
      // The Jacobian of Euler's step is symmetric with eigenvalues in [1 − hL‖K‖², 1]; an exact rotation before it changes no distance.
      switch layer.scheme {
      case .euler, .rotation: return LayerBound("symmetric", [norm], Interval.max(Interval(1), StepConditions.descentSize(layer, norm) - 1), [StepConditions.slopes(layer)])
      default: break
      }
    }
    if case .rotation = layer.scheme { return LayerBound("residual", [norm], 1 + Interval(layer.stepSize) * gain(map) * square(norm)) }
    return try explicit(layer, [norm], gain(map) * square(norm))
  }

  private static func rowSums(_ layer: LayerReading, _ map: AffineReading) throws(Failure) -> LayerBound {
    guard map.activation.isMonotone, let condition = StepConditions.rowSums(layer) else {
      throw Failure(.incompatible, "blocks[\(layer.block)]: steps row_sums is known to be non-expansive for euler, heun, ssprk3 and rk4")
    }
    return LayerBound("row_sums", [], Interval(1), [StepConditions.slopes(layer), condition])
  }

  /// I + hDW with ‖I + hDW‖² ≤ 1 + 2hm + h²L²‖W‖², m ≥ μ₂(DW).
  private static func logarithmic(_ layer: LayerReading, _ norms: [NormClaim], measure: Interval, norm: Interval) -> LayerBound {
    let activation = layer.field.activation
    let (low, high) = (Interval(activation.leastSlope), Interval(activation.largestSlope))
    let h = Interval(layer.stepSize)
    let m = 0.5 * (high + low) * measure + 0.5 * (high - low) * norm
    return LayerBound("log_norm", norms, (1 + 2 * h * m + h * h * (high * high) * (norm * norm)).squareRoot(), [StepConditions.slopes(layer)])
  }

  private static func plain(_ layer: LayerReading, _ map: AffineReading, _ ledger: NormLedger) throws(Failure) -> LayerBound {
    let norm = try ledger.spectral(map.weights)
    let general = try explicit(layer, [norm], gain(map) * .upTo(norm.bound))
    guard case .euler = layer.scheme, map.activation.isMonotone, let matrix = map.weights.matrix, matrix.rows == matrix.columns else { return general }
    let measure = try ledger.logarithmic(map.weights)
    return smaller(logarithmic(layer, [norm, measure], measure: Interval(-norm.bound, measure.bound), norm: .upTo(norm.bound)), general)
  }

  private static func antisymmetric(_ layer: LayerReading, _ map: AffineReading, gamma: Double, _ ledger: NormLedger) throws(Failure) -> LayerBound {
    let norm = try ledger.spectral(map.weights, .antisymmetric)
    // S − gI is normal: its norm is √(‖S‖² + g²).
    let g = 0.5 * Interval(gamma)
    let whole = (square(norm) + g * g).squareRoot()
    let general = try explicit(layer, [norm], gain(map) * Interval(0, whole.upper))
    guard case .euler = layer.scheme, map.activation.isMonotone else { return general }
    return smaller(logarithmic(layer, [norm], measure: -g, norm: Interval(0, whole.upper)), general)
  }

  /// What holds for any field with the Lipschitz constant ℓ.
  private static func explicit(_ layer: LayerReading, _ norms: [NormClaim], _ gain: Interval) throws(Failure) -> LayerBound {
    guard let bound = ExplicitBounds.step(layer, gain: gain) else {
      throw Failure(.incompatible, "blocks[\(layer.block)]: no Lipschitz bound is known of this integrator with this field")
    }
    return LayerBound(bound.rule, norms, bound.value)
  }

  /// |δz₊| ≤ |δz| + c₂|δy|, |δy₊| ≤ |δy| + c₁|δz₊|: a matrix of determinant 1.
  private static func verlet(
    _ layer: LayerReading, _ positions: AffineReading, _ momenta: AffineReading, _ areGradients: Bool, _ ledger: NormLedger
  ) throws(Failure) -> LayerBound {
    guard case .verlet = layer.scheme else {
      throw Failure(.incompatible, "blocks[\(layer.block)]: of partitioned fields a Lipschitz bound is known with integrator verlet")
    }
    let (first, second) = (try ledger.spectral(positions.weights), try ledger.spectral(momenta.weights))
    func size(_ map: AffineReading, _ norm: NormClaim) -> Interval {
      Interval(layer.stepSize) * gain(map) * (areGradients ? square(norm) : .upTo(norm.bound))
    }
    let (c, d) = (size(positions, first), size(momenta, second))
    let corner = 1 + c * d
    let squares = corner * corner + c * c + d * d + 1
    let root = (squares * squares - 4).squareRoot()
    return LayerBound("verlet", [first, second], (0.5 * (squares + root)).squareRoot())
  }
}

/// Bounds that follow from the Lipschitz constant ℓ of the field alone, in any norm.
package enum ExplicitBounds {
  /// The Lipschitz bound of a step and its rule; nil for schemes without one.
  package static func step(_ layer: LayerReading, gain: Interval) -> (rule: String, value: Interval)? {
    let step = Interval(layer.stepSize) * Interval(0, gain.upper)
    switch layer.scheme {
    case .euler: return ("residual", 1 + step)
    case .rungeKutta(let method, _):
      let (a, b) = method.coefficients
      let n = b.count
      var stages: [Interval] = []
      var sum = Interval(1)
      for i in 0..<n {
        let stage = (0..<i).reduce(Interval(1)) { $0 + Interval(abs(a[i * n + $1])) * step * stages[$1] }
        stages.append(stage)
        sum = sum + Interval(abs(b[i])) * step * stage
      }
      return ("stages", sum)
    default: return nil
    }
  }
}
