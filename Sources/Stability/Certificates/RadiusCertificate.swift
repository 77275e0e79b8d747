import LinearAlgebra
import Networks
import Settings

/// The class of one input is the same for all inputs within a radius, as this library computes it in the network's precision (E9; `CertifiedRadii`).
func proveRadius(_ request: CertificateRequest) throws(Failure) -> Certificate {
  guard let input = request.input else { throw Failure(.internal, "a certified radius without an input") }
  let wanted = try request.options.real("radius")
  let radii = try CertifiedRadii(request.network, request.snapshot)
  let samples = try RadiusSamples(radii, request.network, input, threads: 1)
  let (result, scores) = (try samples.result(0), samples.scores(0))
  let claimed = wanted > 0 ? wanted : result.radius
  var certificate = Certificate(
    "certified_radius",
    "every input x′ with |x′ − x|₂ <= \(claimed) gets class \(result.predicted) from this library in \(request.plan.precision.name) arithmetic",
    Theorem("E9", "Lipschitz margins: Tsuzuku et al. 2018; float-sound: Murray, arXiv:2603.13334"))
  certificate.stages = radii.bound.stages
  let unit = radii.unit
  let features = Interval(radii.bound.features)
  var margins: [JSON] = []
  let ball = InputBall(center: result.ball.center, plain: result.ball.plain, radius: Interval(claimed), isExact: result.ball.isExact, reach: result.ball.reach)
  for margin in try radii.margins(scores).margins {
    let errors = try radii.errors(ball, center: result.center, predicted: result.predicted, margin)
    let exact = errors.map { margin.computed - radii.room(margin, scores, predicted: result.predicted, error: Interval($0.center)) }
    let slope = Interval(margin.distance.upper) * features
    let needed = errors.map { Interval(slope.upper) * Interval(claimed) + Interval($0.ball) } ?? .all
    certificate.hypotheses.append(
      Hypothesis("margin", "z_c − z_\(margin.other ?? 0) > l ε + E", exact ?? .all, .greater, Interval(needed.upper)))
    func number(_ x: Double?) -> JSON { x.flatMap { $0.isFinite ? .real($0) : nil } ?? .null }
    margins.append(
      .object([
        ("class", margin.other.map { .integer(Int64($0)) } ?? .null), ("margin", number(exact?.lower)), ("lipschitz", number(slope.upper)), ("error", number(errors?.ball)),
      ]))
  }
  certificate.norms = radii.ledger.entries
  certificate.rounding = .object([("unit", .real(unit.unit)), ("smallest", .real(unit.smallest)), ("normal", .real(unit.normal)), ("exact_input", .bool(result.ball.isExact)), ("center", .real(result.ball.center.upper))])
  certificate.results = [("radius", claimed)]
  certificate.result = [("class", .integer(Int64(result.predicted))), ("margins", .array(margins))]
  certificate.extraOptions = [
    ("input_type", .text(input.type.name)), ("precision", .text(request.plan.precision.name)),
    ("input", .array(try samples.numbers(ofRow: 0).map { .real($0) })),
  ]
  if claimed > 0 { certificate.conclude() }
  if certificate.verdict != .proved, result.radius <= 0 {
    let (reason, help) = try radii.obstacle(scores, result)
    certificate.reason = "no radius > 0 can be proved: \(reason)"
    certificate.repair = [("text", .text(help))]
  } else if certificate.verdict != .proved, let place = try radii.overflow(ball) {
    certificate.reason = "on a ball of this radius an overflow of numbers is not excluded in \(place)"
  }
  if certificate.verdict != .proved, result.radius > 0 { certificate.repair = [("radius", .real(result.radius)), ("text", .text("this radius can be proved"))] }
  return certificate
}
