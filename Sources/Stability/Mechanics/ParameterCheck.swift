import Gradients
import LinearAlgebra
import Networks
import Settings

/// The same test for the derivatives in the parameters: for each group of parameters, p₊·(∂Φ/∂θ)δθ by pushforwards against g·δθ, where g accumulates (∂Φ/∂θ)ᵀp₊ by pullbacks.
///
/// A group is the weights of a layer, those that several layers share, or a connector's. Where weights are mixed from coefficients in time, it is the mixed weights of a layer, and the transpose of the mixing is tested with all of them.
struct ParameterCheck {
  struct Group {
    let name: String
    var forward = 0.0
    var backward = 0.0
    var scale = 0.0
    var difference: Double { AdjointCheck.difference(forward, backward, scale) }
  }

  private(set) var groups: [Group] = []

  /// - Throws: `.memory`; the reason why the work must end.
  init(_ trajectory: SampleTrajectory) throws(Failure) {
    let (plan, weights) = (trajectory.plan, trajectory.weights)
    guard let prepared = weights.prepared else { throw Failure(.internal, "a trajectory without prepared operators") }
    let (count, precision, largest) = (plan.extendedCount, plan.precision, trajectory.largestWidth)
    var size = Arena.Size()
    for numbers in [plan.parameterCount, count, count, plan.preparedCount(for: .training)] { size.add(count: numbers, precision: precision) }
    for _ in 0..<5 { size.add(rows: largest, columns: 1, precision: precision) }
    let arena = try Arena(size)
    defer { withExtendedLifetime(arena) {} }
    let given = arena.vector(count: plan.parameterCount, precision: precision)
    let (extended, gradient) = (arena.vector(count: count, precision: precision), arena.vector(count: count, precision: precision))
    let operators = arena.vector(count: plan.preparedCount(for: .training), precision: precision)
    let blocks = (0..<5).map { _ in arena.block(rows: largest, columns: 1, precision: precision) }
    var stream = RandomStream(seed: 1, stream: 0)
    try Watch.pieces(given.count, work: 8) { piece in stream.uniform(into: given[piece], low: -1, high: 1) }
    // Running averages have no gradient.
    for normalization in plan.batchNormalizations {
      let middle = (normalization.range.lowerBound + normalization.range.upperBound) / 2
      fill(given[middle..<normalization.range.upperBound], 0)
    }
    let direction = plan.isExtended ? extended : given
    if plan.isExtended { try plan.extend(given, into: extended) }
    plan.prepareDirection(direction, into: operators, at: weights.parameters, prepared: prepared)
    try Watch.check()
    let changes = Weights(parameters: direction, prepared: operators)
    var places: [Range<Int>: Int] = [:]
    func group(_ name: String, _ range: Range<Int>) -> Int {
      if let place = places[range] { return place }
      groups.append(Group(name: name))
      places[range] = groups.count - 1
      return groups.count - 1
    }
    var ranges: [[Range<Int>]] = []
    for (link, each) in trajectory.links.enumerated() {
      try Watch.check()
      let own = trajectory.parameterRanges(of: each)
      guard let first = own.first else { continue }
      let (before, after) = (trajectory.width(link), trajectory.width(link + 1))
      let (zero, moved, p, room, q) = (blocks[0].rows(0..<before), blocks[1].rows(0..<after), blocks[2].rows(0..<after), blocks[3].rows(0..<after), blocks[4].rows(0..<before))
      fill(zero, 0)
      fillIrregular(p, number: link)
      normalize(p)
      trajectory.pushforward(link, zero, into: moved, direction: changes)
      copy(p, into: room)
      trajectory.pullback(link, room, into: q, gradient: gradient)
      let place = group(SampleTrajectory.name(each, plan), first)
      if ranges.count < groups.count { ranges.append(own) } else { for range in own where !ranges[place].contains(range) { ranges[place].append(range) } }
      groups[place].forward += dot(p, moved)
      groups[place].scale += (dot(p, p) * dot(moved, moved)).squareRoot()
    }
    for (index, block) in plan.blocks.enumerated() {
      plan.finishGradient(block: index, entries: 0..<block.preparedEntries, gradient, at: weights.parameters, prepared: prepared)
      try Watch.check()
    }
    // A gradient that is not finite shows itself in the products.
    _ = plan.finishConnectorGradients(gradient, at: weights.parameters, prepared: prepared)
    for (place, own) in ranges.enumerated() {
      for range in own {
        try Watch.check()
        groups[place].backward += dot(gradient[range], direction[range])
        groups[place].scale += (sumOfSquares(gradient[range]) * sumOfSquares(direction[range])).squareRoot()
      }
    }
    guard plan.isExtended else { return }
    // The mixing θ(t) = Σ pᵢ(t)θᵢ and its transpose, with the gradients of all layers.
    var mixing = Group(name: "the mixing of weights in time")
    mixing.forward = dot(gradient, direction)
    mixing.scale = (sumOfSquares(gradient) * sumOfSquares(direction)).squareRoot()
    try plan.contract(gradient, into: extended[0..<plan.parameterCount])
    mixing.backward = dot(extended[0..<plan.parameterCount], given)
    groups.append(mixing)
  }
}
