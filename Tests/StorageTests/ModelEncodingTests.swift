import LinearAlgebra
import Settings
import Storage
import Testing

@Suite struct ModelEncodingTests {
  /// The file agrees byte for byte with the description of the format, from which `modelBytes` assembles it independently.
  @Test func theFileIsThatOfTheFormat() throws {
    var keep: [Buffer] = []
    let tensors = [try tensor("W", [1, 2], [1, -2], .float32, &keep), try tensor("b", [1], [0.5], .float32, &keep)]
    let file = try ModelContents(libraryVersion: "0.1.0", specification: "{}", tensors: tensors).encoded()
    let header = "{\(sampleMetadata),\"W\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[8,12]}}"
    #expect(bytes(of: file) == modelBytes(header: header, data: [0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0, 0, 0, 0, 0x3F]))
    #expect(bytes(of: file)[0] % 8 == 0)
  }

  @Test func whatTheFormatCannotHoldIsRefused() throws {
    var keep: [Buffer] = []
    let one = try tensor("x", [1], [1], .float32, &keep)
    let wide = try tensor("y", [1], [1], .float64, &keep)
    func failure(_ tensors: [StoredTensor]) -> Failure? {
      do throws(Failure) {
        _ = try ModelContents(libraryVersion: "", specification: "", tensors: tensors).encoded()
        return nil
      } catch { return error }
    }
    func renamed(_ name: String, _ shape: [Int] = [1]) -> StoredTensor { StoredTensor(name: name, shape: shape, values: one.values) }
    #expect(failure([renamed("")])?.status == .outOfRange)
    #expect(failure([renamed(String(repeating: "n", count: 257))])?.status == .outOfRange)
    #expect(failure([renamed("__metadata__")])?.status == .outOfRange)
    #expect(failure([renamed("x", [2])]) == Failure(.shapeMismatch, "x has shape [2] and 1 numbers; they must agree"))
    #expect(failure([renamed("x", [Int.max, Int.max])])?.status == .shapeMismatch)
    #expect(failure([renamed("x", [-1])])?.status == .shapeMismatch)
    #expect(failure([renamed("x", [Int](repeating: 1, count: 9))]) == Failure(.outOfRange, "x has 9 dimensions; at most 8 are stored"))
    #expect(failure([one, wide]) == Failure(.incompatible, "y in float64 would not be aligned; store tensors of float64 first"))
    #expect(failure([StoredTensor](repeating: one, count: 65_537))?.status == .outOfRange)
    withExtendedLifetime(keep) {}
  }
}
