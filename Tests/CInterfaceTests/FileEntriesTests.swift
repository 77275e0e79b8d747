import CStableODE
import Foundation
import Testing

struct FileEntriesTests {
  @Test func memoryRoundTripIsExact() throws {
    let network = try TestNetwork()
    var needed = 0
    #expect(sode_network_save_memory(network.handle, nil, 0, &needed) == SODE_OK)
    var bytes = [UInt8](repeating: 0, count: needed)
    #expect(sode_network_save_memory(network.handle, &bytes, needed - 1, nil) == SODE_ERR_BUFFER_TOO_SMALL)
    #expect(bytes.allSatisfy { $0 == 0 })
    #expect(sode_network_save_memory(network.handle, &bytes, needed, nil) == SODE_OK)
    var loaded: OpaquePointer?
    #expect(sode_network_load_memory(bytes, needed, &loaded) == SODE_OK, "\(lastError())")
    defer { sode_network_free(loaded) }
    var values = [Float](repeating: .nan, count: network.parameters.count)
    withTensor(&values, [values.count]) { #expect(sode_network_get_parameters(loaded, $0) == SODE_OK) }
    #expect(values == network.parameters)
  }

  @Test func sizesThatAreNoSizes() {
    var loaded: OpaquePointer?
    var byte: UInt8 = 0
    #expect(sode_network_load_memory(&byte, -1, &loaded) == SODE_ERR_OUT_OF_RANGE)
    #expect(sode_network_load_memory(&byte, 0, &loaded) == SODE_ERR_FILE_FORMAT)
    #expect(loaded == nil)
  }

  @Test func filesAreSavedAndFound() throws {
    let network = try TestNetwork()
    let path = NSTemporaryDirectory() + "stableode-\(UUID().uuidString).model"
    defer { try? FileManager.default.removeItem(atPath: path) }
    #expect(sode_network_save(network.handle, path) == SODE_OK, "\(lastError())")
    var loaded: OpaquePointer?
    #expect(sode_network_load(path, &loaded) == SODE_OK, "\(lastError())")
    sode_network_free(loaded)
    #expect(sode_network_load(path + ".missing", &loaded) == SODE_ERR_FILE)
    #expect(lastError().contains(".missing"))
    #expect(sode_network_save(network.handle, path + "/below") == SODE_ERR_FILE)
  }
}
