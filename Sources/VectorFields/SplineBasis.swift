import Settings

/// B-splines of degree d on clamped uniform knots: m coefficients on m − d equal spans of [0, T]. The functions are d − 1 times continuously differentiable.
///
///     N_{i,0} = 1 on [u_i, u_{i+1}),   N_{i,d}(t) = (t − u_i)/(u_{i+d} − u_i)·N_{i,d−1}(t) + (u_{i+d+1} − t)/(u_{i+d+1} − u_{i+1})·N_{i+1,d−1}(t)
///
/// with d + 1 knots at 0, d + 1 at T. The p_i are not negative and sum to 1, each has a support of d + 1 spans, the first coefficient is θ(0) and the last θ(T). Degree 1 gives hat functions at m equally spaced nodes:
/// weights that are linear between them. Source: de Boor 1978, "A practical guide to splines", chapters IX and X; evaluation by Piegl & Tiller 1997, algorithm A2.2.
package struct SplineBasis: TimeBasis {
  private let coefficients: Int
  package let degree: Int

  /// - Parameters:
  ///   - coefficients: m, at least degree + 1.
  ///   - degree: d, at least 1.
  ///   - name: the registered name of this basis, for messages.
  /// - Throws: `.outOfRange` for too few coefficients.
  package init(_ coefficients: Int, degree: Int, name: String) throws(Failure) {
    guard coefficients > degree else {
      throw Failure(.outOfRange, "basis_count is \(coefficients); weights_in_time \(name) of degree \(degree) needs >= \(degree + 1)")
    }
    self.coefficients = coefficients
    self.degree = degree
  }

  package var support: Int { degree + 1 }
  /// - Throws: `.incompatible` for more than 4096 coefficients if there are fewer layers, because most of them would act on no layer.
  package func count(on grid: TimeGrid) throws(Failure) -> Int {
    guard coefficients <= max(grid.layers, mostUnusedCoefficients) else {
      throw Failure(
        .incompatible,
        "basis_count is \(coefficients) but layers is \(grid.layers); more than \(mostUnusedCoefficients) coefficients need at least one layer each")
    }
    return coefficients
  }

  private var spans: Int { coefficients - degree }

  package func breakpoints(on grid: TimeGrid) -> [Double] { (0...spans).map { grid.horizon * Double($0) / Double(spans) } }

  package func evaluate(at time: Double, on grid: TimeGrid, into values: inout [Double]) -> Int {
    // The time in units of a span. Knot i lies at i − degree, or at the nearer end of the interval if that is outside.
    let place = min(max(time / grid.horizon, 0), 1) * Double(spans)
    let first = min(Int(place), spans - 1)
    func knot(_ index: Int) -> Double { Double(min(max(index - degree, 0), spans)) }
    values[0] = 1
    for d in stride(from: 1, through: degree, by: 1) {
      var carried = 0.0
      for r in 0..<d {
        let (before, after) = (knot(first + degree + 1 - d + r), knot(first + degree + 1 + r))
        let part = values[r] / (after - before)
        values[r] = carried + (after - place) * part
        carried = (place - before) * part
      }
      values[d] = carried
    }
    return first
  }
}
