import Glibc
import LinearAlgebra
import Testing

extension KernelSweeps {
  @Suite struct OuterTests {
    /// Σ_s left·right agrees with sums in Double: every remainder of the 4 × 4 tile, one sample, strided and transposed results, every remainder of the transposing path, both sides of the crossover with OpenBLAS.
    @Test(arguments: Precision.allCases)
    func agreesWithPlainSums(_ precision: Precision) throws {
      for level in levels {
        for (m, n, samples) in [(1, 1, 16), (3, 5, 32), (8, 8, 64), (10, 6, 16), (5, 9, 1), (16, 16, 256), (64, 60, 32), (33, 70, 64), (24, 130, 144), (40, 24, 80)] {
          for turned in [false, true] {
            let stride = samples == 1 ? 1 : samples + 16
            let (left, right) = (try Numbers(m * stride, precision, seed: 1), try Numbers(n * stride, precision, seed: 2))
            let out = try Numbers(m * n, precision, seed: 3)
            let before = out.values
            let matrix =
              turned ? Matrix(out.buffer.base, rows: n, columns: m, precision: precision).transposed : Matrix(out.buffer.base, rows: m, columns: n, precision: precision)
            withInstructionSet(level) {
              accumulateOuter(left.block(rows: m, columns: samples, stride: stride), right.block(rows: n, columns: samples, stride: stride), addingTo: matrix)
            }
            var worst = 0.0
            for i in 0..<m {
              for k in 0..<n {
                let at = turned ? k * m + i : i * n + k
                var sum = before[at]
                for s in 0..<samples { sum += left[i * stride + s] * right[k * stride + s] }
                worst = max(worst, abs(out[at] - sum))
              }
            }
            // Each of `samples` additions of numbers below 1 rounds once, at sums below 32.
            #expect(worst <= precision.epsilon * Double(8 + samples), "\(level.name) \(m)×\(n)×\(samples) \(turned)")
          }
        }
      }
    }

    /// The same inputs give the same bits again.
    @Test(arguments: Precision.allCases)
    func repeatsItsBits(_ precision: Precision) throws {
      for (n, samples) in [(8, 256), (64, 64)] {
        let (left, right) = (try Numbers(n * samples, precision, seed: 1), try Numbers(n * samples, precision, seed: 2))
        func run() throws -> [Double] {
          let out = try Numbers(n * n, precision, seed: 3)
          accumulateOuter(left.block(rows: n, columns: samples), right.block(rows: n, columns: samples), addingTo: Matrix(out.buffer.base, rows: n, columns: n, precision: precision))
          return out.values
        }
        #expect(try run() == run())
      }
    }

    /// OpenBLAS gives the same result on several threads at once as on one, because each product has its own work memory.
    @Test(arguments: Precision.allCases)
    func productsOnSeveralThreads(_ precision: Precision) throws {
      let (n, threads) = (12, 4)
      let inputs = try (0..<8).map { try Numbers(n * n, precision, seed: $0) }
      let alone = try (0..<8).map { _ in try Numbers(n * n, precision) }
      let outputs = try (0..<threads).map { _ in try Numbers(n * n, precision) }
      func matrix(_ x: Numbers) -> Matrix { Matrix(x.buffer.base, rows: n, columns: n, precision: precision) }
      func product(_ i: Int, _ out: Numbers) { multiply(1, matrix(inputs[i]), matrix(inputs[(i + 1) % 8]).transposed, 0, addingTo: matrix(out)) }
      for i in 0..<8 { product(i, alone[i]) }
      let wrong = try Buffer(byteCount: 4 * threads)
      let counts = wrong.labels(count: threads)
      for thread in 0..<threads { counts[thread] = 0 }
      try WorkerPool(threads: threads).run(threads) { thread, _ in
        for round in 0..<50_000 {
          let i = (round + thread) % 8
          product(i, outputs[thread])
          if memcmp(outputs[thread].buffer.base, alone[i].buffer.base, n * n * precision.byteCount) != 0 { counts[thread] += 1 }
        }
      }
      #expect((0..<threads).map { counts[$0] } == [0, 0, 0, 0])
    }

    /// OpenBLAS with each combination of strides.
    @Test(arguments: Precision.allCases, [false, true])
    func productOfMatrices(_ precision: Precision, _ resultTurned: Bool) throws {
      let (m, n, k) = (7, 5, 9)
      for (aTurned, bTurned) in [(false, false), (false, true), (true, false), (true, true)] {
        let (a, b, out) = (try Numbers(m * k, precision, seed: 1), try Numbers(k * n, precision, seed: 2), try Numbers(m * n, precision, seed: 3))
        let before = out.values
        func view(_ x: Numbers, _ rows: Int, _ columns: Int, _ turned: Bool) -> Matrix {
          turned ? Matrix(x.buffer.base, rows: columns, columns: rows, precision: precision).transposed : Matrix(x.buffer.base, rows: rows, columns: columns, precision: precision)
        }
        multiply(2, view(a, m, k, aTurned), view(b, k, n, bTurned), -1, addingTo: view(out, m, n, resultTurned))
        for i in 0..<m {
          for j in 0..<n {
            let at = resultTurned ? j * m + i : i * n + j
            var sum = -before[at]
            for l in 0..<k { sum += 2 * a[aTurned ? l * m + i : i * k + l] * b[bTurned ? j * k + l : l * n + j] }
            #expect(abs(out[at] - sum) <= 64 * precision.epsilon)
          }
        }
      }
    }
  }
}
