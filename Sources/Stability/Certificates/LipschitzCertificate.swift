import LinearAlgebra
import Networks
import Settings

/// ‖N(x) − N(y)‖ ≤ Λ‖x − y‖ for all inputs: the product of the stages' bounds (Theory.md §6.3).
func proveLipschitz(_ request: CertificateRequest, _ norm: DistanceNorm) throws(Failure) -> Certificate {
  let limit = try request.options.real("limit")
  let (reading, ledger) = (try NetworkReading(request.plan, request.snapshot), NormLedger())
  let bound = try NetworkBound(reading, norm, ledger)
  let symbol = norm == .euclidean ? "ℓ₂" : "ℓ∞"
  if norm == .euclidean, let box = try inputBox(request) { return try proveOnBox(request, reading, bound, box, ledger, limit: limit) }
  var certificate = Certificate(
    "lipschitz_\(norm.rawValue)", "distances of scores are at most \(bound.lipschitz) times distances of inputs, in \(symbol), for all inputs",
    Theorem("E6", "composition of Lipschitz bounds; Sherry et al. (non-expansive networks), Araujo et al. 2023"))
  try conclude(&certificate, request, reading, bound, ledger, norm, limit: limit)
  if certificate.verdict != .proved, limit > 0, norm == .euclidean, bound.lipschitz.isFinite, let witness = try LipschitzWitness.find(request, reading, bound, ledger, limit: limit) {
    (certificate.verdict, certificate.witness) = (.refuted, witness)
    certificate.reason = "two inputs show a larger ratio than the limit: \(certificate.reason ?? "")"
  }
  return certificate
}

/// Fills in the bound, compares it with the limit, and says what would lower it.
private func conclude(
  _ certificate: inout Certificate, _ request: CertificateRequest, _ reading: NetworkReading, _ bound: NetworkBound, _ ledger: NormLedger, _ norm: DistanceNorm, limit: Double
) throws(Failure) {
  certificate.stages = bound.stages
  certificate.norms = ledger.entries
  certificate.results = [("lipschitz", bound.lipschitz), ("features", bound.features)]
  guard bound.lipschitz.isFinite else {
    certificate.reason = "the product of the stages' bounds is larger than any number of float64; \(bound.largestFactor)"
    let others = "smaller steps, fewer layers, or fields and steps whose layers have the bound 1 (gradient_flow within its largest step, steps row_sums or tight) make the product smaller"
    certificate.repair = withDepth(bound, limit: limit > 0 ? limit : .greatestFiniteMagnitude, others)
    return
  }
  if limit > 0 { certificate.hypotheses = [Hypothesis("limit", "Λ <= limit", Interval(bound.lipschitz), .atMost, Interval(limit))] }
  certificate.conclude()
  guard certificate.verdict != .proved else { return }
  certificate.reason = "\(certificate.reason ?? ""); \(bound.largestFactor)"
  guard let last = reading.stages.indices.last(where: { reading.stages[$0].kind == "readout" }), case .affine(let map, let isScaled) = reading.stages[last].form else {
    certificate.repair = withDepth(bound, limit: limit, "without a readout there are no weights by which Λ is multiplied; smaller steps, fewer layers or smaller norms make it smaller")
    return
  }
  // Where the readout's columns are scaled the nearest weights are those times a factor.
  let part: WeightLimit.Part = isScaled ? .factor : norm == .euclidean ? .spectral : .rowSums
  if let index = bound.stages[last].norms.first, let found = WeightLimit(map.weights, part, bound: ledger.entries[index].bound, share: limit / bound.lipschitz) {
    certificate.weightLimits = [found]
  }
  let nearest = certificate.weightLimits == nil ? "" : "; sode_network_repair gives the nearest weights of the readout that do"
  certificate.repair = withDepth(bound, limit: limit, "multiplying the readout's weights by weight_factor lowers Λ to the limit\(nearest)")
  certificate.repair.insert(("weight_factor", .real(limit / bound.lipschitz)), at: 0)
}

/// What helps, with the deepest block that does: `most_layers` of the block with the largest bound, its first ones with the steps that they have, keep Λ within the limit.
private func withDepth(_ bound: NetworkBound, limit: Double, _ text: String) -> [(key: String, value: JSON)] {
  let blocks = bound.stages.indices.filter { bound.stages[$0].layers.count > 1 }
  guard let place = blocks.max(by: { bound.stages[$0].lipschitz < bound.stages[$1].lipschitz }) else { return [("text", .text(text))] }
  var product = bound.stages.indices.reduce(Interval(1)) { $1 == place ? $0 : $0 * .upTo(bound.stages[$1].lipschitz) }
  let layers = bound.stages[place].layers
  var count = 0
  for layer in layers {
    product = product * .upTo(layer.lipschitz)
    guard product.upper <= limit else { break }
    count += 1
  }
  guard count > 0, count < layers.count else { return [("text", .text(text))] }
  return [("most_layers", .integer(Int64(count))), ("text", .text("\(text); so do the first most_layers layers alone of \(bound.stages[place].stage.name), with the steps that they have"))]
}

/// The box that the options `lower` and `upper` give, one number for each input or one for all; nil without them.
private func inputBox(_ request: CertificateRequest) throws(Failure) -> (lower: [Double], upper: [Double])? {
  let (lower, upper) = (try request.options.reals("lower"), try request.options.reals("upper"))
  guard !lower.isEmpty || !upper.isEmpty else { return nil }
  let count = request.plan.inputs
  func expanded(_ list: [Double], _ name: String) throws(Failure) -> [Double] {
    guard list.count == 1 || list.count == count else { throw Failure(.shapeMismatch, "\(name) has \(list.count) numbers; it must have 1 or \(count), one for each input") }
    return list.count == 1 ? Array(repeating: list[0], count: count) : list
  }
  let box = (lower: try expanded(lower, "lower"), upper: try expanded(upper, "upper"))
  if let index = box.lower.indices.first(where: { box.lower[$0] > box.upper[$0] }) {
    throw Failure(.outOfRange, "lower is \(box.lower[index]) and upper \(box.upper[index]) at input \(index); lower must not be larger")
  }
  return box
}

/// The same for inputs of a box, with the slopes that activations have there (`BoxBounds`).
private func proveOnBox(
  _ request: CertificateRequest, _ reading: NetworkReading, _ bound: NetworkBound, _ box: (lower: [Double], upper: [Double]), _ ledger: NormLedger, limit: Double
) throws(Failure) -> Certificate {
  let improved = try BoxBounds.improve(bound, reading, box.lower, box.upper, ledger)
  // Where the box cannot be followed any further, bounds for all inputs hold on it, too.
  let left = improved.lost.map { "; what follows has the bounds for all inputs, because \($0)" } ?? ""
  var certificate = Certificate(
    "lipschitz_l2", "distances of scores are at most \(improved.bound.lipschitz) times distances of inputs, in ℓ₂, for inputs between lower and upper\(left)",
    Theorem("E6", "composition of Lipschitz bounds with the slopes on a box; Rump 2010 (interval arithmetic)"))
  try conclude(&certificate, request, reading, improved.bound, ledger, .euclidean, limit: limit)
  certificate.results.append(("global", bound.lipschitz))
  if certificate.verdict != .proved { certificate.reason = "\(certificate.reason ?? "")\(left)" }
  return certificate
}
