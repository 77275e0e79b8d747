import Integrators
import LinearAlgebra
import VectorFields

/// The weights of a block's field at one time, as a combination of the entries of its tensors: θ(t) = Σᵢ pᵢ(t)θᵢ. Where each layer has one set of weights, it is the set of the layer that contains the time.
package struct WeightsAtTime: Equatable, Sendable {
  /// The first entry, and the factors of this one and those after it.
  package let first: Int
  package let factors: [Double]
  /// The size of the step that the time falls into.
  package let stepSize: Double
}

extension ODEBlock {
  /// The weights at a time within [0, horizon]. Layers are half-open: a time at which one ends and another begins belongs to the later one.
  package func weights(at time: Double) -> WeightsAtTime {
    var layer = grid.layer(at: time)
    // The quotient that gives the layer may be rounded below a boundary.
    if layer + 1 < layers, grid.time(layer + 1) <= time { layer += 1 }
    return layout.weights(at: time, layer: layer, stepSize: stepSize(layer))
  }

  /// Whether the weights are the same at all times.
  package var isAutonomous: Bool { layout.preparedEntries == 1 && layout.expandedCount == 0 }
}

extension BlockLayout {
  /// Numbers of the field's tensors at one time.
  package var setCount: Int { (0..<tensorCount).reduce(0) { $0 + counts[$1] } }

  fileprivate func weights(at time: Double, layer: Int, stepSize: Double) -> WeightsAtTime {
    guard expandedCount > 0 else { return WeightsAtTime(first: entry(of: layer), factors: [1], stepSize: stepSize) }
    var factors = Array(repeating: 0.0, count: basis.support)
    let first = basis.evaluate(at: time, on: grid, into: &factors)
    return WeightsAtTime(first: first, factors: factors, stepSize: stepSize)
  }

  /// Computes the set of tensors, `setCount` numbers, from the parameters or from a direction in them.
  package func mix(_ weights: WeightsAtTime, of parameters: Vector, into set: Vector) {
    fill(set, 0)
    forEachTerm(of: weights) { factor, source, target in axpy(factor, parameters[source], addingTo: set[target]) }
  }

  /// The transpose of `mix`: adds a set's gradient to that of the parameters.
  package func unmix(_ weights: WeightsAtTime, _ set: Vector, addingTo gradient: Vector) {
    forEachTerm(of: weights) { factor, source, target in axpy(factor, set[target], addingTo: gradient[source]) }
  }

  private func forEachTerm(of weights: WeightsAtTime, _ body: (_ factor: Double, _ parameters: Range<Int>, _ set: Range<Int>) -> Void) {
    var (tensorStart, place) = (offset, 0)
    for tensor in 0..<tensorCount {
      let count = counts[tensor]
      for (index, factor) in weights.factors.enumerated() where factor != 0 {
        let start = tensorStart + (weights.first + index) * count
        body(factor, start..<start + count, place..<place + count)
      }
      tensorStart += coefficients * count
      place += count
    }
  }

  /// A set of tensors as a layer of the field.
  package func layer(_ set: Vector, prepared: Vector?) -> Layer {
    var (layer, place) = (Layer(), 0)
    for tensor in 0..<tensorCount {
      layer.tensors[tensor] = set.base + place * set.precision.byteCount
      place += counts[tensor]
    }
    // A field without prepared operators uses its tensors where there is no such memory.
    layer.prepared = prepared.flatMap { $0.count > 0 ? $0.base : nil }
    return layer
  }
}
