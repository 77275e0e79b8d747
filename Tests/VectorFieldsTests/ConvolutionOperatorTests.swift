import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

@Suite struct ConvolutionOperatorTests {
  /// A form with its channels.
  struct Case: Sendable, CustomStringConvertible {
    var form: ConvolutionForm
    var inputs: Int
    var outputs: Int
    var description: String {
      "\(inputs)→\(outputs) on \(form.height)×\(form.width), kernel \(form.kernel), stride \(form.stride), dilation \(form.dilation), groups \(form.groups), \(form.padding.name), \(form.algorithm?.name ?? "automatic")"
    }

    init(_ height: Int, _ width: Int, _ inputs: Int, _ outputs: Int, _ change: (inout ConvolutionForm) -> Void = { _ in }) {
      (form, self.inputs, self.outputs) = (ConvolutionForm(Shape(channels: inputs, height: height, width: width)), inputs, outputs)
      change(&form)
    }

    func make(_ precision: Precision) throws -> ConvolutionOperator { try ConvolutionOperator(form, inputs: inputs, outputs: outputs, precision: precision) }
  }

  private static let cases = [
    Case(4, 5, 3, 2), Case(4, 5, 2, 2) { $0.algorithm = .direct }, Case(1, 7, 2, 3), Case(5, 4, 2, 2) { $0.kernel = 1 }, Case(6, 5, 2, 4) { $0.kernel = 5 }, Case(4, 5, 2, 2) { $0.kernel = 2 },
    Case(5, 6, 3, 2) { $0.stride = 2 }, Case(5, 7, 2, 3) { ($0.kernel, $0.stride, $0.margin) = (2, 2, 0) }, Case(6, 7, 4, 6) { ($0.kernel, $0.stride, $0.margin, $0.groups) = (3, 3, 0, 2) }, Case(5, 5, 9, 3) { ($0.kernel, $0.stride) = (1, 2) }, Case(6, 6, 2, 2) { $0.dilation = 2 }, Case(4, 4, 4, 6) { $0.groups = 2 }, Case(4, 4, 3, 3) { $0.groups = 3 },
    Case(4, 5, 2, 2) { $0.padding = .periodic }, Case(4, 5, 2, 2) { $0.padding = .reflect }, Case(4, 5, 2, 2) { $0.padding = .replicate }, Case(3, 4, 1, 2) { $0.margin = 0 },
  ]

  /// W as a matrix, by the definition: the output of each unit image.
  private func matrix(_ made: ConvolutionOperator, _ tensor: [Double]) -> [[Double]] {
    let g = made.geometry
    func source(_ index: Int, _ extent: ConvolutionExtent) -> Int? {
      if 0..<extent.input ~= index { return index }
      return switch g.padding {
      case .zero: nil
      case .periodic: ((index % extent.input) + extent.input) % extent.input
      case .reflect: index < 0 ? -index : 2 * extent.input - 2 - index
      case .replicate: min(max(index, 0), extent.input - 1)
      }
    }
    var matrix = Array(repeating: Array(repeating: 0.0, count: made.inputs), count: made.outputs)
    let (groupInputs, groupOutputs) = (g.inputChannels / g.groups, g.outputChannels / g.groups)
    for o in 0..<g.outputChannels {
      for y in 0..<g.vertical.output {
        for x in 0..<g.horizontal.output {
          for c in 0..<groupInputs {
            for i in 0..<g.vertical.kernel {
              for j in 0..<g.horizontal.kernel {
                let row = source(y * g.vertical.stride + i * g.vertical.dilation - g.vertical.before, g.vertical)
                let column = source(x * g.horizontal.stride + j * g.horizontal.dilation - g.horizontal.before, g.horizontal)
                guard let row, let column else { continue }
                let channel = o / groupOutputs * groupInputs + c
                matrix[(o * g.vertical.output + y) * g.horizontal.output + x][(channel * g.vertical.input + row) * g.horizontal.input + column] +=
                  tensor[((o * groupInputs + c) * g.vertical.kernel + i) * g.horizontal.kernel + j]
              }
            }
          }
        }
      }
    }
    return matrix
  }

  private func tolerance(_ precision: Precision) -> Double { precision == .float64 ? 1e-13 : 2e-5 }

  @Test func declaresItsTensorAndBiases() throws {
    let made = try Case(4, 5, 4, 6) { $0.groups = 2 }.make(.float32)
    #expect(made.shape == [6, 2, 9] && made.fanIn == 18 && made.fanOut == 27)
    #expect(made.inputs == 80 && made.outputs == 120 && made.outputShape == Shape(channels: 6, height: 4, width: 5))
    #expect(BiasKind.allCases.map { made.biasCount($0, transposed: false) } == [0, 1, 6])
    #expect(BiasKind.allCases.map { made.biasCount($0, transposed: true) } == [0, 1, 4])
    #expect(made.algorithm == .winograd && made.needsPreparation)
  }

  /// The prepared form of W itself has no room for a kernel made of it, and writes to none.
  @Test(arguments: cases, Precision.allCases) func copiesTakeNoRoomForAMadeKernel(_ test: Case, _ precision: Precision) throws {
    let made = try test.make(precision)
    let count = made.shape.reduce(1, *)
    #expect(made.preparedCount == made.copiedCount + count)
    let (tensor, prepared) = (try Numbers.normal(count, precision, seed: 1), try Numbers(Array(repeating: 7, count: made.preparedCount), precision))
    made.prepareCopy(of: tensor.vector.base, into: prepared.vector.base)
    #expect(prepared.values[made.copiedCount...].allSatisfy { $0 == 7 } && prepared.values[..<made.copiedCount].contains { $0 != 7 })
  }

  /// base + 0.5·σ(Wx + b) and the slopes, for W and Wᵀ, of a sample alone and of tiles, equal those of the dense matrix.
  @Test(arguments: cases, Precision.allCases) func productsAreThoseOfTheMatrix(_ test: Case, _ precision: Precision) throws {
    let made = try test.make(precision)
    let (tensor, prepared) = (try Numbers.normal(made.shape.reduce(1, *), precision, seed: 1, deviation: 0.3), try Numbers(made.preparedCount, precision))
    made.prepareCopy(of: tensor.vector.base, into: prepared.vector.base)
    let dense = matrix(made, tensor.values)
    for transposed in [false, true] {
      let rows = transposed ? plainTranspose(dense) : dense
      let channels = made.biasCount(.vector, transposed: transposed)
      let bias = try Numbers.normal(channels, precision, seed: 2)
      let spread = (0..<rows.count).map { bias.values[$0 / (rows.count / channels)] }
      let weights = OperatorWeights(prepared.vector.base, .prepared, isTransposed: transposed)
      for columns in [1, 16, 32] {
        let x = try Numbers.normal(rows[0].count * columns, precision, seed: 3), base = try Numbers.normal(rows.count * columns, precision, seed: 4)
        let (out, slope) = (try Numbers(base.count, precision), try Numbers(base.count, precision))
        made.affine(
          weights, bias: Bias(bias.vector.base, stride: 1), activation: .tanh, of: x.block(rows: rows[0].count, columns: columns), scale: 0.5,
          addingTo: base.block(rows: rows.count, columns: columns), into: out.block(rows: rows.count, columns: columns), slope: slope.block(rows: rows.count, columns: columns),
          scratch: .zeros(made.scratchWidth, columns, precision))
        for sample in Set([0, columns - 1, columns / 2]) {
          let expected = plainLayer(.tanh, rows, spread, x.column(sample, of: columns))
          #expect(largestDifference(out.column(sample, of: columns), zip(base.column(sample, of: columns), expected.value).map { $0 + 0.5 * $1 }) < tolerance(precision))
          #expect(largestDifference(slope.column(sample, of: columns), expected.slope) < tolerance(precision))
        }
      }
    }
  }

  /// The gradients of ⟨left, W·right⟩, of ⟨left, Wᵀ·right⟩ and of biases, against those of the dense matrix: ⟨left, Δ·right⟩ for each unit tensor.
  @Test(arguments: cases, Precision.allCases) func gradientsAreThoseOfTheMatrix(_ test: Case, _ precision: Precision) throws {
    let made = try test.make(precision)
    let count = made.shape.reduce(1, *)
    for columns in [1, 16, 48] {
      let left = try Numbers.normal(made.outputs * columns, precision, seed: 5), right = try Numbers.normal(made.inputs * columns, precision, seed: 6)
      let start = try Numbers.normal(count, precision, seed: 7)
      let (plain, transposed) = (try Numbers(start.values, precision), try Numbers(start.values, precision))
      let scratch = Block.zeros(made.scratchWidth, columns, precision)
      let (l, r) = (left.block(rows: made.outputs, columns: columns), right.block(rows: made.inputs, columns: columns))
      made.accumulateGradient(l, r, addingTo: OperatorWeights(plain.vector.base, .tensor), scratch: scratch)
      made.accumulateGradient(r, l, addingTo: OperatorWeights(transposed.vector.base, .tensor).transposed, scratch: scratch)
      let direction = try Numbers.normal(count, precision, seed: 8)
      let changed = matrix(made, direction.values)
      var expected = inner(start.values, direction.values)
      for sample in 0..<columns { expected += inner(left.column(sample, of: columns), plainProduct(changed, right.column(sample, of: columns))) }
      let size = norm(left.values) * norm(right.values) * norm(direction.values)
      #expect(abs(inner(plain.values, direction.values) - expected) < tolerance(precision) * size)
      #expect(abs(inner(transposed.values, direction.values) - expected) < tolerance(precision) * size)
      for isTransposed in [false, true] {
        let block = isTransposed ? r : l
        let values = isTransposed ? right.values : left.values
        let channels = made.biasCount(.vector, transposed: isTransposed)
        let sums = try Numbers(channels, precision), all = try Numbers(1, precision)
        made.accumulateBiasGradient(block, addingTo: Bias(sums.vector.base, stride: 1), transposed: isTransposed)
        made.accumulateBiasGradient(block, addingTo: Bias(all.vector.base, stride: 0), transposed: isTransposed)
        let length = values.count / channels
        let wanted = (0..<channels).map { values[$0 * length..<($0 + 1) * length].reduce(0, +) }
        #expect(largestDifference(sums.values, wanted) < tolerance(precision) * Double(length))
        #expect(abs(all.values[0] - wanted.reduce(0, +)) < tolerance(precision) * Double(values.count))
      }
    }
  }

  /// The prepared parts are antisymmetric and symmetric matrices, ½(W − Wᵀ − γI) and ½(W + Wᵀ), and the gradients' maps are their transposes.
  @Test(arguments: [Padding.zero, .periodic], [1, 3, 5]) func partsAreThoseOfTheMatrix(_ padding: Padding, _ kernel: Int) throws {
    for groups in [1, 2] { try checkParts(padding, kernel, groups) }
  }

  private func checkParts(_ padding: Padding, _ kernel: Int, _ groups: Int) throws {
    let made = try Case(5, 6, 4, 4) { ($0.padding, $0.kernel, $0.groups) = (padding, kernel, groups) }.make(.float64)
    let tensor = try Numbers.normal(made.shape.reduce(1, *), .float64, seed: 9)
    let dense = matrix(made, tensor.values)
    try made.checkSquare()
    let prepared = try Numbers(made.preparedCount, .float64)
    for (sign, damping) in [(-1.0, 0.3), (1.0, 0)] {
      if sign < 0 { made.prepareAntisymmetric(tensor.vector.base, damping: damping, into: prepared.vector.base) } else { made.prepareSymmetric(tensor.vector.base, into: prepared.vector.base) }
      let x = try Numbers.normal(made.inputs * 16, .float64, seed: 10), out = try Numbers(made.outputs * 16, .float64)
      made.affine(
        OperatorWeights(prepared.vector.base, .prepared), bias: nil, activation: .identity, of: x.block(rows: made.inputs, columns: 16), scale: 1, addingTo: nil,
        into: out.block(rows: made.outputs, columns: 16), slope: nil, scratch: .zeros(made.scratchWidth, 16, .float64))
      let column = x.column(3, of: 16)
      let (forward, back) = (plainProduct(dense, column), plainProduct(plainTranspose(dense), column))
      #expect(largestDifference(out.column(3, of: 16), column.indices.map { 0.5 * (forward[$0] + sign * back[$0] - damping * column[$0]) }) < 1e-13)
      let (g, part) = (try Numbers.normal(tensor.count, .float64, seed: 11), try Numbers(tensor.values, .float64))
      let gradient = try Numbers(g.values, .float64)
      for numbers in [part, gradient] {
        if sign < 0 { made.antisymmetrizeGradient(numbers.vector.base) } else { made.symmetrizeGradient(numbers.vector.base) }
      }
      #expect(abs(inner(part.values, g.values) - inner(tensor.values, gradient.values)) < 1e-12)
    }
  }

  /// The bound is at least the largest amplification of random images, and grows by no more than it says.
  @Test(arguments: cases) func normIsBounded(_ test: Case) throws {
    let made = try test.make(.float64)
    let workspace = try NormBound(rows: made.normExtents.rows, columns: made.normExtents.columns, numbers: made.normNumbers)
    let tensor = try Numbers.normal(made.shape.reduce(1, *), .float64, seed: 12), change = try Numbers.normal(tensor.count, .float64, seed: 13, deviation: 0.1)
    let bound = made.boundNorm(tensor.vector.base, isAntisymmetric: false, enough: 0, by: workspace)
    // Power iteration gives a lower bound of the norm.
    let dense = matrix(made, tensor.values)
    var x = try Numbers.normal(made.inputs, .float64, seed: 14).values
    var largest = 0.0
    for _ in 0..<60 {
      let y = plainProduct(dense, x)
      largest = norm(y) / norm(x)
      x = plainProduct(plainTranspose(dense), y)
    }
    #expect(bound >= largest)
    // Windows that do not overlap: the bound is the norm itself, but for the room of the proof.
    if made.geometry.hasDisjointWindows { #expect(bound <= 1.03 * largest) }
    let moved = try Numbers(zip(tensor.values, change.values).map { $0 + $1 }, .float64)
    #expect(made.boundNorm(moved.vector.base, isAntisymmetric: false, enough: 0, by: workspace) <= made.normLooseness * (bound + made.normGrowth * norm(change.values)))
    // A cheaper bound is returned if it is enough.
    #expect(made.boundNorm(tensor.vector.base, isAntisymmetric: false, enough: 1e6, by: workspace) == boundConvolutionNorm(tensor.vector, made.geometry))
  }

  @Test func whatCannotBeIsRefusedWithTheReason() throws {
    func failure(_ test: Case, _ precision: Precision = .float32, square: Bool = false) -> Failure? {
      refusal {
        let made = try test.make(precision)
        if square { try made.checkSquare() }
      }
    }
    #expect(failure(Case(4, 4, 3, 4) { $0.groups = 2 })?.message.contains("2 groups do not divide 3 input and 4 output channels") == true)
    #expect(failure(Case(3, 3, 1, 1) { ($0.kernel, $0.margin) = (5, 0) })?.message.contains("the convolution's kernel spans 5 pixels") == true)
    #expect(failure(Case(3, 3, 1, 1) { ($0.kernel, $0.padding) = (9, .reflect) })?.message.contains("reflect needs less than the image's 3") == true)
    #expect(failure(Case(4, 4, 2, 2) { ($0.kernel, $0.algorithm) = (5, .winograd) })?.status == .incompatible)
    #expect(failure(Case(4, 4, 2, 2) { $0.algorithm = .winograd }, .float64)?.status == .incompatible)
    #expect(failure(Case(4, 4, 2, 3), square: true)?.message.contains("as many input as output channels; it has 2 and 3") == true)
    #expect(failure(Case(4, 4, 2, 2) { $0.kernel = 2 }, square: true)?.message.contains("odd kernels") == true)
    #expect(failure(Case(4, 4, 2, 2) { $0.padding = .reflect }, square: true)?.message.contains("zero or periodic padding; it has reflect") == true)
    #expect(failure(Case(4, 4, 2, 2) { $0.dilation = 1 << 40 }) != nil)
  }
}
