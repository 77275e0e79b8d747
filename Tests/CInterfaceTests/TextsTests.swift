import CStableODE
import Testing

struct TextsTests {
  private func specification(_ body: (OpaquePointer?) throws -> Void) rethrows {
    var handle: OpaquePointer?
    #expect(sode_specification_create(&handle) == SODE_OK)
    defer { sode_specification_free(handle) }
    try body(handle)
  }

  @Test func lengthsAreBytesOrToTheZero() {
    specification { handle in
      let text = #"{"layers": 7}{"layers": 8}"#
      #expect(sode_specification_set_json(handle, text, 13) == SODE_OK)
      #expect(sode_specification_set_json(handle, text, -1) == SODE_ERR_INVALID_ARGUMENT)
      #expect(sode_specification_set_json(handle, text, 0) == SODE_ERR_INVALID_ARGUMENT)
      #expect(sode_specification_set_json(handle, text, 1 << 40) == SODE_ERR_OUT_OF_RANGE)
      #expect(sode_specification_set_json(handle, text, -2) == SODE_ERR_OUT_OF_RANGE)
    }
  }

  @Test func textsMustBeUTF8AndOfReasonableLength() {
    specification { handle in
      let invalid: [CChar] = [-1, -2, 0]
      #expect(sode_specification_set_int(handle, invalid, 1) == SODE_ERR_INVALID_ARGUMENT)
      #expect(lastError() == "key is not valid UTF-8")
      #expect(sode_specification_set_int(handle, String(repeating: "k", count: 4097), 1) == SODE_ERR_OUT_OF_RANGE)
      #expect(sode_specification_set_int(handle, String(repeating: "k", count: 4096), 1) == SODE_ERR_UNKNOWN_NAME)
    }
  }

  @Test func sizesAreAskedFirst() {
    specification { handle in
      var needed = 0
      #expect(sode_specification_json(handle, nil, 0, &needed) == SODE_OK)
      var buffer = [CChar](repeating: 1, count: needed)
      #expect(sode_specification_json(handle, &buffer, needed - 1, &needed) == SODE_ERR_BUFFER_TOO_SMALL)
      #expect(buffer[0] == 1)
      #expect(sode_specification_json(handle, &buffer, needed, &needed) == SODE_OK)
      #expect(buffer.firstIndex(of: 0) == needed - 1)
    }
  }

  /// The pointer to a text never changes while the library is loaded.
  @Test func internedTextsStay() {
    var first: UnsafePointer<CChar>?
    var second: UnsafePointer<CChar>?
    #expect(sode_registry_at("fields", 0, &first, nil) == SODE_OK)
    #expect(sode_registry_at("fields", 0, &second, nil) == SODE_OK)
    #expect(first == second && first != nil)
  }
}
