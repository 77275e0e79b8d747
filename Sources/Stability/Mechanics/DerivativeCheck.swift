import LinearAlgebra
import Networks
import Settings

extension SampleTrajectory: LinkChain {
  package var precision: Precision { plan.precision }
  package var linkCount: Int { links.count }
  package func pushforward(link: Int, _ v: Block, into out: Block) { pushforward(link, v, into: out) }
  package func pullback(link: Int, _ p: Block, into out: Block) { pullback(link, p, into: out) }
  package func name(link: Int) -> String { Self.name(links[link], plan) }
}

/// Tests the derivatives of a network at given samples, link by link, and names the link whose pullback is not the transpose of its pushforward.
///
/// In the network's own precision, because the test is about the code that trains it.
package enum DerivativeCheck {
  /// - Parameter limit: the largest difference that counts as rounding; nil: that of the network's precision.
  /// - Throws: `.invalidData` and the failures of steps; `.outOfRange`; `.memory`; the reason why the work must end.
  package static func make(_ network: Network, _ features: TensorView, limit: Double? = nil) throws(Failure) -> Report {
    try network.plan.withKnownTerms { () throws(Failure) in try made(network, features, limit) }
  }

  private static func made(_ network: Network, _ features: TensorView, _ limit: Double?) throws(Failure) -> Report {
    let subject = try Subject(network, samples: features.rows, ownPrecision: true)
    let source = try subject.source(features)
    let trajectory = subject.trajectory
    let states = try Report.Array("state_difference", [features.rows, trajectory.linkCount], "|p₊·Jv − Jᵀp₊·v| of each link of the network for random v and p₊, relative to |p₊||Jv| + |Jᵀp₊||v|; infinity where a product is not finite", allowsInfinity: true)
    var parameters: Report.Array?
    var names: [String] = []
    for sample in 0..<features.rows {
      try trajectory.follow(source, sample: sample)
      try trajectory.working(source) { () throws(Failure) in
        for (link, difference) in try AdjointCheck(trajectory, draw: sample).differences.enumerated() { states.set(difference, sample, link) }
        let check = try ParameterCheck(trajectory)
        names = check.groups.map(\.name)
        if parameters == nil {
          parameters = try Report.Array("parameter_difference", [features.rows, names.count], "|p₊·(∂Φ/∂θ)δθ − (∂Φ/∂θ)ᵀp₊·δθ| of each group of parameters for random p₊ and δθ, relative as state_difference", allowsInfinity: true)
        }
        for (place, group) in check.groups.enumerated() { parameters?.set(group.difference, sample, place) }
      }
    }
    let links = (0..<trajectory.linkCount).map(trajectory.name(link:))
    let limit = limit ?? AdjointCheck.limit(trajectory.precision)
    let statements = [
      statement("p·v is constant over the links: each pullback of a state is the transpose of its pushforward", states, links, limit),
      statement("each pullback of parameters is the transpose of their pushforward", parameters ?? states, parameters == nil ? links : names, limit),
    ]
    let arrays = [states] + (parameters.map { [$0] } ?? [])
    let document = JSON.object([
      ("report", .text("derivatives")), ("samples", .integer(Int64(features.rows))), ("precision", .text(trajectory.precision.name)),
      ("holds", .bool(statements.allSatisfy { $0["holds"]?.bool == true })), ("links", .array(links.map { .text($0) })), ("groups", .array(names.map { .text($0) })),
      ("statements", .array(statements)), ("omitted", .array([])),
      ("arrays", .object(arrays.map { ($0.name, .object([("shape", .array($0.shape.map { .integer(Int64($0)) })), ("help", .text($0.help))])) })),
    ])
    return try Report(document, arrays)
  }

  /// The failure of a network's derivatives at given samples.
  /// - Throws: `.internal` naming the link if a difference is larger than rounding; what `make` throws.
  package static func require(_ network: Network, _ features: TensorView, limit: Double? = nil) throws(Failure) {
    let report = try make(network, features, limit: limit)
    for statement in report.document["statements"]?.elements ?? [] where statement["holds"]?.bool == false {
      throw Failure(.internal, "the network's derivatives are wrong: \(statement["text"]?.text ?? "")")
    }
  }

  private static func statement(_ sense: String, _ array: Report.Array, _ names: [String], _ limit: Double) -> JSON {
    var worst = (difference: 0.0, sample: 0, place: 0)
    for sample in 0..<array.shape[0] {
      for place in 0..<array.shape[1] where array.get(sample, place) > worst.difference { worst = (array.get(sample, place), sample, place) }
    }
    let (holds, name) = (worst.difference <= limit, names.indices.contains(worst.place) ? names[worst.place] : "")
    let text =
      holds
      ? "\(sense); the largest difference is \(worst.difference), at \(name), and the limit \(limit)"
      : "at \(name), for sample \(worst.sample), the pullback is not the transpose of the pushforward: the relative difference is \(worst.difference), and the limit \(limit)"
    return .object([
      ("sense", .text(sense)), ("holds", .bool(holds)), ("quantity", .text("relative difference")), ("value", number(worst.difference)), ("limit", .real(limit)), ("at", .text(name)), ("sample", .integer(Int64(worst.sample))), ("text", .text(text)),
    ])
  }
}
