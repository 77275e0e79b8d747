import LinearAlgebra
import Settings
import Testing

@Suite struct SymmetricBandTests {
  /// A·X = B for a band matrix with a dominant diagonal, whose condition number is near 3: the residual is only rounding error.
  @Test(arguments: [(1, 1), (5, 1), (9, 2), (20, 4), (7, 7), (3, 10)]) func solves(_ order: Int, _ width: Int) throws {
    func entry(_ i: Int, _ k: Int) -> Double { i == k ? 4 : abs(i - k) < width ? 1 / Double(width + abs(i - k)) : 0 }
    var matrix = SymmetricBand(order: order, width: width)
    for i in 0..<order { for k in max(0, i - min(width, order) + 1)...i { matrix[i, k] = entry(i, k) } }
    let columns = 3
    let solution = (0..<order * columns).map { Double(($0 * 7) % 11) - 5 }
    var right = (0..<order * columns).map { place in (0..<order).reduce(0.0) { $0 + entry(place / columns, $1) * solution[$1 * columns + place % columns] } }
    try matrix.solve(&right, columns: columns)
    #expect(zip(right, solution).allSatisfy { abs($0 - $1) < 1e-13 })
  }

  @Test func refusesWhatIsNotPositiveDefinite() {
    var matrix = SymmetricBand(order: 2, width: 2)
    (matrix[0, 0], matrix[1, 0], matrix[1, 1]) = (1, 2, 1)
    var right = [1.0, 1]
    #expect { try matrix.solve(&right, columns: 1) } throws: { ($0 as? Failure)?.status == .notFinite && "\($0)".contains("pivot 1 is -3.0") }
  }
}
