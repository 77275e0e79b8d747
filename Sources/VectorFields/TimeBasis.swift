import Settings

/// Weights as functions of time, θ(t) = Σ_i p_i(t) θ_i, with i = 0 … count − 1 (Haber & Ruthotto 2017, §3.2; theory §4).
///
/// A basis is a way to give N layers their weights with fewer coefficients. Where each layer sees one coefficient as it is (`pieces`), layers share memory; else the layers' weights are made from
/// the coefficients once per batch, and their gradients go back through the transpose.
package protocol TimeBasis: Sendable {
  /// Coefficients for N layers.
  func count(layers: Int) throws(Failure) -> Int
  /// The one coefficient that layer j of N uses, p_i = 1, for a basis of that kind; nil for one that mixes.
  func piece(of layer: Int, layers: Int) -> Int?
  /// p_i(t) for t in [0, horizon], written to `values` (count numbers).
  func evaluate(at time: Double, horizon: Double, into values: inout [Double])
}

/// Every layer has weights of its own: the residual network.
package struct LayerwiseBasis: TimeBasis {
  package init() {}
  package func count(layers: Int) -> Int { layers }
  package func piece(of layer: Int, layers: Int) -> Int? { layer }
  /// With N coefficients, piecewise constant on N equal pieces.
  package func evaluate(at time: Double, horizon: Double, into values: inout [Double]) {
    for index in values.indices { values[index] = 0 }
    values[min(values.count - 1, Int(time / horizon * Double(values.count)))] = 1
  }
}

/// All layers share one set of weights: the autonomous equation, the neural ODE.
package struct SharedBasis: TimeBasis {
  package init() {}
  package func count(layers: Int) -> Int { 1 }
  package func piece(of layer: Int, layers: Int) -> Int? { 0 }
  package func evaluate(at time: Double, horizon: Double, into values: inout [Double]) { values[0] = 1 }
}
