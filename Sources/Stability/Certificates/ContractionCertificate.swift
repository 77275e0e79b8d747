import LinearAlgebra
import Networks
import Settings

/// Every layer brings any two states closer: γ > ½L‖S‖ and a step that is small enough (E6, Theory.md §6.3). The factor bounds |x_N − y_N|/|x_0 − y_0| of all blocks.
func proveContraction(_ request: CertificateRequest) throws(Failure) -> Certificate {
  let (reading, ledger) = (try NetworkReading(request.plan, request.snapshot), NormLedger())
  var certificate = Certificate(
    "contraction", "every layer of every block brings any two states closer in ℓ₂; the factor bounds the product of all layers' Lipschitz constants",
    Theorem("E6", "the symmetric part of DS − γI is at most ½L‖S‖ − γ; Söderlind 2006 (logarithmic norms)"))
  var factor = Interval(1)
  var rate = Double.infinity
  var (repair, limits) = (StepRepair(), WeightLimits())
  for index in reading.plan.blocks.indices {
    try reading.checkBlock(index)
    let scheme = try reading.scheme(ofBlock: index)
    for j in 0..<reading.plan.blocks[index].layers {
      if j % 64 == 0 { try Watch.check() }
      let layer = try reading.layer(j, ofBlock: index, scheme)
      guard case .damped(let map, let gamma) = layer.field, case .euler = layer.scheme else {
        throw Failure(.incompatible, "blocks[\(index)]: contraction is known of field antisymmetric_damped with integrator euler")
      }
      if j == 0 { certificate.hypotheses.append(StepConditions.slopes(layer)) }
      let norm = try ledger.spectral(map.weights, .antisymmetric)
      let half = 0.5 * Interval(map.activation.largestSlope) * .upTo(norm.bound)
      let damping = Hypothesis("damping", "γ > ½L‖S‖", block: index, layer: j, Interval(gamma) - Interval(half.upper), .greater, Interval(0))
      certificate.hypotheses.append(damping)
      let square = StepConditions.dampedSquare(layer, norm, gamma: gamma)
      let step = Hypothesis("damped_step", "1 − 2h(γ − ½L‖S‖) + h²(γ + L‖S‖)² < 1", block: index, layer: j, square, .less, Interval(1))
      certificate.hypotheses.append(step)
      if !damping.holds || !step.holds {
        let slope = map.activation.largestSlope
        repair.note(StepRepair.Remedy(dampedOf: slope * norm.bound, gamma: gamma, stepSize: layer.stepSize))
        let size = StepConditions.largestDampedSize(stepSize: layer.stepSize, gamma: gamma)
        limits.add(WeightLimit(map.weights, isAntisymmetric: true, bound: norm.bound, share: size / (slope * norm.bound)))
      }
      factor = factor * Interval(0, square.squareRoot().upper)
      // Its lower end: the rate must not be rounded up.
      rate = min(rate, damping.value)
    }
  }
  certificate.norms = ledger.entries
  certificate.results = [("factor", factor.upper), ("rate_of_the_flow", rate)]
  certificate.conclude()
  if certificate.verdict != .proved, certificate.slopesHold {
    certificate.weightLimits = limits.all
    certificate.repair = repair.members(canRepair: limits.all != nil)
  }
  return certificate
}
