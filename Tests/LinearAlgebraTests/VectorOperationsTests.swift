import LinearAlgebra
import Testing

extension KernelSweeps {
  @Suite struct VectorOperationsTests {
    @Test(arguments: Precision.allCases)
    func agreesWithTheFormulas(_ precision: Precision) throws {
      for level in levels {
        for n in [1, 7, 16, 67] {
          let (x, y, z) = (try Numbers(n, precision, seed: 1), try Numbers(n, precision, seed: 2), try Numbers(n, precision, seed: 3))
          let (a, b, c) = (x.values, y.values, z.values)
          let (product, square) = withInstructionSet(level) { () -> (Double, Double) in
            let sums = (dot(x.vector, y.vector), sumOfSquares(x.vector))
            axpy(0.5, x.vector, addingTo: y.vector)
            scale(-2, z.vector)
            return sums
          }
          #expect(abs(product - zip(a, b).map(*).reduce(0, +)) < 1e-14 * Double(n))
          #expect(abs(square - a.map { $0 * $0 }.reduce(0, +)) < 1e-14 * Double(n))
          for i in 0..<n { #expect(abs(y[i] - (b[i] + 0.5 * a[i])) <= precision.epsilon && z[i] == -2 * c[i]) }
          withInstructionSet(level) {
            copy(x.vector, into: z.vector)
            fill(y.vector, 3)
          }
          #expect(z.values == a && y.values == [Double](repeating: 3, count: n))
        }
      }
    }

    /// Parts are added in order, into the first part or into separate memory.
    @Test(arguments: Precision.allCases)
    func reducesInOrder(_ precision: Precision) throws {
      let parts = try (0..<4).map { try Numbers(35, precision, seed: UInt64($0)) }
      let out = try Numbers(35, precision)
      reduce(parts.map(\.vector), into: out.vector)
      for i in 0..<35 {
        var sum = Float(parts[0][i])
        var wide = parts[0][i]
        for part in parts.dropFirst() {
          sum += Float(part[i])
          wide += part[i]
        }
        #expect(out[i] == (precision == .float32 ? Double(sum) : wide))
      }
      reduce(parts.map(\.vector), into: parts[0].vector)
      #expect(parts[0].values == out.values)
      reduce([], into: out.vector)
      #expect(sumOfSquares(out.vector) == 0)
    }

    @Test(arguments: Precision.allCases)
    func seesEveryNumberThatIsNotFinite(_ precision: Precision) throws {
      for level in levels {
        let x = try Numbers(67, precision)
        #expect(withInstructionSet(level) { allFinite(x.vector) })
        for at in [0, 31, 64, 66] {
          for bad in [Double.nan, .infinity, -.infinity] {
            let kept = x[at]
            x[at] = bad
            #expect(!withInstructionSet(level) { allFinite(x.vector) })
            x[at] = kept
          }
        }
      }
    }
  }
}
