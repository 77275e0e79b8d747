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

  /// A common factor changes no result: weights far from 1 are brought near it for computing, by a power of two, and those that are given stay as they are.
  @Test func weightsAreBroughtNearOne() throws {
    for factor in [1e-300, 5e-324, 1e300] {
      let data = try weighted([factor, 0, 2 * factor])
      let near = try data.withWeightsNearOne()
      let weights = (0..<3).map { near.weights?.load($0) ?? .nan }
      #expect(weights[2] == 2 * weights[0] && weights[1] == 0 && (0x1p-80...2).contains(weights[0]) && (weights[0] / factor).significand == 1)
      #expect((0..<3).map { data.weights?.load($0) } == [factor, 0, 2 * factor])
    }
    let usual = try weighted([1e-12, 5, 1e15])
    #expect(try usual.withWeightsNearOne() === usual)
  }
}
