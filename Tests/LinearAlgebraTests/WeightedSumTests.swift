import LinearAlgebra
import Testing

extension KernelSweeps {
  @Suite struct WeightedSumTests {
    static let coefficients = [0.5, -1.25, 2, 0.125, -0.75, 3, -0.01, 1]

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
            // Two roundings a term of sums below 10.
            #expect(out.worstError(keeping: before, formula) <= 20 * Double(count) * precision.epsilon)

            let last = columns - 1
            let one = try Tile(rows, 1, 1, precision)
            sum(try terms.map { try $0.sample(last) }, try base.sample(last), into: one)
            #expect(out.column(last, hasTheBitsOf: one))

            // Into the base or into a term: the same bits.
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
