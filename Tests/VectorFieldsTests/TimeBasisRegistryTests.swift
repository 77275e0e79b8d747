import Settings
import Testing
import VectorFields

@Suite struct TimeBasisRegistryTests {
  @Test func optionsReachTheirBasis() throws {
    var options = OptionValues(scope: "block", timeBases.options)
    let grid = TimeGrid(layers: 20, horizon: 1)
    for (name, count, degree) in [("layers", 20, 0), ("shared", 1, 0), ("piecewise_constant", 4, 0), ("piecewise_linear", 4, 1), ("polynomial", 4, 3), ("b_spline", 4, 3)] {
      let basis = try timeBases(name).make(options)
      #expect(try basis.count(on: grid) == count && basis.degree == degree, "\(name) by default")
    }
    try options.set("basis_count", .integer(9))
    try options.set("spline_degree", .integer(2))
    let spline = try timeBases("b_spline").make(options)
    #expect(try spline.count(on: grid) == 9 && spline.degree == 2)
  }

  @Test func namesTheOptionThatDoesNotSuit() throws {
    var options = OptionValues(scope: "block", timeBases.options)
    try options.set("basis_count", .integer(1))
    for name in ["piecewise_linear", "b_spline"] {
      #expect { try timeBases(name).make(options) } throws: { "\($0)".contains("basis_count is 1") && "\($0)".contains(name) }
    }
  }
}
