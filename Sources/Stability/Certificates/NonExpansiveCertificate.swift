import LinearAlgebra
import Networks
import Settings

/// |x₊ − y₊| ≤ |x − y| in ℓ₂ for all pairs of states, layer by layer: gradient flows by cocoercivity and circle contractivity (E2, Theory.md §6.4), row sums (E12, §6.13), damped rotations (E6, §6.3).
func proveNonExpansive(_ request: CertificateRequest) throws(Failure) -> Certificate {
  let (reading, ledger) = (try NetworkReading(request.plan, request.snapshot), NormLedger())
  var certificate = Certificate(
    "non_expansive", "no layer of any block increases the distance of two states in ℓ₂: |x₊ − y₊| <= |x − y| for all states x and y",
    Theorem("E2", "cocoercivity and circle contractivity: Dahlquist & Jeltsch 1979, Ruthotto & Haber 2018, Sherry et al.; E12: Araujo et al. 2023; E6"))
  var largest = Interval(1)
  var repair = StepRepair()
  var limits = WeightLimits()
  for index in reading.plan.blocks.indices {
    try reading.checkBlock(index)
    let scheme = try reading.scheme(ofBlock: index)
    for j in 0..<reading.plan.blocks[index].layers {
      if j % 64 == 0 { try Watch.check() }
      let layer = try reading.layer(j, ofBlock: index, scheme)
      if j == 0 { certificate.hypotheses.append(StepConditions.slopes(layer)) }
      let condition = try nonExpansiveCondition(layer, ledger)
      certificate.hypotheses.append(condition)
      largest = Interval.max(largest, Interval(condition.value))
      if !condition.holds {
        repair.note(try remedy(layer, condition, ledger))
        limits.add(try weightLimit(layer, condition, ledger))
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
    if let witness = try ExpansionWitness.find(reading, certificate.hypotheses) {
      (certificate.verdict, certificate.witness, certificate.reason) = (.refuted, witness.json, certificate.reason(witness.failed, "two states move apart"))
    }
  }
  return certificate
}

/// The hypothesis that makes one layer non-expansive.
private func nonExpansiveCondition(_ layer: LayerReading, _ ledger: NormLedger) throws(Failure) -> Hypothesis {
  switch layer.field {
  case .descent(let map):
    if let condition = StepConditions.descent(layer, try ledger.spectral(map.weights)) { return condition }
  case .rotateRelax(_, let map):
    if case .rotation = layer.scheme, let condition = StepConditions.descent(layer, try ledger.spectral(map.weights)) { return condition }
  case .rowSums:
    if let condition = StepConditions.rowSums(layer) { return condition }
  case .damped(let map, let gamma):
    if case .euler = layer.scheme { return StepConditions.damped(layer, try ledger.spectral(map.weights, .antisymmetric), gamma: gamma) }
  default: break
  }
  throw Failure(.incompatible, "blocks[\(layer.block)]: no theorem makes this field non-expansive with this integrator; gradient_flow, rotate_relax and antisymmetric_damped have one")
}

private func remedy(_ layer: LayerReading, _ failed: Hypothesis, _ ledger: NormLedger) throws(Failure) -> StepRepair.Remedy {
  guard case .damped(let map, let gamma) = layer.field else { return StepRepair.Remedy(failed, stepSize: layer.stepSize, power: 2) }
  let bound = try ledger.spectral(map.weights, .antisymmetric).bound
  return StepRepair.Remedy(dampedOf: map.activation.largestSlope * bound, gamma: gamma, stepSize: layer.stepSize)
}

/// The norm of a layer's operator for which its condition would hold.
private func weightLimit(_ layer: LayerReading, _ failed: Hypothesis, _ ledger: NormLedger) throws(Failure) -> WeightLimit? {
  switch layer.field {
  case .descent(let map), .rotateRelax(_, let map):
    return WeightLimit(map.weights, bound: try ledger.spectral(map.weights).bound, share: (failed.limit / failed.value).squareRoot())
  case .damped(let map, let gamma):
    let bound = try ledger.spectral(map.weights, .antisymmetric).bound
    let size = StepConditions.largestDampedSize(stepSize: layer.stepSize, gamma: gamma)
    return WeightLimit(map.weights, isAntisymmetric: true, bound: bound, share: size / (map.activation.largestSlope * bound))
  default: return nil
  }
}
