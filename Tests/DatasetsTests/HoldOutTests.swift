import Datasets
import Settings
import Testing

@Suite struct HoldOutTests {
  private func data(_ counts: [Int]) throws -> Dataset {
    let labels = counts.enumerated().flatMap { Array(repeating: Double($0), count: $1) }
    return try make(labels.indices.map { Float($0) }, rows: labels.count, columns: 1, labels: labels)
  }

  private func rows(_ list: RowList) -> [Int] { (0..<list.count).map { Int(list.first[$0]) } }

  @Test func everyRowIsInOnePartAndClassesAreEven() throws {
    let data = try data([60, 30, 10])
    let parts = try #require(try data.holdOut(0.2, seed: 3))
    let (training, held) = (rows(parts.training), rows(parts.held))
    #expect((training + held).sorted() == Array(0..<100) && training == training.sorted() && held == held.sorted())
    #expect(held.count == 20)
    for (range, count) in [(0..<60, 12), (60..<90, 6), (90..<100, 2)] { #expect(held.filter(range.contains).count == count) }
    #expect(rows(try #require(try data.holdOut(0.2, seed: 3)).held) == held)
    #expect(rows(try #require(try data.holdOut(0.2, seed: 4)).held) != held)
  }

  /// A class of a single sample stays in the training rows.
  @Test func trainingKnowsEveryClass() throws {
    let data = try data([1, 1, 1, 1, 6])
    for seed in 0..<20 {
      let parts = try #require(try data.holdOut(0.5, seed: UInt64(seed)))
      #expect(rows(parts.held).allSatisfy { $0 >= 4 } && rows(parts.training).contains { $0 >= 4 })
    }
  }

  @Test func valuesAreHeldOutToo() throws {
    let data = try withView([Float](repeating: 1, count: 30), .float32, rows: 30, columns: 1) { features in
      try withView((0..<30).map { Double($0) }, .float64, rows: 30, columns: 1) { try Dataset(copying: features, values: $0) }
    }
    #expect(try #require(try data.holdOut(0.1, seed: 1)).held.count == 3)
  }

  @Test func nothingIsLeftOfTooFewRows() throws {
    #expect(try data([3]).holdOut(0.1, seed: 1) == nil)
    #expect(try data([1]).holdOut(0.9, seed: 1) == nil)
  }
}
