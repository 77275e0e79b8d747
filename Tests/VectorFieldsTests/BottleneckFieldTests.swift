import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

/// The sweeps check the derivatives of this field with every scheme.
@Suite struct BottleneckFieldTests {
  /// K₁ and K₃ have kernels of one pixel, K₂ those of the block's options.
  @Test func declaresItsTensors() throws {
    var form = ConvolutionForm(Shape(channels: 4, height: 5, width: 5))
    form.groups = 2
    var configuration = FieldConfiguration(width: 4, bias: .none)
    configuration.operators = .convolution(form)
    try configuration.options.set("hidden_width", .integer(6))
    let field = try BottleneckField(configuration)
    #expect(field.parameters.map(\.name) == ["n1", "K1", "n2", "K2", "n3", "K3"])
    #expect(field.parameters.map(\.shape) == [[4, 4], [6, 4, 1], [4, 6], [6, 3, 9], [4, 6], [4, 6, 1]])
  }

  /// `vector` is the default, which written specifications hold.
  @Test func aScalarBiasIsRefused() throws {
    var options = OptionValues(scope: "block", fieldOptions + [OptionDescription("bias", .text, default: .text("vector"), "")])
    try options.set("bias", .text("vector"))
    #expect(try BottleneckField(FieldConfiguration(width: 4, options: options)).parameters.count == 6)
    try options.set("bias", .text("scalar"))
    #expect(refusal { _ = try BottleneckField(FieldConfiguration(width: 4, bias: .scalar, options: options)) }?.message.contains("bias is scalar; field bottleneck has none") == true)
  }
}
