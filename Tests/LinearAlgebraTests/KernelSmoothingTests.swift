import LinearAlgebra
import TestSupport
import Testing

@Suite(.freesNumbers) struct KernelSmoothingTests {
  private static let sizes = [(2, 3, 4), (1, 5, 5), (3, 1, 7), (2, 6, 1), (1, 2, 3)]

  private struct Made {
    let geometry: ConvolutionGeometry
    let smoothing: KernelSmoothing
    let taps: Numbers
    let prepared: Numbers
    let precision: Precision

    init(_ size: (Int, Int, Int), _ h: Double, _ precision: Precision) throws {
      func extent(_ pixels: Int) -> ConvolutionExtent { pixels == 1 ? ConvolutionExtent(input: 1, kernel: 1) : ConvolutionExtent(input: pixels, kernel: 3, before: 1, after: 1) }
      geometry = try ConvolutionGeometry(
        inputChannels: size.0, outputChannels: size.0, groups: size.0, vertical: extent(size.1), horizontal: extent(size.2), padding: .periodic)
      smoothing = try KernelSmoothing(geometry, precision: precision)
      taps = try Numbers(geometry.weightCount, precision, seed: 3)
      prepared = try Numbers(smoothing.preparedCount, precision, low: 0, high: 0)
      self.precision = precision
      smoothing.make(taps.vector, stepSize: h, into: prepared.buffer.base)
    }

    func apply(_ x: Block) -> [Double] {
      let out = Block.zeros(x.rows, x.columns, precision)
      smoothing.apply(prepared.buffer.base, to: x, into: out, scratch: .zeros(smoothing.scratchRows, x.columns, precision))
      return out.values
    }
  }

  /// (I + hLᵀL)y = x with L by its formula: the dense system has the same solution, since it is definite.
  @Test(arguments: sizes, Precision.allCases) func solvesTheSystem(_ size: (Int, Int, Int), _ precision: Precision) throws {
    for h in [0.0, 0.7, 1000] {
      let made = try Made(size, h, precision)
      let x = try Tile(made.geometry.inputRows, 16, 16, precision), y = try Tile(made.geometry.inputRows, 16, 16, precision), filtered = try Tile(made.geometry.inputRows, 16, 16, .float64)
      y.block.store(made.apply(x.block))
      let reference = ConvolutionReference(geometry: made.geometry)
      filtered.block.store(reference.product(.forward, made.taps, y))
      let left = zip(y.numbers.values, reference.product(.transposed, made.taps, filtered)).map { $0 + h * $1 }
      // Rounding errors of y times the norm of I + hLᵀL.
      #expect(largestDifference(left, x.numbers.values) < 20 * precision.epsilon * (1 + 81 * h))
      #expect(norm(y.numbers.values) <= norm(x.numbers.values) * (1 + 20 * precision.epsilon))
    }
  }

  @Test(arguments: sizes, Precision.allCases) func oneSampleHasTheBitsOfATile(_ size: (Int, Int, Int), _ precision: Precision) throws {
    let made = try Made(size, 0.7, precision)
    let x = try Tile(made.geometry.inputRows, 32, 32, precision)
    let all = made.apply(x.block)
    for sample in [0, 31] { #expect(made.apply(try x.sample(sample).block) == (0..<x.rows).map { all[$0 * 32 + sample] }) }
  }
}
