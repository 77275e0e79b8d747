import Settings

/// How a registered basis is made from its block options.
package typealias TimeBasisEntry = Factory<OptionValues, any TimeBasis>

/// The bases of time-varying weights by name (option `weights_in_time`).
package let timeBases = Registry<TimeBasisEntry>("time basis", [
  ("layers", "each layer has weights of its own", TimeBasisEntry { _ in LayerwiseBasis() }),
  ("shared", "all layers share one set of weights, so that the equation does not depend on time", TimeBasisEntry { _ in SharedBasis() }),
  ("piecewise_constant", "constant on each of basis_count intervals of equal length; a layer uses the interval in which its midpoint lies", TimeBasisEntry(options: [countOption]) { (o) throws(Failure) in PiecewiseConstantBasis(try o.integer("basis_count")) }),
  ("piecewise_linear", "continuous and linear between basis_count nodes, which are equally spaced from 0 to the horizon", TimeBasisEntry(options: [countOption]) { (o) throws(Failure) in try SplineBasis(o.integer("basis_count"), degree: 1, name: "piecewise_linear") }),
  ("polynomial", "a polynomial of degree basis_count − 1, in Legendre polynomials", TimeBasisEntry(options: [countOption]) { (o) throws(Failure) in try PolynomialBasis(o.integer("basis_count")) }),
  ("b_spline", "a spline of degree spline_degree, in basis_count B-splines on clamped uniform knots [de Boor 1978]", TimeBasisEntry(options: [countOption, degreeOption]) { (o) throws(Failure) in try SplineBasis(o.integer("basis_count"), degree: o.integer("spline_degree"), name: "b_spline") }),
])

private let countOption = OptionDescription(
  "basis_count", .integer(1...1_000_000), default: .integer(4), unit: "coefficients", "number of coefficients of the weights as functions of time: of the pieces, nodes, polynomials or splines")

private let degreeOption = OptionDescription("spline_degree", .integer(1...10), default: .integer(3), "degree of the B-splines; it must be less than basis_count")
