import Settings

/// Weights as functions of time, θ(t) = Σ_i p_i(t) θ_i, with i = 0 … count − 1 and t in [0, T] (Haber & Ruthotto 2017, §3.2; Theory.md §5.4).
///
/// With a basis, the weights of N layers are determined by fewer coefficients. If each layer uses exactly one coefficient (`piece`), layers share memory. Otherwise the layers' weights are computed from the
/// coefficients once per batch, and the gradients of the coefficients by the transpose. The p_i must be piecewise polynomials, because projections between bases integrate them exactly.
package protocol TimeBasis: Sendable {
  /// The number of coefficients on a grid. It is not much larger than the number of layers, or at most `mostUnusedCoefficients`.
  /// - Throws: `.incompatible` when the basis cannot be used on the grid.
  func count(on grid: TimeGrid) throws(Failure) -> Int
  /// The coefficient that layer j uses, if every layer uses exactly one, with p_i = 1 during the whole layer; it does not decrease from layer to layer. nil, for every layer, if the basis mixes coefficients.
  func piece(of layer: Int, on grid: TimeGrid) -> Int?
  /// The number of neighboring p_i that may differ from zero at one time.
  var support: Int { get }
  /// The degree of the p_i between two breakpoints.
  var degree: Int { get }
  /// The times between which each p_i is a polynomial; the first is 0 and the last T.
  func breakpoints(on grid: TimeGrid) -> [Double]
  /// Writes p_first(t) … p_{first + support − 1}(t) to `values` (`support` numbers) and returns `first`.
  func evaluate(at time: Double, on grid: TimeGrid, into values: inout [Double]) -> Int
}

extension TimeBasis {
  package func piece(of layer: Int, on grid: TimeGrid) -> Int? { nil }
}

/// A basis with more coefficients than this must have at least as many layers.
package let mostUnusedCoefficients = 4096

/// Every layer has weights of its own: the residual network. As a function of time, piecewise constant on the grid.
package struct LayerwiseBasis: TimeBasis {
  package init() {}
  package func count(on grid: TimeGrid) -> Int { grid.layers }
  package func piece(of layer: Int, on grid: TimeGrid) -> Int? { layer }
  package var support: Int { 1 }
  package var degree: Int { 0 }
  package func breakpoints(on grid: TimeGrid) -> [Double] { (0...grid.layers).map { grid.time($0) } }
  package func evaluate(at time: Double, on grid: TimeGrid, into values: inout [Double]) -> Int {
    values[0] = 1
    return grid.layer(at: time)
  }
}

/// All layers share one set of weights: the autonomous equation, the neural ODE.
package struct SharedBasis: TimeBasis {
  package init() {}
  package func count(on grid: TimeGrid) -> Int { 1 }
  package func piece(of layer: Int, on grid: TimeGrid) -> Int? { 0 }
  package var support: Int { 1 }
  package var degree: Int { 0 }
  package func breakpoints(on grid: TimeGrid) -> [Double] { [0, grid.horizon] }
  package func evaluate(at time: Double, on grid: TimeGrid, into values: inout [Double]) -> Int {
    values[0] = 1
    return 0
  }
}
