import LinearAlgebra
import Networks
import Settings

/// What is known of a ball of inputs before the network: |c⊙(x − s)| at its center, c and s being the normalization, with asinh of the squashed numbers, and its radius in the caller's units.
package struct InputBall {
  package let center: Interval
  /// |c⊙(x − s)| without asinh.
  package let plain: Interval
  package let radius: Interval
  /// Whether the network's precision holds the caller's numbers exactly.
  package let isExact: Bool
  /// |x|₂ of the center in the caller's units, plus the largest |s|: with the radius, a bound of every difference that the normalization forms.
  package let reach: Interval

  /// - Parameters:
  ///   - plain: nil without squashed inputs.
  ///   - reach: nil without a normalization.
  package init(center: Interval, plain: Interval? = nil, radius: Interval, isExact: Bool, reach: Interval? = nil) {
    (self.center, self.plain, self.radius, self.isExact, self.reach) = (center, plain ?? center, radius, isExact, reach ?? center)
  }
}

/// A bound of the rounding errors of the scores, for every input of a ball: the network as the library computes it, in its precision, against the network in real arithmetic.
///
/// All stages are bounded in ℓ₂. Nothing overflows where every bound stays below a quarter of the largest number. Derivation: certificate_format.md, "Rounding errors"; the theorem of the certificate is in certificates.md (E9).
package final class RoundingPass {
  private enum Stage {
    case normalization(Entering)
    /// The first product, of inputs that are scaled, with the norm of W·diag(c).
    case scaled(ProductRounding, ActivationRounding, whole: Interval, Entering)
    case affine(ProductRounding, ActivationRounding)
    case activation(ActivationRounding)
    case selection
    /// √windows of means, and the number of pixels of a window.
    case average(gain: Interval, gamma: Interval, rows: Int)
    case copies(Interval)
    case layers([StepRounding], isWhole: Bool)
  }

  /// How inputs are normalized: |c⊙s|, the largest |c|, and how many inputs there are and how many of them are squashed.
  private struct Entering {
    let shift: Interval
    let largest: Interval
    let rows: Int
    let squashed: Int
  }

  package let unit: RoundingUnit
  private let stages: [Stage]
  /// What the stages are called: "the opening", "blocks[0]".
  private let names: [String]
  private let inputs: Int
  private let readout: Readout?

  /// The rows of the readout.
  private struct Readout {
    let gamma: Interval
    let norms: [Interval]
    let biases: [Interval]
    let underflow: Interval
  }

  /// - Throws: `.incompatible` with the reason where no bound is known.
  package init(_ reading: NetworkReading, _ bound: NetworkBound, _ ledger: NormLedger) throws(Failure) {
    let plan = reading.plan
    unit = RoundingUnit(plan.precision)
    inputs = plan.inputs
    var (stages, names, readout): ([Stage], [String], Readout?) = ([], [], nil)
    let shifted: Interval = try reading.normalization.map { (normalization) throws(Failure) in try Self.shifted(normalization) } ?? Interval(0)
    let entering = Entering(
      shift: shifted, largest: Interval(reading.normalization.map { largestMagnitude($0.scale) } ?? 1), rows: plan.inputs, squashed: reading.normalization?.squashed.count ?? 0)
    for (stage, stageBound) in zip(reading.stages, bound.stages) {
      try Watch.check()
      if stage.kind != "readout" { names.append(stage.name) }
      switch stage.form {
      case .affine(let map, _) where stage.kind == "readout":
        readout = try Self.readout(map, unit)
      case .normalization: stages.append(.normalization(entering))
      case .affine(let map, let isScaled):
        let product = try FieldRounding.product(map.weights, map.bias, ledger, unit)
        let activation = ActivationRounding(map.activation, rows: product.outputs, unit)
        if isScaled, let scale = reading.normalization?.scale {
          stages.append(.scaled(product, activation, whole: .upTo(try ledger.spectral(map.weights, .scaled, scale: scale).bound), entering))
        } else {
          stages.append(.affine(product, activation))
        }
      case .activation(let activation): stages.append(.activation(ActivationRounding(activation, rows: stage.outputs, unit)))
      case .targets: throw Failure(.incompatible, "no bound of rounding errors is known of scores in the units of scaled targets")
      case .selection, .identity: stages.append(.selection)
      case .average(let pixels):
        guard let gamma = unit.gamma(pixels + 8) else { throw Failure(.incompatible, "means of \(pixels) pixels are too long for the bounds of rounding errors") }
        stages.append(.average(gain: .upTo(stageBound.lipschitz), gamma: gamma, rows: stage.outputs))
      case .copies: stages.append(.copies(.upTo(stageBound.lipschitz)))
      case .block(let index):
        let scheme = try reading.scheme(ofBlock: index)
        var layers: [StepRounding] = []
        for (j, layerBound) in stageBound.layers.enumerated() {
          layers.append(try StepRounding(try reading.layer(j, ofBlock: index, scheme), lipschitz: layerBound.lipschitz, ledger, unit))
        }
        stages.append(.layers(layers, isWhole: plan.blocks[index].width == plan.blocks[index].field.stateWidth))
      }
    }
    (self.stages, self.names, self.readout) = (stages, names, readout)
  }

  /// An upper bound of |c⊙s|.
  private static func shifted(_ normalization: Normalization) throws(Failure) -> Interval {
    let n = normalization.shift.count
    let buffer = try Buffer(count: n, precision: .float64)
    let product = Matrix(buffer.base, rows: 1, columns: n, precision: .float64)
    scaleColumns(of: Matrix(normalization.shift.base, rows: 1, columns: n, precision: .float64), by: normalization.scale, into: product)
    let norm = euclideanNormBound(buffer.vector(count: n, precision: .float64))
    return withExtendedLifetime(buffer) { .upTo(norm) * (1 + Interval(0x1p-50)) + Interval(Double(n)) * Interval(0x1p-1073) }
  }

  private static func readout(_ map: AffineReading, _ unit: RoundingUnit) throws(Failure) -> Readout {
    guard let matrix = map.weights.matrix, let gamma = unit.productGamma(matrix.columns) else { throw Failure(.incompatible, "the readout's sums are too long for the bounds of rounding errors") }
    let biases = (0..<matrix.rows).map { i in Interval(map.bias.map { abs($0.number(i)) } ?? 0) }
    return Readout(
      gamma: gamma, norms: rowNormBounds(matrix).map { .upTo($0) }, biases: biases, underflow: Interval(Double(4 * (matrix.columns + 2))) * Interval(unit.smallest))
  }

  /// The state before the readout on a ball; nil if something may overflow there.
  /// - Throws: the reason why the work must end.
  package func features(_ ball: InputBall) throws(Failure) -> StateBound? {
    if case .state(let state) = try follow(ball) { state } else { nil }
  }

  /// Where numbers may overflow on a ball: "the opening", "blocks[0], layer 3"; nil if nowhere before the readout.
  /// - Throws: the reason why the work must end.
  package func overflow(_ ball: InputBall) throws(Failure) -> String? {
    if case .overflow(let place) = try follow(ball) { place } else { nil }
  }

  private enum Outcome {
    case state(StateBound)
    case overflow(String)
  }

  private func follow(_ ball: InputBall) throws(Failure) -> Outcome {
    // Inputs, or their differences from the shift, that the precision does not hold are refused.
    guard isSafe(ball.reach + ball.radius) else { return .overflow("the inputs") }
    let u = Interval(unit.unit)
    var state = StateBound(size: ball.center + ball.radius, error: Interval(0))
    if !ball.isExact { state.error = u * state.size + unit.underflow(1, rows: inputs) }
    for (stage, name) in zip(stages, names) {
      switch stage {
      case .normalization(let entering):
        state.size = ball.center + entering.largest * ball.radius
        guard let wrong = entered(ball, entering, size: state.size) else { return .overflow("the normalization") }
        state.error = wrong.error
      case .scaled(let product, let activation, let whole, let entering):
        guard let wrong = entered(ball, entering, size: ball.center) else { return .overflow("the normalization") }
        let sum = product.norm * ball.center + whole * ball.radius + product.bias
        let before = product.norm * wrong.error + wrong.units * Interval(Double(min(entering.rows, product.outputs))).squareRoot() * whole * ball.radius
        // Partial sums have some of the columns of W and of W·diag(c).
        let rounding = product.errorOfStart(sum + before) + unit.underflow(2 * (entering.rows + 2), rows: product.outputs)
        state = StateBound(size: activation.size(sum), error: activation.error(sum, before + rounding))
        guard isSafe(sum + before + rounding) else { return .overflow(name) }
      case .affine(let product, let activation):
        let (sum, wrong) = (product.size(state.size), product.norm * state.error + product.error(state.computed))
        // Partial sums of convolutions may be larger than what they sum to.
        guard isSafe(sum + wrong), isSafe(product.largest(state.computed)) else { return .overflow(name) }
        state = StateBound(size: activation.size(sum), error: activation.error(sum, wrong))
      case .activation(let activation): state = StateBound(size: activation.size(state.size), error: activation.error(state.size, state.error))
      case .selection: break
      case .average(let gain, let gamma, let rows):
        // A window's sum before it is divided: gain is 1/√pixels.
        guard isSafe(state.computed / Interval(gain.upper) * (1 + gamma)) else { return .overflow(name) }
        state = StateBound(size: gain * state.size, error: gain * state.error + gamma * state.computed + unit.underflow(4, rows: rows))
      case .copies(let gain): state = StateBound(size: gain * state.size, error: gain * state.error)
      case .layers(let layers, let isWhole):
        var reached = 0
        guard let next = try propagated(state, layers, isWhole: isWhole, &reached) else { return .overflow("\(name), layer \(reached)") }
        state = next
      }
      guard isSafe(state.computed) else { return .overflow(name) }
    }
    return .state(state)
  }

  /// The error of normalized inputs of at most `size`, and the units by which it grows with changes of the inputs; nil if numbers may overflow.
  ///
  /// (x − s)c rounds s, c, difference, product and result: 8u(|z| + |cs|) for each number z. Of this asinh leaves 16u(1 + |cs|) at most, because its slope falls like 1/|z|, and is itself wrong by at most 4 units in the last place
  /// (certificate_format.md, "Rounding errors").
  private func entered(_ ball: InputBall, _ entering: Entering, size: Interval) -> (error: Interval, units: Interval)? {
    let u = Interval(unit.unit)
    // The network refuses inputs whose normalized numbers overflow, even where a weight of 0 follows.
    let normalized = ball.plain + entering.largest * ball.radius
    guard isSafe(normalized + 8 * u * (normalized + entering.shift)) else { return nil }
    let times = entering.squashed > 0 ? 4 : 1
    let units = Interval(Double(8 * times)) * u
    return (units * (size + entering.shift + Interval(Double(entering.squashed)).squareRoot()) + unit.underflow(4 * times, rows: entering.rows), units)
  }

  private func isSafe(_ size: Interval) -> Bool { size.upper < unit.safe }

  /// - Parameter reached: the layers that were passed.
  private func propagated(_ first: StateBound, _ layers: [StepRounding], isWhole: Bool, _ reached: inout Int) throws(Failure) -> StateBound? {
    var work = WatchedWork()
    guard layers.first?.isPartitioned == true else {
      var state = first
      for layer in layers {
        try work.spend(256)
        guard let next = layer.step(state), isSafe(next.computed) else { return nil }
        state = next
        reached += 1
      }
      return state
    }
    // Momenta begin at zero, or as a part of the state.
    var (y, z) = (first, isWhole ? first : StateBound(size: Interval(0), error: Interval(0)))
    for layer in layers {
      try work.spend(256)
      guard let next = layer.step(y, z), isSafe(next.0.computed + next.1.computed) else { return nil }
      (y, z) = next
      reached += 1
    }
    guard isWhole else { return y }
    func both(_ a: Interval, _ b: Interval) -> Interval { (a * a + b * b).squareRoot() }
    return StateBound(size: both(y.size, z.size), error: both(y.error, z.error))
  }

  /// The norm of a row of the readout; 1 without one.
  package func rowNorm(_ score: Int) -> Interval { readout.map { Interval(0, $0.norms[score].upper) } ?? Interval(1) }

  /// A bound of the error of the computed difference of two scores, or with `other` nil of one score; nil if something may overflow.
  package func error(_ features: StateBound, _ score: Int, _ other: Int?, distance: Interval) -> Interval? {
    guard let readout else { return distance * features.error }
    // A network of one output has one row, whichever of its two classes is predicted.
    let rows = readout.norms.count == 1 ? [0] : [score] + (other.map { [$0] } ?? [])
    var local = Interval(0)
    for row in rows {
      let sum = readout.norms[row] * features.computed + readout.biases[row]
      let wrong = readout.gamma * sum + readout.underflow
      guard isSafe(sum + wrong) else { return nil }
      local = local + wrong
    }
    return distance * features.error + local
  }
}
