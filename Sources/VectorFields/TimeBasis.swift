import Settings

/// Weights as functions of time, θ(t) = Σ_i p_i(t) θ_i, with i = 0 … count − 1 and t in [0, T] (Haber & Ruthotto 2017, §3.2; theory §4).
///
/// A basis is a way to give N layers their weights with fewer coefficients. Where each layer sees one coefficient as it is (`piece`), layers share memory; else the layers' weights are made from
/// the coefficients once per batch, and their gradients go back through the transpose. Functions are piecewise polynomials, of which projections between bases make use.
package protocol TimeBasis: Sendable {
  /// Coefficients on a grid; of the order of its layers, or no more than `mostUnusedCoefficients`.
  /// - Throws: `.incompatible` when the grid does not suit.
  func count(on grid: TimeGrid) throws(Failure) -> Int
  /// The one coefficient that layer j uses, p_i = 1 all through the layer, for a basis of that kind; nil for one that mixes, whatever the layer. It does not fall from layer to layer.
  func piece(of layer: Int, on grid: TimeGrid) -> Int?
  /// How many neighboring p_i may differ from zero at one time.
  var support: Int { get }
  /// Degree of the p_i between two breakpoints.
  var degree: Int { get }
  /// The times, 0 first and T last, between which each p_i is one polynomial.
  func breakpoints(on grid: TimeGrid) -> [Double]
  /// Writes p_first(t) … p_{first + support − 1}(t) to `values` (`support` numbers) and gives `first`.
  func evaluate(at time: Double, on grid: TimeGrid, into values: inout [Double]) -> Int
}

extension TimeBasis {
  package func piece(of layer: Int, on grid: TimeGrid) -> Int? { nil }
}

/// A basis of more coefficients than this has at least one layer for each.
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
