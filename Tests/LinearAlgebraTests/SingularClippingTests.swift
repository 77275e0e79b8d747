import LinearAlgebra
import Settings
import TestSupport
import Testing

@Suite struct SingularClippingTests {
  private static func matrix(_ numbers: Numbers, _ rows: Int, _ columns: Int) -> Matrix { Matrix(numbers.vector.base, rows: rows, columns: columns, precision: .float64) }

  /// σ of AAᵀ or AᵀA, by LAPACK's eigenvalues; descending.
  private static func singularValues(_ a: [Double], _ rows: Int, _ columns: Int) throws -> [Double] {
    let n = min(rows, columns)
    func entry(_ i: Int, _ k: Int) -> Double { rows <= columns ? a[i * columns + k] : a[k * columns + i] }
    var gram = [Double](repeating: 0, count: n * n)
    for i in 0..<n { for j in 0..<n { gram[i * n + j] = (0..<max(rows, columns)).reduce(0) { $0 + entry(i, $1) * entry(j, $1) } } }
    return try #require(DenseSpectrum.symmetricEigenvalues(gram, order: n)).reversed().map { max($0, 0).squareRoot() }
  }

  /// Singular values are clipped, and the distance is the smallest that there is: √Σ max(σ − c, 0)².
  @Test(arguments: [(1, 1), (1, 7), (5, 5), (4, 9), (9, 4), (33, 20)]) func clipsAtTheSmallestDistance(_ rows: Int, _ columns: Int) throws {
    for (share, scale) in [(0.3, 1.0), (0.9, 1e150), (0.5, 1e-200)] {
      let numbers = try Numbers(rows * columns, .float64, seed: UInt64(rows + columns))
      let plain = numbers.values
      for i in 0..<numbers.count { numbers[i] *= scale }
      let before = try Self.singularValues(plain, rows, columns)
      let limit = share * before[0]
      try SingularClipping.clip(Self.matrix(numbers, rows, columns), to: limit * scale)
      let made = numbers.values.map { $0 / scale }
      let after = try Self.singularValues(made, rows, columns)
      #expect(largestDifference(after, before.map { min($0, limit) }) < 1e-7 * before[0])
      let distance = norm(zip(made, plain).map { $0 - $1 })
      #expect(abs(distance - norm(before.map { max($0 - limit, 0) })) < 1e-12 * before[0])
    }
  }

  @Test func matricesWithinTheLimitKeepTheirBits() throws {
    let numbers = try Numbers(24, .float64, seed: 3)
    let before = numbers.values
    try SingularClipping.clip(Self.matrix(numbers, 4, 6), to: 100)
    #expect(numbers.values == before)
    let zeros = try Numbers(Array(repeating: 0, count: 24), .float64)
    try SingularClipping.clip(Self.matrix(zeros, 6, 4), to: 1)
    #expect(zeros.values.allSatisfy { $0 == 0 })
  }

  /// Equal singular values, and rows that depend on each other.
  @Test func singularMatricesConverge() throws {
    let identity = try Numbers((0..<36).map { $0 % 7 == 0 ? 2 : 0 }, .float64)
    try SingularClipping.clip(Self.matrix(identity, 6, 6), to: 1)
    #expect(largestDifference(identity.values, (0..<36).map { $0 % 7 == 0 ? 1 : 0 }) < 1e-15)
    let ones = try Numbers(Array(repeating: 1, count: 40), .float64)
    try SingularClipping.clip(Self.matrix(ones, 5, 8), to: 1)
    #expect(largestDifference(ones.values, Array(repeating: 1 / 40.0.squareRoot(), count: 40)) < 1e-15)
  }

  /// Far below the norm nothing cancels: all singular values become the limit, up to roundings relative to it.
  @Test(arguments: [1e-4, 1e-12, 1e-40]) func limitsFarBelowTheNorm(_ share: Double) throws {
    let numbers = try Numbers(20, .float64, seed: 3)
    let limit = share * (try Self.singularValues(numbers.values, 4, 5))[0]
    try SingularClipping.clip(Self.matrix(numbers, 4, 5), to: limit)
    let after = try Self.singularValues(numbers.values.map { $0 / limit }, 4, 5)
    #expect(largestDifference(after, [1, 1, 1, 1]) < 1e-12)
  }

  @Test func theWorkCanBeCancelled() throws {
    let numbers = try Numbers(400 * 400, .float64, seed: 5)
    let failure = Watch(isCancelled: { true }).asCurrent { refusal { try SingularClipping.clip(Self.matrix(numbers, 400, 400), to: 1) } }
    #expect(failure?.status == .cancelled)
  }
}
