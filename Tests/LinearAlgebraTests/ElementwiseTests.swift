import LinearAlgebra
import Testing

extension KernelSweeps {
  @Suite struct ElementwiseTests {
    /// Every operation agrees with its formula in Double, on contiguous and strided blocks, also for one column and for outputs that are inputs.
    @Test(arguments: Precision.allCases)
    func agreesWithTheFormulas(_ precision: Precision) throws {
      let tolerance = 4 * precision.epsilon  // three roundings of numbers up to 3
      for level in levels {
        for (rows, columns, stride) in [(3, 16, 16), (5, 48, 64), (7, 1, 1), (1, 32, 32)] {
          let (x, y, z) = (try Numbers(rows * stride, precision, seed: 1), try Numbers(rows * stride, precision, seed: 2), try Numbers(rows * stride, precision, seed: 3))
          func block(_ n: Numbers) -> Block { n.block(rows: rows, columns: columns, stride: stride) }
          func check(_ what: String, _ operation: () -> Void, _ formula: (Double, Double, Double) -> Double) {
            let (a, b, before) = (x.values, y.values, z.values)
            withInstructionSet(level, operation)
            var worst = 0.0
            for i in 0..<rows {
              for j in 0..<stride where i * stride + j < z.count {
                let at = i * stride + j
                worst = max(worst, abs(z[at] - (j < columns ? formula(a[at], b[at], before[at]) : before[at])))
              }
            }
            #expect(worst <= tolerance, "\(what) \(level.name) \(rows)×\(columns)")
          }
          check("multiply", { multiply(0.5, block(x), block(y), addingTo: nil, into: block(z)) }, { a, b, _ in 0.5 * a * b })
          check("multiply adding", { multiply(-2, block(x), block(y), addingTo: block(z), into: block(z)) }, { a, b, c in c - 2 * a * b })
          check("combine", { combine(0.25, block(x), -1.5, block(y), into: block(z)) }, { a, b, _ in 0.25 * a - 1.5 * b })
          check("combine in place", { combine(2, block(x), 1, block(z), into: block(z)) }, { a, _, c in 2 * a + c })
          check("copy", { copy(block(x), into: block(z)) }, { a, _, _ in a })
          check("fill", { fill(block(z), 0.75) }, { _, _, _ in 0.75 })
        }
      }
    }

    @Test(arguments: Precision.allCases)
    func sums(_ precision: Precision) throws {
      for level in levels {
        for (rows, columns, stride) in [(3, 16, 16), (5, 48, 64), (7, 1, 1)] {
          let (x, y) = (try Numbers(rows * stride, precision, seed: 1), try Numbers(rows * stride, precision, seed: 2))
          let (bias, one) = (try Numbers(rows, precision, seed: 3), try Numbers(1, precision, seed: 4))
          let (before, start) = (bias.values, one[0])
          let total = withInstructionSet(level) { () -> Double in
            let block = x.block(rows: rows, columns: columns, stride: stride)
            accumulateRowSums(block, addingTo: Bias(bias.buffer.base, stride: 1))
            accumulateRowSums(block, addingTo: Bias(one.buffer.base, stride: 0))
            return dot(block, y.block(rows: rows, columns: columns, stride: stride))
          }
          var (expected, all) = (0.0, start)
          for i in 0..<rows {
            var sum = before[i]
            for j in 0..<columns {
              sum += x[i * stride + j]
              all += x[i * stride + j]
              expected += x[i * stride + j] * y[i * stride + j]
            }
            #expect(abs(bias[i] - sum) <= Double(columns) * precision.epsilon)
          }
          #expect(abs(one[0] - all) <= Double(columns * rows) * precision.epsilon)
          // Products and sums are in Double for both precisions.
          #expect(abs(total - expected) <= 1e-13)
        }
      }
    }
  }
}
