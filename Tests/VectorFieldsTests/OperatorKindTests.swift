import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

@Suite struct OperatorKindTests {
  private let image = Shape(channels: 4, height: 5, width: 6)

  @Test func sizesAreThoseOfTheKind() throws {
    let kind = OperatorKind.convolution(ConvolutionForm(image))
    #expect(kind.pixels == 30 && OperatorKind.dense.pixels == 1)
    #expect(kind.shape(of: 7) == Shape(channels: 7, height: 5, width: 6) && OperatorKind.dense.shape(of: 7) == Shape(channels: 7))
    let made = try kind.make(inputs: 4, outputs: 3, precision: .float32)
    #expect(made.inputs == 120 && made.outputs == 90 && made.shape == [3, 4, 9])
    #expect(try OperatorKind.dense.make(inputs: 4, outputs: 3, precision: .float32).shape == [3, 4])
  }

  /// A kernel has one number along an axis of one pixel, so an image of height 1 is convolved in one dimension.
  @Test func oneDimension() throws {
    var form = ConvolutionForm(Shape(channels: 2, width: 9))
    form.kernel = 5
    #expect(try ConvolutionOperator(form, inputs: 2, outputs: 2, precision: .float64).shape == [2, 2, 5])
  }

  @Test func pixelsByThemselves() throws {
    var form = ConvolutionForm(image)
    (form.groups, form.dilation, form.padding) = (2, 2, .reflect)
    #expect(try OperatorKind.convolution(form).ofPixels.make(inputs: 4, outputs: 3, precision: .float32).shape == [3, 4, 1])
    if case .dense = OperatorKind.dense.ofPixels {} else { Issue.record("matrices stay matrices") }
  }
}
