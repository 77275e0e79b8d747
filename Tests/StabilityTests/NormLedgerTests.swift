import LinearAlgebra
import Settings
import Stability
import TestSupport
import Testing
import VectorFields

@Suite struct NormLedgerTests {
  /// σ_max in Double by Jacobi rotations, to about 1e-13.
  private static func norm(_ rows: [[Double]]) -> Double {
    let n = rows[0].count
    if n > rows.count { return norm((0..<n).map { column in rows.map { $0[column] } }) }
    var a = (0..<n).map { i in (0..<n).map { j in rows.reduce(0.0) { $0 + $1[i] * $1[j] } } }
    for _ in 0..<30 {
      for p in 0..<n {
        for q in p + 1..<max(n, p + 1) where abs(a[p][q]) > 1e-300 {
          let theta = (a[q][q] - a[p][p]) / (2 * a[p][q])
          let t = (theta >= 0 ? 1.0 : -1) / (abs(theta) + (theta * theta + 1).squareRoot())
          let c = 1 / (t * t + 1).squareRoot()
          let s = t * c
          for k in 0..<n { (a[k][p], a[k][q]) = (c * a[k][p] - s * a[k][q], s * a[k][p] + c * a[k][q]) }
          for k in 0..<n { (a[p][k], a[q][k]) = (c * a[p][k] - s * a[q][k], s * a[p][k] + c * a[q][k]) }
        }
      }
    }
    return (0..<n).map { a[$0][$0] }.max().map { max($0, 0).squareRoot() } ?? 0
  }

  private static func reading(_ numbers: Numbers, _ rows: Int, _ columns: Int) -> OperatorReading {
    OperatorReading(
      tensor: "W", entry: nil, linearOperator: DenseOperator(inputs: columns, outputs: rows, precision: numbers.vector.precision), weights: numbers.vector, isTransposed: false)
  }

  @Test(arguments: [(1, 5), (5, 1), (4, 4), (10, 30), (40, 24), (48, 48)], Precision.allCases)
  func matricesAreNeverUnderestimated(_ shape: (Int, Int), _ precision: Precision) throws {
    let (m, n) = shape
    for seed in 1...6 as ClosedRange<UInt64> {
      let x = try Numbers.normal(m * n, precision, seed: seed)
      let rows = (0..<m).map { i in (0..<n).map { x[i * n + $0] } }
      let (found, norm) = (try NormLedger().spectral(Self.reading(x, m, n)).bound, Self.norm(rows))
      #expect(found >= norm * (1 + 1e-9) && found <= norm * 1.001)
      guard m == n else { continue }
      let part = (0..<n).map { i in (0..<n).map { 0.5 * (rows[i][$0] - rows[$0][i]) } }
      let (half, wanted) = (try NormLedger().spectral(Self.reading(x, m, n), .antisymmetric).bound, Self.norm(part))
      #expect(half >= wanted && half <= wanted * 1.001)
    }
  }

  @Test(arguments: [1e-30, 1e30, 1e-300, 1e300, 0x1p-1073]) func anyScale(_ scale: Double) throws {
    let x = try Numbers((0..<16).map { scale * Double($0 % 5 - 2) }, .float64)
    let plain = try Numbers((0..<16).map { Double($0 % 5 - 2) }, .float64)
    let (found, norm) = (try NormLedger().spectral(Self.reading(x, 4, 4)).bound, try NormLedger().spectral(Self.reading(plain, 4, 4)).bound)
    #expect(found >= norm / NormLedger.room / 1.001 * scale && found <= norm * 1.001 * scale + 0x1p-1060)
  }

  /// The largest eigenvalue of ½(W + Wᵀ) of a rotation less damping is −0.3, of [[0, 1], [0, 0]] it is ½.
  @Test func logarithmicNorms() throws {
    let rotation = try Numbers([-0.3, 2, -2, -0.3], .float64)
    let found = try NormLedger().logarithmic(Self.reading(rotation, 2, 2)).bound
    #expect(found >= -0.3 && found < -0.29)
    let shift = try Numbers([0, 1, 0, 0], .float64)
    let half = try NormLedger().logarithmic(Self.reading(shift, 2, 2)).bound
    #expect(half >= 0.5 && half < 0.502)
  }

  @Test func numbersThatAreTooLargeAreRefused() throws {
    let x = try Numbers(Array(repeating: 1e308, count: 16), .float64)
    #expect(refusal { _ = try NormLedger().spectral(Self.reading(x, 4, 4)) }?.status == .incompatible)
  }

  @Test func aClaimIsMadeOnce() throws {
    let ledger = NormLedger()
    let reading = Self.reading(try Numbers.normal(12, .float32, seed: 2), 3, 4)
    #expect(try ledger.spectral(reading) == ledger.spectral(reading))
    #expect(try ledger.rowSum(reading) == ledger.columnSum(reading.transposed))
    #expect(ledger.entries.count == 2)
  }

  /// The operator of a convolution as a matrix, column by column.
  private static func matrix(_ reading: OperatorReading) throws -> [[Double]] {
    guard let made = reading.linearOperator as? ConvolutionOperator else { return [] }
    let prepared = try Numbers(made.preparedCount, .float64)
    made.prepareCopy(of: reading.weights.base, into: prepared.vector.base)
    let columns = (made.inputs + 15) / 16 * 16
    let x = try Numbers(made.inputs * columns, .float64)
    for i in 0..<made.inputs { x[i * columns + i] = 1 }
    let out = try Numbers(made.outputs * columns, .float64)
    let scratch = try Numbers(made.scratchWidth * columns, .float64)
    made.affine(
      OperatorWeights(prepared.vector.base, .prepared), bias: nil, activation: .identity, of: x.block(rows: made.inputs, columns: columns), scale: 1, addingTo: nil,
      into: out.block(rows: made.outputs, columns: columns), slope: nil, scratch: scratch.block(rows: made.scratchWidth, columns: columns))
    return (0..<made.outputs).map { i in (0..<made.inputs).map { out[i * columns + $0] } }
  }

  @Test(arguments: [Padding.zero, .periodic], [(1, 1), (2, 1), (1, 2)]) func convolutionsAreNeverUnderestimated(_ padding: Padding, _ change: (Int, Int)) throws {
    let (stride, groups) = change
    for (margin, seed) in [(nil, 1), (0, 2), (nil, 3)] as [(Int?, UInt64)] where margin == nil || padding == .zero {
      var form = ConvolutionForm(Shape(channels: 2, height: 5, width: 4))
      (form.padding, form.stride, form.groups, form.margin, form.algorithm) = (padding, stride, groups, margin, .direct)
      let made = try ConvolutionOperator(form, inputs: 2, outputs: 4, precision: .float64)
      let x = try Numbers.normal(made.geometry.weightCount, .float64, seed: seed)
      let reading = OperatorReading(tensor: "K", entry: nil, linearOperator: made, weights: x.vector, isTransposed: false)
      let (found, norm) = (try NormLedger().spectral(reading).bound, Self.norm(try Self.matrix(reading)))
      #expect(found >= norm && found < 2 * norm)
      #expect(try NormLedger().partial(reading).bound >= found / NormLedger.room / NormLedger.room)
    }
  }

  @Test(arguments: [Padding.reflect, .replicate]) func paddingByPixelsIsRefused(_ padding: Padding) throws {
    var form = ConvolutionForm(Shape(channels: 1, height: 5, width: 5))
    form.padding = padding
    let made = try ConvolutionOperator(form, inputs: 1, outputs: 1, precision: .float32)
    let reading = OperatorReading(tensor: "K", entry: nil, linearOperator: made, weights: try Numbers.normal(9, .float32, seed: 1).vector, isTransposed: false)
    #expect(refusal { _ = try NormLedger().spectral(reading) }?.message.contains("padding") == true)
  }

  /// A margin around a torus that is wider than the image's size needs repeats results, so that no bound of the kernel's numbers is one of the operator.
  @Test func toriThatRepeatResultsAreRefused() throws {
    var form = ConvolutionForm(Shape(channels: 1, height: 5, width: 4))
    (form.padding, form.margin, form.algorithm) = (.periodic, 2, .direct)
    let made = try ConvolutionOperator(form, inputs: 1, outputs: 1, precision: .float64)
    let ones = try Numbers(Array(repeating: 1, count: 9), .float64)
    let reading = OperatorReading(tensor: "K", entry: nil, linearOperator: made, weights: ones.vector, isTransposed: false)
    #expect(Self.norm(try Self.matrix(reading)) > 1.4 * 9)
    let ledger = NormLedger()
    for refused in [refusal { _ = try ledger.spectral(reading) }, refusal { _ = try ledger.rowSum(reading) }, refusal { _ = try ledger.columnSum(reading) }, refusal { _ = try ledger.partial(reading) }] {
      #expect(refused?.status == .incompatible && refused?.message.contains("padding periodic") == true)
    }
    #expect(ledger.entries.isEmpty)
  }
}
