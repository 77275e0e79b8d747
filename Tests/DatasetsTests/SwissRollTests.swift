import Datasets
import Foundation
import Settings
import Testing

@Suite struct SwissRollTests {
  /// Theory.md §7.2, recomputed point by point.
  @Test func pointsAreThoseOfTheFormula() throws {
    var stacked: [Point] = []
    for label in 0..<2 {
      for i in 0..<513 {
        let r = Double(i) / 512
        let theta = 4 * Double.pi * Double(i) / 512
        stacked.append(Point(x: (r + 0.2 * Double(label)) * cos(theta), y: (r + 0.2 * Double(label)) * sin(theta), label: label))
      }
    }
    let (training, validation) = try swissRoll(training: 513, validation: 513, seed: 0)
    for (data, parity) in [(training, 0), (validation, 1)] {
      let all = try points(data)
      #expect(all.count == 513)
      for (i, point) in all.enumerated() {
        let expected = stacked[2 * i + parity]
        // 1e-13: the angle may be rounded differently by one unit in the last place at up to 4π.
        #expect(point.label == expected.label && abs(point.x - expected.x) < 1e-13 && abs(point.y - expected.y) < 1e-13)
      }
    }
    // The ends of the spirals: the origin starts class 0 in training, and (1.2, 0) ends class 1 in validation (index 1025).
    #expect(try points(training)[0] == Point(x: 0, y: 0, label: 0))
    #expect(try abs(points(validation)[512].x - 1.2) < 1e-13)
  }

  @Test func unequalCountsAreRefused() {
    #expect(
      throws: Failure(.outOfRange, "swiss_roll splits its points evenly: training_count 10 and validation_count 5 must be equal and >= 2")
    ) { try swissRoll(training: 10, validation: 5, seed: 0) }
    #expect(
      throws: Failure(.outOfRange, "swiss_roll splits its points evenly: training_count 1 and validation_count 1 must be equal and >= 2")
    ) { try swissRoll(training: 1, validation: 1, seed: 0) }
  }
}
