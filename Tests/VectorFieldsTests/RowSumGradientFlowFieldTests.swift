import Foundation
import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

@Suite struct RowSumGradientFlowFieldTests {
  private static let variant = FieldVariant("gradient_flow", [("steps", .text("row_sums"))])

  private func variant(hidden: Int) -> FieldVariant { FieldVariant("gradient_flow", [("steps", .text("row_sums")), ("hidden_width", .integer(Int64(hidden)))]) }

  /// Theory.md §6.13: −KᵀTσ(Ky + b), T = diag(2/(hLr)).
  @Test(arguments: [Activation.tanh, .relu, .sigmoid, .identity, .softplus, .elu], [0, 3, 40]) func evaluatesItsFormula(_ activation: Activation,
    _ hidden: Int) throws {
    let defect = try variant(hidden: hidden).largestDefect(activation) { tensors, y in
      let (k, s) = (tensors("K"), tensors.bias("log_q", tensors("K").count))
      let values = tensors.layer(k, "b", y)
      let scaled = k.indices.map { i in
        let r = RowSums.floor + k.indices.reduce(0) { $0 + abs(inner(k[i], k[$1])) * exp(s[$1] - s[i]) }
        return 2 / (FieldCase.stepSize * activation.slopeRange.upperBound * r) * values[i]
      }
      return plainProduct(plainTranspose(k), scaled).map { -$0 }
    }
    #expect(defect < 2000, "\(defect) ε")
  }

  /// Theory.md §6.13: |x₊ − y₊| ≤ |x − y| for Euler's step, whatever the size of K and of the scales. Three times the step moves some pair apart, if one row makes the sums exact.
  @Test(arguments: [Activation.tanh, .relu, .sigmoid, .identity, .softplus], [1, 3, 9]) func eulerIsNonExpansiveForEveryK(_ activation: Activation,
    _ hidden: Int) throws {
    var grown = 0
    for deviation in [1e-4, 0.5, 1e4] {
      for pair in 0..<30 {
        let example = try variant(hidden: hidden).example(activation: activation, seed: UInt64(7 * pair + 1), deviation: deviation)
        let size = min(1 / deviation, 1)
        let (x, y) = (try normalVector(6, seed: UInt64(300 + pair), deviation: size), try normalVector(6, seed: UInt64(400 + pair), deviation: size))
        let (fx, fy) = (try example.value(at: x), try example.value(at: y))
        func distance(_ h: Double) -> Double { norm(x.indices.map { x[$0] - y[$0] + h * (fx[$0] - fy[$0]) }) }
        // Terms of the size of K cancel in the differences.
        #expect(distance(FieldCase.stepSize) <= distance(0) * (1 + 1e-9))
        if distance(3 * FieldCase.stepSize) > distance(0) * (1 + 1e-9) { grown += 1 }
      }
    }
    #expect(hidden > 1 || grown > 0)
  }

  /// The same over convolutions, with every padding for which row sums are known, and kernels larger than the image.
  @Test(arguments: [Padding.zero, .periodic], [1, 3, 5]) func convolutionsAreNonExpansiveForEveryK(_ padding: Padding, _ kernel: Int) throws {
    for (index, (deviation, groups)) in [(1e-2, 1), (0.5, 2), (0.5, 1), (100.0, 2)].enumerated() {
      var configuration = try Self.variant.configuration(width: 4, activation: .relu)
      var form = ConvolutionForm(Shape(channels: 4, height: 3, width: 4))
      (form.padding, form.kernel, form.groups) = (padding, kernel, groups)
      configuration.operators = .convolution(form)
      let example = try FieldCase("gradient_flow", configuration, seed: UInt64(20 * index + kernel), deviation: deviation)
      #expect(example.field.parameters.map(\.name) == ["K", "b", "log_q"] && example.field.parameters[2].shape == [4])
      for pair in 0..<20 {
        let (x, y) = (try normalVector(48, seed: UInt64(300 + pair)), try normalVector(48, seed: UInt64(400 + pair)))
        let (fx, fy) = (try example.value(at: x), try example.value(at: y))
        #expect(norm(x.indices.map { x[$0] - y[$0] + FieldCase.stepSize * (fx[$0] - fy[$0]) }) <= norm(zip(x, y).map { $0 - $1 }) * (1 + 1e-9))
      }
    }
  }

  /// Euler's step does not depend on h.
  @Test func theStepDoesNotDependOnItsSize() throws {
    let example = try Self.variant.example()
    let x = try normalVector(6, seed: 5)
    let value = try example.value(at: x)
    example.field.prepare(example.layer(), stepSize: 3, for: .training)
    let other = try example.value(at: x)
    #expect(largestDifference(value.map { FieldCase.stepSize * $0 }, other.map { 3 * $0 }) < 1e-14)
    #expect(example.field.preparesForStepSize && example.field.gradientNeedsFinish && example.field.isDamped)
  }

  /// A network begins with q = 1. The field claims stability for every K and names no norms.
  @Test func claimsWhatHoldsForEveryK() throws {
    let field = try Self.variant.example().field
    #expect(field.parameters[2].deviation == 0 && field.parameters[2].role == .bias)
    guard case .scaledDescent? = field.frozenDynamics?.kind else {
      Issue.record("row sums are a scaled descent")
      return
    }
    #expect(field.frozenDynamics?.norms.isEmpty == true)
  }

  @Test func whatHasNoBoundIsRefused() throws {
    for activation in [Activation.gelu, .silu, .sin] {
      let refused = refusal { _ = try Self.variant.example(activation: activation) }
      #expect(refused?.status == .incompatible && refused?.message.contains(activation.name) == true)
    }
    for padding in [Padding.reflect, .replicate] {
      var configuration = try Self.variant.configuration(width: 2)
      var form = ConvolutionForm(Shape(channels: 2, height: 5, width: 4))
      form.padding = padding
      configuration.operators = .convolution(form)
      #expect(refusal { _ = try fields("gradient_flow").make(configuration) }?.message.contains("padding \(padding.name)") == true)
    }
  }
}
