import LinearAlgebra
import TestSupport
import Testing
import VectorFields

@Suite struct RowFactorMapTests {
  /// Three channels of two pixels: t⊙x, its tangent t⊙v + δt⊙x, and the transposes, t⊙p and Σ x⊙p over samples and pixels.
  @Test(arguments: [1, 2]) func multipliesRowsAndTransposes(_ pixels: Int) throws {
    let rows = 3 * pixels
    let map = RowFactorMap(preparedAt: 8, gradientIn: BiasPlace(tensor: 1, stride: 1, rows: pixels), rows: rows)
    let (prepared, preparedDirection, sums) = (try Numbers([9, 0.5, -2, 3], .float64), try Numbers([9, 1, 0.25, -1], .float64), try Numbers([1, 1, 1],
      .float64))
    var (layer, direction, gradient) = (Layer(), Layer(), Layer())
    (layer.prepared, direction.prepared) = (prepared.vector.base, preparedDirection.vector.base)
    gradient.tensors[1] = sums.vector.base
    let numbers = try (0..<4).map { try Numbers.normal(rows * 16, .float64, seed: 5 + UInt64($0)) }
    let (x, v, p, base) = (numbers[0], numbers[1], numbers[2], numbers[3])
    func block(_ numbers: Numbers) -> Block { numbers.block(rows: rows, columns: 16) }
    let none = Block.zeros(0, 16, .float64)
    func factor(_ numbers: Numbers, _ index: Int) -> Double { numbers[1 + index / 16 / pixels] }
    let out = try Numbers(base.values, .float64)
    map.evaluate(layer, at: block(x), scale: 0.7, addingTo: block(out), into: block(out), record: nil, scratch: none)
    #expect(largestDifference(out.values, (0..<out.count).map { base[$0] + 0.7 * factor(prepared, $0) * x[$0] }) < 1e-15)
    for (withTangent, withDirection) in [(true, true), (true, false), (false, true), (false, false)] {
      let tangent = try Numbers(base.values, .float64)
      map.pushforward(
        layer, direction: withDirection ? direction : nil, at: block(x), record: none, tangent: withTangent ? block(v) : nil, scale: 0.7,
        addingTo: block(tangent), into: block(tangent),
        scratch: none)
      #expect(
        largestDifference(
          tangent.values,
          (0..<out.count).map { base[$0] + 0.7 * ((withTangent ? factor(prepared, $0) * v[$0] : 0) + (withDirection ? factor(preparedDirection,
          $0) * x[$0] : 0)) }) < 1e-15)
    }
    let q = try Numbers(p.values, .float64)
    map.pullback(layer, at: block(x), record: none, scale: 0.7, cotangent: block(q), addingTo: block(q), into: block(q), gradient: gradient, scratch: none)
    #expect(largestDifference(q.values, (0..<out.count).map { p[$0] + 0.7 * factor(prepared, $0) * p[$0] }) < 1e-15)
    for channel in 0..<3 {
      let range = channel * pixels * 16..<(channel + 1) * pixels * 16
      #expect(abs(sums[channel] - 1 - 0.7 * inner(Array(x.values[range]), Array(p.values[range]))) < 1e-14)
    }
  }
}
