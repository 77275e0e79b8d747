import Glibc
import LinearAlgebra
import Settings
import TestSupport
import Testing

@Suite struct GramNormTests {
  private func run(_ rows: Int, _ columns: Int, _ a: TestSupport.Numbers) throws -> (bound: Double, slope: TestSupport.Numbers) {
    let norm = GramNorm(rows: rows, columns: columns, withDerivative: true)
    let (slope, memory) = (try TestSupport.Numbers(rows * columns, .float64), try TestSupport.Numbers(norm.memoryCount, .float64))
    return (norm.bound(a.matrix(rows: rows, columns: columns), derivative: slope.matrix(rows: rows, columns: columns), memory: memory.vector), slope)
  }

  /// ‖A‖ ≤ β ≤ o^{1/64}‖A‖ with the reference of `NormBound`'s tests, whatever the shape.
  @Test(arguments: [(1, 1), (1, 5), (2, 2), (3, 9), (9, 3), (16, 16), (5, 40)]) func isAnUpperBoundNearTheNorm(_ rows: Int, _ columns: Int) throws {
    for seed in 1...20 as ClosedRange<UInt64> {
      let a = try TestSupport.Numbers.normal(rows * columns, .float64, seed: seed)
      let (found, exact) = (try run(rows, columns, a).bound, spectralNorm(a.rows(of: columns)))
      #expect(found >= exact * (1 - 1e-13) && found <= exact * pow(Double(min(rows, columns)), 1 / 64.0) * (1 + 1e-9))
    }
  }

  /// Where all singular values are equal, the bound is o^{1/64} times the norm: here 8 orthogonal rows.
  @Test func isLoosestForRotations() throws {
    let a = try TestSupport.Numbers(64, .float64)
    for i in 0..<8 { a[i * 8 + (3 * i) % 8] = i.isMultiple(of: 2) ? 2 : -2 }
    let bound = try run(8, 8, a).bound
    #expect(abs(bound - 2 * pow(8, 1 / 64.0)) < 1e-9)
  }

  /// The derivative is that of central differences, and β is homogeneous: ⟨∂β/∂A, A⟩ = β.
  @Test(arguments: [(4, 4), (3, 7), (7, 3)]) func theDerivativeIsThatOfDifferences(_ rows: Int, _ columns: Int) throws {
    let a = try TestSupport.Numbers.normal(rows * columns, .float64, seed: 4)
    let (bound, slope) = try run(rows, columns, a)
    #expect(abs(inner(slope.values, a.values) - bound) < 1e-12 * bound)
    for index in 0..<a.count {
      let before = a[index]
      a[index] = before + 1e-6
      let above = try run(rows, columns, a).bound
      a[index] = before - 1e-6
      let below = try run(rows, columns, a).bound
      a[index] = before
      #expect(abs((above - below) / 2e-6 - slope[index]) < 1e-8)
    }
  }

  @Test func zeroAndWhatIsNotFinite() throws {
    let a = try TestSupport.Numbers(6, .float64)
    let (bound, slope) = try run(2, 3, a)
    #expect(bound == 0 && slope.values.allSatisfy { $0 == 0 })
    a[4] = .nan
    #expect(try run(2, 3, a).bound.isNaN)
  }

  /// Once the watch is over nothing more is computed, and the answer is no number.
  @Test func theWorkCanBeCancelled() throws {
    let (a, memory) = (try Numbers(90_000, .float64, seed: 5), try Numbers(4 * 90_000, .float64, low: 7, high: 7))
    let matrix = Matrix(a.vector.base, rows: 300, columns: 300, precision: .float64)
    let bound = Watch(isCancelled: { true }).asCurrent { GramNorm(rows: 300, columns: 300, withDerivative: true).bound(matrix, memory: memory.vector) }
    #expect(bound.isNaN && (90_000..<memory.count).allSatisfy { memory[$0] == 7 })
  }

  /// Matrices of any size and precision: they are divided by a power of two first, so that squares of numbers neither overflow nor vanish.
  @Test(arguments: Precision.allCases) func numbersOfAnySize(_ precision: Precision) throws {
    let norm = GramNorm(rows: 3, columns: 5, withDerivative: false)
    let (copy, memory) = (try TestSupport.Numbers(15, .float64), try TestSupport.Numbers(norm.memoryCount, .float64))
    for size in precision == .float32 ? [1e-40, 1e-30, 1e-3, 1, 1e30] : [1e-300, 1e-170, 1e-30, 1e-3, 1, 1e30, 1e300] {
      let a = try TestSupport.Numbers.normal(15, precision, seed: 6, deviation: size)
      let found = norm.bound(scaling: a.matrix(rows: 3, columns: 5), into: copy.matrix(rows: 3, columns: 5), derivative: nil, memory: memory.vector)
      let exact = size * spectralNorm(a.values.map { $0 / size }.chunks(of: 5))
      #expect(found >= exact * (1 - 1e-12) && found <= 1.02 * exact, "\(size)")
    }
  }
}

extension [Double] {
  /// Rows of `count` numbers.
  func chunks(of count: Int) -> [[Double]] { stride(from: 0, to: self.count, by: count).map { Array(self[$0..<$0 + count]) } }
}
