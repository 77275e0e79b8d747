import Datasets
import LinearAlgebra
import Settings
import Testing

@Suite struct StepLabelsTests {
  private func data(_ targets: [Double], columns: Int) throws -> Dataset {
    try withView([0, 1, 2] as [Float], .float32, rows: 3, columns: 1) { features in
      try withView(targets, .float64, rows: 3, columns: columns) { try Dataset(copying: features, values: $0) }
    }
  }

  @Test func readsALabelForEachStep() throws {
    let made = try data([0, 1, -1, 2, 1, 0], columns: 2).labeled(steps: 2, below: 3)
    let labels = try #require(made.stepLabels)
    #expect((0..<6).map { labels.labels[$0] } == [0, 1, -1, 2, 1, 0] && labels.steps == 2 && !labels.isComplete)
    let slice = try #require(try made.slice(start: 1, count: 2).stepLabels)
    #expect((0..<4).map { slice.labels[$0] } == [-1, 2, 1, 0])
    #expect(try data([0, 1, 1, 2, 1, 0], columns: 2).labeled(steps: 2, below: 3).stepLabels?.isComplete == true)
  }

  @Test func namesWhatIsNoLabel() throws {
    #expect(throws: Failure(.invalidData, "label 3 at row 1, step 1; labels must be whole numbers 0 … 2, or -1 for a step without one")) { try data([0, 1, 2, 3, 0, 0], columns: 2).labeled(steps: 2, below: 3) }
    #expect(throws: Failure(.invalidData, "label -2 at row 0, step 0; labels must be whole numbers 0 … 2, or -1 for a step without one")) { try data([-2, 1, 2, 3, 0, 0], columns: 2).labeled(steps: 2, below: 3) }
    #expect(throws: Failure(.invalidData, "label 0.5 at row 2, step 0; labels must be whole numbers 0 … 2, or -1 for a step without one")) { try data([0, 1, 2, 1, 0.5, 0], columns: 2).labeled(steps: 2, below: 3) }
    #expect(throws: Failure(.shapeMismatch, "targets have shape [3, 2]; this network has outputs at every step, and its loss needs labels of shape [3, 3]")) { try data([0, 1, 2, 1, 0, 0], columns: 2).labeled(steps: 3, below: 3) }
  }

  @Test func knowsWhetherAnyStepIsObserved() throws {
    #expect(try data([.nan, .nan, .nan, .nan, .nan, 1], columns: 2).hasObservedStep(of: 2))
    #expect(try !data([.nan, .nan, .nan, .nan, .nan, .nan], columns: 2).hasObservedStep(of: 2))
    #expect(try !data([-1, -1, -1, -1, -1, -1], columns: 2).labeled(steps: 2, below: 3).hasObservedStep(of: 2))
    #expect(try data([-1, -1, -1, -1, -1, 2], columns: 2).labeled(steps: 2, below: 3).hasObservedStep(of: 2))
  }

  /// NaN stands for a value that was not observed, where a sample has several; it is refused where a network has none of those.
  @Test func valuesMayBeMissing() throws {
    let made = try data([1, .nan, -3, 2, .nan, .nan], columns: 2)
    #expect(made.mayMiss && made.valueBound == 3)
    try made.requireValues(heldBy: .float32, within: -3...3, allowsMissing: true)
    #expect(throws: Failure(.invalidData, "targets hold NaN at row 0, column 1; they must be finite, because this network has no outputs at every step, of which some may be unobserved")) {
      try made.requireValues(heldBy: .float32)
    }
    #expect(throws: Failure(.invalidData, "targets hold infinity at row 1, column 0; they must be finite")) { _ = try data([1, .nan, .infinity, 2, 1, 1], columns: 2) }
    #expect(throws: Failure(.invalidData, "targets hold NaN at row 1, column 0; they must be finite")) { _ = try data([1, .nan, 2], columns: 1) }
  }
}
