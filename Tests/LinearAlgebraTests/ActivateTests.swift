import LinearAlgebra
import Testing

extension KernelSweeps {
  @Suite struct ActivateTests {
    /// The activation alone agrees with the activation at the end of `affine`. A map by the identity matrix gives the sums x exactly, so all bits must agree, in a tile and alone.
    @Test(arguments: Precision.allCases, Activation.allCases)
    func hasTheBitsOfAffine(_ precision: Precision, _ activation: Activation) throws {
      for level in levels {
        for (rows, columns, stride) in Tile.shapes where columns > 1 || stride == 1 {
          for hasBase in [false, true] {
            let (x, base) = (try Tile(rows, columns, stride, precision, seed: 1, low: -4, high: 4), try Tile(rows, columns, stride, precision, seed: 2))
            let (out, slope) = (try Tile(rows, columns, stride, precision, seed: 3), try Tile(rows, columns, stride, precision, seed: 4))
            let (wanted, wantedSlope) = (try Tile(rows, columns, stride, precision, seed: 3), try Tile(rows, columns, stride, precision, seed: 4))
            let unit = try Numbers(rows * rows, precision)
            for i in 0..<rows * rows { unit[i] = i % (rows + 1) == 0 ? 1 : 0 }
            let matrix = Matrix(unit.buffer.base, rows: rows, columns: rows, precision: precision)
            withInstructionSet(level) {
              affine(
                matrix, bias: nil, activation: activation, of: x.block, scale: 0.3, addingTo: hasBase ? base.block : nil, into: wanted.block, slope: wantedSlope.block)
              activate(activation, x.block, scale: 0.3, addingTo: hasBase ? base.block : nil, into: out.block, slope: slope.block)
            }
            #expect(out.numbers.values == wanted.numbers.values && slope.numbers.values == wantedSlope.numbers.values, "\(level.name) \(rows)×\(columns)")

            // The value or the slope is written to the memory of x.
            let (copied, other) = (try Tile(rows, columns, stride, precision, seed: 1, low: -4, high: 4), try Tile(rows, columns, stride, precision, seed: 3))
            withInstructionSet(level) {
              activate(activation, copied.block, scale: 0.3, addingTo: hasBase ? base.block : nil, into: other.block, slope: copied.block)
              activate(activation, x.block, scale: 0.3, addingTo: hasBase ? base.block : nil, into: x.block, slope: nil)
            }
            #expect(other.numbers.values == out.numbers.values)
            for i in 0..<rows {
              #expect((0..<columns).allSatisfy { x[i, $0] == out[i, $0] && copied[i, $0] == slope[i, $0] })
            }
          }
        }
      }
    }

    @Test(arguments: Precision.allCases, Activation.allCases)
    func agreesWithTheFormula(_ precision: Precision, _ activation: Activation) throws {
      for level in levels {
        for (rows, columns, stride) in Tile.shapes {
          let (x, base, slope) = (
            try Tile(rows, columns, stride, precision, seed: 1, low: -4, high: 4), try Tile(rows, columns, stride, precision, seed: 2), try Tile(rows, columns, stride, precision, seed: 3)
          )
          let (start, before) = (base.numbers.values, slope.numbers.values)
          withInstructionSet(level) { activate(activation, x.block, scale: -2, addingTo: base.block, into: base.block, slope: slope.block) }
          // A few ulps of values up to 4, doubled; slopes are accurate absolutely.
          #expect(base.worstError(keeping: start) { start[$0 * stride + $1] - 2 * reference(activation, x[$0, $1]).value } <= 32 * precision.epsilon)
          #expect(slope.worstError(keeping: before) { reference(activation, x[$0, $1]).slope } <= 8 * precision.epsilon)
        }
      }
    }

    /// For large arguments slopes are those of the asymptotes, without NaN from ∞ − ∞ or 0·∞. A NaN argument gives a NaN value.
    @Test(arguments: Precision.allCases, Activation.allCases)
    func slopesFarOut(_ precision: Precision, _ activation: Activation) throws {
      let points = [Double.infinity, -.infinity, 1e3, -1e3, 1e30, -1e30, .nan]
      for level in levels {
        for columns in [1, 16] {
          let (x, out, slope) = (try Tile(points.count, columns, columns, precision), try Tile(points.count, columns, columns, precision), try Tile(points.count, columns, columns, precision))
          for (i, point) in points.enumerated() { for j in 0..<columns { x[i, j] = point } }
          withInstructionSet(level) { activate(activation, x.block, scale: 1, addingTo: nil, into: out.block, slope: slope.block) }
          for j in 0..<columns {
            #expect(out[6, j].isNaN)
            for i in 0..<6 where activation != .sin {
              #expect(!out[i, j].isNaN)
              let range = activation.slopeRange
              // Every σ but the sine becomes linear; the slope to the left is what relu, sigmoid and their like leave of it.
              let wanted = i % 2 == 0 ? [.tanh, .sigmoid].contains(activation) ? 0.0 : 1.0 : activation == .identity ? 1 : activation == .leakyRelu ? slope[1, 0] : 0
              #expect(slope[i, j] == wanted && range.contains(slope[i, j]), "\(level.name) \(points[i])")
            }
          }
        }
      }
    }
  }
}
