import VectorFields
import Testing

@Suite struct ShapeTests {
  @Test func featuresAreAllNumbersOfASample() {
    #expect(Shape(channels: 3, height: 28, width: 32).features == 2688)
    #expect(Shape(channels: 7).features == 7 && Shape(channels: 7) == Shape(channels: 7, height: 1, width: 1))
  }
}
