import Integrators
import LinearAlgebra
import Networks
import Settings

/// The trained numbers k of a block's layers; the first layer has none unless the block starts from two given states.
private func multistepCoefficients(_ reading: NetworkReading, _ index: Int) throws(Failure) -> [(layer: Int, numbers: Vector)] {
  let block = reading.plan.blocks[index]
  guard case .linearMultistep = try reading.scheme(ofBlock: index) else {
    throw Failure(.incompatible, "blocks[\(index)]: this statement is about integrator linear_multistep; the block has \(try reading.integratorName(ofBlock: index))")
  }
  guard let tensor = reading.plan.tensors.first(where: { $0.name == "blocks.\(index).k" }), let entries = tensor.shape.first else { return [] }
  let each = tensor.range.count / max(entries, 1)
  let first = block.layers - entries
  return (0..<entries).map { entry in
    (first + entry, reading.parameters[tensor.range.lowerBound + entry * each..<tensor.range.lowerBound + (entry + 1) * each])
  }
}

private func ends(_ numbers: Vector) -> (least: Double, largest: Double) {
  (0..<numbers.count).reduce((Double.infinity, -Double.infinity)) { (min($0.0, numbers.load($1)), max($0.1, numbers.load($1))) }
}

/// −1 < k ≤ 1: the roots 1 and −k of the recurrence lie in the unit disk, a root on the circle being simple (E5, Theory.md §6.7). For varying k with |k| ≤ κ < 1, |δu_N| ≤ |δu₀| + κ/(1 − κ)|δu₀ − δu₋₁|.
func proveZeroStability(_ request: CertificateRequest) throws(Failure) -> Certificate {
  let reading = try NetworkReading(request.plan, request.snapshot)
  var certificate = Certificate(
    "zero_stability", "for h → 0 the recurrence u₊ = (1 − k)u + k u₋ of each layer, repeated, is bounded (zero stability of linear multistep methods)",
    Theorem("E5", "Lu et al. 2018, §3; Hairer, Nørsett & Wanner 1993, §III.3"))
  var kappa = 0.0
  for index in reading.plan.blocks.indices {
    for (layer, numbers) in try multistepCoefficients(reading, index) {
      let (least, largest) = ends(numbers)
      if least <= -1 || largest > 1 {
        let below = reading.plan.precision == .float32 ? Double(Float(-1).nextUp) : (-1.0).nextUp
        certificate.numberLimits.append(NumberLimit(numbers, first: (numbers.base - reading.parameters.base) / reading.plan.precision.byteCount, least: below, largest: 1))
      }
      kappa = max(kappa, abs(least), abs(largest))
      certificate.hypotheses.append(Hypothesis("multistep_k", "k > −1", block: index, layer: layer, Interval(least), .greater, Interval(-1)))
      certificate.hypotheses.append(Hypothesis("multistep_k", "k <= 1", block: index, layer: layer, Interval(largest), .atMost, Interval(1)))
    }
  }
  certificate.results = [("largest_k", kappa)]
  if kappa < 1 { certificate.results.append(("amplification", (Interval(1) + Interval(kappa) / (1 - Interval(kappa))).upper)) }
  certificate.conclude()
  if let failed = certificate.hypotheses.first(where: { !$0.holds }), certificate.verdict != .proved {
    certificate.verdict = .refuted
    certificate.repair = [("text", .text("numbers k in (−1, 1] satisfy the hypotheses that fail; sode_network_repair gives the nearest ones"))]
    certificate.witness = .object([("block", .integer(Int64(failed.block ?? 0))), ("layer", .integer(Int64(failed.layer ?? 0))), ("k", .real(failed.value))])
  }
  return certificate
}

/// −2(1 − k) ≤ hλ ≤ 0 for the real eigenvalues λ of the frozen Jacobian (E5): fields gradient_flow and negative_definite.
func proveAbsoluteStability(_ request: CertificateRequest) throws(Failure) -> Certificate {
  let (reading, ledger) = (try NetworkReading(request.plan, request.snapshot), NormLedger())
  var certificate = Certificate(
    "absolute_stability", "with the weights, slopes and k of a layer held fixed, the recurrence u₊ = (1 − k)u + k u₋ + hf(u) is bounded at all eigenvalues of its Jacobian, which are real and not positive (absolute stability)",
    Theorem("E5", "Lu et al. 2018, §3; the real interval of absolute stability is [−2(1 − k), 0]"))
  var (repair, limits) = (StepRepair(), WeightLimits())
  func add(_ condition: Hypothesis, _ layer: LayerReading, _ map: AffineReading) throws(Failure) {
    certificate.hypotheses.append(condition)
    guard !condition.holds else { return }
    repair.note(StepRepair.Remedy(condition, stepSize: layer.stepSize, power: 2))
    limits.add(WeightLimit(map.weights, bound: try ledger.spectral(map.weights).bound, share: (condition.limit / condition.value).squareRoot()))
  }
  for index in reading.plan.blocks.indices {
    try reading.checkBlock(index)
    let scheme = try reading.scheme(ofBlock: index)
    let coefficients = try multistepCoefficients(reading, index)
    if coefficients.first?.layer != 0, case let first = try reading.layer(0, ofBlock: index, scheme) {
      // The first layer is a step of Euler.
      guard let map = realMap(first) else { throw unknownEigenvalues(index) }
      certificate.hypotheses.append(StepConditions.slopes(first))
      let size = StepConditions.descentSize(first, try ledger.spectral(map.weights))
      try add(Hypothesis("euler_step", "h L ‖K‖² <= 2", block: index, layer: 0, size, .atMost, Interval(2)), first, map)
    }
    for (j, numbers) in coefficients {
      try Watch.check()
      let layer = try reading.layer(j, ofBlock: index, scheme)
      guard let map = realMap(layer) else { throw unknownEigenvalues(index) }
      guard numbers.count == 1 else {
        throw Failure(.incompatible, "blocks[\(index)]: with one k for each channel (multistep_shape per_channel) k and the Jacobian do not commute, so that the interval of absolute stability says nothing")
      }
      let (least, largest) = ends(numbers)
      certificate.hypotheses.append(StepConditions.slopes(layer))
      certificate.hypotheses.append(Hypothesis("multistep_k", "k > −1", block: index, layer: j, Interval(least), .greater, Interval(-1)))
      if least <= -1 || largest >= 1 {
        var remedy = StepRepair.Remedy()
        remedy.otherwise = "the number k of layer \(j) of blocks[\(index)] is \(least), and only between −1 and 1 are there weights and steps that satisfy them"
        repair.note(remedy)
        limits.add(nil)
      }
      let size = StepConditions.descentSize(layer, try ledger.spectral(map.weights))
      try add(Hypothesis("multistep_step", "h L ‖K‖² <= 2(1 − k)", block: index, layer: j, size, .atMost, 2 * (1 - Interval(largest))), layer, map)
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

/// The operator of a field whose frozen Jacobian has real eigenvalues in [−L‖K‖², 0].
private func realMap(_ layer: LayerReading) -> AffineReading? {
  switch layer.field {
  case .descent(let map), .negativeDefinite(let map): map
  default: nil
  }
}

private func unknownEigenvalues(_ index: Int) -> Failure {
  Failure(.incompatible, "blocks[\(index)]: the frozen eigenvalues of this field are not known to be real; those of gradient_flow and negative_definite are")
}
