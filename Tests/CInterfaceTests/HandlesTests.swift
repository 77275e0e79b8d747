import CStableODE
import Testing

struct HandlesTests {
  @Test func freedAndForgedHandlesAreErrors() throws {
    var specification: OpaquePointer?
    #expect(sode_specification_create(&specification) == SODE_OK)
    sode_specification_free(specification)
    #expect(sode_specification_add_block(specification) == SODE_ERR_INVALID_HANDLE)
    #expect(lastError().contains("has been freed"))
    #expect(sode_specification_add_block(OpaquePointer(bitPattern: 4096)) == SODE_ERR_INVALID_HANDLE)
    #expect(lastError().contains("is not a specification"))
  }

  /// A reused slot has another generation, so an old handle never refers to a new object.
  @Test func slotsAreUsedAgainUnderNewNames() {
    var seen: Set<OpaquePointer> = []
    for _ in 0..<2000 {
      var token: OpaquePointer?
      #expect(sode_cancel_token_create(&token) == SODE_OK)
      if let token { #expect(seen.insert(token).inserted) }
      sode_cancel_token_free(token)
    }
    for token in seen { #expect(sode_cancel_token_request(token) == SODE_ERR_INVALID_HANDLE) }
  }

  /// Many live handles at once: the table grows over several chunks.
  @Test func theTableGrows() {
    var tokens: [OpaquePointer?] = Array(repeating: nil, count: 3000)
    for index in tokens.indices { #expect(sode_cancel_token_create(&tokens[index]) == SODE_OK) }
    #expect(Set(tokens).count == tokens.count)
    for token in tokens {
      #expect(sode_cancel_token_reset(token) == SODE_OK)
      sode_cancel_token_free(token)
    }
  }
}
