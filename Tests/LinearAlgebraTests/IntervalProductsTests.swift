import LinearAlgebra
import TestSupport
import Testing

@Suite struct IntervalProductsTests {
  @Test func boxesHoldTheProductsOfTheirCorners() throws {
    let w = try Numbers([1, -2, 0.5, 3, 1, -1], .float32)
    let products = try IntervalProducts(w.matrix(rows: 2, columns: 3))
    let (lower, upper) = ([-1.0, 0, 2], [1.0, 0.5, 3])
    let box = try products.apply(lower, upper, bias: [10, -10])
    // Exactly: 10 + [−1, 1] − [0, 1] + [1, 1.5]; −10 + [−3, 3] + [0, ½] − [2, 3].
    #expect(box.lower[0] <= 9 && box.lower[0] > 9 - 1e-9 && box.upper[0] >= 12.5 && box.upper[0] < 12.5 + 1e-9)
    #expect(box.lower[1] <= -16 && box.upper[1] >= -8.5 && box.upper[1] < -8.5 + 1e-9)
    let back = try products.applyTransposed([-1, 2], [1, 2])
    #expect(back.lower[0] <= 5 && back.upper[0] >= 7 && back.upper[0] < 7 + 1e-9 && back.lower[2] <= -2.5 && back.upper[2] >= -1.5)
  }

  @Test func antisymmetricPartsAndSteps() throws {
    let w = try Numbers([0, 4, 2, 0], .float64)
    let products = try IntervalProducts(w.matrix(rows: 2, columns: 2), antisymmetry: 1)
    let box = try products.apply([1, 0], [1, 0], bias: [0, 0])
    #expect(box.lower[0] <= -0.5 && box.upper[0] >= -0.5 && box.lower[1] <= -1 && box.upper[1] >= -1 && box.upper[1] - box.lower[1] < 1e-12)
    let out = try Numbers(4, .float64)
    try products.write(scaledBy: [2, 1], stepSize: 0.5, into: out.matrix(rows: 2, columns: 2))
    #expect(out.values == [0.5, 1, -0.5, 0.75])
  }
}
