import LinearAlgebra
import TestSupport
import Testing

@Suite struct WeightedRowsTests {
  /// W = I: r = 1 + 2⁻¹⁰ for each row, whatever the scales.
  @Test func theIdentity() throws {
    let w = try Numbers([1, 0, 0, 1], .float64)
    let weighted = try WeightedRows(w.matrix(rows: 2, columns: 2), try Numbers([0.5, -2], .float64).vector, RowSums(outputs: 2, inputs: 2), bias: try Numbers([3, 4], .float64).vector)
    let r = 1 + 0x1p-10
    #expect(weighted.bias >= 5 / r.squareRoot() && weighted.bias < 5 / r.squareRoot() + 1e-9)
    #expect(weighted.ones >= (2 / r).squareRoot() && weighted.ones < (2 / r).squareRoot() + 1e-9)
    #expect(weighted.relativeError > 0 && weighted.relativeError < 1e-12)
    for factor in weighted.factors { #expect(factor >= 1 / r.squareRoot() && factor < 1 / r.squareRoot() + 1e-9) }
  }

  /// A kernel of one channel with the taps 1, 1 on a line: r = 2⁻¹⁰ + 2 + 1 + 1, at each of 5 pixels.
  @Test func aKernel() throws {
    let axis = ConvolutionExtent(input: 5, kernel: 2, before: 0, after: 1)
    let geometry = try ConvolutionGeometry(inputChannels: 1, outputChannels: 1, vertical: ConvolutionExtent(input: 1, kernel: 1), horizontal: axis)
    let weighted = try WeightedRows(
      try Numbers([1, 1], .float64).matrix(rows: 1, columns: 2), try Numbers([0], .float64).vector, try RowSums(geometry), bias: try Numbers([3], .float64).vector, taps: 2, pixels: 5)
    let r = 4 + 0x1p-10
    #expect(weighted.bias >= 3 * (5 / r).squareRoot() && weighted.bias < 3 * (5 / r).squareRoot() + 1e-9)
    #expect(weighted.ones >= (5 / r).squareRoot() && weighted.ones < (5 / r).squareRoot() + 1e-9)
  }

  @Test func sumsThatOverflowAreRefused() throws {
    let w = try Numbers(Array(repeating: 1e200, count: 4), .float64)
    #expect(refusal { _ = try WeightedRows(w.matrix(rows: 2, columns: 2), try Numbers([0, 0], .float64).vector, RowSums(outputs: 2, inputs: 2), bias: nil) }?.status == .incompatible)
  }
}
