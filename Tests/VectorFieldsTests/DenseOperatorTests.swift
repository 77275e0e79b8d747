import LinearAlgebra
import TestSupport
import Testing
import VectorFields

@Suite struct DenseOperatorTests {
  private static let dense = DenseOperator(inputs: 3, outputs: 4, precision: .float64)
  private static let square = DenseOperator(inputs: 5, outputs: 5, precision: .float64)

  @Test func declaresItsTensorAndBiases() {
    #expect(Self.dense.shape == [4, 3])
    #expect(Self.dense.fanIn == 3 && Self.dense.fanOut == 4)
    #expect(BiasKind.allCases.map { Self.dense.biasCount($0, transposed: false) } == [0, 1, 4])
    #expect(BiasKind.allCases.map { Self.dense.biasCount($0, transposed: true) } == [0, 1, 3])
    #expect(Self.dense.preparedCount == 12)
  }

  /// base + 0.5·σ(Wx + b), for W and Wᵀ, from the tensor and from its copy, with the slopes.
  @Test(arguments: [OperatorWeights.Form.tensor, .prepared], [false, true]) func products(_ form: OperatorWeights.Form, _ transposed: Bool) throws {
    let (tensor, copy) = (try Numbers.normal(12, .float64, seed: 1), try Numbers(12, .float64))
    Self.dense.prepareCopy(of: tensor.vector.base, into: copy.vector.base)
    let rows = transposed ? plainTranspose(tensor.rows(of: 3)) : tensor.rows(of: 3)
    let bias = try Numbers.normal(rows.count, .float64, seed: 2)
    let weights = OperatorWeights((form == .tensor ? tensor : copy).vector.base, form)
    for columns in [1, 16] {
      let x = try Numbers.normal(rows[0].count * columns, .float64, seed: 3)
      let base = try Numbers.normal(rows.count * columns, .float64, seed: 4)
      let (out, slope) = (try Numbers(base.count, .float64), try Numbers(base.count, .float64))
      Self.dense.affine(
        transposed ? weights.transposed : weights, bias: Bias(bias.vector.base, stride: 1), activation: .tanh, of: x.block(rows: rows[0].count, columns: columns),
        scale: 0.5, addingTo: base.block(rows: rows.count, columns: columns), into: out.block(rows: rows.count, columns: columns),
        slope: slope.block(rows: rows.count, columns: columns), scratch: Block.zeros(0, columns, .float64))
      for sample in 0..<columns {
        let expected = plainLayer(.tanh, rows, bias.values, x.column(sample, of: columns))
        #expect(largestDifference(out.column(sample, of: columns), zip(base.column(sample, of: columns), expected.value).map { $0 + 0.5 * $1 }) < 1e-14)
        #expect(largestDifference(slope.column(sample, of: columns), expected.slope) < 1e-14)
      }
    }
  }

  /// The gradient of ⟨left, W·right⟩ and of ⟨left, Wᵀ·right⟩.
  @Test func gradientsAccumulate() throws {
    let (outer, inputs) = (try Numbers.normal(64, .float64, seed: 5), try Numbers.normal(48, .float64, seed: 6))
    let start = try Numbers.normal(12, .float64, seed: 7)
    let (plain, transposed) = (try Numbers(start.values, .float64), try Numbers(start.values, .float64))
    Self.dense.accumulateGradient(outer.block(rows: 4, columns: 16), inputs.block(rows: 3, columns: 16), addingTo: OperatorWeights(plain.vector.base, .tensor),
      scratch: Block.zeros(0, 16, .float64))
    Self.dense.accumulateGradient(
      inputs.block(rows: 3, columns: 16), outer.block(rows: 4, columns: 16), addingTo: OperatorWeights(transposed.vector.base, .tensor).transposed,
      scratch: Block.zeros(0, 16, .float64))
    let expected = (0..<12).map { start[$0] + inner(outer.rows(of: 16)[$0 / 3], inputs.rows(of: 16)[$0 % 3]) }
    #expect(largestDifference(plain.values, expected) < 1e-14)
    #expect(largestDifference(transposed.values, expected) < 1e-14)
    let bias = try Numbers([1, 2, 3, 4], .float64)
    Self.dense.accumulateBiasGradient(outer.block(rows: 4, columns: 16), addingTo: Bias(bias.vector.base, stride: 1), transposed: false)
    var sums: [Double] = [1, 2, 3, 4]
    for (row, values) in outer.rows(of: 16).enumerated() { sums[row] += values.reduce(0, +) }
    #expect(largestDifference(bias.values, sums) < 1e-14)
  }

  /// The prepared ½(W − Wᵀ − γI) and ½(W + Wᵀ), obtained by multiplying unit vectors.
  @Test func preparesAntisymmetricAndSymmetricParts() throws {
    let (tensor, prepared) = (try Numbers.normal(25, .float64, seed: 8), try Numbers(25, .float64))
    let w = tensor.rows(of: 5)
    func rows() throws -> [[Double]] {
      plainTranspose(
        try plainIdentity(5).map { unit in
          let (x, out) = (try Numbers(unit, .float64), try Numbers(5, .float64))
          Self.square.affine(
            OperatorWeights(prepared.vector.base, .prepared), bias: nil, activation: .identity, of: x.block(rows: 5, columns: 1), scale: 1, addingTo: nil,
            into: out.block(rows: 5, columns: 1), slope: nil, scratch: Block.zeros(0, 1, .float64))
          return out.values
        })
    }
    Self.square.prepareAntisymmetric(tensor.vector.base, damping: 0.3, into: prepared.vector.base)
    let antisymmetric = try rows()
    Self.square.prepareSymmetric(tensor.vector.base, into: prepared.vector.base)
    let symmetric = try rows()
    for i in 0..<5 {
      for j in 0..<5 {
        #expect(abs(antisymmetric[i][j] - 0.5 * (w[i][j] - w[j][i] - (i == j ? 0.3 : 0))) < 1e-15)
        #expect(abs(symmetric[i][j] - 0.5 * (w[i][j] + w[j][i])) < 1e-15)
      }
    }
  }

  /// ⟨part(W), G⟩ = ⟨W, gradient(G)⟩.
  @Test func gradientsOfThePartsAreTransposes() throws {
    let (w, g) = (try Numbers.normal(25, .float64, seed: 9), try Numbers.normal(25, .float64, seed: 10))
    for antisymmetric in [true, false] {
      let (part, gradient) = (try Numbers(w.values, .float64), try Numbers(g.values, .float64))
      if antisymmetric {
        Self.square.antisymmetrizeGradient(part.vector.base)
        Self.square.antisymmetrizeGradient(gradient.vector.base)
      } else {
        Self.square.symmetrizeGradient(part.vector.base)
        Self.square.symmetrizeGradient(gradient.vector.base)
      }
      #expect(abs(inner(part.values, g.values) - inner(w.values, gradient.values)) < 1e-13)
      let sign = antisymmetric ? -1.0 : 1.0
      let rows = gradient.rows(of: 5)
      for i in 0..<5 { for j in 0..<5 { #expect(rows[i][j] == sign * rows[j][i]) } }
    }
  }

  @Test func affineFormNamesTheMatrix() throws {
    let tensor = try Numbers(12, .float64)
    let form = try #require(Self.dense.affineForm(OperatorWeights(tensor.vector.base, .tensor).transposed, bias: nil, activation: .relu, sign: -1))
    #expect((form.weights.rows, form.weights.columns) == (3, 4))
    #expect(form.sign == -1 && form.activation == .relu && form.bias?.stride == nil)
  }
}
