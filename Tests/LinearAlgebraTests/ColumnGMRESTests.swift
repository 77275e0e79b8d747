import LinearAlgebra
import TestSupport
import Testing

/// The `Numbers` of TestSupport, which this module's own type hides.
typealias SampleNumbers = TestSupport.Numbers

/// The operators for GMRES: each sample has its own matrix.
struct SampleMatrices: ColumnOperator {
  let size: Int
  let columns: Int
  /// [sample][row][column]
  let matrices: [[[Double]]]

  /// I·diagonal + normal numbers·deviation/√n.
  init(size: Int, columns: Int, diagonal: Double, deviation: Double, seed: UInt64 = 1) throws {
    (self.size, self.columns) = (size, columns)
    matrices = try (0..<columns).map { sample in
      var rows = try SampleNumbers.normal(size * size, .float64, seed: seed + UInt64(sample), deviation: deviation / Double(size).squareRoot()).rows(of: size)
      for i in 0..<size { rows[i][i] += diagonal }
      return rows
    }
  }

  init(_ matrices: [[[Double]]]) { (size, columns, self.matrices) = (matrices[0].count, matrices.count, matrices) }

  func apply(_ x: Block, into out: Block) {
    let (x, out) = (BlockNumbers(block: x), BlockNumbers(block: out))
    for s in 0..<x.columns {
      let column = (0..<size).map { x[$0, s] }
      for i in 0..<size { out[i, s] = inner(matrices[s][i], column) }
    }
  }
}

/// Access to the single numbers of a block.
struct BlockNumbers {
  let block: Block
  var columns: Int { block.columns }
  subscript(row: Int, column: Int) -> Double {
    get { Vector(block.base, count: block.rows * block.stride, precision: block.precision).load(row * block.stride + column) }
    nonmutating set { Vector(block.base, count: block.rows * block.stride, precision: block.precision).store(newValue, at: row * block.stride + column) }
  }
}

@Suite struct ColumnGMRESTests {
  private struct Solved {
    let x: SampleNumbers
    let residuals: [Double]
    let applications: Int
  }

  private func solve(_ a: SampleMatrices, _ b: SampleNumbers, relative: Double, cycles: Int = 20, columns: Int) throws -> Solved {
    let (n, precision) = (a.size, b.vector.precision)
    let gmres = ColumnGMRES(size: n)
    let (x, tolerances, residuals) = (try SampleNumbers(n * columns, precision), try SampleNumbers(columns, precision), try SampleNumbers(columns, precision))
    for s in 0..<columns { tolerances[s] = relative }
    let scratch = try SampleNumbers(gmres.scratchRows * columns, precision)
    let applications = gmres.solve(
      a, b.block(rows: n, columns: columns), relative: tolerances.block(rows: 1, columns: columns), into: x.block(rows: n, columns: columns), cycles: cycles,
      residuals: residuals.block(rows: 1, columns: columns), scratch: scratch.block(rows: gmres.scratchRows, columns: columns))
    return Solved(x: x, residuals: residuals.values, applications: applications)
  }

  /// ‖b − A x‖/‖b‖ of each sample, in Double.
  private func residuals(_ a: SampleMatrices, _ x: SampleNumbers, _ b: SampleNumbers) -> [Double] {
    (0..<a.columns).map { s in
      let (x, b) = (x.column(s, of: a.columns), b.column(s, of: a.columns))
      return norm(zip(a.matrices[s], b).map { $1 - inner($0, x) }) / norm(b)
    }
  }

  /// Sizes below and above the restart length.
  @Test(arguments: [1, 2, 7, 20, 33], Precision.allCases) func solvesToRounding(_ n: Int, _ precision: Precision) throws {
    let a = try SampleMatrices(size: n, columns: 16, diagonal: 2, deviation: 0.7)
    let b = try SampleNumbers.normal(n * 16, precision, seed: 90)
    let solved = try solve(a, b, relative: 4 * precision.epsilon, columns: 16)
    // The rounding errors of products with A, which have n terms.
    #expect(residuals(a, solved.x, b).allSatisfy { $0 < 40 * precision.epsilon })
    #expect(solved.residuals.allSatisfy { $0 < 40 * precision.epsilon })
  }

  /// In exact arithmetic n steps solve any nonsingular system (Saad & Schultz 1986, corollary 3): even a cyclic shift, on which no residual shrinks before step n.
  @Test func cyclicShiftTakesAllItsSteps() throws {
    let n = 8
    let shift = (0..<n).map { i in (0..<n).map { $0 == (i + 1) % n ? 1.0 : 0 } }
    let b = try SampleNumbers([1] + Array(repeating: 0, count: n - 1), .float64)
    let solved = try solve(SampleMatrices([shift]), b, relative: 1e-14, columns: 1)
    #expect(largestDifference(solved.x.values, [0, 1] + Array(repeating: 0, count: n - 2)) < 1e-14)
    #expect(solved.applications == n + 1, "n steps and the residual itself")
  }

  /// Neighbors that converge earlier, later or never do not change a sample's bits.
  @Test(arguments: Precision.allCases) func aSampleAloneHasTheSameBits(_ precision: Precision) throws {
    let n = 24
    let kinds = [(2.0, 0.1), (1.0, 0.9), (0.0, 1.0), (5.0, 1.0)]
    let matrices = try (0..<16).map { try SampleMatrices(size: n, columns: 1, diagonal: kinds[$0 % 4].0, deviation: kinds[$0 % 4].1, seed: 10 + UInt64($0)).matrices[0] }
    let b = try SampleNumbers.normal(n * 16, precision, seed: 91)
    for row in 0..<n { b[row * 16 + 5] = row == 2 ? .nan : 1 }
    let together = try solve(SampleMatrices(matrices), b, relative: 4 * precision.epsilon, columns: 16)
    for s in 0..<16 where s != 5 {
      let alone = try solve(SampleMatrices([matrices[s]]), try SampleNumbers(b.column(s, of: 16), precision), relative: 4 * precision.epsilon, columns: 1)
      #expect(alone.x.bits == (try SampleNumbers(together.x.column(s, of: 16), precision)).bits, "sample \(s)")
    }
    #expect(together.residuals[5].isNaN)
  }

  /// For a singular system the iteration ends with the remaining residual: b = (1, 1) is half outside the range of diag(1, 0).
  @Test func singularSystemsEndWithTheirResidual() throws {
    let solved = try solve(SampleMatrices([[[1, 0], [0, 0]]]), try SampleNumbers([1, 1], .float64), relative: 1e-14, columns: 1)
    #expect(solved.x.values.allSatisfy { $0.isFinite })
    #expect(abs(solved.residuals[0] - 0.5.squareRoot()) < 1e-14)
  }

  /// Right-hand sides whose squares underflow, and zeros.
  @Test(arguments: Precision.allCases) func sizeOfTheRightHandSideDoesNotMatter(_ precision: Precision) throws {
    let a = try SampleMatrices(size: 5, columns: 16, diagonal: 2, deviation: 0.7)
    let b = try SampleNumbers.normal(5 * 16, precision, seed: 92)
    let plain = try solve(a, b, relative: 4 * precision.epsilon, columns: 16)
    let small = try SampleNumbers(b.values.map { $0 * 0x1p-100 }, precision)
    let scaled = try solve(a, small, relative: 4 * precision.epsilon, columns: 16)
    #expect(scaled.x.values == plain.x.values.map { $0 * 0x1p-100 })
    let zero = try solve(a, try SampleNumbers(5 * 16, precision), relative: 4 * precision.epsilon, columns: 16)
    #expect(zero.x.values.allSatisfy { $0 == 0 } && zero.residuals.allSatisfy { $0 == 0 } && zero.applications == 0)
  }

  /// A tolerance is met, but the residual is not much smaller.
  @Test func looseTolerancesCostLess() throws {
    let a = try SampleMatrices(size: 20, columns: 16, diagonal: 2, deviation: 0.7)
    let b = try SampleNumbers.normal(20 * 16, .float64, seed: 93)
    let (loose, tight) = (try solve(a, b, relative: 1e-2, columns: 16), try solve(a, b, relative: 1e-12, columns: 16))
    #expect(residuals(a, loose.x, b).allSatisfy { $0 <= 1e-2 && $0 > 1e-12 })
    #expect(loose.applications < tight.applications)
  }
}
