import Settings
import Testing
import VectorFields

@Suite struct SplineBasisTests {
  /// N_{i,d} by de Boor's recursion, unmodified, on clamped uniform knots.
  private func recursion(_ i: Int, _ d: Int, _ t: Double, _ knots: [Double]) -> Double {
    if d == 0 { return knots[i] <= t && t < knots[i + 1] ? 1 : 0 }
    func ratio(_ a: Double, _ b: Double) -> Double { b == 0 ? 0 : a / b }
    return ratio(t - knots[i], knots[i + d] - knots[i]) * recursion(i, d - 1, t, knots)
      + ratio(knots[i + d + 1] - t, knots[i + d + 1] - knots[i + 1]) * recursion(i + 1, d - 1, t, knots)
  }

  @Test(arguments: [1, 2, 3, 5]) func followsDeBoorsRecursion(_ degree: Int) throws {
    let grid = TimeGrid(layers: 4, horizon: 3)
    for count in degree + 1...degree + 6 {
      let basis = try SplineBasis(count, degree: degree, name: "b_spline")
      let knots = (0...count + degree).map { 3 * Double(min(max($0 - degree, 0), count - degree)) / Double(count - degree) }
      for k in 0..<60 {
        let time = 0.05 * Double(k) + 1e-6
        let values = try allValues(basis, time, grid)
        #expect((0..<count).allSatisfy { abs(values[$0] - recursion($0, degree, time, knots)) < 1e-13 })
      }
    }
  }

  /// The first and the last coefficient are the values at the ends; for degree 1 each coefficient is the value at its node.
  @Test func interpolatesWhereItSays() throws {
    let grid = TimeGrid(layers: 4, horizon: 3)
    for degree in 1...4 {
      let basis = try SplineBasis(7, degree: degree, name: "b_spline")
      #expect(try allValues(basis, 0, grid) == [1, 0, 0, 0, 0, 0, 0])
      #expect(try allValues(basis, 3, grid) == [0, 0, 0, 0, 0, 0, 1])
    }
    let hats = try SplineBasis(7, degree: 1, name: "piecewise_linear")
    for node in 0..<7 {
      let values = try allValues(hats, 0.5 * Double(node), grid)
      #expect((0..<7).allSatisfy { abs(values[$0] - ($0 == node ? 1 : 0)) < 1e-15 })
    }
    #expect(try allValues(hats, 0.625, grid)[1...2] == [0.75, 0.25])
  }

  @Test func refusesTooFewCoefficients() {
    #expect { try SplineBasis(3, degree: 3, name: "b_spline") } throws: {
      ($0 as? Failure)?.status == .outOfRange && "\($0)".contains("basis_count is 3; weights_in_time b_spline of degree 3 needs >= 4")
    }
  }
}
