import LinearAlgebra
import TestSupport
import Testing

@Suite struct ColumnScalarsTests {
  @Test(arguments: Precision.allCases) func normsAreThoseOfTheColumns(_ precision: Precision) throws {
    let x = try SampleNumbers.normal(5 * 16, precision, seed: 3)
    let out = try SampleNumbers(16, precision)
    columnNorms(x.block(rows: 5, columns: 16), into: out.block(rows: 1, columns: 16))
    let expected = (0..<16).map { norm(x.column($0, of: 16)) }
    // Five products and a root, with one rounding error each.
    #expect(largestDifference(out.values, expected) < 4 * precision.epsilon)
  }

  /// The scales are powers of two, so that scaling does not round; zeros and numbers that are not finite do not change.
  @Test(arguments: Precision.allCases) func powersBringColumnsToTheSizeOfOne(_ precision: Precision) throws {
    let tiny = precision == .float32 ? Double(Float.leastNonzeroMagnitude) : Double.leastNonzeroMagnitude
    let largest = [3, -0.3, 1e-30, 0, .infinity, .nan, 1, tiny] + Array(repeating: 5.0, count: 8)
    // The second row is smaller.
    let x = try SampleNumbers(largest + largest.map { $0 / 4 }, precision)
    let (powers, inverses) = (try SampleNumbers(16, precision), try SampleNumbers(16, precision))
    columnPowers(x.block(rows: 2, columns: 16), into: powers.block(rows: 1, columns: 16), inverses: inverses.block(rows: 1, columns: 16))
    #expect(powers[0] == 2 && powers[1] == 0.25 && powers[2] == 0x1p-100 && powers[3] == 1 && powers[4] == 1 && powers[6] == 1 && powers[8] == 4)
    for s in 0..<16 {
      #expect(powers[s] * inverses[s] == 1, "\(s)")
      #expect(powers[s].isNormal && inverses[s].isNormal)
    }
  }

  @Test(arguments: Precision.allCases) func findsWhatIsAboveAndWhatIsNoNumber(_ precision: Precision) throws {
    let x = try SampleNumbers([0.5, 2, 1, 3], precision)
    func above(_ bound: Double) -> [Int: Double] {
      var found: [Int: Double] = [:]
      forEachAbove(x.block(rows: 1, columns: 4), bound) { found[$0] = $1 }
      return found
    }
    #expect(above(1) == [1: 2, 3: 3] && above(4) == [:])
    x[2] = .nan
    #expect(above(1).keys.sorted() == [1, 2, 3] && above(1)[2]?.isNaN == true)
  }
}
