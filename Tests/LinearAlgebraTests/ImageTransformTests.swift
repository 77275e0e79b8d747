import Foundation
import LinearAlgebra
import TestSupport
import Testing

@Suite(.freesNumbers) struct ImageTransformTests {
  /// channels, height, width, groups: axes of one and two pixels, odd, even and prime ones.
  static let sizes = [(1, 1, 1, 1), (2, 1, 6, 1), (3, 7, 1, 1), (2, 2, 2, 2), (4, 3, 4, 2), (2, 5, 6, 1), (1, 8, 11, 1), (3, 4, 17, 1)]

  private struct Case {
    let transform: ImageTransform
    let precision: Precision

    init(_ size: (Int, Int, Int, Int), _ precision: Precision) throws {
      transform = try ImageTransform(channels: size.0, height: size.1, width: size.2, groups: size.3, precision: precision)
      self.precision = precision
    }

    func forward(_ x: Block) throws -> Block {
      let (z, spare) = (Block.zeros(transform.memoryRows, x.columns, precision), Block.zeros(transform.memoryRows, x.columns, precision))
      return transform.forward(x, into: z, spare: spare)
    }

    func inverse(_ coefficients: Block) throws -> Block {
      let z = Block.zeros(transform.memoryRows, coefficients.columns, precision), out = Block.zeros(transform.rows, coefficients.columns, precision)
      copy(coefficients, into: z.packed(rows: transform.rows, columns: coefficients.columns))
      transform.inverse(z, into: out, spare: .zeros(transform.memoryRows, coefficients.columns, precision))
      return out
    }
  }

  /// √(2/hw) Σ u[y, x] e^{+i(αy + βx)}, real and imaginary parts by groups of channels; √(1/hw) where it is real.
  @Test(arguments: sizes, Precision.allCases) func coefficientsAreTheSums(_ size: (Int, Int, Int, Int), _ precision: Precision) throws {
    let (channels, height, width, groups) = size
    let test = try Case(size, precision)
    let x = try Tile(test.transform.rows, 16, 16, precision)
    let z = try test.forward(x.block).values
    var visited = 0
    test.transform.forEachFrequency { frequency in
      #expect(frequency.first == visited)
      visited += frequency.count
      for channel in 0..<channels {
        var (real, imaginary) = (0.0, 0.0)
        for row in 0..<height {
          for column in 0..<width {
            let angle = 2 * Double.pi * (Double(frequency.vertical * row) / Double(height) + Double(frequency.horizontal * column) / Double(width))
            let value = x[(channel * height + row) * width + column, 3]
            (real, imaginary) = (real + value * cos(angle), imaginary + value * sin(angle))
          }
        }
        let factor = (Double(frequency.count) / Double(height * width)).squareRoot()
        let (inGroup, group) = (channel % (channels / groups), channel / (channels / groups))
        let first = frequency.first * channels + group * frequency.count * (channels / groups) + inGroup
        #expect(abs(z[first * 16 + 3] - factor * real) < 100 * precision.epsilon)
        if frequency.isReal { #expect(abs(factor * imaginary) < 1e-12) } else { #expect(abs(z[(first + channels / groups) * 16 + 3] - factor * imaginary) < 100 * precision.epsilon) }
      }
    }
    #expect(visited == height * width)
  }

  /// The inverse is also the transpose, so lengths are kept.
  @Test(arguments: sizes, Precision.allCases) func isOrthogonal(_ size: (Int, Int, Int, Int), _ precision: Precision) throws {
    let test = try Case(size, precision)
    for columns in [1, 16, 32] {
      let x = try Tile(test.transform.rows, columns, columns, precision)
      let z = try test.forward(x.block)
      #expect(abs(norm(z.values) - norm(x.numbers.values)) < 100 * precision.epsilon * norm(x.numbers.values))
      #expect(largestDifference(try test.inverse(z).values, x.numbers.values) < 100 * precision.epsilon)
    }
  }

  @Test(arguments: sizes, Precision.allCases) func oneSampleHasTheBitsOfATile(_ size: (Int, Int, Int, Int), _ precision: Precision) throws {
    let test = try Case(size, precision)
    let x = try Tile(test.transform.rows, 48, 48, precision)
    let z = try test.forward(x.block)
    let back = try test.inverse(z)
    for sample in [0, 17, 47] {
      let one = try test.forward(try x.sample(sample).block)
      func column(_ block: Block) -> [Double] { (0..<block.rows).map { block.values[$0 * 48 + sample] } }
      #expect(one.values == column(z))
      #expect(try test.inverse(one).values == column(back))
    }
  }
}
