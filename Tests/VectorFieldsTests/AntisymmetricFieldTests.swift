import LinearAlgebra
import TestSupport
import Testing
import VectorFields

@Suite struct AntisymmetricFieldTests {
  private static let gamma = 0.3

  /// M = ½(K − Kᵀ − γI).
  private func plainOperator(_ k: [[Double]], _ gamma: Double) -> [[Double]] {
    k.indices.map { i in k.indices.map { j in 0.5 * (k[i][j] - k[j][i] - (i == j ? gamma : 0)) } }
  }

  /// Theory.md §2.2: f(y) = σ(½(K−Kᵀ−γI)y+b).
  @Test(arguments: Activation.allCases) func evaluatesItsFormula(_ activation: Activation) throws {
    let defect = try FieldCase.largestDefect("antisymmetric", activation, gamma: Self.gamma) { weights, bias, x in
      plainLayer(activation, plainOperator(weights, Self.gamma), bias, x)
    }
    #expect(defect < 100, "\(defect) ε")
  }

  /// M column by column: f of the unit vectors, where σ is the identity and there is no bias.
  private func operatorRows(_ gamma: Double, width: Int = 5) throws -> [[Double]] {
    let example = try FieldCase("antisymmetric", FieldConfiguration(width: width, activation: .identity, bias: .none, gamma: gamma, precision: .float64))
    let columns = 16
    let unit = try example.zeros(width, columns)
    for index in 0..<width { unit[index * columns + index] = 1 }
    let out = try example.zeros(width, columns)
    example.field.evaluate(
      0, example.layer(), at: unit.block(rows: width, columns: columns), scale: 1, addingTo: nil, into: out.block(rows: width, columns: columns), record: nil)
    return out.rows(of: columns).map { Array($0[0..<width]) }
  }

  /// The stability guarantee rests on this: the symmetric part of M is −½γI for every K.
  @Test(arguments: [0, 0.3, 2]) func symmetricPartOfItsOperatorIsTheDampingAlone(_ gamma: Double) throws {
    let m = try operatorRows(gamma)
    for i in m.indices {
      for j in m.indices { #expect(abs(0.5 * (m[i][j] + m[j][i]) - (i == j ? -0.5 * gamma : 0)) < 1e-15) }
    }
  }

  /// Samples the claim at the Jacobian J = DM, D = diag σ' > 0: in the inner product of D⁻¹, ⟨v, Jv⟩ = −½γ|v|², which bounds Re λ(J) to [−½γ max d, −½γ min d].
  @Test func realPartsOfTheFrozenJacobianAreBoundByTheDamping() throws {
    let example = try FieldCase("antisymmetric", FieldConfiguration(width: 5, activation: .tanh, gamma: Self.gamma, precision: .float64))
    let columns = 16
    func block(_ numbers: Numbers) -> Block { numbers.block(rows: 5, columns: columns) }
    let x = try example.numbers(5, columns, seed: 41)
    let v = try example.numbers(5, columns, seed: 42)
    let record = try example.zeros(5, columns)
    let value = try example.zeros(5, columns)
    let product = try example.zeros(5, columns)
    let scratch = try example.zeros(5, columns)
    example.field.evaluate(0, example.layer(), at: block(x), scale: 1, addingTo: nil, into: block(value), record: block(record))
    example.field.pushforward(
      0, example.layer(), direction: nil, at: block(x), record: block(record), tangent: block(v), scale: 1, addingTo: nil, into: block(product),
      scratch: block(scratch))
    for sample in 0..<columns {
      let weighted = zip(product.column(sample, of: columns), record.column(sample, of: columns)).map { $0 / $1 }
      let vector = v.column(sample, of: columns)
      #expect(abs(inner(vector, weighted) + 0.5 * Self.gamma * inner(vector, vector)) < 1e-12 * (1 + norm(vector) * norm(weighted)))
    }
  }

  /// dK = ½(G − Gᵀ), where G is the gradient of M that was accumulated in the place of K (Theory.md §4.2).
  @Test(arguments: Precision.allCases) func finishedGradientIsAntisymmetric(_ precision: Precision) throws {
    let gradient = try FieldCase("antisymmetric", FieldConfiguration(width: 5, gamma: Self.gamma, precision: precision), seed: 8)
    let g = gradient.weights
    #expect(gradient.field.gradientNeedsFinish)
    gradient.field.finishGradient(gradient.layer())
    let k = gradient.weights
    for i in 0..<5 {
      for j in 0..<5 {
        #expect(k[i][j] == -k[j][i])
        #expect(abs(k[i][j] - 0.5 * (g[i][j] - g[j][i])) <= precision.epsilon)
      }
    }
  }

  /// A direction in K changes M by ½(δK − δKᵀ), because the damping is constant.
  @Test func directionLeavesTheDampingOut() throws {
    let configuration = FieldConfiguration(width: 4, activation: .identity, bias: .none, gamma: Self.gamma, precision: .float64)
    let example = try FieldCase("antisymmetric", configuration)
    let direction = try FieldCase("antisymmetric", configuration, seed: 70, asDirection: true)
    let x = try example.numbers(4, 1, seed: 43)
    let ones = try Numbers([1, 1, 1, 1], .float64)
    let out = try example.zeros(4, 1)
    let scratch = try example.zeros(4, 1)
    func block(_ numbers: Numbers) -> Block { numbers.block(rows: 4, columns: 1) }
    example.field.pushforward(
      0, example.layer(), direction: direction.layer(), at: block(x), record: block(ones), tangent: nil, scale: 1, addingTo: nil, into: block(out),
      scratch: block(scratch))
    let expected = plainOperator(direction.weights, 0).map { inner($0, x.values) }
    #expect(largestDifference(out.values, expected) < 1e-14)
  }

  @Test func isDampedByGamma() throws {
    #expect(try FieldVariant("antisymmetric", [("gamma", .real(0.1))]).example().field.isDamped)
    #expect(try !FieldVariant("antisymmetric").example().field.isDamped)
  }
}
