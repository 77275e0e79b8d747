import LinearAlgebra
import Testing

struct ClassesTests {
  @Test func gathersLabelsByRowsOrInOrder() throws {
    let labels: [Int32] = [5, 6, 7, 8, 9]
    let buffer = try Buffer(byteCount: 64)
    let out = buffer.labels(count: 3)
    gatherLabels(labels, rows: nil, start: 1, count: 3, into: out)
    #expect([out[0], out[1], out[2]] == [6, 7, 8])
    gatherLabels(labels, rows: [4, 0, 3, 1], start: 1, count: 3, into: out)
    #expect([out[0], out[1], out[2]] == [5, 8, 6] && buffer.byteCount == 64)
  }

  /// The class is that of the first largest score; with one row the sign of the score determines it.
  @Test(arguments: Precision.allCases)
  func scattersTheClassOfEachSample(_ precision: Precision) throws {
    let scores = try Numbers(3 * 16, precision)
    for (sample, column) in [[1.0, 3, 2], [4, 4, 4], [-3, -2, -1]].enumerated() {
      for (row, score) in column.enumerated() { scores[row * 16 + sample] = score }
    }
    let out = try Numbers(5, .float64)
    let target = MutableTensorView(out.buffer.base, type: .float64, rows: 5, columns: 1)
    scatterClasses(scores.block(rows: 3, columns: 16), count: 3, to: target, startRow: 2)
    #expect(Array(out.values[2...]) == [1, 0, 2])
    scatterClasses(scores.block(rows: 1, columns: 16), count: 3, to: target, startRow: 0)
    #expect(Array(out.values[..<3]) == [1, 1, 0])
  }

  /// Each score by itself: 1 where it is positive. The rows before and the numbers beside the target's columns stay.
  @Test(arguments: Precision.allCases)
  func scattersTheSignsOfTheScores(_ precision: Precision) throws {
    let scores = try Numbers(2 * 16, precision)
    for (sample, column) in [[1.0, -3], [0, 4]].enumerated() { for (row, score) in column.enumerated() { scores[row * 16 + sample] = score } }
    let out = try Numbers(Array(repeating: 7, count: 9), .float64)
    let target = MutableTensorView(out.buffer.base, type: .float64, rows: 3, columns: 2, rowStride: 3, columnStride: 1)
    scatterSigns(scores.block(rows: 2, columns: 16), count: 2, to: target, startRow: 1)
    #expect(out.values == [7, 7, 7, 1, 0, 7, 0, 1, 7])
  }

  @Test func sumsTheWeightsOfClassesByLabel() throws {
    let scores = try Numbers(16, .float64)
    (scores[0], scores[1], scores[2]) = (1, -1, 2)
    let (sums, weights) = (try Numbers([0, 0, 0, 0], .float64), try Numbers([0.5, 2, 4], .float64))
    countClasses(scores.block(rows: 1, columns: 16), labels: [1, 1, 0], weights: weights.vector, count: 3, addingTo: sums.vector)
    #expect(sums.values == [0, 4, 2, 0.5])
  }

  /// Classes 1, 0, 2 of labels 1, 2, 2; with one row the sign decides between two classes.
  @Test(arguments: Precision.allCases)
  func countsClassesByLabel(_ precision: Precision) throws {
    let scores = try Numbers(3 * 16, precision)
    for (sample, column) in [[1.0, 3, 2], [4, 4, 4], [-3, -2, -1]].enumerated() {
      for (row, score) in column.enumerated() { scores[row * 16 + sample] = score }
    }
    let memory = try Buffer(count: 9, precision: .float64)
    defer { withExtendedLifetime(memory) {} }
    let counts = memory.rowNumbers(count: 9)
    countClasses(scores.block(rows: 3, columns: 16), labels: [1, 2, 2], count: 3, addingTo: counts)
    #expect((0..<9).map { counts[$0] } == [0, 0, 0, 0, 1, 0, 1, 0, 1])
    for index in 0..<4 { counts[index] = 0 }
    countClasses(scores.block(rows: 1, columns: 16), labels: [0, 1, 0], count: 3, addingTo: counts)
    #expect((0..<4).map { counts[$0] } == [1, 1, 0, 1])
  }
}
