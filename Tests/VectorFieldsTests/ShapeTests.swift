import VectorFields
import Testing

@Suite struct ShapeTests {
  @Test func featuresAreAllNumbersOfASample() {
    #expect(Shape(channels: 3, height: 28, width: 32).features == 2688)
    #expect(Shape(channels: 7).features == 7 && Shape(channels: 7, height: 1, width: 1).features == 7)
  }

  /// An image may have one pixel; it is not a list of features.
  @Test func anImageStaysOne() {
    let (pixel, list) = (Shape(channels: 7, height: 1, width: 1), Shape(channels: 7))
    #expect(pixel.isImage && !list.isImage && pixel != list)
    #expect(pixel.with(channels: 2).isImage && pixel.with(channels: 2).channels == 2 && !list.with(channels: 2).isImage)
    #expect("\(pixel)" == "7 × 1 × 1" && "\(list)" == "7")
  }
}
