import Datasets
import LinearAlgebra
import Settings
import Testing

@Suite struct WeightedDatasetTests {
  private func weighted(_ weights: [Double]) throws -> Dataset {
    let data = try make(numbers, rows: 3, columns: 2, labels: [0, 2, 1])
    return try withView(weights, .float64, rows: weights.count, columns: 1) { try data.weighted(by: $0) }
  }

  @Test func weightsGoAlongWithSlices() throws {
    let data = try weighted([0, 2.5, 1])
    #expect((0..<3).map { data.weights?.load($0) } == [0, 2.5, 1])
    let slice = try data.slice(start: 1, count: 2)
    #expect((0..<2).map { slice.weights?.load($0) } == [2.5, 1] && slice.labels?[0] == 2)
    #expect(data.features.base == slice.features.base - 8, "memory is shared")
  }

  @Test func badWeightsAreNamed() {
    #expect(throws: Failure(.invalidData, "weights hold -1.0 at row 1; they must be finite and >= 0")) { try weighted([1, -1, 1]) }
    #expect(throws: Failure(.invalidData, "weights hold NaN at row 2; they must be finite and >= 0")) { try weighted([1, 1, .nan]) }
    #expect(throws: Failure(.invalidData, "weights are all 0; at least one must be > 0")) { try weighted([0, 0, 0]) }
    #expect(throws: Failure(.shapeMismatch, "weights hold 2 × 1 numbers; they must be one for each of the 3 samples")) { try weighted([1, 1]) }
  }
}
