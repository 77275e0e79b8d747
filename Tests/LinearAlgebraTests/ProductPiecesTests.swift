import LinearAlgebra
import Settings
import Testing

extension KernelSweeps {
  /// Large products are computed in pieces, between which the watch is asked. No bit depends on it.
  @Suite struct ProductPiecesTests {
    /// Runs `body` under a watch that is over when it has been asked `end` times, and says how often it was asked.
    private func questions(endingAfter end: Int = .max, _ body: () throws -> Void) rethrows -> Int {
      var count = 0
      let watch = Watch(isCancelled: {
        count += 1
        return count > end
      })
      try watch.asCurrent(body)
      return count
    }

    /// Rows that were computed in a large product have the bits of a small product with these rows alone. Without the watch's answer the remaining rows stay as they were.
    @Test(arguments: [(64, 2048, 4608), (1, 4096, 5000)], Precision.allCases)
    func affineMaps(_ shape: (columns: Int, inputs: Int, outputs: Int), _ precision: Precision) throws {
      let (columns, inputs, outputs) = shape
      for level in levels {
        let weights = try Numbers(outputs * inputs, precision, seed: 1)
        let (x, base, bias) = (try Tile(inputs, columns, columns, precision, seed: 2), try Tile(outputs, columns, columns, precision, seed: 3), try Numbers(outputs, precision, seed: 4))
        let (out, slope) = (try Tile(outputs, columns, columns, precision), try Tile(outputs, columns, columns, precision))
        let whole = Matrix(weights.buffer.base, rows: outputs, columns: inputs, precision: precision)
        func run(_ rows: Range<Int>, _ out: Tile, _ slope: Tile) {
          affine(
            whole.part(rows.lowerBound, 0, rows.count, inputs), bias: Bias(bias.buffer.base + rows.lowerBound * precision.byteCount, stride: 1), activation: .tanh, of: x.block, scale: 0.5,
            addingTo: base.block.rows(rows), into: out.block, slope: slope.block)
        }
        let asked = withInstructionSet(level) { questions { run(0..<outputs, out, slope) } }
        #expect(asked >= 2, "\(level.name)")
        for first in [0, outputs / 2, outputs - 40] {
          let (few, slopes) = (try Tile(40, columns, columns, precision), try Tile(40, columns, columns, precision))
          let none = withInstructionSet(level) { questions { run(first..<first + 40, few, slopes) } }
          #expect(none == 0)
          for i in 0..<40 { for j in 0..<columns { #expect(few[i, j] == out[first + i, j] && slopes[i, j] == slope[first + i, j], "\(level.name) \(first + i)") } }
        }
        let left = try Tile(outputs, columns, columns, precision, low: 7, high: 7)
        _ = withInstructionSet(level) { questions(endingAfter: 1) { run(0..<outputs, left, slope) } }
        #expect(left[0, 0] == out[0, 0] && left[outputs - 1, columns - 1] == 7)
      }
    }

    @Test(arguments: Precision.allCases)
    func outerProducts(_ precision: Precision) throws {
      let (rows, columns, samples) = (2100, 1500, 128)
      for level in levels {
        let (left, right) = (try Tile(rows, samples, samples, precision, seed: 1), try Tile(columns, samples, samples, precision, seed: 2))
        let out = try Numbers(rows * columns, precision, low: 0, high: 0)
        func run(_ range: Range<Int>, _ out: Numbers) {
          accumulateOuter(left.block.rows(range), right.block, addingTo: Matrix(out.buffer.base, rows: range.count, columns: columns, precision: precision))
        }
        let asked = withInstructionSet(level) { questions { run(0..<rows, out) } }
        #expect(asked >= 2, "\(level.name)")
        // OpenBLAS, below AVX-512, may sum in another order for another number of rows.
        let tolerance = level == .avx512 ? 0 : precision.epsilon * Double(samples)
        let few = try Numbers(64 * columns, precision, low: 0, high: 0)
        withInstructionSet(level) { run(1024..<1088, few) }
        for place in 0..<few.count { #expect(abs(few[place] - out[1024 * columns + place]) <= tolerance, "\(level.name)") }
      }
    }

    /// Maps of square matrices agree with their formulas in every piece, from memory to memory and in place.
    @Test(arguments: Precision.allCases)
    func squareMatrices(_ precision: Precision) throws {
      let n = 2150
      let k = try Numbers(n * n, precision, seed: 1)
      func matrix(_ x: Numbers) -> Matrix { Matrix(x.buffer.base, rows: n, columns: n, precision: precision) }
      for level in levels {
        for isTurned in [false, true] {
          let (m, inPlace) = (try Numbers(n * n, precision), try Numbers(n * n, precision, seed: 1))
          let asked = withInstructionSet(level) {
            questions { isTurned ? antisymmetrize(matrix(k).transposed, damping: 0.25, into: matrix(m)) : antisymmetrize(matrix(k), damping: 0.25, into: matrix(m)) }
          }
          #expect(asked >= 4, "\(level.name)")
          withInstructionSet(level) { antisymmetrize(matrix(inPlace), damping: 0.25, into: matrix(inPlace)) }
          var (worst, differing) = (0.0, 0)
          for i in 0..<n {
            for j in 0..<n {
              let difference = (isTurned ? -1 : 1) * (k[i * n + j] - k[j * n + i])
              worst = max(worst, abs(m[i * n + j] - 0.5 * (difference - (i == j ? 0.25 : 0))))
              if !isTurned, m[i * n + j] != inPlace[i * n + j] { differing += 1 }
            }
          }
          #expect(worst <= precision.epsilon && differing == 0, "\(level.name) \(isTurned)")
        }
      }
      let (mean, copied) = (try Numbers(n * n, precision), try Numbers(n * n, precision))
      #expect(questions { symmetrize(matrix(k), into: matrix(mean)) } >= 4)
      #expect(questions { copy(matrix(k), into: matrix(copied).transposed) } >= 4)
      var (worst, differing) = (0.0, 0)
      for i in 0..<n {
        for j in 0..<n {
          worst = max(worst, abs(mean[i * n + j] - 0.5 * (k[i * n + j] + k[j * n + i])))
          if copied[j * n + i] != k[i * n + j] { differing += 1 }
        }
      }
      #expect(worst <= precision.epsilon && differing == 0)
    }

    /// A convolution's tile in pieces has the bits of its samples alone, which are one piece.
    @Test(arguments: ConvolutionAlgorithm.allCases, [ConvolutionDirection.forward, .transposed])
    func convolutions(_ algorithm: ConvolutionAlgorithm, _ direction: ConvolutionDirection) throws {
      for (kind, padding, stride) in [(Padding.zero, 1, 1), (.reflect, 1, 1), (.zero, 0, 1), (.zero, 1, 2)] where stride == 1 || algorithm == .direct && direction == .forward {
        let geometry = try #require(convolutionGeometry(32, 24, stride == 1 ? 75 : 108, 80 * stride, kernel: 3, stride: stride, padding: padding, kind))
        let run = ConvolutionRun(geometry: geometry, precision: .float32, algorithm: algorithm)
        let weights = try Numbers(geometry.weightCount, .float32, seed: 1)
        let rows = ConvolutionReference(geometry: geometry).rows(direction)
        let (x, base) = (try Tile(rows.inputs, 32, 32, .float32, seed: 2), try Tile(rows.outputs, 32, 32, .float32, seed: 3))
        let bias = try Numbers(32, .float32, seed: 4)
        for level in levels {
          try withInstructionSet(level) {
            func result(_ x: Tile, _ base: Tile, _ slope: Tile?) throws -> Tile {
              try run.product(direction, weights, x, bias: Bias(bias.buffer.base, stride: 1), activation: .tanh, scale: 0.5, base: base, slope: slope)
            }
            let slope = try Tile(rows.outputs, 32, 32, .float32)
            var all: Tile?
            let asked = try questions { all = try result(x, base, slope) }
            let whole = try #require(all)
            #expect(asked >= 2, "\(level.name) \(kind) \(stride)")
            for sample in [0, 21] {
              let alone = try Tile(rows.outputs, 1, 1, .float32)
              var one: Tile?
              #expect(try questions { one = try result(try x.sample(sample), try base.sample(sample), alone) } == 0)
              #expect(whole.column(sample, hasTheBitsOf: try #require(one)) && slope.column(sample, hasTheBitsOf: alone), "\(level.name) \(kind) \(stride)")
            }
          }
        }
      }
    }

    /// A convolution's gradient in pieces: the direct one has the bits of that of few outputs, which is one piece; Winograd's agrees with it.
    @Test func convolutionGradients() throws {
      for groups in [1, 2] {
        let geometry = try #require(convolutionGeometry(32, 16, 232, 80, kernel: 3, padding: 1, groups: groups))
        let few = try #require(convolutionGeometry(32 / groups, 4, 232, 80, kernel: 3, padding: 1))
        let (left, right) = (try Tile(geometry.outputRows, 16, 16, .float32, seed: 1), try Tile(geometry.inputRows, 16, 16, .float32, seed: 2))
        let (first, pixels) = (8, geometry.outputPixels)
        let (part, inputs) = (try Tile(4 * pixels, 16, 16, .float32), try Tile(few.inputRows, 16, 16, .float32))
        for i in 0..<part.rows { for j in 0..<16 { part[i, j] = left[first * pixels + i, j] } }
        for i in 0..<inputs.rows { for j in 0..<16 { inputs[i, j] = right[(groups - 1) * inputs.rows + i, j] } }
        for level in levels {
          try withInstructionSet(level) {
            var gradient: Numbers?
            #expect(try questions { gradient = try ConvolutionRun(geometry: geometry, precision: .float32).gradient(left, right) } >= 2, "\(level.name)")
            let whole = try #require(gradient)
            let alone = try ConvolutionRun(geometry: few, precision: .float32).gradient(part, inputs)
            let start = first * few.weightCount / 4
            for place in 0..<few.weightCount { #expect(whole[start + place] == alone[place], "\(level.name) \(place)") }
            #expect(try questions { gradient = try ConvolutionRun(geometry: geometry, precision: .float32, algorithm: .winograd).gradient(left, right) } >= 2, "\(level.name)")
            let other = try #require(gradient)
            // Sums of 300 000 products below 1, about as large as their root.
            for place in 0..<whole.count { #expect(abs(whole[place] - other[place]) < 0.01, "\(level.name) \(place)") }
          }
        }
      }
    }
  }
}
