import Datasets
import LinearAlgebra
import Settings
import Testing

@Suite struct ProblemTests {
  @Test func countsOfZeroAreThePapers() throws {
    // Theory.md §7.1, §7.2 and §7.3: ellipses 1000 and 200, Swiss roll 513 and 513, peaks 1000 per class with 20 % validation.
    let expected = ["ellipses": (1000, 200, 2), "swiss_roll": (513, 513, 2), "peaks": (4000, 1000, 5)]
    #expect(Set(problems.names) == Set(expected.keys))
    for entry in problems.entries {
      let (training, validation) = try entry.entry(training: 0, validation: 0, seed: 1)
      let counts = try #require(expected[entry.name])
      #expect(training.count == counts.0 && validation.count == counts.1, "\(entry.name)")
      #expect(training.classCount == counts.2 && validation.classCount == counts.2 && entry.entry.classes == counts.2)
      #expect(training.featureCount == 2)
    }
  }

  @Test func theSameSeedGivesTheSamePoints() throws {
    for entry in problems.entries {
      let a = try points(entry.entry(training: 60, validation: 60, seed: 7).training)
      let b = try points(entry.entry(training: 60, validation: 60, seed: 7).training)
      let c = try points(entry.entry(training: 60, validation: 60, seed: 8).training)
      #expect(a == b)
      #expect((a == c) == (entry.name == "swiss_roll"), "\(entry.name)")
    }
  }

  @Test func countsAreChecked() throws {
    let ellipses = try problems("ellipses")
    #expect(throws: Failure(.outOfRange, "training_count is -1; it must be >= 0, and 0 means the paper's")) { try ellipses(training: -1, validation: 0, seed: 0) }
    #expect(throws: Failure(.outOfRange, "validation_count is -5; it must be >= 0, and 0 means the paper's")) { try ellipses(training: 1, validation: -5, seed: 0) }
    for entry in problems.entries {
      #expect { try entry.entry(training: Int.max, validation: Int.max, seed: 0) } throws: { ($0 as? Failure)?.status == .memory }
    }
  }
}

struct Point: Equatable {
  let x, y: Double
  let label: Int
}

/// All samples of a data set of points in the plane.
func points(_ data: Dataset) throws -> [Point] {
  let labels = try #require(data.labels)
  #expect(data.features.type == .float64 && data.features.rowStride == 2)
  return withExtendedLifetime(data) {
    (0..<data.count).map { row in
      Point(
        x: data.features.base.load(fromByteOffset: 16 * row, as: Double.self), y: data.features.base.load(fromByteOffset: 16 * row + 8, as: Double.self),
        label: Int(labels[row]))
    }
  }
}
