import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

/// FieldVariant's sweeps check the derivatives; here are the formulas.
@Suite struct NormalizedGradientFieldsTests {
  /// That of FieldVariant.
  private let epsilon = 1.0

  /// Kᵀσ(N(Kx + b)) with N of all hidden values of a sample (layer) or each by √(Σx² + ε) (tv), followed by scale and shift.
  private func gradient(_ tensors: PlainTensors, _ names: (String, String, String), _ normalization: String, _ x: [Double]) -> [Double] {
    let k = tensors(names.0)
    let s = plainLayer(.identity, k, tensors.bias(names.1, k.count), x).value
    let mean = normalization == "layer" ? s.reduce(0, +) / Double(s.count) : 0
    let squares = s.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (normalization == "layer" ? Double(s.count) : 1)
    let affine = tensors(names.2)
    let normalized = s.indices.map { affine[0][$0] * (s[$0] - mean) / (squares + epsilon).squareRoot() + affine[1][$0] }
    return plainProduct(plainTranspose(k), normalized.map { plainLayer(tensors.activation, [[1]], [0], [$0]).value[0] })
  }

  private func variant(_ name: String, _ normalization: String, _ more: [(key: String, value: OptionValue)] = []) -> FieldVariant {
    FieldVariant(name, more + [("inner_normalization", .text(normalization)), ("hidden_width", .integer(4))])
  }

  @Test(arguments: ["layer", "tv"], [Activation.tanh, .relu]) func formulas(_ normalization: String, _ activation: Activation) throws {
    let flow = try variant("gradient_flow", normalization).largestDefect(activation) { tensors, y in gradient(tensors, ("K", "b", "n"), normalization, y).map { -$0 } }
    #expect(flow < 400, "\(flow)")
    let wave = try variant("second_order", normalization, [("form", .text("gradient"))]).largestDefect(activation, component: 1) { tensors, y in
      gradient(tensors, ("K", "b", "n"), normalization, y).map { -$0 }
    }
    #expect(wave < 400, "\(wave)")
    for (component, sign) in [(0, 1.0), (1, -1.0)] {
      let names = component == 0 ? ("K1", "b1", "n1") : ("K2", "b2", "n2")
      let both = try variant("hamiltonian_two_weight", normalization).largestDefect(activation, component: component) { tensors, x in
        gradient(tensors, names, normalization, x).map { sign * $0 }
      }
      #expect(both < 400, "\(both)")
      let halves = try variant("hamiltonian_h", normalization).largestDefect(activation, component: component, widths: [2, 6, 34]) { tensors, x in
        gradient(tensors, component == 0 ? ("Kp", "bp", "np") : ("Kq", "bq", "nq"), normalization, x).map { sign * $0 }
      }
      #expect(halves < 400, "\(halves)")
    }
  }

  /// Batch normalization couples the samples; the others do not.
  @Test(arguments: normalizations.names) func batchesAreCoupledByBatchNormalizationAlone(_ name: String) throws {
    var configuration = FieldConfiguration(width: 4)
    configuration.operators = .convolution(ConvolutionForm(Shape(channels: 4, height: 3, width: 3)))
    try configuration.options.set("inner_normalization", .text(name))
    #expect(try fields("gradient_flow").make(configuration).couplesSamples == (name == "batch"))
  }
}
