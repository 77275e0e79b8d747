import LinearAlgebra
import TestSupport
import Testing

/// Memory for `count` matrices of Doubles, at an address that is a multiple of four bytes only.
struct SmallMemory {
  private let numbers: SampleNumbers
  let base: UnsafeMutableRawPointer

  init(count: Int, precision: Precision = .float32) throws {
    numbers = try SampleNumbers(count + 1, precision)
    base = numbers.vector.base + precision.byteCount
  }

  init(matrices: Int, size: Int) throws { try self.init(count: SquareMatrices.count(matrices, size: size, precision: .float32)) }
}

extension Matrix {
  /// The numbers as rows, of any precision and strides.
  var rowsOfNumbers: [[Double]] {
    (0..<rows).map { i in
      (0..<columns).map { j in
        let index = i * rowStride + j * columnStride
        return Vector(base, count: index + 1, precision: precision).load(index)
      }
    }
  }
}

func plainProduct(_ a: [[Double]], _ b: [[Double]]) -> [[Double]] {
  let columns = plainTranspose(b)
  return a.map { row in columns.map { inner(row, $0) } }
}

func plainIdentity(_ n: Int) -> [[Double]] { (0..<n).map { i -> [Double] in (0..<n).map { $0 == i ? 1.0 : 0.0 } } }

@Suite struct SquareMatricesTests {
  @Test(arguments: Precision.allCases) func matricesLieApartAndAligned(_ precision: Precision) throws {
    let memory = try SmallMemory(count: SquareMatrices.count(3, size: 5, precision: precision), precision: precision)
    let matrices = SquareMatrices(memory.base, size: 5)
    for index in 0..<3 {
      #expect(Int(bitPattern: matrices[index].base) % 8 == 0)
      #expect(index == 0 || matrices[index].base - matrices[index - 1].base == 25 * 8)
    }
    // The last matrix ends within the memory.
    #expect(matrices[2].base + 25 * 8 - memory.base <= SquareMatrices.count(3, size: 5, precision: precision) * precision.byteCount)
  }

  @Test(arguments: Precision.allCases) func assignsAddsAndTakesAntisymmetricParts(_ precision: Precision) throws {
    let x = try SampleNumbers.normal(9, precision, seed: 3).matrix(rows: 3, columns: 3)
    let matrices = SquareMatrices(try SmallMemory(matrices: 1, size: 3).base, size: 3)
    let rows = x.rowsOfNumbers
    assign(2, x.transposed, plusIdentity: 3, into: matrices[0])
    for i in 0..<3 {
      for j in 0..<3 {
        let expected: Double = 2 * rows[j][i] + (i == j ? 3.0 : 0.0)
        #expect(matrices[0].rowsOfNumbers[i][j] == expected)
      }
    }
    add(-2, x.transposed, to: matrices[0])
    // Sums of numbers below 10 with one rounding error.
    #expect(largestDifference(matrices[0].rowsOfNumbers.flatMap { $0 }, plainIdentity(3).flatMap { $0.map { 3 * $0 } }) < 1e-14)
    antisymmetricPart(0.5, x, into: x)
    let part = x.rowsOfNumbers
    for i in 0..<3 {
      for j in 0..<3 {
        let expected: Double = 0.5 * (rows[i][j] - rows[j][i])
        #expect(abs(part[i][j] - expected) <= precision.epsilon)
        #expect(part[i][j] == -part[j][i])
      }
    }
  }

  @Test func normIsTheLargestColumnSum() throws {
    let x = try SampleNumbers([1, -5, 2, 3], .float64).matrix(rows: 2, columns: 2)
    #expect(columnSumNorm(x) == 8)
    #expect(columnSumNorm(x.transposed) == 6)
    #expect(columnSumNorm(try SampleNumbers([1, .nan, 2, 3], .float64).matrix(rows: 2, columns: 2)).isNaN)
  }
}
