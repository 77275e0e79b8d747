import Settings

/// How a registered basis is made from its block options.
package typealias TimeBasisEntry = Factory<OptionValues, any TimeBasis>

/// The bases of time-varying weights by name (option `weights_in_time`).
package let timeBases = Registry<TimeBasisEntry>("time basis", [
  ("layers", "each layer has weights of its own", TimeBasisEntry { _ in LayerwiseBasis() }),
  ("shared", "all layers share one set of weights: the autonomous equation", TimeBasisEntry { _ in SharedBasis() }),
  ("piecewise_constant", "basis_count pieces of equal length; a layer uses the piece that holds its midpoint", TimeBasisEntry(options: [countOption]) { (o) throws(Failure) in PiecewiseConstantBasis(try o.integer("basis_count")) }),
  ("piecewise_linear", "linear between basis_count nodes, equally spaced from 0 to the horizon", TimeBasisEntry(options: [countOption]) { (o) throws(Failure) in try SplineBasis(o.integer("basis_count"), degree: 1, name: "piecewise_linear") }),
  ("polynomial", "Legendre polynomials up to degree basis_count − 1", TimeBasisEntry(options: [countOption]) { (o) throws(Failure) in try PolynomialBasis(o.integer("basis_count")) }),
  ("b_spline", "basis_count B-splines of degree spline_degree on clamped uniform knots [de Boor 1978]", TimeBasisEntry(options: [countOption, degreeOption]) { (o) throws(Failure) in try SplineBasis(o.integer("basis_count"), degree: o.integer("spline_degree"), name: "b_spline") }),
])

private let countOption = OptionDescription(
  "basis_count", .integer(1...1_000_000), default: .integer(4), unit: "coefficients", "coefficients m of the weights as functions of time: pieces, nodes, polynomials or splines")

private let degreeOption = OptionDescription("spline_degree", .integer(1...10), default: .integer(3), "degree of the B-splines; less than basis_count")
