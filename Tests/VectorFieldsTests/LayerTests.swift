import Testing
import VectorFields

@Suite struct LayerTests {
  @Test func startsEmptyWithRoomForEveryField() throws {
    let layer = Layer()
    #expect(layer.tensors.count == Layer.maximumTensors)
    #expect((0..<Layer.maximumTensors).allSatisfy { layer.tensors[$0] == nil } && layer.prepared == nil)
    for field in fields.entries {
      #expect(try field.entry.make(FieldConfiguration(width: 2)).parameters.count <= Layer.maximumFieldTensors, "\(field.name)")
    }
  }
}
