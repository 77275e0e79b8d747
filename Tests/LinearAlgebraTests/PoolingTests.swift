import LinearAlgebra
import Testing

/// Windows that overlap, leave gaps, reach over the edges, and cover everything; images of one pixel, of odd and of even sizes.
let poolingGeometries: [PoolingGeometry] = {
  let list: [PoolingGeometry?] = [
    poolingGeometry(1, 1, 1, window: 1), poolingGeometry(2, 1, 1, window: 3, stride: 1, padding: 1), poolingGeometry(3, 5, 7, window: 2),
    poolingGeometry(2, 5, 7, window: 3, stride: 2, padding: 1),
    poolingGeometry(2, 6, 9, window: 3, stride: 1, padding: 1), poolingGeometry(1, 4, 4, window: 4), poolingGeometry(3, 7, 8, window: 2, stride: 3),
    poolingGeometry(2, 5, 5, window: 1, stride: 2),
    poolingGeometry(1, 3, 2, window: 5, stride: 1, padding: 4), poolingGeometry(2, 9, 11, window: 4, stride: 2, padding: 3),
    poolingGeometry(1, 3, 4, window: 2, stride: 1 << 30),
    try? PoolingGeometry(channels: 2, vertical: PoolingExtent(input: 6, window: 3, stride: 2, after: 1), horizontal: PoolingExtent(input: 4, window: 1)),
  ]
  return list.compactMap { $0 }
}()

/// Pooling as its formula says: the pixels of each window, in the image, and their place in it.
func forEachPooledPixel(_ geometry: PoolingGeometry, _ body: (_ output: Int, _ input: Int, _ place: Int) -> Void) {
  let (vertical, horizontal) = (geometry.vertical, geometry.horizontal)
  for c in 0..<geometry.channels {
    for y in 0..<vertical.output {
      for x in 0..<horizontal.output {
        for i in 0..<vertical.window {
          for j in 0..<horizontal.window {
            let (row, column) = (y * vertical.stride - vertical.before + i, x * horizontal.stride - horizontal.before + j)
            guard (0..<vertical.input).contains(row), (0..<horizontal.input).contains(column) else { continue }
            body((c * vertical.output + y) * horizontal.output + x, (c * vertical.input + row) * horizontal.input + column, i * horizontal.window + j)
          }
        }
      }
    }
  }
}

extension KernelSweeps {
  @Suite struct PoolingTests {
    /// One sample, one with gaps, tiles of 16, 32 and 48 columns.
    static let shapes = [(1, 1), (1, 3), (16, 16), (32, 48), (48, 48)]

    /// Means and their transposes agree with the formula, added to a base with a factor, and in place.
    @Test(arguments: Precision.allCases)
    func averagesAgreeWithTheFormula(_ precision: Precision) throws {
      for geometry in poolingGeometries {
        var counts = [Double](repeating: 0, count: geometry.outputRows)
        forEachPooledPixel(geometry) { output, _, _ in counts[output] += 1 }
        #expect(counts.allSatisfy { $0 > 0 })
        for (columns, stride) in Self.shapes {
          for level in levels {
            let (x, p) = (try Tile(geometry.inputRows, columns, stride, precision, seed: 1), try Tile(geometry.outputRows, columns, stride, precision, seed: 2))
            let (out, q) = (
              try Tile(geometry.outputRows, columns, stride, precision, seed: 3), try Tile(geometry.inputRows, columns, stride, precision, seed: 4)
            )
            let base = try Tile(geometry.outputRows, columns, stride, precision, seed: 5)
            var (means, spread) = ([Double](repeating: 0, count: geometry.outputRows * columns), [Double](repeating: 0, count: geometry.inputRows * columns))
            forEachPooledPixel(geometry) { output, input, _ in
              for j in 0..<columns {
                means[output * columns + j] += x[input, j] / counts[output]
                spread[input * columns + j] += p[output, j] / counts[output]
              }
            }
            let (before, start) = (out.numbers.values, q.numbers.values)
            withInstructionSet(level) {
              averagePool(geometry, of: x.block, scale: -0.5, addingTo: base.block, into: out.block)
              averagePoolTransposed(geometry, of: p.block, scale: 2, addingTo: q.block, into: q.block)
            }
            // One rounding of numbers below 2 and 32, as the sums are in Double.
            #expect(out.worstError(keeping: before) { base[$0, $1] - 0.5 * means[$0 * columns + $1] } <= 2 * precision.epsilon, "\(level.name) \(geometry)")
            #expect(
              q.worstError(keeping: start) { start[$0 * stride + $1] + 2 * spread[$0 * columns + $1] } <= 16 * precision.epsilon, "\(level.name) \(geometry)")
            withInstructionSet(level) { averagePool(geometry, of: x.block, into: out.block) }
            #expect(out.worstError(keeping: before) { means[$0 * columns + $1] } <= 2 * precision.epsilon)
          }
        }
      }
    }

    /// ⟨Px, y⟩ = ⟨x, Pᵀy⟩.
    @Test(arguments: Precision.allCases)
    func transposesAreAdjoint(_ precision: Precision) throws {
      for geometry in poolingGeometries {
        let (x, y) = (try Tile(geometry.inputRows, 16, 16, precision, seed: 1), try Tile(geometry.outputRows, 16, 16, precision, seed: 2))
        let (out, q) = (try Tile(geometry.outputRows, 16, 16, precision), try Tile(geometry.inputRows, 16, 16, precision))
        let (sums, means) = (try Tile(geometry.channels, 16, 16, precision, seed: 3), try Tile(geometry.channels, 16, 16, precision))
        for level in levels {
          withInstructionSet(level) {
            averagePool(geometry, of: x.block, into: out.block)
            averagePoolTransposed(geometry, of: y.block, into: q.block)
          }
          let scale = (dot(x.block, x.block) * dot(y.block, y.block)).squareRoot()
          #expect(abs(dot(out.block, y.block) - dot(x.block, q.block)) <= (precision == .float64 ? 1e-13 : 1e-6) * scale, "\(level.name) \(geometry)")
          withInstructionSet(level) {
            globalAverage(of: x.block, into: means.block)
            globalAverageTransposed(of: sums.block, into: q.block)
          }
          #expect(
            abs(dot(means.block, sums.block) - dot(x.block, q.block)) <= (precision == .float64 ? 1e-13 : 1e-6)
              * (dot(x.block, x.block) * dot(sums.block, sums.block)).squareRoot())
        }
      }
    }

    /// The mean of thousands of pixels has one rounding: images of every remainder of the chunks, a large mean, added to a base.
    @Test(arguments: Precision.allCases)
    func globalAveragesAreAccurate(_ precision: Precision) throws {
      for pixels in [1, 7, 8, 49, 64, 65, 130, 5000] {
        for (columns, stride) in Self.shapes {
          let x = try Tile(3 * pixels, columns, stride, precision, seed: 1, low: 9999, high: 10001)
          let base = try Tile(3, columns, stride, precision, seed: 2)
          for level in levels {
            let (out, q) = (try Tile(3, columns, stride, precision, seed: 3), try Tile(3 * pixels, columns, stride, precision, seed: 4))
            let (before, start) = (out.numbers.values, q.numbers.values)
            withInstructionSet(level) {
              globalAverage(of: x.block, scale: 0.5, addingTo: base.block, into: out.block)
              globalAverageTransposed(of: base.block, scale: 3, addingTo: q.block, into: q.block)
            }
            let worst = out.worstError(keeping: before) { i, j in base[i, j] + 0.5 * (0..<pixels).map { x[i * pixels + $0, j] }.reduce(0, +) / Double(pixels) }
            #expect(worst <= 4096 * precision.epsilon * (precision == .float32 ? 1 : 100), "\(level.name) \(pixels) \(columns)")
            #expect(q.worstError(keeping: start) { start[$0 * stride + $1] + 3 * base[$0 / pixels, $1] / Double(pixels) } <= 4 * precision.epsilon)
          }
        }
      }
    }

    /// A sample has the same bits alone and at any place in a tile.
    @Test(arguments: Precision.allCases)
    func bitsDoNotDependOnTheBlock(_ precision: Precision) throws {
      for geometry in poolingGeometries {
        let (x, p) = (try Tile(geometry.inputRows, 32, 48, precision, seed: 1), try Tile(geometry.outputRows, 32, 48, precision, seed: 2))
        for level in levels {
          let (out, q) = (try Tile(geometry.outputRows, 32, 32, precision), try Tile(geometry.inputRows, 32, 32, precision))
          let (out1, q1) = (try Tile(geometry.outputRows, 1, 1, precision), try Tile(geometry.inputRows, 1, 1, precision))
          let (mean, mean1) = (try Tile(geometry.channels, 32, 32, precision), try Tile(geometry.channels, 1, 1, precision))
          try withInstructionSet(level) {
            averagePool(geometry, of: x.block, scale: 0.7, into: out.block)
            averagePool(geometry, of: try x.sample(21).block, scale: 0.7, into: out1.block)
            averagePoolTransposed(geometry, of: p.block, scale: 0.7, into: q.block)
            averagePoolTransposed(geometry, of: try p.sample(21).block, scale: 0.7, into: q1.block)
            globalAverage(of: x.block, scale: 0.7, into: mean.block)
            globalAverage(of: try x.sample(21).block, scale: 0.7, into: mean1.block)
          }
          #expect(out.column(21, hasTheBitsOf: out1) && q.column(21, hasTheBitsOf: q1) && mean.column(21, hasTheBitsOf: mean1), "\(level.name) \(geometry)")
        }
      }
    }
  }
}
