import Integrators
import LinearAlgebra
import Settings

/// A state of the network on a ball of inputs: bounds of its norm and of the error of its computed value.
package struct StateBound {
  package var size: Interval
  package var error: Interval
  var computed: Interval { size + error }
}

/// How one layer's step carries `StateBound` on.
///
/// With ℓ the step's Lipschitz bound, e₊ = ℓe + the rounding error of one step from a computed state; the state is at most R + |h f| and at most ℓR + |h f(0)|.
struct StepRounding {
  private enum Form {
    case euler(FieldRounding)
    case rungeKutta(FieldRounding, a: [Double], b: [Double])
    case verlet(positions: FieldRounding, momenta: FieldRounding)
  }
  private let form: Form
  private let lipschitz: Interval
  private let unit: RoundingUnit
  private let width: Int
  private let atZero: Interval

  init(_ layer: LayerReading, lipschitz: Double, _ ledger: NormLedger, _ unit: RoundingUnit) throws(Failure) {
    self.lipschitz = .upTo(lipschitz)
    self.unit = unit
    width = layer.width
    var largest = 1.0
    if case .rungeKutta(let method, _) = layer.scheme { largest = (method.coefficients.a + method.coefficients.b).reduce(1) { max($0, abs($1)) } }
    guard (Interval(layer.stepSize) * Interval(largest)).upper < unit.safe else {
      throw Failure(.incompatible, "blocks[\(layer.block)]: the step size \(layer.stepSize) is larger than a quarter of the largest number of the network's precision")
    }
    switch (layer.scheme, layer.field) {
    case (.verlet, .partitioned(let positions, let momenta, let areGradients)):
      let moving = try FieldRounding(positions, isGradient: areGradients, stepSize: layer.stepSize, ledger, unit)
      form = .verlet(positions: moving, momenta: try FieldRounding(momenta, isGradient: areGradients, stepSize: layer.stepSize, ledger, unit))
      atZero = Interval(0)
    case (.euler, _):
      let field = try FieldRounding(layer, ledger, unit)
      form = .euler(field)
      atZero = field.evaluate(Interval(0)).size
    case (.rungeKutta(let method, _), _):
      let (field, (a, b)) = (try FieldRounding(layer, ledger, unit), method.coefficients)
      form = .rungeKutta(field, a: a, b: b)
      atZero = Self.stages(field, a, b, Interval(0), unit, width).size
    default: throw Failure(.incompatible, "blocks[\(layer.block)]: no bound of rounding errors is known of this integrator with this field")
    }
  }

  /// Whether the state has two parts, the momenta behind the positions.
  var isPartitioned: Bool { if case .verlet = form { true } else { false } }

  /// The error of an update y + hv for |y| ≤ `state` and |hv| ≤ `size` with the error `own`: h is rounded, the multiply-add, and what is added besides.
  private static func update(_ state: Interval, _ size: Interval, _ own: Interval, _ field: FieldRounding, _ unit: RoundingUnit, _ width: Int) -> Interval {
    let error = own + field.errorOfCoefficient(size, own)
    return error * (1 + 4 * Interval(unit.unit)) + 8 * Interval(unit.unit) * (state + size + error) + unit.underflow(8, rows: width)
  }

  /// The state after the step; nil if a number on the way may overflow.
  func step(_ state: StateBound) -> StateBound? {
    let computed = state.computed
    let (change, local): (Interval, Interval)
    switch form {
    case .euler(let field):
      let (size, error, largest) = field.evaluate(computed)
      guard isSafe(largest), isSafe(computed + size + error) else { return nil }
      (change, local) = (field.evaluate(state.size).size, Self.update(computed, size, error, field, unit, width) + field.errorOfStart(computed))
    case .rungeKutta(let field, let a, let b):
      let (_, error, largest) = Self.stages(field, a, b, computed, unit, width)
      guard isSafe(largest) else { return nil }
      (change, local) = (Self.stages(field, a, b, state.size, unit, width).size, error)
    case .verlet: preconditionFailure("a partitioned state")
    }
    return StateBound(size: Interval.min(state.size + change, lipschitz * state.size + atZero), error: lipschitz * state.error + local)
  }

  private func isSafe(_ largest: Interval) -> Bool { largest.upper < unit.safe }

  /// The step of a partitioned state; nil if a number on the way may overflow.
  func step(_ y: StateBound, _ z: StateBound) -> (StateBound, StateBound)? {
    guard case .verlet(let positions, let momenta) = form else { preconditionFailure("a state of one part") }
    func moved(_ part: StateBound, by other: StateBound, _ field: FieldRounding) -> StateBound? {
      let (size, error, largest) = field.evaluate(other.computed)
      guard isSafe(largest) else { return nil }
      let local = Self.update(part.computed, size, error, field, unit, width) + field.errorOfStart(part.computed)
      return StateBound(size: part.size + field.evaluate(other.size).size, error: part.error + field.gain * other.error + local)
    }
    guard let next = moved(z, by: y, momenta), let last = moved(y, by: next, positions) else { return nil }
    return (last, next)
  }

  /// |Σ b_i h f(Y_i)|, the rounding error of the whole step from a computed state of at most R, and a bound of the largest number on the way.
  private static func stages(_ field: FieldRounding, _ a: [Double], _ b: [Double], _ state: Interval, _ unit: RoundingUnit, _ width: Int) -> (size: Interval, error: Interval, largest: Interval) {
    let n = b.count
    var largest = state
    var sizes: [Interval] = []
    var errors: [Interval] = []
    func sum(_ factors: (Int) -> Double, _ count: Int) -> (size: Interval, error: Interval) {
      var (size, error) = (Interval(0), Interval(0))
      for j in 0..<count where factors(j) != 0 {
        let factor = Interval(abs(factors(j)))
        size = size + factor * sizes[j]
        error = error + factor * errors[j] + field.errorOfCoefficient(sizes[j], errors[j])
      }
      // Each term of the sum rounds what has been added so far, its factor and its product.
      let rounds = 4 * Interval(Double(count + 1)) * Interval(unit.unit)
      return (size, error * (1 + rounds) + rounds * (state + size + error) + unit.underflow(8 * (count + 1), rows: width))
    }
    for i in 0..<n {
      let (size, error) = sum({ a[i * n + $0] }, i)
      // The slope is computed at a stage that is itself wrong by `error`.
      let (value, local, reached) = field.evaluate(state + size + error, isStored: true)
      largest = Interval.max(largest, Interval.max(reached, state + size + error))
      sizes.append(value)
      errors.append(field.gain * error + local)
    }
    let (size, error) = sum({ b[$0] }, n)
    // The last stage is added to the sum of the others.
    return (size, error + field.errorOfStart(state + size + error, factor: b[n - 1]), Interval.max(largest, state + size + error))
  }
}
