import CStableODE
import Foundation
import Testing

@Suite struct MetadataEntriesTests {
  private func text(_ read: (UnsafeMutablePointer<CChar>?, Int, UnsafeMutablePointer<Int>?) -> sode_status) -> String {
    var needed = 0
    #expect(read(nil, 0, &needed) == SODE_OK)
    var buffer = [CChar](repeating: 1, count: max(needed, 1))
    #expect(read(&buffer, needed, &needed) == SODE_OK)
    return String(cString: buffer)
  }

  @Test func notesAreSetReadListedAndRemoved() throws {
    let network = try TestNetwork()
    #expect(sode_network_set_metadata(network.handle, "features", "Länge,Breite") == SODE_OK)
    #expect(sode_network_set_metadata(network.handle, "classes", "a,b") == SODE_OK)
    var count: Int64 = 0
    #expect(sode_network_metadata_count(network.handle, &count) == SODE_OK && count == 2)
    #expect(text { sode_network_metadata_at(network.handle, 0, $0, $1, $2) } == "classes")
    #expect(text { sode_network_get_metadata(network.handle, "features", $0, $1, $2) } == "Länge,Breite")
    var needed = 0
    var small: [CChar] = [7, 7]
    #expect(sode_network_get_metadata(network.handle, "classes", &small, 2, &needed) == SODE_ERR_BUFFER_TOO_SMALL && small == [7, 7])
    #expect(sode_network_get_metadata(network.handle, "clases", nil, 0, &needed) == SODE_ERR_UNKNOWN_NAME)
    #expect(lastError().contains("did you mean 'classes'"))
    #expect(sode_network_metadata_at(network.handle, 2, nil, 0, &needed) == SODE_ERR_OUT_OF_RANGE)
    #expect(sode_network_set_metadata(network.handle, "specification", "{}") == SODE_ERR_INVALID_ARGUMENT)
    #expect(sode_network_set_metadata(network.handle, "classes", nil) == SODE_OK)
    #expect(sode_network_metadata_count(network.handle, &count) == SODE_OK && count == 1)
  }

  /// Copies and files keep the notes; a loaded network reports the state of its file's checksum.
  @Test func notesGoWithCopiesAndFiles() throws {
    let network = try TestNetwork()
    #expect(sode_network_set_metadata(network.handle, "note", "x") == SODE_OK && network.info.checksum == SODE_CHECKSUM_NOT_LOADED)
    var needed = 0
    #expect(sode_network_save_memory(network.handle, nil, 0, &needed) == SODE_OK)
    var bytes = [UInt8](repeating: 0, count: needed)
    #expect(sode_network_save_memory(network.handle, &bytes, needed, &needed) == SODE_OK)
    // Any program can find the note in the header, which is JSON.
    #expect(String(decoding: bytes, as: UTF8.self).contains("\"note\":\"x\""))
    for isCopy in [true, false] {
      var other: OpaquePointer?
      #expect((isCopy ? sode_network_copy(network.handle, &other) : sode_network_load_memory(bytes, bytes.count, &other)) == SODE_OK)
      defer { sode_network_free(other) }
      #expect(text { sode_network_get_metadata(other, "note", $0, $1, $2) } == "x")
      var info = sode_network_info()
      info.struct_size = UInt32(MemoryLayout<sode_network_info>.size)
      #expect(sode_network_describe(other, &info) == SODE_OK && info.checksum == (isCopy ? SODE_CHECKSUM_NOT_LOADED : SODE_CHECKSUM_RIGHT))
    }
  }
}
