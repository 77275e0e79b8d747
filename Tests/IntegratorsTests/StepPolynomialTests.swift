import Integrators
import TestSupport
import Testing

@Suite struct StepPolynomialTests {
  private struct Example {
    let p: StepPolynomial
    let exact: (Double) -> Double
  }

  /// Random starting values and slopes, of magnitudes at which roots are frequent.
  private func examples(_ index: Int) throws -> [Example] {
    let tableau = AdaptiveTableauTests.tableaus[index]
    let numbers = try Numbers.normal(8 * 200, .float64, seed: 71)
    return (0..<200).map { number in
      let start = 0.05 * numbers[8 * number]
      var slopes = InlineArray<7, Double>(repeating: 0)
      for j in 0..<7 { slopes[j] = numbers[8 * number + 1 + j] }
      let all = slopes
      return Example(p: StepPolynomial(tableau, start: start, stepSize: 0.3, slopes: slopes)) { theta in
        let weights = tableau.extensionWeights(theta)
        return start + (0..<7).reduce(0) { $0 + 0.3 * weights[$1] * all[$1] }
      }
    }
  }

  private static let grid = (0...2000).map { Double($0) / 2000 }

  @Test(arguments: AdaptiveTableauTests.tableaus.indices) func isTheContinuousExtension(_ index: Int) throws {
    for example in try examples(index) {
      for theta in Self.grid.filter({ Int($0 * 2000) % 50 == 0 }) { #expect(abs(example.p.value(theta) - example.exact(theta)) < 1e-13) }
    }
  }

  /// The polynomial is monotone between its turning points, checked on a fine grid; some examples have two of them.
  @Test(arguments: AdaptiveTableauTests.tableaus.indices) func isMonotoneBetweenTurningPoints(_ index: Int) throws {
    var most = 0
    for example in try examples(index) {
      let turns = example.p.turningPoints()
      most = max(most, turns.count)
      let ends = [0] + (0..<turns.count).map { turns[$0] } + [1]
      for (low, high) in zip(ends, ends.dropFirst()) {
        let values = ([low] + Self.grid.filter { $0 > low && $0 < high } + [high]).map(example.p.value)
        let rises = zip(values, values.dropFirst()).map { $1 - $0 }
        #expect(rises.allSatisfy { $0 > -1e-15 } || rises.allSatisfy { $0 < 1e-15 })
      }
    }
    #expect(most >= 2)
  }

  /// If a polynomial is reported to stay on one side, all its values lie there; and many of those that stay are recognized.
  @Test(arguments: AdaptiveTableauTests.tableaus.indices) func staysOnlyWhereItStays(_ index: Int) throws {
    var (stay, recognized) = (0, 0)
    for example in try examples(index) {
      for side in [EventFunction.Side.below, .above] {
        let stays = Self.grid.allSatisfy { EventFunction.Side(of: example.p.value($0)) == side }
        stay += stays ? 1 : 0
        guard example.p.staysSurely(side) else { continue }
        recognized += 1
        #expect(stays)
      }
    }
    #expect(recognized > stay / 4 && stay > 10, "\(recognized) of \(stay)")
  }

  /// A change of sign is located up to rounding, on its far side.
  @Test(arguments: AdaptiveTableauTests.tableaus.indices) func leavesWhereItSaysItLeaves(_ index: Int) throws {
    var found = 0
    for example in try examples(index) {
      let turns = example.p.turningPoints()
      let high = turns.count > 0 ? turns[0] : 1
      let side = EventFunction.Side(of: example.p.value(0))
      guard side != .onLevel, EventFunction.Side(of: example.p.value(high)) != side else { continue }
      found += 1
      let theta = example.p.leaves(side, within: 0...high)
      #expect(EventFunction.Side(of: example.p.value(theta)) != side && abs(example.p.value(theta)) < 1e-14)
      #expect(EventFunction.Side(of: example.p.value(theta - 1e-9)) == side || theta < 1e-9)
    }
    #expect(found > 20)
  }
}
