import LinearAlgebra
import Testing

extension KernelSweeps {
  @Suite struct ConvolutionTests {
    /// Kernel sizes, strides, dilations and paddings in combination, on images of one pixel, of odd and of even sizes.
    static func geometries(_ kind: Padding) -> [ConvolutionGeometry] {
      var list: [ConvolutionGeometry?] = []
      let channels = [(1, 1, 1), (3, 5, 1), (4, 6, 2), (6, 6, 6), (9, 7, 1), (8, 4, 1)]
      let kernels = [
        (1, 1, 1, 0), (1, 2, 1, 0), (2, 1, 1, 1), (2, 2, 1, 0), (3, 1, 1, 1), (3, 1, 1, 0), (3, 1, 2, 2), (3, 2, 1, 1), (3, 3, 2, 2), (5, 1, 1, 2), (5, 2, 2, 4), (7, 1, 1, 3), (3, 1, 1, 4),
      ]
      for (height, width) in [(1, 1), (5, 7), (6, 9)] {
        for (number, (kernel, stride, dilation, padding)) in kernels.enumerated() {
          // Three of the six for each kernel and image, so that each meets each.
          for turn in 0..<3 {
            let (inputs, outputs, groups) = channels[(number + height + 2 * turn) % 6]
            list.append(convolutionGeometry(inputs, outputs, height, width, kernel: kernel, stride: stride, dilation: dilation, padding: padding, groups: groups, kind))
          }
        }
      }
      // Axes that differ, and one dimension.
      list.append(
        try? ConvolutionGeometry(
          inputChannels: 3, outputChannels: 4, vertical: ConvolutionExtent(input: 6, kernel: 3, stride: 2, before: 1),
          horizontal: ConvolutionExtent(input: 8, kernel: 2, dilation: 3, before: 2, after: 1), padding: kind))
      list.append(
        try? ConvolutionGeometry(
          inputChannels: 5, outputChannels: 3, vertical: ConvolutionExtent(input: 1, kernel: 1), horizontal: ConvolutionExtent(input: 33, kernel: 5, stride: 2, before: 2, after: 2), padding: kind))
      return list.compactMap { $0 }
    }

    /// Products in both directions and gradients agree with the formula, with bias, activation, base and slope, on every instruction set, for every padding, one sample, whole tiles and blocks with gaps.
    @Test(arguments: Padding.allCases, Precision.allCases)
    func agreesWithTheFormula(_ kind: Padding, _ precision: Precision) throws {
      for (number, geometry) in Self.geometries(kind).enumerated() {
        let columns = [16, 1, 48][number % 3]
        try Self.check(geometry, precision, columns: columns, gap: columns == 1 ? 0 : number % 2 * 16)
      }
    }

    /// The shapes on which libraries have been wrong: 1 × 1 with stride 2 and any number of channels, at every number of samples.
    @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 17])
    func oneByOneWithStride(_ channels: Int) throws {
      for (number, samples) in [1, 15, 16, 17, 33].enumerated() {
        for size in [1, 4, 5] {
          guard let geometry = convolutionGeometry(channels, 1 + (channels + number) % 6, size, size + 2, kernel: 1, stride: 2) else { continue }
          try Self.check(geometry, number % 2 == 0 ? .float32 : .float64, columns: Block.columns(forSamples: samples), samples: samples)
        }
      }
    }

    static func check(_ geometry: ConvolutionGeometry, _ precision: Precision, columns: Int, samples: Int? = nil, gap: Int = 0) throws {
      let reference = ConvolutionReference(geometry: geometry)
      let run = ConvolutionRun(geometry: geometry, precision: precision)
      let weights = try Numbers(geometry.weightCount, precision, seed: 1)
      // Roundings of sums of as many products below 1, and a few ulps of the activation.
      let bound = precision.epsilon * Double(4 * geometry.weightCount + 64)
      for direction in [ConvolutionDirection.forward, .transposed] {
        let rows = reference.rows(direction)
        let x = try Tile(rows.inputs, columns, columns + gap, precision, seed: 2)
        let bias = try Numbers(geometry.inputChannels + geometry.outputChannels, precision, seed: 3)
        let base = try Tile(rows.outputs, columns, columns + gap, precision, seed: 4)
        let expected = reference.product(direction, weights, x)
        let pixels = direction == .forward ? geometry.outputPixels : geometry.inputPixels
        for level in levels {
          let out = try Tile(rows.outputs, columns, columns + gap, precision, seed: 5)
          let slope = try Tile(rows.outputs, columns, columns + gap, precision, seed: 6)
          let (before, slopeBefore) = (out.numbers.values, slope.numbers.values)
          try withInstructionSet(level) {
            _ = try run.product(direction, weights, x, bias: Bias(bias.buffer.base, stride: 1), activation: .tanh, scale: 0.5, base: base, out: out, slope: slope)
          }
          let value = out.worstError(keeping: before) { i, j in base[i, j] + 0.5 * LinearAlgebraTests.reference(.tanh, expected[i * columns + j] + bias[i / pixels]).value }
          let derivative = slope.worstError(keeping: slopeBefore) { i, j in LinearAlgebraTests.reference(.tanh, expected[i * columns + j] + bias[i / pixels]).slope }
          #expect(max(value, derivative) <= bound, "\(level.name) \(direction) \(geometry)")
          // Plain sums, in place.
          let sums = try Tile(rows.outputs, columns, columns + gap, precision, seed: 4)
          let sumsBefore = sums.numbers.values
          try withInstructionSet(level) { _ = try run.product(direction, weights, x, bias: Bias(bias.buffer.base, stride: 0), base: sums, out: sums) }
          #expect(sums.worstError(keeping: sumsBefore) { i, j in base[i, j] + expected[i * columns + j] + bias[0] } <= bound, "\(level.name) \(direction) \(geometry)")
        }
      }
      let left = try Tile(geometry.outputRows, columns, columns + gap, precision, seed: 7)
      let right = try Tile(geometry.inputRows, columns, columns + gap, precision, seed: 8)
      if let samples { for i in 0..<left.rows { for j in samples..<max(columns, samples) { left[i, j] = 0 } } }
      let expected = reference.gradient(left, right)
      let products = Double(geometry.outputPixels * columns)
      for level in levels {
        let gradient = try withInstructionSet(level) { try run.gradient(left, right, start: 1) }
        let worst = (0..<gradient.count).map { abs(gradient[$0] - 1 - expected[$0]) }.max() ?? 0
        #expect(worst <= precision.epsilon * (products + 4) * 2, "\(level.name) gradient \(geometry)")
      }
    }

    /// ⟨Kx, y⟩ = ⟨x, Kᵀy⟩ for every padding.
    @Test(arguments: Padding.allCases, Precision.allCases)
    func transposeIsTheAdjoint(_ kind: Padding, _ precision: Precision) throws {
      for geometry in Self.geometries(kind) {
        let run = ConvolutionRun(geometry: geometry, precision: precision)
        let weights = try Numbers(geometry.weightCount, precision, seed: 1)
        let (x, y) = (try Tile(geometry.inputRows, 16, 16, precision, seed: 2), try Tile(geometry.outputRows, 16, 16, precision, seed: 3))
        for level in levels {
          let (forward, back) = try withInstructionSet(level) { (dot(try run.product(.forward, weights, x).block, y.block), dot(x.block, try run.product(.transposed, weights, y).block)) }
          let scale = (dot(x.block, x.block) * dot(y.block, y.block)).squareRoot() * Double(geometry.weightCount).squareRoot()
          #expect(abs(forward - back) <= (precision == .float64 ? 1e-12 : 1e-5) * scale, "\(level.name) \(geometry)")
        }
      }
    }

    /// A sample has the same bits alone and at any place in any block, with and without gaps.
    @Test(arguments: Padding.allCases, Precision.allCases)
    func bitsDoNotDependOnTheBlock(_ kind: Padding, _ precision: Precision) throws {
      for geometry in Self.geometries(kind) where geometry.inputChannels > 1 {
        let run = ConvolutionRun(geometry: geometry, precision: precision)
        let weights = try Numbers(geometry.weightCount, precision, seed: 1)
        for direction in [ConvolutionDirection.forward, .transposed] {
          let rows = ConvolutionReference(geometry: geometry).rows(direction)
          let wide = try Tile(rows.inputs, 64, 64, precision, seed: 2)
          let bias = try Numbers(geometry.inputChannels + geometry.outputChannels, precision, seed: 3)
          for level in levels {
            try withInstructionSet(level) {
              func result(_ x: Tile) throws -> Tile { try run.product(direction, weights, x, bias: Bias(bias.buffer.base, stride: 1), activation: .sigmoid) }
              let all = try result(wide)
              let one = try result(try wide.sample(37))
              #expect(all.column(37, hasTheBitsOf: one), "\(level.name) \(direction) \(geometry)")
              let part = try Tile(rows.inputs, 16, 48, precision)
              for i in 0..<rows.inputs { for j in 0..<16 { part[i, j] = wide[i, 32 + j] } }
              let narrow = try result(part)
              #expect(narrow.column(5, hasTheBitsOf: one), "\(level.name) \(direction) \(geometry)")
            }
          }
        }
      }
    }

    /// The bias's gradient is the sum over a channel's pixels and samples.
    @Test(arguments: Precision.allCases)
    func channelSums(_ precision: Precision) throws {
      for (columns, stride) in [(1, 1), (16, 16), (48, 64)] {
        for level in levels {
          let x = try Tile(3 * 20, columns, stride, precision, seed: 1)
          let sums = try Numbers(3, precision, seed: 2)
          var expected = sums.values
          for i in 0..<60 { for j in 0..<columns { expected[i / 20] += x[i, j] } }
          withInstructionSet(level) { accumulateChannelSums(x.block, channels: 3, addingTo: Bias(sums.buffer.base, stride: 1)) }
          #expect(zip(sums.values, expected).allSatisfy { abs($0 - $1) <= precision.epsilon * 1000 }, "\(level.name) \(columns)")
        }
      }
    }
  }
}
