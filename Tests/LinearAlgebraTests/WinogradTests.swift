import LinearAlgebra
import Testing

extension KernelSweeps {
  @Suite struct WinogradTests {
    static func geometries(_ kind: Padding) -> [ConvolutionGeometry] {
      var list: [ConvolutionGeometry?] = []
      for (inputs, outputs, groups) in [(1, 1, 1), (3, 5, 1), (4, 6, 2), (9, 7, 1), (16, 16, 1), (32, 64, 2)] {
        for (height, width) in [(1, 1), (2, 3), (5, 7), (6, 9), (14, 14), (7, 40)] {
          for padding in [0, 1, 2] { list.append(convolutionGeometry(inputs, outputs, height, width, kernel: 3, padding: padding, groups: groups, kind)) }
        }
      }
      return list.compactMap { $0 }
    }

    /// What it applies to.
    @Test func itAppliesToThreeByThreeWithoutStrides() throws {
      let geometries = [
        convolutionGeometry(2, 2, 6, 6, kernel: 3, padding: 1), convolutionGeometry(2, 2, 6, 6, kernel: 3, stride: 2, padding: 1),
        convolutionGeometry(2, 2, 6, 6, kernel: 3, dilation: 2, padding: 2), convolutionGeometry(2, 2, 6, 6, kernel: 5, padding: 2),
      ].compactMap { $0 }
      #expect(geometries.map { $0.supports(.winograd, .float32) } == [true, false, false, false])
      #expect(geometries.map { $0.supports(.winograd, .float64) } == [false, false, false, false])
      #expect(geometries.map { $0.supports(.direct, .float64) } == [true, true, true, true])
      for algorithm in ConvolutionAlgorithm.allCases { #expect(["direct", "winograd"].contains(algorithm.name)) }
    }

    /// Products in both directions and gradients agree with the formula, with the whole epilogue, for every padding, one sample, whole tiles and blocks with gaps.
    @Test(arguments: Padding.allCases)
    func agreesWithTheFormula(_ kind: Padding) throws {
      for (number, geometry) in Self.geometries(kind).enumerated() {
        let columns = [16, 1, 32][number % 3]
        let stride = columns + (columns == 1 ? 0 : number % 2 * 16)
        let reference = ConvolutionReference(geometry: geometry)
        let run = ConvolutionRun(geometry: geometry, precision: .float32, algorithm: .winograd)
        let weights = try Numbers(geometry.weightCount, .float32, seed: 1)
        let bound = Precision.float32.epsilon * Double(4 * geometry.weightCount + 64)
        for direction in [ConvolutionDirection.forward, .transposed] {
          let rows = reference.rows(direction)
          let x = try Tile(rows.inputs, columns, stride, .float32, seed: 2)
          let bias = try Numbers(geometry.inputChannels + geometry.outputChannels, .float32, seed: 3)
          let base = try Tile(rows.outputs, columns, stride, .float32, seed: 4)
          let expected = reference.product(direction, weights, x)
          let pixels = direction == .forward ? geometry.outputPixels : geometry.inputPixels
          for level in levels {
            for activation in [Activation.tanh, .identity] {
              let (out, slope) = (try Tile(rows.outputs, columns, stride, .float32, seed: 5), try Tile(rows.outputs, columns, stride, .float32, seed: 6))
              let before = out.numbers.values
              try withInstructionSet(level) {
                _ = try run.product(
                  direction, weights, x, bias: Bias(bias.buffer.base, stride: 1), activation: activation, scale: 0.5, base: base, out: out, slope: activation == .tanh ? slope : nil)
              }
              func value(_ i: Int, _ j: Int) -> (value: Double, slope: Double) { LinearAlgebraTests.reference(activation, expected[i * columns + j] + bias[i / pixels]) }
              #expect(out.worstError(keeping: before) { i, j in base[i, j] + 0.5 * value(i, j).value } <= bound, "\(level.name) \(direction) \(geometry)")
              if activation == .tanh {
                var worst = 0.0
                for i in 0..<rows.outputs { for j in 0..<columns { worst = max(worst, abs(slope[i, j] - value(i, j).slope)) } }
                #expect(worst <= bound, "\(level.name) \(direction) slope \(geometry)")
              }
            }
          }
        }
        let (left, right) = (try Tile(geometry.outputRows, columns, stride, .float32, seed: 7), try Tile(geometry.inputRows, columns, stride, .float32, seed: 8))
        let expected = reference.gradient(left, right)
        for level in levels {
          let gradient = try withInstructionSet(level) { try run.gradient(left, right, start: 1) }
          let worst = (0..<gradient.count).map { abs(gradient[$0] - 1 - expected[$0]) }.max() ?? 0
          #expect(worst <= Precision.float32.epsilon * Double(geometry.outputPixels * columns + 4) * 2, "\(level.name) gradient \(geometry)")
        }
      }
    }

    /// A sample has the same bits alone and at any place in any block.
    @Test(arguments: Padding.allCases)
    func bitsDoNotDependOnTheBlock(_ kind: Padding) throws {
      for geometry in Self.geometries(kind) {
        let run = ConvolutionRun(geometry: geometry, precision: .float32, algorithm: .winograd)
        let weights = try Numbers(geometry.weightCount, .float32, seed: 1)
        for direction in [ConvolutionDirection.forward, .transposed] {
          let rows = ConvolutionReference(geometry: geometry).rows(direction)
          let wide = try Tile(rows.inputs, 48, 48, .float32, seed: 2)
          let bias = try Numbers(geometry.inputChannels + geometry.outputChannels, .float32, seed: 3)
          for level in levels {
            try withInstructionSet(level) {
              func result(_ x: Tile) throws -> Tile { try run.product(direction, weights, x, bias: Bias(bias.buffer.base, stride: 1), activation: .tanh) }
              let (all, one) = (try result(wide), try result(try wide.sample(21)))
              #expect(all.column(21, hasTheBitsOf: one), "\(level.name) \(direction) \(geometry)")
            }
          }
        }
      }
    }

    /// The rms error is at most twice that of the direct algorithm, for products and gradients.
    @Test(arguments: [(16, 28), (32, 14), (64, 7)])
    func theErrorIsThatOfTheDirectAlgorithm(_ channels: Int, _ size: Int) throws {
      let geometry = try #require(convolutionGeometry(channels, channels, size, size, kernel: 3, padding: 1))
      let weights = try Numbers(geometry.weightCount, .float32, seed: 1)
      let (x, left) = (try Tile(geometry.inputRows, 16, 16, .float32, seed: 2), try Tile(geometry.outputRows, 16, 16, .float32, seed: 3))
      // Float64 by the direct algorithm, which the formula checks, is exact in comparison.
      let exact = ConvolutionRun(geometry: geometry, precision: .float64)
      func wide(_ tile: Tile) throws -> Tile {
        let copy = try Tile(tile.rows, 16, 16, .float64)
        for i in 0..<tile.rows { for j in 0..<16 { copy[i, j] = tile[i, j] } }
        return copy
      }
      let wideWeights = try Numbers(geometry.weightCount, .float64)
      for i in 0..<weights.count { wideWeights[i] = weights[i] }
      func rms(_ x: [Double], _ y: [Double]) -> Double { (zip(x, y).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } / Double(x.count)).squareRoot() }
      for level in levels {
        try withInstructionSet(level) {
          let product = try exact.product(.forward, wideWeights, try wide(x)).numbers.values
          let gradient = try exact.gradient(try wide(left), try wide(x)).values
          func errors(_ algorithm: ConvolutionAlgorithm) throws -> (Double, Double) {
            let run = ConvolutionRun(geometry: geometry, precision: .float32, algorithm: algorithm)
            return (rms(try run.product(.forward, weights, x).numbers.values, product), rms(try run.gradient(left, x).values, gradient))
          }
          let (direct, winograd) = (try errors(.direct), try errors(.winograd))
          #expect(winograd.0 <= 2 * direct.0 && winograd.1 <= 2 * direct.1, "\(level.name): \(winograd), direct \(direct)")
        }
      }
    }
  }
}
