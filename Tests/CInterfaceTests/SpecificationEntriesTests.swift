import CStableODE
import Testing

struct SpecificationEntriesTests {
  @Test func blocksAreAddedAndSetOneByOne() throws {
    var specification: OpaquePointer?
    var network: OpaquePointer?
    #expect(sode_specification_create(&specification) == SODE_OK)
    defer { sode_specification_free(specification) }
    #expect(sode_specification_set_json(specification, #"{"inputs": 2, "outputs": 2, "layers": 3}"#, -1) == SODE_OK)
    #expect(sode_specification_add_block(specification) == SODE_OK)
    #expect(sode_specification_set_int(specification, "layers", 5) == SODE_OK)
    #expect(sode_network_create(specification, &network) == SODE_OK)
    defer { sode_network_free(network) }
    var layers: [Int64] = [0, 0]
    for block in 0..<2 { #expect(sode_network_state_shape(network, Int64(block), &layers[block], nil) == SODE_OK) }
    #expect(layers == [3, 5])
  }

  @Test func aFailedSetChangesNothing() throws {
    var specification: OpaquePointer?
    #expect(sode_specification_create(&specification) == SODE_OK)
    defer { sode_specification_free(specification) }
    func json() -> String {
      var needed = 0
      #expect(sode_specification_json(specification, nil, 0, &needed) == SODE_OK)
      var buffer = [CChar](repeating: 0, count: needed)
      #expect(sode_specification_json(specification, &buffer, needed, nil) == SODE_OK)
      return String(cString: buffer)
    }
    let before = json()
    #expect(sode_specification_set_real(specification, "horizon", -1) == SODE_ERR_OUT_OF_RANGE)
    #expect(sode_specification_set_text(specification, "field", "dens") == SODE_ERR_UNKNOWN_NAME)
    #expect(lastError().contains("did you mean 'dense'"))
    #expect(sode_specification_set_json(specification, #"{"layers": 4, "field": 3}"#, -1) == SODE_ERR_UNSUPPORTED_TYPE)
    #expect(json() == before)
  }
}
