import Integrators
import LinearAlgebra
import TestSupport
import Testing

@Suite struct RunningSumTests {
  private static let (rows, columns) = (3, 16)

  private func block(_ seed: UInt64, _ precision: Precision = .float64) throws -> Block {
    try Numbers.normal(Self.rows * Self.columns, precision, seed: seed).block(rows: Self.rows, columns: Self.columns)
  }

  /// More terms than one pass can add are added in order, for any number of terms.
  @Test(arguments: [0, 1, 3, 8, 9, 16, 17, 20], [false, true]) func anyNumberOfTermsAddsUp(_ count: Int, _ hasBase: Bool) throws {
    let base = hasBase ? try block(1) : nil
    let out = try block(2)
    var expected = base?.values ?? Array(repeating: 0, count: Self.rows * Self.columns)
    var sum = RunningSum(base, into: out)
    for term in 0..<count {
      let (x, coefficient) = (try block(10 + UInt64(term)), 1 / Double(term + 2))
      sum.add(coefficient, x)
      expected = zip(expected, x.values).map { $0 + coefficient * $1 }
    }
    sum.finish()
    // One rounding error per term.
    #expect(largestDifference(out.values, expected) < 20 * 0x1p-52)
  }

  @Test func aZeroCoefficientDoesNotReadItsBlock() throws {
    let (x, infinite, out) = (try block(1), try block(2), try block(3))
    fill(infinite, .infinity)
    var sum = RunningSum(x, into: out)
    sum.add(0, infinite)
    sum.finish()
    #expect(out.values == x.values)
  }

  @Test func theSumMayLieOnItsBase() throws {
    let (x, y) = (try block(1), try block(2))
    let expected = zip(x.values, y.values).map { $0 + 2 * $1 }
    var sum = RunningSum(x, into: x)
    sum.add(2, y)
    sum.finish()
    #expect(largestDifference(x.values, expected) < 4 * 0x1p-52)
  }
}
