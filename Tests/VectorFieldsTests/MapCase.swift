import LinearAlgebra
import TestSupport
import VectorFields

/// A map over tensors of a layer: K (4 × 3) as tensor 0, b (4) as tensor 1, L (3 × 4) as tensor 2, c (3) as tensor 3.
struct MapCase {
  static let columns = 16
  static let kernel = OperatorPlace(DenseOperator(inputs: 3, outputs: 4, precision: .float64), tensor: 0, use: .itself, weightUse: .gradient, preparedOffset: nil)
  static let back = OperatorPlace(DenseOperator(inputs: 4, outputs: 3, precision: .float64), tensor: 2, use: .itself, weightUse: .gradient, preparedOffset: nil)
  static let bias = BiasPlace(tensor: 1, stride: 1)
  static let backBias = BiasPlace(tensor: 3, stride: 1)

  let tensors: [Numbers]
  /// The random numbers of the layer; none unless they are given.
  var draws = LayerDraws()

  init(seed: UInt64 = 1, deviation: Double = 1) throws {
    tensors = try [12, 4, 12, 3].enumerated().map { try Numbers.normal($1, .float64, seed: seed + UInt64($0), deviation: deviation) }
  }

  var layer: Layer {
    var layer = Layer()
    for (index, tensor) in tensors.enumerated() { layer.tensors[index] = tensor.vector.base }
    layer.draws = draws
    return layer
  }
  var k: [[Double]] { tensors[0].rows(of: 3) }
  var b: [Double] { tensors[1].values }
  var l: [[Double]] { tensors[2].rows(of: 4) }
  var c: [Double] { tensors[3].values }

  static func block(_ numbers: Numbers) -> Block { numbers.block(rows: numbers.count / columns, columns: columns) }

  /// The largest difference of base + 0.7·f(x) from `formula`.
  func evaluationDefect(_ map: some LayerMap, inputs: Int, formula: ([Double]) -> [Double]) throws -> Double {
    let (x, base) = (try Numbers.normal(inputs * Self.columns, .float64, seed: 21), try Numbers.normal(map.outputs * Self.columns, .float64, seed: 22))
    let (out, alone) = (try Numbers(base.values, .float64), try Numbers(base.count, .float64))
    let scratch = Block.zeros(map.scratchWidth, Self.columns, .float64)
    map.evaluate(layer, at: Self.block(x), scale: 0.7, addingTo: Self.block(out), into: Self.block(out), record: nil, scratch: scratch)
    map.evaluate(layer, at: Self.block(x), scale: 0.7, addingTo: nil, into: Self.block(alone), record: nil, scratch: scratch)
    return (0..<Self.columns).reduce(0) { largest, sample in
      let value = formula(x.column(sample, of: Self.columns)).map { 0.7 * $0 }
      return max(
        largest, largestDifference(alone.column(sample, of: Self.columns), value),
        largestDifference(out.column(sample, of: Self.columns), zip(base.column(sample, of: Self.columns), value).map { $0 + $1 }))
    }
  }

  /// Compares J·v + (∂f/∂θ)·direction with its extrapolated central difference and with the pullback, and returns the largest relative defects. The former has an error near 1e-10, the latter rounds
  /// to 1e-15.
  func derivativeDefects(_ map: some LayerMap, inputs: Int) throws -> (difference: Double, transpose: Double) {
    let epsilon = 1e-4
    let columns = Self.columns
    func block(_ numbers: Numbers) -> Block { Self.block(numbers) }
    let scratch = Block.zeros(map.scratchWidth, columns, .float64)
    let (x, v) = (try Numbers.normal(inputs * columns, .float64, seed: 23), try Numbers.normal(inputs * columns, .float64, seed: 24))
    let (p, q0) = (try Numbers.normal(map.outputs * columns, .float64, seed: 25), try Numbers.normal(inputs * columns, .float64, seed: 26))
    let direction = try MapCase(seed: 31)
    func moved(_ sign: Double) throws -> [Double] {
      var there = try MapCase()
      there.draws = draws
      for (index, tensor) in there.tensors.enumerated() {
        copy(tensors[index].vector, into: tensor.vector)
        axpy(sign * epsilon, direction.tensors[index].vector, addingTo: tensor.vector)
      }
      let input = try Numbers(zip(x.values, v.values).map { $0 + sign * epsilon * $1 }, .float64)
      let out = try Numbers(map.outputs * columns, .float64)
      map.evaluate(there.layer, at: block(input), scale: 0.7, addingTo: nil, into: block(out), record: nil, scratch: scratch)
      return out.values
    }
    func slope(_ step: Double) throws -> [Double] { zip(try moved(step), try moved(-step)).map { ($0 - $1) / (2 * step * epsilon) } }
    // Richardson's extrapolation: the error is of fourth order.
    let expected = zip(try slope(1), try slope(2)).map { (4 * $0 - $1) / 3 }
    let record = Block.zeros(map.recordWidth, columns, .float64)
    let (value, tangent) = (try Numbers(map.outputs * columns, .float64), try Numbers(map.outputs * columns, .float64))
    map.evaluate(layer, at: block(x), scale: 0.7, addingTo: nil, into: block(value), record: record, scratch: scratch)
    map.pushforward(
      layer, direction: direction.layer, at: block(x), record: record, tangent: block(v), scale: 0.7, addingTo: nil, into: block(tangent), scratch: scratch)
    let gradient = try MapCase(deviation: 0)
    let q = try Numbers(q0.values, .float64)
    map.pullback(
      layer, at: block(x), record: record, scale: 0.7, cotangent: block(p), addingTo: block(q), into: block(q), gradient: gradient.layer, scratch: scratch)
    let pulled = zip(q.values, q0.values).map { $0 - $1 }
    let backward = inner(v.values, pulled) + zip(direction.tensors, gradient.tensors).reduce(0) { $0 + inner($1.0.values, $1.1.values) }
    // Without a base q is overwritten. Without a gradient the cotangent is the same.
    let fresh = try Numbers(Array(repeating: 1e9, count: q.count), .float64)
    map.pullback(layer, at: block(x), record: record, scale: 0.7, cotangent: block(p), addingTo: nil, into: block(fresh), gradient: nil, scratch: scratch)
    let size = norm(tangent.values) * norm(p.values)
    return (
      largestDifference(tangent.values, expected), max(abs(inner(tangent.values, p.values) - backward) / size, largestDifference(fresh.values, pulled) / 10)
    )
  }
}
