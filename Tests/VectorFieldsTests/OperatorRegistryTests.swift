import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

@Suite struct OperatorRegistryTests {
  private func make(_ name: String, _ shape: Shape, _ options: [(String, OptionValue)] = []) throws -> OperatorKind {
    var values = OptionValues(scope: "block", operators.options)
    for (key, value) in options { try values.set(key, value) }
    return try operators(name).make((values, shape))
  }

  @Test func optionsDescribeTheForm() throws {
    let options: [(String, OptionValue)] = [("kernel", .integer(5)), ("groups", .integer(2)), ("dilation", .integer(3)), ("padding", .text("periodic")), ("convolution", .text("direct"))]
    guard case .convolution(let form) = try make("convolution", Shape(channels: 4, height: 16, width: 15), options) else {
      Issue.record("no convolution")
      return
    }
    #expect(form.kernel == 5 && form.groups == 2 && form.dilation == 3 && form.padding == .periodic && form.algorithm == .direct)
    #expect(form.height == 16 && form.width == 15 && form.stride == 1 && form.margin == nil)
    let made = try ConvolutionOperator(form, inputs: 4, outputs: 4, precision: .float32)
    #expect(made.inputs == made.outputs)
  }

  @Test func featuresAreNotConvolved() {
    #expect(refusal { _ = try make("convolution", Shape(channels: 4)) }?.message.contains("the state is a list of 4 features") == true)
  }

  /// The default is the first entry, and every entry makes operators for an image.
  @Test(arguments: operators.names) func everyEntryMakesOperators(_ name: String) throws {
    let kind = try make(name, Shape(channels: 2, height: 3, width: 3))
    #expect(try kind.make(inputs: 18 / kind.pixels, outputs: 18 / kind.pixels, precision: .float64).inputs == 18)
  }
}
