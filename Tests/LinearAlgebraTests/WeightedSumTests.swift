import LinearAlgebra
import Testing

extension KernelSweeps {
  @Suite struct WeightedSumTests {
    static let coefficients = [0.5, -1.25, 2, 0.125, -0.75, 3, -0.01, 1]

    /// One factor per column multiplies the sum before the base is added, in any shape; a sample alone has the same bits.
    @Test(arguments: Precision.allCases) func columnsHaveFactors(_ precision: Precision) throws {
      for level in levels {
        for (rows, columns, stride) in Tile.shapes {
          let (x, y) = (try Tile(rows, columns, stride, precision, seed: 11), try Tile(rows, columns, stride, precision, seed: 12))
          let (base, factors, out) = (try Tile(rows, columns, stride, precision, seed: 1), try Tile(1, columns, columns, precision, seed: 13), try Tile(rows, columns, stride, precision))
          func sum(_ x: Tile, _ y: Tile, _ factors: Tile, _ base: Tile, into out: Tile) {
            var terms = WeightedTerms()
            terms.append(0.5, x.block)
            terms.append(-2, y.block)
            withInstructionSet(level) { weightedSum(terms, factors: factors.block, addingTo: base.block, into: out.block) }
          }
          let before = out.numbers.values
          sum(x, y, factors, base, into: out)
          #expect(out.worstError(keeping: before) { i, j in base[i, j] + factors[0, j] * (0.5 * x[i, j] - 2 * y[i, j]) } <= 8 * precision.epsilon)
          let (last, one) = (columns - 1, try Tile(rows, 1, 1, precision))
          sum(try x.sample(last), try y.sample(last), try factors.sample(last), try base.sample(last), into: one)
          #expect(out.column(last, hasTheBitsOf: one))
        }
      }
    }

    @Test(arguments: Precision.allCases, [0, 1, 2, 5, 8])
    func addsItsTermsInOrder(_ precision: Precision, _ count: Int) throws {
      for level in levels {
        for (rows, columns, stride) in Tile.shapes {
          for hasBase in [false, true] {
            let terms = try (0..<count).map { try Tile(rows, columns, stride, precision, seed: UInt64($0 + 10)) }
            let (base, out) = (try Tile(rows, columns, stride, precision, seed: 1), try Tile(rows, columns, stride, precision, seed: 2))
            func sum(_ terms: [Tile], _ base: Tile, into out: Tile) {
              var list = WeightedTerms()
              for (coefficient, term) in zip(Self.coefficients, terms) { list.append(coefficient, term.block) }
              withInstructionSet(level) { weightedSum(list, addingTo: hasBase ? base.block : nil, into: out.block) }
            }
            func formula(_ i: Int, _ j: Int) -> Double {
              zip(Self.coefficients, terms).reduce(hasBase ? base[i, j] : 0) { $0 + $1.0 * $1.1[i, j] }
            }
            let before = out.numbers.values
            sum(terms, base, into: out)
            // Two rounding errors per term, of sums below 10.
            #expect(out.worstError(keeping: before, formula) <= 20 * Double(count) * precision.epsilon)

            let last = columns - 1
            let one = try Tile(rows, 1, 1, precision)
            sum(try terms.map { try $0.sample(last) }, try base.sample(last), into: one)
            #expect(out.column(last, hasTheBitsOf: one))

            // Writing into the base or into a term gives the same bits.
            let kept = out.numbers.values
            if let place = hasBase ? base : terms.last {
              sum(terms, base, into: place)
              #expect((0..<rows).allSatisfy { i in (0..<columns).allSatisfy { place[i, $0] == kept[i * stride + $0] } })
            }
          }
        }
      }
    }
  }
}
