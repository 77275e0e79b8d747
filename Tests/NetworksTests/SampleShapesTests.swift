import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing
import VectorFields

@Suite struct SampleShapesTests {
  private func plan(_ shape: String) throws -> NetworkPlan {
    try NetworkPlan(try specification(#"{"input_shape": [\#(shape)], "outputs": 2, "blocks": [{"field": "dense", "operator": "convolution"}]}"#))
  }

  private func view(_ extents: (Int, Int, Int), _ strides: (Int, Int, Int)) -> TensorView {
    TensorView([Float(0)], type: .float32, rows: 1, rowStride: 0, axes: SampleAxes(extents: extents, strides: strides))
  }

  @Test func axesComeInEitherOrder() throws {
    let plan = try plan("3, 4, 5")
    #expect(plan.inputShape == Shape(channels: 3, height: 4, width: 5) && plan.inputs == 60)
    #expect(plan.arranged(view((3, 4, 5), (20, 5, 1)))?.axes == SampleAxes(extents: (3, 4, 5), strides: (20, 5, 1)))
    #expect(plan.arranged(view((4, 5, 3), (15, 3, 1)))?.axes == SampleAxes(extents: (3, 4, 5), strides: (1, 15, 3)))
    #expect(plan.arranged(view((5, 4, 3), (12, 3, 1))) == nil)
    #expect(plan.arranged(TensorView([Float(0)], type: .float32, rows: 1, columns: 60)) != nil)
    #expect(plan.arranged(TensorView([Float(0)], type: .float32, rows: 1, columns: 59)) == nil)
    #expect(plan.takenShapes == "[samples, 60], [samples, 3, 4, 5] or [samples, 4, 5, 3]")
  }

  /// Where both orders have the same shape, the channels come first.
  @Test func equalExtentsAreInOrder() throws {
    #expect(try plan("4, 4, 4").arranged(view((4, 4, 4), (16, 4, 1)))?.axes?.strides.0 == 16)
  }

  @Test func oneChannelNeedsNoAxis() throws {
    #expect(try plan("1, 4, 5").arranged(view((4, 1, 5), (5, 0, 1)))?.axes == SampleAxes(extents: (1, 4, 5), strides: (0, 5, 1)))
    #expect(try plan("2, 4, 5").arranged(view((4, 1, 5), (5, 0, 1))) == nil)
  }

  @Test func oneDimension() throws {
    let plan = try plan("3, 7")
    #expect(plan.inputShape == Shape(channels: 3, width: 7))
    #expect(plan.arranged(view((3, 1, 7), (7, 0, 1)))?.columns == 21)
    #expect(plan.arranged(view((7, 1, 3), (3, 0, 1)))?.axes == SampleAxes(extents: (3, 1, 7), strides: (1, 0, 3)))
  }

  @Test func wrongShapesAreNamed() throws {
    let plan = try plan("3, 4, 5")
    #expect(refusal { _ = try plan.arrange(view((3, 4, 6), (24, 6, 1)), called: "the data") }?.message == "the data has samples of shape [3, 4, 6]; the network takes [samples, 60], [samples, 3, 4, 5] or [samples, 4, 5, 3]")
    for (shape, text) in [("3", "it must be channels, height, width"), ("3, 0, 2", "it must be"), ("2.5, 3, 3", "whole numbers"), ("1, 2, 3, 4", "it must be"), ("100000, 100000, 2", "at most 268435456")] {
      #expect(refusal { _ = try self.plan(shape) }?.message.contains(text) == true, "\(shape)")
    }
    #expect(refusal { _ = try NetworkPlan(try specification(#"{"input_shape": [3, 4, 5], "inputs": 61, "outputs": 2}"#)) }?.message.contains("inputs is 61 but input_shape [3,4,5] has 60 numbers") == true)
    #expect(refusal { _ = try NetworkPlan(try specification(#"{"input_shape": [3, 4, 5], "opening": "sequence", "outputs": 2}"#)) }?.message.contains("takes sequences") == true)
  }
}
