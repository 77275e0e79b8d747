import LinearAlgebra
import Networks
import Settings

/// Certified radii of predictions: for each input an ε such that every input within ε of it, in ℓ₂ and in the caller's units, gets the same class from this library in the network's precision.
///
/// Theorem (E9; the float-sound form after Murray, arXiv:2603.13334): let c be the computed class, m_i a lower bound of the margin z_c − z_i in real arithmetic, l_i a Lipschitz bound of it, and E_i(ρ) a bound of the rounding error of the computed margin on the
/// ball of radius ρ. The computed class is c for |δ| ≤ ε if m_i > l_i ε + E_i(ε) for all i ≠ c. E is increasing in ρ, so ε = min_i (m_i − E_i(ρ))/l_i is certified if it is at most ρ. Ties get 0. m_i is the margin that the network in float64 computes
/// (`DoubleTwin`), less the bound of its rounding error at x.
package final class CertifiedRadii {
  package let reading: NetworkReading
  package let bound: NetworkBound
  package let ledger: NormLedger
  private let pass: RoundingPass
  /// The pass of what computes the margins at the centers.
  private let centerPass: RoundingPass
  package let twin: DoubleTwin
  /// The readout's rows w_i; nil where the final state is the scores.
  private let readout: Matrix?
  private let outputs: Int
  package var unit: RoundingUnit { pass.unit }

  /// - Throws: `.incompatible`, with the reason, for a network without classes or without a bound.
  package init(_ network: Network, _ snapshot: ParameterSnapshot) throws(Failure) {
    let plan = network.plan
    guard plan.loss.outputKind == .classes else {
      throw Failure(.incompatible, "certified radii are about classes; this network's loss predicts \(plan.loss.outputKind == .labels ? "labels" : "values")")
    }
    reading = try NetworkReading(plan, snapshot)
    ledger = NormLedger()
    bound = try NetworkBound(reading, .euclidean, ledger)
    pass = try RoundingPass(reading, bound, ledger)
    twin = try DoubleTwin(of: network, snapshot)
    centerPass = plan.precision == .float32 ? try RoundingPass(try NetworkReading(twin.network.plan, twin.snapshot), bound, ledger) : pass
    outputs = plan.outputs
    if let last = reading.stages.last, last.kind == "readout", case .affine(let map, _) = last.form { readout = map.weights.matrix } else { readout = nil }
  }

  /// An upper bound of |w_i − w_j|; with `other` nil, of the one row there is.
  private func distance(_ predicted: Int, _ other: Int?) -> Interval {
    guard let readout else { return other == nil ? Interval(1) : Interval(2).squareRoot() }
    return .upTo(other.map { rowDistanceBound(readout, predicted, $0) } ?? rowNormBounds(readout)[0])
  }

  /// The margin, the Lipschitz bound and the rounding error of one class against the predicted one.
  package struct Margin {
    package let other: Int?
    package let distance: Interval
    package let computed: Interval
  }

  package struct Result {
    package let predicted: Int
    package let radius: Double
    package let ball: InputBall
    /// The center as a ball of its own, as it enters the network that computes the margins.
    package let center: InputBall
  }

  /// The scores of one input.
  package struct Scores {
    /// As the library computes them in the network's precision.
    package let computed: [Double]
    /// As the twin in float64 computes them.
    package let exact: [Double]

    package init(computed: [Double], exact: [Double]) { (self.computed, self.exact) = (computed, exact) }
  }

  /// The predicted class and the margins against all others.
  /// - Throws: the reason why the work must end.
  package func margins(_ scores: Scores) throws(Failure) -> (predicted: Int, margins: [Margin]) {
    let (computed, exact) = (scores.computed, scores.exact)
    guard outputs > 1 else {
      let isPositive = computed[0] > 0
      return (isPositive ? 1 : 0, [Margin(other: nil, distance: distance(0, nil), computed: Interval(isPositive ? exact[0] : -exact[0]))])
    }
    var best = 0
    for i in 1..<outputs where computed[i] > computed[best] { best = i }
    var (margins, work) = ([Margin](), WatchedWork())
    for i in 0..<outputs where i != best {
      try work.spend(readout?.columns ?? 1)
      margins.append(Margin(other: i, distance: distance(best, i), computed: Interval(exact[best]) - Interval(exact[i])))
    }
    return (best, margins)
  }

  /// The certified radius of one input.
  /// - Parameters:
  ///   - center: |c⊙(x − s)|, with asinh of the squashed numbers.
  ///   - plain: the same without asinh; nil without squashed inputs.
  ///   - reach: `InputBall.reach`; nil without a normalization.
  ///   - isExact, isExactInTwin: whether the precisions of both networks hold the caller's numbers.
  /// - Throws: the reason why the work must end.
  package func radius(_ scores: Scores, center: Interval, plain: Interval? = nil, reach: Interval? = nil, isExact: Bool, isExactInTwin: Bool) throws(Failure) -> Result {
    let (predicted, margins) = try margins(scores)
    let middle = InputBall(center: center, plain: plain, radius: Interval(0), isExact: isExactInTwin, reach: reach)
    let none = Result(predicted: predicted, radius: 0, ball: InputBall(center: center, plain: plain, radius: Interval(0), isExact: isExact, reach: reach), center: middle)
    let features = Interval(bound.features)
    var trial = Double.infinity
    for margin in margins { trial = min(trial, (margin.computed / (Interval(margin.distance.upper) * features)).upper) }
    guard trial > 0, let atCenter = try centerPass.features(middle) else { return none }
    // A ball on which something may overflow is halved.
    trial = min(trial, unit.safe)
    var work = WatchedWork()
    for _ in 0..<256 {
      let ball = InputBall(center: center, plain: plain, radius: Interval(trial), isExact: isExact, reach: reach)
      guard let onBall = try pass.features(ball) else {
        trial *= 0.5
        continue
      }
      var (radius, isPositive) = (trial, true)
      for margin in margins {
        try work.spend(64)
        guard let inner = centerPass.error(atCenter, predicted, margin.other, distance: margin.distance), let outer = pass.error(onBall, predicted, margin.other, distance: margin.distance) else { return none }
        let exact = margin.computed - room(margin, scores, predicted: predicted, error: Interval(inner.upper))
        // Room for the roundings of l ε + E, so that the certificate of this radius is proved.
        let rest = exact - Interval(outer.upper) - Interval(0x1p-50) * Interval(abs(exact.lower))
        guard rest.lower > 0 else {
          isPositive = false
          break
        }
        let slope = Interval(margin.distance.upper) * features
        // Strictly less: the computed margin stays above 0.
        radius = min(radius, slope.upper > 0 ? (Interval(rest.lower) / Interval(slope.upper)).lower.nextDown : trial)
      }
      // On a smaller ball rounding errors are smaller.
      if isPositive { return Result(predicted: predicted, radius: max(0, radius), ball: ball, center: middle) }
      trial *= 0.5
    }
    return none
  }

  /// By how much a margin is lowered: its rounding error at the center, and room for a checker's own evaluation.
  package func room(_ margin: Margin, _ scores: Scores, predicted: Int, error: Interval) -> Interval {
    let size = outputs == 1 ? abs(scores.exact[0]) : abs(scores.exact[predicted]) + abs(scores.exact[margin.other ?? 0])
    return 4 * Interval(error.upper) + Interval(0x1p-30) * Interval(size.nextUp)
  }

  /// Where numbers may overflow on a ball; nil if nowhere before the readout.
  /// - Throws: the reason why the work must end.
  package func overflow(_ ball: InputBall) throws(Failure) -> String? { try pass.overflow(ball) }

  /// Why no radius above 0 is proved of an input whose `radius` is 0, and what would help.
  /// - Throws: the reason why the work must end.
  package func obstacle(_ scores: Scores, _ result: Result) throws(Failure) -> (reason: String, help: String) {
    let (predicted, margins) = try margins(scores)
    func named(_ margin: Margin) -> String { margin.other.map { "class \($0)" } ?? "the other class" }
    guard let least = margins.min(by: { $0.computed.upper < $1.computed.upper }) else { return ("there is no other class", "") }
    if least.computed.upper <= 0 {
      return ("class \(predicted) and \(named(least)) have the same score: a tie has no radius", "an input at which the scores differ has a radius")
    }
    let precision = unit.unit > 0x1p-30 ? "float32" : "float64"
    let smaller = "smaller weights or inputs\(precision == "float32" ? ", or precision float64," : "") keep the bounds of all numbers below a quarter of the largest one"
    let center = InputBall(center: result.ball.center, plain: result.ball.plain, radius: Interval(0), isExact: result.ball.isExact, reach: result.ball.reach)
    for (pass, ball) in [(centerPass, result.center), (pass, center)] {
      guard let place = try pass.overflow(ball) else { continue }
      return ("an overflow of numbers is not excluded in \(place): bounds of what is computed there exceed a quarter of the largest number of \(precision)", smaller)
    }
    guard bound.features.isFinite else {
      return ("the product of the stages' bounds is larger than any number of float64; \(bound.largestFactor)", "smaller steps, fewer layers or smaller norms make it smaller")
    }
    for margin in margins {
      guard let errors = try errors(center, center: result.center, predicted: predicted, margin) else {
        return ("an overflow of numbers is not excluded in the readout: bounds of its sums exceed a quarter of the largest number of \(precision)", smaller)
      }
      let exact = margin.computed - room(margin, scores, predicted: predicted, error: Interval(errors.center))
      guard exact.lower <= errors.ball else { continue }
      return (
        "the margin against \(named(margin)), \(margin.computed.lower), is not larger than the bounds of rounding errors, \(errors.ball) in \(precision) and \(margin.computed.lower - exact.lower) of the scores in float64",
        precision == "float32" ? "precision float64, or smaller biases and norms, make rounding errors smaller" : "smaller biases and norms make rounding errors smaller")
    }
    return ("no radius is found at which the margin exceeds its change and the rounding errors", "smaller norms make both smaller")
  }

  /// Bounds of the rounding errors: of the margin at the center, and of the computed margin on the ball; nil if something may overflow.
  /// - Throws: the reason why the work must end.
  package func errors(_ ball: InputBall, center: InputBall, predicted: Int, _ margin: Margin) throws(Failure) -> (center: Double, ball: Double)? {
    guard let inner = try centerPass.features(center), let outer = try pass.features(ball),
      let first = centerPass.error(inner, predicted, margin.other, distance: margin.distance), let second = pass.error(outer, predicted, margin.other, distance: margin.distance)
    else { return nil }
    return (first.upper, second.upper)
  }
}
