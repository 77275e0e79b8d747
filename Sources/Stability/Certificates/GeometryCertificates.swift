import LinearAlgebra
import Networks
import Settings
import VectorFields

/// det ∂(y₊, z₊)/∂(y, z) = 1 for each layer: Verlet's two updates are shears (E10, Theory.md §6.10). So ‖∂Y_N/∂Y_0‖ ≥ 1 for whole states: they cannot all shrink. The statement bounds nothing from above.
func proveVolume(_ request: CertificateRequest) throws(Failure) -> Certificate {
  let reading = try NetworkReading(request.plan, request.snapshot)
  var certificate = Certificate(
    "volume", "the map of whole states (y, z) of every layer has determinant 1, for any weights: volumes are kept; no bound of growth follows",
    Theorem("E10", "Haber & Ruthotto 2017, §4.3; Hairer, Lubich & Wanner 2006, §VI.3"))
  for index in reading.plan.blocks.indices {
    guard case .verlet = try reading.scheme(ofBlock: index), reading.plan.blocks[index].plainField.isPartitioned else {
      throw Failure(.incompatible, "blocks[\(index)]: volumes are known to be kept by partitioned fields with integrator verlet; the block has \(try reading.integratorName(ofBlock: index))")
    }
    certificate.hypotheses.append(Hypothesis("shears", "each update adds a function of the other part of the state", block: index, Interval(1), .atMost, Interval(1)))
  }
  certificate.conclude()
  return certificate
}

/// E(y) = 1ᵀΦ(Wy + b), Φ' = σ, of field antisymmetric with constant weights, W = ½(K − Kᵀ − γI): the flow keeps it for γ = 0 and does not increase it for γ > 0, and Euler's step does not increase it for h ≤ 2g/(L(g² + ‖S‖²)) (E11, Theory.md §6.11).
///
/// Ė = σᵀWσ = −g|σ|². Along Euler's step E(y₊) ≤ E(y) + hσᵀWσ + ½Lh²|Wσ|² = E − h(g − ½hL(g² + s²))|σ|² at most, because |Wσ|² ≤ (g² + ‖S‖²)|σ|².
func proveEnergy(_ request: CertificateRequest) throws(Failure) -> Certificate {
  let (reading, ledger) = (try NetworkReading(request.plan, request.snapshot), NormLedger())
  var certificate = Certificate(
    "energy", "with the layer's weights held constant, the energy E(y) = 1ᵀΦ(Wy + b), Φ' = σ, does not increase in a step; it is an energy of one layer's weights and bounds no distance of two states",
    Theorem("E11", "Ė = σᵀWσ; descent lemma"))
  var (repair, limits) = (StepRepair(), WeightLimits())
  for index in reading.plan.blocks.indices {
    try reading.checkBlock(index)
    let scheme = try reading.scheme(ofBlock: index)
    for j in 0..<reading.plan.blocks[index].layers {
      if j % 64 == 0 { try Watch.check() }
      let layer = try reading.layer(j, ofBlock: index, scheme)
      guard case .antisymmetric(let map, let gamma) = layer.field, case .euler = layer.scheme else {
        throw Failure(.incompatible, "blocks[\(index)]: this energy is known of field antisymmetric with integrator euler")
      }
      if j == 0 { certificate.hypotheses.append(StepConditions.slopes(layer)) }
      let norm = try ledger.spectral(map.weights, .antisymmetric)
      let g = 0.5 * Interval(gamma)
      let value = Interval(layer.stepSize) * Interval(map.activation.largestSlope) * (g * g + .upTo(norm.bound) * .upTo(norm.bound))
      let step = Hypothesis("rotation_step", "h L (g² + ‖S‖²) <= 2g, g = γ/2", block: index, layer: j, value, .atMost, 2 * g)
      certificate.hypotheses.append(step)
      if !step.holds {
        let slope = map.activation.largestSlope
        repair.note(StepRepair.Remedy(rotationOf: norm.bound, slope: slope, gamma: gamma, stepSize: layer.stepSize))
        limits.add(WeightLimit(map.weights, rotating: gamma, slope: slope, stepSize: layer.stepSize, bound: norm.bound))
      }
    }
  }
  certificate.norms = ledger.entries
  certificate.conclude()
  if certificate.verdict != .proved, certificate.slopesHold {
    certificate.weightLimits = limits.all
    certificate.repair = repair.members(canRepair: limits.all != nil)
  }
  return certificate
}

/// Ḣ = ∇Hᵀ(J − R)∇H = −|B∇H|² ≤ 0 of field port_hamiltonian with constant weights, J antisymmetric and R = BᵀB by construction (E13). With ε > 0 and monotone σ, H is convex and at least ½ε|y|² less a constant, so that the flow stays bounded. Steps of an explicit method may raise H.
func provePortHamiltonian(_ request: CertificateRequest) throws(Failure) -> Certificate {
  let plan = request.plan
  var certificate = Certificate(
    "port_hamiltonian", "with a layer's weights held constant, the energy H(y) does not increase along the exact flow of the differential equation; of the discrete steps, and of layers with other weights, nothing is claimed",
    Theorem("E13", "van der Schaft & Jeltsema 2014; Cheng, Wang & Manchester 2024"))
  for index in plan.blocks.indices {
    let options = plan.specification.blocks[index]
    guard plan.blocks[index].plainField is PortHamiltonianField else {
      throw Failure(.incompatible, "blocks[\(index)]: this statement is about field port_hamiltonian; the block has \(try options.text("field"))")
    }
    let block = plan.blocks[index]
    guard block.integrator.fieldCount == 1, !FrozenJacobian.isAcceleration(block), block.integrator.parameters(block.plainField).isEmpty else {
      throw Failure(.incompatible, "blocks[\(index)]: integrator \(try options.text("integrator")) solves another equation than ẏ = f(y): this statement is about integrators of that one alone")
    }
    let activation = try activations(try options.text("activation"))
    certificate.hypotheses.append(Hypothesis("slopes", "the slopes of the activation are not negative", block: index, Interval(activation.leastSlope), .atLeast, Interval(0)))
    certificate.hypotheses.append(Hypothesis("epsilon", "ε > 0", block: index, Interval(try options.real("epsilon")), .greater, Interval(0)))
  }
  certificate.conclude()
  return certificate
}
