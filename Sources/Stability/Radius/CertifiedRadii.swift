import LinearAlgebra
import Networks
import Settings

/// Certified radii of predictions: for each input an ε such that every input within ε of it, in ℓ₂ and in the caller's units, gets the same class from this library in the network's precision.
///
/// Theorem (E9; the float-sound form after Murray, arXiv:2603.13334): with the computed margins m̂_i = ẑ_c − ẑ_i, l_i a Lipschitz bound of z_c − z_i and E_i(ρ) a bound of the rounding error of the computed margin on the ball of radius ρ, the class c is
/// constant for |δ| ≤ ε if m̂_i > l_i ε + E_i(0) + E_i(ε) for all i ≠ c. E is increasing in ρ, so ε = min_i (m̂_i − E_i(0) − E_i(ρ))/l_i is certified if it is at most ρ. Ties get 0.
package final class CertifiedRadii {
  package let reading: NetworkReading
  package let bound: NetworkBound
  package let ledger: NormLedger
  private let pass: RoundingPass
  /// |w_i − w_j| for pairs of classes, as upper bounds; 1 × 1 for a single score.
  private let distances: [Interval]
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
    outputs = plan.outputs
    let last = reading.stages.last
    var distances = Array(repeating: Interval(2).squareRoot(), count: outputs * outputs)
    if let last, last.kind == "readout", case .affine(let map, _) = last.form, let matrix = map.weights.matrix {
      let norms = rowNormBounds(matrix)
      for i in 0..<outputs {
        for j in 0..<outputs { distances[i * outputs + j] = .upTo(outputs == 1 ? norms[0] : rowDistanceBound(matrix, i, j)) }
      }
    } else if outputs == 1 {
      distances = [Interval(1)]
    }
    self.distances = distances
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
  }

  /// The predicted class and the margins against all others.
  package func margins(_ scores: [Double]) -> (predicted: Int, margins: [Margin]) {
    guard outputs > 1 else { return (scores[0] > 0 ? 1 : 0, [Margin(other: nil, distance: distances[0], computed: Interval(abs(scores[0])))]) }
    var best = 0
    for i in 1..<outputs where scores[i] > scores[best] { best = i }
    let margins = (0..<outputs).filter { $0 != best }.map { i in
      Margin(other: i, distance: distances[best * outputs + i], computed: Interval(scores[best]) - Interval(scores[i]))
    }
    return (best, margins)
  }

  /// The certified radius of one input.
  /// - Parameters:
  ///   - scores: as the library computes them.
  ///   - center: |c⊙(x − s)|.
  package func radius(scores: [Double], center: Interval, isExact: Bool) -> Result {
    let (predicted, margins) = margins(scores)
    let none = Result(predicted: predicted, radius: 0, ball: InputBall(center: center, radius: Interval(0), isExact: isExact))
    let features = Interval(bound.features)
    var trial = Double.infinity
    for margin in margins { trial = min(trial, (margin.computed / (Interval(margin.distance.upper) * features)).upper) }
    guard trial > 0, let atCenter = pass.features(InputBall(center: center, radius: Interval(0), isExact: isExact)) else { return none }
    // A ball on which something may overflow is halved.
    trial = min(trial, unit.safe)
    for _ in 0..<256 {
      let ball = InputBall(center: center, radius: Interval(trial), isExact: isExact)
      guard let onBall = pass.features(ball) else {
        trial *= 0.5
        continue
      }
      var (radius, isPositive) = (trial, true)
      for margin in margins {
        guard let inner = pass.error(atCenter, predicted, margin.other, distance: margin.distance), let outer = pass.error(onBall, predicted, margin.other, distance: margin.distance) else { return none }
        let rest = margin.computed - Interval(inner.upper) - Interval(outer.upper)
        guard rest.lower > 0 else {
          isPositive = false
          break
        }
        let slope = Interval(margin.distance.upper) * features
        // Strictly less: the computed margin stays above 0.
        radius = min(radius, slope.upper > 0 ? (Interval(rest.lower) / Interval(slope.upper)).lower.nextDown : trial)
      }
      // On a smaller ball rounding errors are smaller.
      if isPositive { return Result(predicted: predicted, radius: max(0, radius), ball: ball) }
      trial *= 0.5
    }
    return none
  }

  /// Bounds of the rounding errors at the center of a ball and on it; nil if something may overflow.
  package func errors(_ ball: InputBall, predicted: Int, _ margin: Margin) -> (center: Double, ball: Double)? {
    guard let inner = pass.features(InputBall(center: ball.center, radius: Interval(0), isExact: ball.isExact)), let outer = pass.features(ball),
      let first = pass.error(inner, predicted, margin.other, distance: margin.distance), let second = pass.error(outer, predicted, margin.other, distance: margin.distance)
    else { return nil }
    return (first.upper, second.upper)
  }
}
