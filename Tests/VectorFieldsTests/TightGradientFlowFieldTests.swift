import Foundation
import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

@Suite struct TightGradientFlowFieldTests {
  private func variant(hidden: Int = 0) -> FieldVariant { FieldVariant("gradient_flow", [("steps", .text("tight")), ("hidden_width", .integer(Int64(hidden)))]) }

  /// −(2/(hL))Wᵀσ'(…) with W = K/√(β² + ε²): K' = √(2/(hL))W, f = −K'ᵀσ(K'y + b).
  @Test(arguments: [Activation.tanh, .relu, .sigmoid, .identity, .softplus, .elu], [0, 3, 40]) func evaluatesItsFormula(_ activation: Activation, _ hidden: Int) throws {
    let defect = try variant(hidden: hidden).largestDefect(activation) { tensors, y in
      let k = tensors("K")
      let (rows, columns, flat) = (k.count, k[0].count, k.flatMap { $0 })
      let norm = GramNorm(rows: rows, columns: columns, withDerivative: false)
      guard let a = try? Numbers(flat, .float64), let memory = try? Numbers(norm.memoryCount, .float64) else { return [] }
      let bound = norm.bound(a.matrix(rows: rows, columns: columns), memory: memory.vector)
      let factor = (2 / (FieldCase.stepSize * activation.slopeRange.upperBound)).squareRoot() / (bound * bound + 0x1p-20).squareRoot()
      let scaled = k.map { row in row.map { factor * $0 } }
      let bias = tensors.bias("b", rows)
      let hidden = zip(plainProduct(scaled, y), bias).map { plainActivation(activation, $0 + $1).value }
      return plainProduct(plainTranspose(scaled), hidden).map { -$0 }
    }
    #expect(defect < 2000, "\(defect) ε")
  }

  /// Theory.md §6.15: |x₊ − y₊| ≤ |x − y| for Euler's step, whatever the size of K; and twice the step moves some pair apart, because the bound is near the norm.
  @Test(arguments: [Activation.tanh, .relu, .sigmoid, .identity, .softplus], [1, 3, 9]) func eulerIsNonExpansiveForEveryK(_ activation: Activation, _ hidden: Int) throws {
    var grown = 0
    for deviation in [1e-8, 1e-2, 0.5, 1e4, 1e30] {
      for pair in 0..<30 {
        let example = try variant(hidden: hidden).example(activation: activation, bias: .none, seed: UInt64(7 * pair + 1), deviation: deviation)
        let (x, y) = (try normalVector(6, seed: UInt64(300 + pair)), try normalVector(6, seed: UInt64(400 + pair)))
        let (fx, fy) = (try example.value(at: x), try example.value(at: y))
        func distance(_ h: Double) -> Double { norm(x.indices.map { x[$0] - y[$0] + h * (fx[$0] - fy[$0]) }) }
        #expect(distance(FieldCase.stepSize) <= distance(0) * (1 + 1e-12))
        if distance(2 * FieldCase.stepSize) > distance(0) * (1 + 1e-9) { grown += 1 }
      }
    }
    #expect(grown > 0)
  }

  /// With relu and no bias, Euler's step does not depend on h.
  @Test func theStepDoesNotDependOnItsSize() throws {
    let example = try variant().example(activation: .relu, bias: .none)
    let x = try normalVector(6, seed: 5)
    let value = try example.value(at: x)
    example.field.prepare(example.layer(), stepSize: 3, for: .training)
    let other = try example.value(at: x)
    #expect(largestDifference(value.map { FieldCase.stepSize * $0 }, other.map { 3 * $0 }) < 1e-14)
    #expect(example.field.preparesForStepSize && example.field.gradientNeedsFinish && example.field.isDamped)
    guard case .scaledDescent? = example.field.frozenDynamics?.kind else {
      Issue.record("a scaled descent")
      return
    }
  }

  @Test func whatHasNoBoundIsRefused() throws {
    for activation in [Activation.gelu, .silu, .sin] {
      let refused = refusal { _ = try variant().example(activation: activation) }
      #expect(refused?.status == .incompatible && refused?.message.contains(activation.name) == true)
    }
    var configuration = try variant().configuration(width: 2)
    configuration.operators = .convolution(ConvolutionForm(Shape(channels: 2, height: 5, width: 4)))
    #expect(refusal { _ = try fields("gradient_flow").make(configuration) }?.message.contains("row_sums") == true)
  }
}
