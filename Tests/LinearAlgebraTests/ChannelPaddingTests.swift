import LinearAlgebra
import Settings
import Testing

extension KernelSweeps {
  @Suite struct ChannelPaddingTests {
    static let shapes = [(1, 1, 1, 1, 1), (3, 5, 5, 7, 2), (2, 4, 6, 5, 2), (4, 4, 3, 3, 1), (2, 5, 4, 4, 3)]

    /// The channels that there are, subsampled, and zeros; the transpose is exact.
    @Test(arguments: Precision.allCases)
    func agreesWithTheFormula(_ precision: Precision) throws {
      for (inputs, outputs, height, width, step) in Self.shapes {
        let padding = try ChannelPadding(inputChannels: inputs, outputChannels: outputs, height: height, width: width, stride: step)
        #expect(padding.outputHeight == (height + step - 1) / step && padding.outputWidth == (width + step - 1) / step)
        let pixels = padding.outputHeight * padding.outputWidth
        func source(_ row: Int) -> Int? {
          let (c, pixel) = (row / pixels, row % pixels)
          return c < inputs ? (c * height + pixel / padding.outputWidth * step) * width + pixel % padding.outputWidth * step : nil
        }
        for (columns, stride) in PoolingTests.shapes {
          let (x, p) = (try Tile(padding.inputRows, columns, stride, precision, seed: 1), try Tile(padding.outputRows, columns, stride, precision, seed: 2))
          let base = try Tile(padding.outputRows, columns, stride, precision, seed: 3)
          for level in levels {
            let (out, q) = (try Tile(padding.outputRows, columns, stride, precision, seed: 4), try Tile(padding.inputRows, columns, stride, precision, seed: 5))
            let (before, start) = (out.numbers.values, q.numbers.values)
            withInstructionSet(level) {
              padding.apply(to: x.block, into: out.block)
              padding.applyTransposed(to: p.block, into: q.block)
            }
            #expect(out.worstError(keeping: before) { row, j in source(row).map { x[$0, j] } ?? 0 } == 0)
            let (forward, back) = (dot(out.block, p.block), dot(x.block, q.block))
            #expect(abs(forward - back) <= 1e-12 * (1 + abs(forward)), "\(level.name)")
            withInstructionSet(level) {
              padding.apply(to: x.block, scale: 0.5, addingTo: base.block, into: out.block)
              padding.applyTransposed(to: p.block, scale: 2, addingTo: nil, into: q.block)
            }
            #expect(out.worstError(keeping: before) { row, j in base[row, j] + (source(row).map { 0.5 * x[$0, j] } ?? 0) } <= precision.epsilon)
            var expected = [Double](repeating: 0, count: padding.inputRows * columns)
            for row in 0..<padding.outputRows { if let from = source(row) { for j in 0..<columns { expected[from * columns + j] = 2 * p[row, j] } } }
            #expect(q.worstError(keeping: start) { expected[$0 * columns + $1] } == 0)
            // In place.
            let kept = out.numbers.values
            withInstructionSet(level) { padding.apply(to: x.block, addingTo: out.block, into: out.block) }
            #expect(out.worstError(keeping: before) { row, j in kept[row * stride + j] + (source(row).map { x[$0, j] } ?? 0) } <= 2 * precision.epsilon)
          }
        }
      }
    }

    @Test func fewerChannelsAreRefused() {
      #expect(throws: Failure.self) { _ = try ChannelPadding(inputChannels: 3, outputChannels: 2, height: 4, width: 4) }
      #expect(throws: Failure.self) { _ = try ChannelPadding(inputChannels: 3, outputChannels: 4, height: 4, width: 4, stride: 0) }
    }
  }
}
