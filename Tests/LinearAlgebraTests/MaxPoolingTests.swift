import LinearAlgebra
import Testing

extension KernelSweeps {
  @Suite struct MaxPoolingTests {
    /// Maxima, their places, the tangent and its transpose agree exactly with the formula, with many ties.
    @Test(arguments: Precision.allCases)
    func agreesWithTheFormula(_ precision: Precision) throws {
      for geometry in poolingGeometries {
        for (columns, stride) in PoolingTests.shapes {
          let x = try Tile(geometry.inputRows, columns, stride, precision, seed: 1, low: -3, high: 3)
          for i in 0..<x.rows { for j in 0..<columns { x[i, j] = x[i, j].rounded() } }
          let (v, p) = (try Tile(geometry.inputRows, columns, stride, precision, seed: 2), try Tile(geometry.outputRows, columns, stride, precision, seed: 3))
          let base = try Tile(geometry.outputRows, columns, stride, precision, seed: 4)
          var best = [Double](repeating: -.infinity, count: geometry.outputRows * columns)
          var (places, pixels) = ([Int](repeating: -1, count: best.count), [Int](repeating: -1, count: best.count))
          forEachPooledPixel(geometry) { output, input, place in
            for j in 0..<columns where x[input, j] > best[output * columns + j] {
              best[output * columns + j] = x[input, j]
              places[output * columns + j] = place
              pixels[output * columns + j] = input
            }
          }
          var back = [Double](repeating: 0, count: geometry.inputRows * columns)
          for i in 0..<geometry.outputRows { for j in 0..<columns { back[pixels[i * columns + j] * columns + j] += p[i, j] } }
          for level in levels {
            let (out, tangent, record) = (
              try Tile(geometry.outputRows, columns, stride, precision, seed: 5), try Tile(geometry.outputRows, columns, stride, precision, seed: 6),
              try Tile(geometry.outputRows, columns, stride, precision, seed: 7)
            )
            let q = try Tile(geometry.inputRows, columns, stride, precision, seed: 8)
            let (before, recordBefore, tangentBefore, start) = (out.numbers.values, record.numbers.values, tangent.numbers.values, q.numbers.values)
            withInstructionSet(level) {
              maxPool(geometry, of: x.block, scale: 0.5, addingTo: base.block, into: out.block, record: record.block)
              maxPoolTangent(geometry, of: v.block, record: record.block, scale: 2, addingTo: tangent.block, into: tangent.block)
              maxPoolTransposed(geometry, of: p.block, record: record.block, scale: -1, addingTo: q.block, into: q.block)
            }
            #expect(record.worstError(keeping: recordBefore) { Double(places[$0 * columns + $1]) } == 0, "\(level.name) \(geometry)")
            #expect(out.worstError(keeping: before) { base[$0, $1] + 0.5 * best[$0 * columns + $1] } <= 2 * precision.epsilon)
            #expect(
              tangent.worstError(keeping: tangentBefore) { tangentBefore[$0 * stride + $1] + 2 * v[pixels[$0 * columns + $1], $1] } <= 2 * precision.epsilon)
            #expect(q.worstError(keeping: start) { start[$0 * stride + $1] - back[$0 * columns + $1] } <= 16 * precision.epsilon, "\(level.name) \(geometry)")
            // The transpose: ⟨Jv, p⟩ = ⟨v, Jᵀp⟩.
            withInstructionSet(level) {
              maxPoolTangent(geometry, of: v.block, record: record.block, into: tangent.block)
              maxPoolTransposed(geometry, of: p.block, record: record.block, into: q.block)
            }
            let scale = (dot(v.block, v.block) * dot(p.block, p.block)).squareRoot()
            #expect(abs(dot(tangent.block, p.block) - dot(v.block, q.block)) <= (precision == .float64 ? 1e-13 : 1e-6) * scale)
          }
        }
      }
    }

    @Test(arguments: Precision.allCases)
    func bitsDoNotDependOnTheBlock(_ precision: Precision) throws {
      for geometry in poolingGeometries {
        let (x, p) = (try Tile(geometry.inputRows, 32, 48, precision, seed: 1), try Tile(geometry.outputRows, 32, 48, precision, seed: 2))
        for level in levels {
          func run(_ x: Tile, _ p: Tile) throws -> [Tile] {
            let (out, record, q) = (
              try Tile(p.rows, p.columns, p.columns, precision), try Tile(p.rows, p.columns, p.columns, precision),
              try Tile(x.rows, p.columns, p.columns, precision)
            )
            maxPool(geometry, of: x.block, into: out.block, record: record.block)
            maxPoolTransposed(geometry, of: p.block, record: record.block, scale: 0.3, into: q.block)
            return [out, record, q]
          }
          let (all, one) = try withInstructionSet(level) { (try run(x, p), try run(try x.sample(30), try p.sample(30))) }
          #expect(zip(all, one).allSatisfy { $0.column(30, hasTheBitsOf: $1) }, "\(level.name) \(geometry)")
        }
      }
    }

    /// A number that is not finite is not lost, wherever it lies in the window.
    @Test(arguments: Precision.allCases)
    func whatIsNotFiniteStaysSo(_ precision: Precision) throws {
      guard let geometry = poolingGeometry(1, 2, 2, window: 2) else { return }
      for columns in [1, 16] {
        for place in 0..<4 {
          let (x, out, record) = (try Tile(4, columns, columns, precision), try Tile(1, columns, columns, precision), try Tile(1, columns, columns, precision))
          x[place, columns - 1] = .nan
          for level in levels {
            withInstructionSet(level) { maxPool(geometry, of: x.block, into: out.block, record: record.block) }
            #expect(out[0, columns - 1].isNaN)
            #expect(columns == 1 || out[0, 0].isFinite)
          }
        }
      }
    }
  }
}
