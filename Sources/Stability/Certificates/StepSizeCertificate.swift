import Integrators
import LinearAlgebra
import Networks
import Settings
import VectorFields

/// With the weights and the slopes of a layer held fixed, no eigenvalue of its step lies outside the unit circle: E1 (Theory.md §6.2), E2 (§6.4), E3 (§6.5), E4 (§6.6), explicit Runge–Kutta methods on the imaginary axis (§6.8).
///
/// Slopes may have any values in [0, L]. The certificate says nothing of products of different layers: with slopes that change, states can grow all the same (Theory.md §6.12).
func proveStepSize(_ request: CertificateRequest) throws(Failure) -> Certificate {
  let (reading, ledger) = (try NetworkReading(request.plan, request.snapshot), NormLedger())
  var certificate = Certificate(
    "step_size",
    "with the weights and slopes of a layer held fixed, whatever slopes in [0, L], no eigenvalue of its linearized step lies outside the unit circle (spectral radius at most 1; where slopes are 0 or matrices singular, powers may grow linearly); products of different layers, or of one layer with changing slopes, may grow all the same",
    Theorem("E1–E4", "Haber & Ruthotto 2017; Chang et al. 2017, 2018; Dahlquist & Jeltsch 1979"))
  var repair = StepRepair()
  var norms: [FrozenCondition] = []
  var limits = WeightLimits()
  for index in reading.plan.blocks.indices {
    try reading.checkBlock(index)
    if try addRowSums(reading, index, &certificate) { continue }
    for j in 0..<reading.plan.blocks[index].layers {
      if j % 64 == 0 { try Watch.check() }
      let frozen = try FrozenCondition(reading, block: index, layer: j, ledger)
      if j == 0 { certificate.hypotheses.append(frozen.slopes) }
      certificate.hypotheses.append(frozen.hypothesis)
      if !frozen.hypothesis.holds {
        repair.note(frozen.remedy)
        norms.append(frozen)
        for limit in frozen.weightLimits { limits.add(limit) }
      }
    }
  }
  certificate.norms = ledger.entries
  certificate.conclude()
  if certificate.verdict != .proved {
    // No step and no weights help where slopes are negative.
    if certificate.slopesHold {
      certificate.weightLimits = limits.all
      certificate.repair = repair.members(canRepair: limits.all != nil)
    }
    for frozen in norms {
      guard let witness = try FrozenWitness.find(frozen) else { continue }
      (certificate.verdict, certificate.witness, certificate.reason) = (.refuted, witness, certificate.reason(frozen.hypothesis, "with fixed slopes a vector grows"))
      break
    }
  }
  return certificate
}

/// Steps row_sums are within their limit for all weights: I − KᵀTDK is symmetric, and |T^{½}D^{½}K|² <= 2 for all slopes in [0, L] (Theory.md §6.13). Methods whose circle of contractivity has a radius of at least 1 keep that.
/// - Returns: whether the block has such steps.
private func addRowSums(_ reading: NetworkReading, _ index: Int, _ certificate: inout Certificate) throws(Failure) -> Bool {
  let block = reading.plan.blocks[index]
  guard block.plainField is RowSumGradientFlowField else { return false }
  let scheme = try reading.scheme(ofBlock: index)
  for j in 0..<block.layers {
    if j % 64 == 0 { try Watch.check() }
    let layer = try reading.layer(j, ofBlock: index, scheme)
    guard let condition = StepConditions.rowSums(layer) else {
      throw Failure(.incompatible, "blocks[\(index)]: of integrator \(try reading.integratorName(ofBlock: index)) with steps row_sums no limit of the step is known; of euler, heun, ssprk3 and rk4 one is")
    }
    if j == 0 { certificate.hypotheses.append(StepConditions.slopes(layer)) }
    certificate.hypotheses.append(condition)
  }
  return true
}

/// The condition of one layer's frozen step.
struct FrozenCondition {
  let slopes: Hypothesis
  let hypothesis: Hypothesis
  /// The operator that the condition depends on, if it is one, and whether its antisymmetric part is meant.
  let weights: OperatorReading
  let isAntisymmetric: Bool
  /// How often the operator's norm enters.
  let power: Double
  let dynamics: FrozenDynamics
  let scheme: SchemeReading
  let stepSize: Double
  private let size: Interval
  /// All operators of the condition, with their claimed bounds.
  private let operators: [(weights: OperatorReading, isAntisymmetric: Bool, bound: Double)]

  init(_ reading: NetworkReading, block index: Int, layer: Int, _ ledger: NormLedger) throws(Failure) {
    let block = reading.plan.blocks[index]
    guard let dynamics = block.plainField.frozenDynamics, let first = dynamics.norms.first else {
      let options = reading.plan.specification.blocks[index]
      throw Failure(.incompatible, "blocks[\(index)]: \(FrozenDynamics.obstacle(block.plainField, name: try options.text("field"), try activations(try options.text("activation"))))")
    }
    guard block.grid.isUniform || !(block.integrator is any TwoStepIntegrator) else {
      throw Failure(.incompatible, "blocks[\(index)]: of two-step methods with unequal steps no condition is known")
    }
    let entry = block.layout.entry(of: layer)
    func operatorReading(_ norm: FrozenDynamics.Norm) -> OperatorReading {
      OperatorReading(
        tensor: "blocks.\(index).\(block.plainField.parameters[norm.place.tensor].name)", entry: entry, linearOperator: norm.place.linearOperator,
        weights: reading.parameters[block.layout.range(ofTensor: norm.place.tensor, entry: entry)], isTransposed: norm.place.isTransposed)
    }
    (self.dynamics, weights, isAntisymmetric) = (dynamics, operatorReading(first), first.isAntisymmetric)
    scheme = try reading.scheme(ofBlock: index)
    let h = block.stepSize(layer)
    stepSize = h
    let slope = Interval(dynamics.slope)
    var size = slope
    var lone = Interval(0)
    var operators: [(weights: OperatorReading, isAntisymmetric: Bool, bound: Double)] = []
    for norm in dynamics.norms {
      let bound = try ledger.spectral(operatorReading(norm), norm.isAntisymmetric ? .antisymmetric : .whole).bound
      operators.append((operatorReading(norm), norm.isAntisymmetric, bound))
      lone = .upTo(bound)
      for _ in 0..<dynamics.degree { size = size * lone }
    }
    (self.size, self.operators) = (size, operators)
    power = Double(dynamics.degree * dynamics.norms.count)
    let activation = try activations(try reading.plan.specification.blocks[index].text("activation"))
    slopes = Hypothesis("slopes", "the slopes of the activation are not negative", block: index, Interval(activation.leastSlope), .atLeast, Interval(0))
    func made(_ name: String, _ text: String, _ value: Interval, _ relation: Hypothesis.Relation, _ limit: Interval) -> Hypothesis {
      Hypothesis(name, text, block: index, layer: layer, value, relation, limit)
    }
    switch (dynamics.kind, scheme) {
    case (.rotation(let g), .euler): hypothesis = made("rotation_step", "h L (g² + ‖S‖²) <= 2g, g = γ/2", Interval(h) * slope * (Interval(g) * Interval(g) + lone * lone), .atMost, 2 * Interval(g))
    case (.rotation(damping: 0), .midpoint), (.dampedRotation(0), .midpoint): hypothesis = made("midpoint_step", "h L ‖S‖ < 1, γ = 0", Interval(h) * size, .less, Interval(1))
    case (.rotation(damping: 0), .rungeKutta), (.dampedRotation(0), .rungeKutta):
      guard let limit = ImaginaryLimit.lowerBound(name: try reading.integratorName(ofBlock: index)) else {
        throw Failure(.incompatible, "blocks[\(index)]: the limit on the imaginary axis is known of the integrators heun, ssprk3, rk3 and rk4, not of a tableau of your own")
      }
      hypothesis = made("imaginary_step", "h L ‖S‖ <= the method's limit on the imaginary axis", Interval(h) * size, .atMost, Interval(limit))
    case (.dampedRotation(let gamma), .euler):
      let sum = Interval(gamma) + size
      hypothesis = made("damped_step", "1 − 2h(γ − ½L‖S‖) + h²(γ + L‖S‖)² <= 1", 1 - 2 * Interval(h) * (gamma - 0.5 * size) + Interval(h) * Interval(h) * sum * sum, .atMost, Interval(1))
    case (.descent, .euler), (.decay, .euler), (.rotationAndDescent, .rotation): hypothesis = made("euler_step", "h L ‖K‖² <= 2", Interval(h) * size, .atMost, Interval(2))
    case (.descent, .rungeKutta(_, let radius)) where radius > 0, (.decay, .rungeKutta(_, let radius)) where radius > 0:
      hypothesis = made("circle_step", "h L ‖K‖² <= 2 r, r = \(radius)", Interval(h) * size, .atMost, 2 * Interval(radius))
    case (.descent, .leapfrog), (.decay, .leapfrog), (.potential, .leapfrog): hypothesis = made("leapfrog_step", "h² L ‖K‖² < 4", Interval(h) * Interval(h) * size, .less, Interval(4))
    case (.oscillation, .verlet):
      hypothesis = made("verlet_step", dynamics.norms.count == 1 ? "h L ‖K‖ < 2" : "h L ‖K₁‖‖K₂‖ < 2", Interval(h) * size, .less, Interval(2))
    case (.potential, .verlet): hypothesis = made("leapfrog_step", "h² L ‖K‖² < 4", Interval(h) * Interval(h) * size, .less, Interval(4))
    case (.rotation, .midpoint), (.rotation, .rungeKutta), (.dampedRotation, .midpoint), (.dampedRotation, .rungeKutta):
      throw Failure(.incompatible, "blocks[\(index)]: of integrator \(try reading.integratorName(ofBlock: index)) with a gamma above 0 no largest step is known; with gamma 0 one is, and with integrator euler")
    default: throw Failure(.incompatible, "blocks[\(index)]: of integrator \(try reading.integratorName(ofBlock: index)) with this field no largest step is known")
    }
  }

  /// The norms of the operators for which the condition would hold; nil for one that has none above 0. Of a product of two norms both get smaller in the same ratio.
  var weightLimits: [WeightLimit?] {
    let (h, slope) = (stepSize, dynamics.slope)
    return operators.map { each in
      let share: Double
      switch dynamics.kind {
      case .rotation(let g) where hypothesis.name == "rotation_step": return WeightLimit(each.weights, rotating: 2 * g, slope: slope, stepSize: h, bound: each.bound)
      case .dampedRotation(let gamma) where hypothesis.name == "damped_step": share = StepConditions.largestDampedSize(stepSize: h, gamma: gamma) / (slope * each.bound)
      default: share = root(hypothesis.limit / hypothesis.value)
      }
      return WeightLimit(each.weights, isAntisymmetric: each.isAntisymmetric, bound: each.bound, share: share)
    }
  }

  /// The norms enter the condition with the power 1, 2 or 4.
  private func root(_ share: Double) -> Double {
    switch power {
    case 1: share
    case 2: share.squareRoot()
    default: share.squareRoot().squareRoot()
    }
  }

  /// What would make the condition hold.
  var remedy: StepRepair.Remedy {
    switch dynamics.kind {
    case .rotation(let g) where hypothesis.name == "rotation_step": return StepRepair.Remedy(rotationOf: size.upper / dynamics.slope, slope: dynamics.slope, gamma: 2 * g, stepSize: stepSize)
    case .dampedRotation(let gamma) where hypothesis.name == "damped_step": return StepRepair.Remedy(dampedOf: size.upper, gamma: gamma, stepSize: stepSize)
    default:
      var found = StepRepair.Remedy(hypothesis, stepSize: stepSize, power: power, stepPower: hypothesis.name == "leapfrog_step" ? 2 : 1)
      if hypothesis.name == "imaginary_step", hypothesis.limit <= 0 { found.otherwise = "heun has no limit on the imaginary axis; ssprk3, rk3 and rk4 have one" }
      return found
    }
  }
}
