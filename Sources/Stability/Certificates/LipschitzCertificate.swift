import LinearAlgebra
import Networks
import Settings

/// ‖N(x) − N(y)‖ ≤ Λ‖x − y‖ for all inputs: the product of the stages' bounds (Theory.md §6.3).
func proveLipschitz(_ request: CertificateRequest, _ norm: DistanceNorm) throws(Failure) -> Certificate {
  let limit = try request.options.real("limit")
  let (reading, ledger) = (try NetworkReading(request.plan, request.snapshot), NormLedger())
  let bound = try NetworkBound(reading, norm, ledger)
  let symbol = norm == .euclidean ? "ℓ₂" : "ℓ∞"
  var certificate = Certificate(
    "lipschitz_\(norm.rawValue)", "distances of scores are at most \(bound.lipschitz) times distances of inputs, in \(symbol), for all inputs",
    Theorem("E6", "composition of Lipschitz bounds; Sherry et al. (non-expansive networks), Araujo et al. 2023"))
  certificate.stages = bound.stages
  certificate.norms = ledger.entries
  certificate.results = [("lipschitz", bound.lipschitz), ("features", bound.features)]
  if !bound.lipschitz.isFinite {
    certificate.reason = "the product of the stages' bounds is larger than any number of float64"
    return certificate
  }
  if limit > 0 { certificate.hypotheses = [Hypothesis("limit", "Λ <= limit", Interval(bound.lipschitz), .atMost, Interval(limit))] }
  certificate.conclude()
  if certificate.verdict != .proved {
    certificate.repair = [("weight_factor", .real(limit / bound.lipschitz)), ("text", .text("multiplying the readout's weights by weight_factor lowers Λ to the limit"))]
    if norm == .euclidean, let witness = try LipschitzWitness.find(request, reading, bound, ledger, limit: limit) {
      (certificate.verdict, certificate.witness) = (.refuted, witness)
      certificate.reason = "two inputs show a larger ratio"
    }
  }
  return certificate
}
