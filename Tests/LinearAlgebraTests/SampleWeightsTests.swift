import LinearAlgebra
import Testing

struct SampleWeightsTests {
  private func numbers(_ values: [Double], _ precision: Precision = .float64) throws -> Numbers {
    let numbers = try Numbers(values.count, precision)
    for (index, value) in values.enumerated() { numbers[index] = value }
    return numbers
  }

  /// w = samples[row]·classes[label], for selected rows and in order; the sum is that of the same numbers.
  @Test func weightsOfSamplesAndClassesMultiply() throws {
    let (samples, classes, out) = (try numbers([1, 2, 3, 4]), try numbers([10, 0.5]), try numbers([9, 9, 9]))
    let labels: [Int32] = [0, 1, 1, 0]
    gatherWeights(samples: samples.vector, classes: nil, labels: [], rows: nil, start: 1, count: 3, into: out.vector)
    #expect(out.values == [2, 3, 4])
    // Rows 3, 1, 0: the tile's own labels.
    gatherWeights(samples: samples.vector, classes: classes.vector, labels: [0, 1, 0], rows: [2, 3, 1, 0], start: 1, count: 3, into: out.vector)
    #expect(out.values == [40, 1, 10])
    #expect(weightSum(samples: samples.vector, classes: classes.vector, labels: labels, rows: [2, 3, 1, 0], start: 1, count: 3) == 51)
    #expect(weightSum(samples: nil, classes: classes.vector, labels: labels, rows: nil, start: 0, count: 4) == 21)
    #expect(weightSum(samples: nil, classes: nil, labels: nil, rows: nil, start: 0, count: 4) == 4)
  }

  /// The unit is a power of two, so that only weights beyond the range of the type change by it; it makes the largest 1 … 2.
  @Test func weightsAreMeasuredInAUnit() throws {
    let (samples, out) = (try numbers([3e-300, 1e-300, 2e-300]), try numbers([9, 9, 9]))
    let largest = largestWeight(samples: samples.vector, classes: nil, labels: nil, rows: [1, 2, 0], start: 0, count: 2)
    #expect(largest == 2e-300 && largestWeight(samples: nil, classes: nil, labels: nil, rows: nil, start: 0, count: 0) == 0)
    let unit = weightUnit(largest: 3e-300)
    #expect(unit.significand == 1 && (1..<2).contains(3e-300 / unit))
    gatherWeights(samples: samples.vector, classes: nil, labels: [], rows: nil, start: 0, count: 3, unit: unit, into: out.vector)
    #expect(out.values == [3e-300 / unit, 1e-300 / unit, 2e-300 / unit])
    #expect(weightSum(samples: samples.vector, classes: nil, labels: nil, rows: nil, start: 0, count: 3, unit: unit) == out.values.reduce(0, +))
    for largest in [0, .infinity, .nan] { #expect(weightUnit(largest: largest) == 1) }
    for largest in [5e-324, 1e308, 1] { #expect((1 / weightUnit(largest: largest)).isNormal && largest / weightUnit(largest: largest) < 0x1p25) }
  }

  @Test(arguments: Precision.allCases)
  func rowsAndColumnsAreWeighted(_ precision: Precision) throws {
    let samples = try numbers([1, 2, 0.5])
    let rows = try numbers([1, 2, 3, 4], precision)
    let view = MutableTensorView(rows.buffer.base, type: ElementType(precision), rows: 2, columns: 2)
    weightRows(view, samples: samples.vector, classes: nil, labels: nil, rows: [2, 1])
    #expect(rows.values == [0.5, 1, 6, 8])
    let columns = try numbers(Array(repeating: 1.0, count: 32), precision)
    weightColumns(columns.block(rows: 2, columns: 16), scale: 0.5, weights: samples.vector, count: 3)
    #expect(Array(columns.values[0..<4]) == [0.5, 1, 0.25, 0] && Array(columns.values[16..<20]) == [0.5, 1, 0.25, 0] && columns[31] == 0)
    weightColumns(columns.block(rows: 2, columns: 16), scale: 2, weights: nil, count: 1)
    #expect(Array(columns.values[0..<2]) == [1, 0])
  }

  @Test func lossesAreSummedByTheirWeights() throws {
    let (losses, weights) = (try numbers([1, 2, 4, 8]), try numbers([3, 0, 0.5, 100]))
    #expect(weightedSum(of: losses.vector, weights: weights.vector, count: 3) == 5)
    #expect(weightedSum(of: losses.vector, weights: nil, count: 3) == 7)
  }
}
