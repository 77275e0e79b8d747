import LinearAlgebra
import Settings
import TestSupport
import Testing

/// Arrays of more than one piece, with few and with many columns, of several types and strides.
@Suite struct TensorPiecesTests {
  private static let shapes = [(3, 1_100_000), (1_100_000, 3), (1, 2_200_000), (2_200_000, 1), (5, 7), (0, 4)]

  /// An array of float64 whose numbers grow in memory, row-major, column-major or with rows in reverse order.
  private func views(_ numbers: TestSupport.Numbers, _ rows: Int, _ columns: Int) -> [TensorView] {
    let base = UnsafeRawPointer(numbers.vector.base)
    return [
      TensorView(base, type: .float64, rows: rows, columns: columns),
      TensorView(base, type: .float64, rows: rows, columns: columns, rowStride: 1, columnStride: max(rows, 1)),
      TensorView(base + 8 * max(rows - 1, 0) * columns, type: .float64, rows: rows, columns: columns, rowStride: -columns, columnStride: 1),
    ]
  }

  private func numbers(_ count: Int) throws -> TestSupport.Numbers {
    let numbers = try TestSupport.Numbers(count, .float64)
    for index in 0..<count { numbers[index] = Double(index % 65_537) }
    return numbers
  }

  @Test(arguments: shapes) func partsGiveTheSameNumbersAsTheWhole(_ rows: Int, _ columns: Int) throws {
    let given = try numbers(rows * columns)
    for view in views(given, rows, columns) {
      let (whole, parts) = (try TestSupport.Numbers(rows * columns, .float32), try TestSupport.Numbers(rows * columns, .float32))
      convert(view, into: whole.vector)
      let asked = try questions { try convertInPieces(view, into: parts.vector) }
      #expect(parts.bits == whole.bits && asked >= rows * columns >> 20)
      let (back, copied) = (try TestSupport.Numbers(rows * columns, .float64), try TestSupport.Numbers(rows * columns, .float64))
      #expect(questions { convertWhole(parts.vector, to: back.target(rows: rows, columns: columns)) } >= rows * columns >> 20)
      #expect(questions { copyWhole(view, into: copied.target(rows: rows, columns: columns)) } >= rows * columns >> 20)
      #expect(back.bits == whole.values.map(\.bitPattern) && copied.bits == back.bits)
    }
  }

  @Test(arguments: shapes) func theFirstBadNumberIsTheSame(_ rows: Int, _ columns: Int) throws {
    let given = try numbers(rows * columns)
    for place in [0, rows * columns / 2, rows * columns - 1] where place >= 0 && rows * columns > 0 {
      let before = given[place]
      given[place] = 1e300
      for view in views(given, rows, columns) {
        let (whole, parts) = (firstUnheld(view, by: .float32), try firstUnheldInPieces(view, by: .float32))
        #expect(whole != nil && parts?.row == whole?.row && parts?.column == whole?.column)
        #expect(try firstUnheldInPieces(view, by: .float64) == nil)
      }
      given[place] = before
    }
    #expect(try views(given, rows, columns).allSatisfy { try firstUnheldInPieces($0, by: .float32) == nil })
  }

  @Test func vectorsAreCopiedAndCheckedInPieces() throws {
    let (given, copied) = (try numbers(3_000_000), try TestSupport.Numbers(3_000_000, .float64))
    #expect(try questions { try copyInPieces(given.vector, into: copied.vector) } == 3 && copied.bits == given.bits)
    var isFinite = false
    #expect(try questions { isFinite = try allFiniteInPieces(given.vector) } == 3 && isFinite)
    given[2_999_999] = .nan
    #expect(try !allFiniteInPieces(given.vector))
  }

  /// Reading ends with the watch; writing to the caller's array does not.
  @Test func aWriteThatHasBegunIsCompleted() throws {
    let (given, target) = (try numbers(3_000_000), try TestSupport.Numbers(3_000_000, .float64))
    let over = Watch(isCancelled: { true })
    over.asCurrent { convertWhole(given.vector, to: target.target(rows: 1, columns: 3_000_000)) }
    #expect(target.bits == given.bits)
    over.asCurrent {
      #expect(refusal { try convertInPieces(given.view(rows: 1, columns: 3_000_000), into: target.vector) }?.status == .cancelled)
      #expect(refusal { try copyInPieces(given.vector, into: target.vector) }?.status == .cancelled)
      #expect(refusal { _ = try allFiniteInPieces(given.vector) }?.status == .cancelled)
      #expect(refusal { _ = try firstUnheldInPieces(given.view(rows: 3_000_000, columns: 1), by: .float32) }?.status == .cancelled)
    }
  }
}
