import LinearAlgebra
import Settings
import TestSupport
import Testing

@Suite struct RowSumClippingTests {
  private static func clipped(_ rows: Int, _ columns: Int, _ numbers: [Double], to limit: Double) throws -> [Double] {
    let made = try Numbers(numbers, .float64)
    try RowSumClipping.clip(Matrix(made.vector.base, rows: rows, columns: columns, precision: .float64), to: limit)
    return made.values
  }

  /// By sorting: the largest k with a_(k) > (S_k − c)/k gives θ.
  private static func projected(_ row: [Double], to limit: Double) -> [Double] {
    let sizes = row.map { abs($0) }.sorted(by: >)
    guard sizes.reduce(0, +) > limit else { return row }
    var (sum, threshold) = (0.0, 0.0)
    for (k, size) in sizes.enumerated() {
      sum += size
      if size > (sum - limit) / Double(k + 1) { threshold = (sum - limit) / Double(k + 1) }
    }
    return row.map { ($0 < 0 ? -1 : 1) * max(abs($0) - threshold, 0) }
  }

  @Test(arguments: [(1, 1), (1, 7), (6, 5), (3, 200)], [0.01, 0.5, 2, 1e-9]) func rowsAreProjectedOnTheirBall(_ shape: (Int, Int), _ limit: Double) throws {
    for scale in [1.0, 1e150, 1e-200, 1e306] {
      let numbers = try Numbers(shape.0 * shape.1, .float64, seed: UInt64(shape.1)).values
      let made = try Self.clipped(shape.0, shape.1, numbers.map { $0 * scale }, to: limit * scale)
      for i in 0..<shape.0 {
        let row = i * shape.1..<(i + 1) * shape.1
        let expected = Self.projected(numbers[row].map { $0 }, to: limit)
        #expect(largestDifference(made[row].map { $0 / scale }, expected) < 1e-14 * Double(shape.1))
        #expect(made[row].reduce(0) { $0 + abs($1 / scale) } <= limit * (1 + 1e-13) || made[row].map { $0 / scale } == numbers[row].map { $0 * scale / scale })
      }
    }
  }

  /// Corners of the ball and equal numbers; a row within the limit keeps its bits.
  @Test func simpleRows() throws {
    #expect(try Self.clipped(3, 3, [3, 0, 0, 1, -1, 1, 0.1, 0.2, -0.3], to: 1.5) == [1.5, 0, 0, 0.5, -0.5, 0.5, 0.1, 0.2, -0.3])
    #expect(try Self.clipped(1, 4, [5, 1, -1, 0], to: 2) == [2, 0, 0, 0])
    #expect(try Self.clipped(1, 2, [0, 0], to: 1) == [0, 0])
  }

  @Test func theWorkCanBeCancelled() throws {
    let numbers = try Numbers(400 * 4000, .float64, seed: 5)
    let failure = Watch(isCancelled: { true }).asCurrent { refusal { try RowSumClipping.clip(Matrix(numbers.vector.base, rows: 400, columns: 4000, precision: .float64), to: 1) } }
    #expect(failure?.status == .cancelled)
  }
}
