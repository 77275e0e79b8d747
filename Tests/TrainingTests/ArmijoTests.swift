import LinearAlgebra
import Settings
import Testing
import Training

struct ArmijoTests {
  /// The required decrease is proportional to the step: φ(μ) ≤ φ(0) + c·μ·φ'(0), and the longer trial step did not reach it.
  @Test(arguments: [0.1, 1, 10, 1e3])
  func theConditionHasTheFactor(first: Double) throws {
    for (name, ray) in rays {
      let (origin, direction, trial) = (try Numbers([0]), try Numbers([1]), try Numbers([0]))
      let (value, slope) = (ray.function(0), ray.slope(0))
      var tried: [Double] = []
      let found = try Armijo().search(from: origin.vector, along: direction.vector, value: value, slope: slope, first: first, trial: trial.vector) { point throws(Failure) in
        tried.append(point.load(0))
        return try ray.value(at: point)
      }
      let point = try #require(found, "\(name)")
      func holds(_ step: Double) -> Bool { ray.function(step) <= value + 1e-4 * step * slope }
      #expect(holds(point.step) && trial.values == [point.step] && tried.dropLast().allSatisfy { !holds($0) }, "\(name)")
      #expect(zip(tried, tried.dropFirst()).allSatisfy { $1 >= 0.0999 * $0 && $1 <= 0.5001 * $0 })
    }
  }

  @Test func givesUpWhereNothingFalls() throws {
    let (origin, direction, trial) = (try Numbers([0]), try Numbers([1]), try Numbers([0]))
    #expect(try Armijo().search(from: origin.vector, along: direction.vector, value: 0, slope: -1, trial: trial.vector) { point throws(Failure) in abs(point.load(0)) } == nil)
  }

  /// Where rounding hides the slope, points that are not lower are not accepted, although they meet the condition in floating point.
  @Test func anEqualValueIsNoDescent() throws {
    let (origin, direction, trial) = (try Numbers([0]), try Numbers([1]), try Numbers([0]))
    #expect(try Armijo().search(from: origin.vector, along: direction.vector, value: 1, slope: -1e-30, trial: trial.vector) { _ throws(Failure) in 1 } == nil)
  }
}
