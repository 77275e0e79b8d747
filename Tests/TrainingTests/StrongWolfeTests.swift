import Foundation
import LinearAlgebra
import Settings
import Testing
import Training

/// A function of one variable for line searches: θ is one number, and the direction is 1.
final class RayObjective: Objective {
  let function: (Double) -> Double
  let slope: (Double) -> Double
  var evaluations = 0
  init(_ function: @escaping (Double) -> Double, _ slope: @escaping (Double) -> Double) { (self.function, self.slope) = (function, slope) }
  var repeats: Bool { true }
  func value(at parameters: Vector) throws(Failure) -> Double {
    evaluations += 1
    return function(parameters.load(0))
  }
  func gradient(at parameters: Vector, into gradient: Vector) throws(Failure) -> Double {
    gradient.store(slope(parameters.load(0)), at: 0)
    return try value(at: parameters)
  }
  func gaussNewtonProduct(_ direction: Vector, at parameters: Vector, fraction: Double, into product: Vector) throws(Failure) {}
  func hessianProduct(_ direction: Vector, at parameters: Vector, into product: Vector) throws(Failure) {}
  func precondition(_ residual: Vector, into result: Vector) {}
  func forEachPiece(_ body: (Range<Int>, Double) -> Void) {}
  func readoutProblem() throws(Failure) -> any ReadoutProblem { throw Failure(.incompatible, "no readout") }
}

/// Functions that decrease at 0: a convex one, one that becomes infinite, a nearly flat one, and one with several minima.
let rays: [(name: String, RayObjective)] = [
  ("parabola", RayObjective({ ($0 - 3) * ($0 - 3) }, { 2 * ($0 - 3) })),
  ("wall", RayObjective({ $0 < 2 ? -log(2 - $0) - 3 * $0 : .infinity }, { $0 < 2 ? 1 / (2 - $0) - 3 : .nan })),
  ("Moré–Thuente 1", RayObjective({ -$0 / ($0 * $0 + 2) }, { ($0 * $0 - 2) / (($0 * $0 + 2) * ($0 * $0 + 2)) })),
  ("waves", RayObjective({ -0.1 * $0 + sin(3 * $0 + 2) + 0.01 * $0 * $0 }, { -0.1 + 3 * cos(3 * $0 + 2) + 0.02 * $0 })),
]

struct StrongWolfeTests {
  /// For initial steps from 1e-3 to 1e3 the result satisfies both conditions.
  @Test(arguments: [0.1, 0.9], [1e-3, 0.1, 1, 10, 1e3])
  func conditionsHold(slopeFraction: Double, first: Double) throws {
    for (name, ray) in rays {
      let (origin, direction, trial, trialGradient) = (try Numbers([0]), try Numbers([1]), try Numbers([0]), try Numbers([0]))
      ray.evaluations = 0
      let (value, slope) = (ray.function(0), ray.slope(0))
      let found = try StrongWolfe(slopeFraction: slopeFraction).search(
        ray, from: origin.vector, along: direction.vector, value: value, slope: slope, first: first, trial: trial.vector, trialGradient: trialGradient.vector)
      let point = try #require(found, "\(name)")
      #expect(trial.values == [point.step] && point.value == ray.function(point.step) && trialGradient.values == [ray.slope(point.step)])
      #expect(point.value <= value + 1e-4 * point.step * slope && abs(ray.slope(point.step)) <= -slopeFraction * slope, "\(name) from \(first)")
      #expect(ray.evaluations <= 20)
    }
  }

  /// Along a direction of ascent the search finds nothing.
  @Test func givesUpWhereNothingFalls() throws {
    let ray = RayObjective({ abs($0) }, { $0 > 0 ? 1 : -1 })
    let (origin, direction, trial, trialGradient) = (try Numbers([0]), try Numbers([1]), try Numbers([0]), try Numbers([0]))
    #expect(
      try StrongWolfe(slopeFraction: 0.9).search(
        ray, from: origin.vector, along: direction.vector, value: 0, slope: -1, first: 1, trial: trial.vector, trialGradient: trialGradient.vector) == nil)
  }
}
