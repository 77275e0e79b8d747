import Foundation
import LinearAlgebra
import Settings
import Storage
import Testing

@Suite struct ModelDecodingTests {
  private let tensorText = "\"W\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}"
  private let numbers: [UInt8] = [0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0]
  private var valid: [UInt8] { modelBytes(header: "{\(sampleMetadata),\(tensorText)}", data: numbers) }

  @Test func aValidFileIsReadAtAnyAlignment() throws {
    for shift in 0..<8 {
      let moved = [UInt8](repeating: 0, count: shift) + valid
      let read = try moved.withUnsafeBytes { try ModelContents(decoding: UnsafeRawBufferPointer(rebasing: $0[shift...])) }
      withExtendedLifetime(read) { #expect(read.tensors[0].values.load(0) == 1 && read.tensors[0].values.load(1) == -2) }
    }
  }

  @Test func everyTruncationIsRefused() {
    for length in 0..<valid.count { #expect(refusal(Array(valid[..<length]))?.status == .fileFormat, "\(length) of \(valid.count) bytes") }
    #expect(refusal(valid + [0])?.status == .fileFormat)
  }

  @Test func everyFlippedBitIsNoticed() {
    for place in valid.indices {
      for bit in 0..<8 {
        var damaged = valid
        damaged[place] ^= 1 << bit
        let status = refusal(damaged)?.status
        #expect(status == .fileFormat || status == .versionMismatch, "byte \(place), bit \(bit)")
      }
    }
  }

  @Test func everyByteReplacedByEveryOtherIsNoticedInTheHeader() {
    let whole = valid
    for place in 0..<(whole.count - numbers.count) {
      for value in stride(from: UInt8(0), to: 255, by: 5) where value != whole[place] {
        var damaged = whole
        damaged[place] = value
        #expect(refusal(damaged) != nil, "byte \(place) := \(value)")
      }
    }
  }

  /// Wrong headers with a right checksum, as a malicious writer could make them.
  @Test(arguments: [
    ("{}", 0, "the model is a safetensors file of another program: its metadata does not name the format stableode"),
    ("[1,2]", 0, "the model is no model file: its header is no JSON object"),
    ("{META", 8, "the model, header, line 1, column"),
    ("{META,\"W\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"W\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,16]}}", 16, "occurs twice"),
    ("{META,\"W\":{\"dtype\":\"F16\",\"shape\":[4],\"data_offsets\":[0,8]}}", 8, "holds the tensor W in a type that is neither F32 nor F64"),
    ("{META,\"W\":{\"shape\":[2],\"data_offsets\":[0,8]}}", 8, "holds the tensor W in a type that is neither F32 nor F64"),
    ("{META,\"W\":[]}", 8, "holds the tensor W in a type that is neither F32 nor F64"),
    ("{META,\"W\":{\"dtype\":\"F32\",\"shape\":2,\"data_offsets\":[0,8]}}", 8, "gives the tensor W no valid shape"),
    ("{META,\"W\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}}", 8, "gives the tensor W no valid shape"),
    ("{META,\"W\":{\"dtype\":\"F32\",\"shape\":[2.0],\"data_offsets\":[0,8]}}", 8, "gives the tensor W no valid shape"),
    ("{META,\"W\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1,1,2],\"data_offsets\":[0,8]}}", 8, "gives the tensor W no valid shape"),
    ("{META,\"W\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,0]}}", 0, "is cut short: the tensor W of shape"),
    ("{META,\"W\":{\"dtype\":\"F32\",\"shape\":[1000000000000],\"data_offsets\":[0,4000000000000]}}", 8, "is cut short: the tensor W of shape"),
    ("{META,\"W\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 8, "does not place the tensor W at bytes 0 to 8"),
    ("{META,\"W\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 8, "does not place the tensor W at bytes 0 to 4"),
    ("{META,\"W\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 8, "is too long: its tensors need 4 bytes; there are 8"),
    ("{META,\"W\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8,8]}}", 8, "gives the tensor W no valid data_offsets"),
    ("{META,\"\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8, "has a tensor whose name has 0 bytes"),
    (
      "{\"__metadata__\":{\"format\":\"stableode\",\"format_version\":\"1\",\"checksum\":\"################\"}}", 0,
      "lacks library_version or specification in its metadata"
    ),
    ("{\"__metadata__\":{\"format\":\"stableode\",\"format_version\":\"1\"}}", 0, "lacks library_version or specification in its metadata"),
    ("{\"__metadata__\":{\"format\":\"stableode\",\"format_version\":\"1\",\"checksum\":1}}", 0, "has a checksum that is no text"),
    (
      "{\"__metadata__\":{\"format\":\"stableode\",\"format_version\":\"1\",\"library_version\":\"\",\"specification\":\"{}\",\"note\":1}}", 0,
      "has metadata under 'note' that is no text"
    ),
    (
      "{\"__metadata__\":{\"format\":\"stableode\",\"format_version\":\"1\",\"library_version\":\"\",\"specification\":\"{}\",\"chicksum\":\"0123456789abcdef\"}}", 0,
      "is damaged or cut short: its checksum does not match"
    ),
    ("{\"__metadata__\":{\"format\":\"stableode\"}}", 0, "has no format version"),
  ] as [(String, Int, String)])
  func headersThatLie(header: String, dataBytes: Int, problem: String) {
    let file = modelBytes(header: header.replacingOccurrences(of: "META", with: sampleMetadata), data: [UInt8](repeating: 0, count: dataBytes))
    let failure = refusal(file)
    #expect(failure?.status == .fileFormat)
    #expect(failure?.message.contains(problem) == true, "\(failure?.message ?? "accepted")")
  }

  /// Files from a program that only knows safetensors: metadata in another order, spaces, tensors listed and stored in another order, numbers at any offset.
  @Test func otherWritersFilesAreRead() throws {
    let other = """
      { "a": {"data_offsets": [0, 4], "shape": [1], "dtype": "F32"}, "W": {"shape": [2], "dtype": "F64", "data_offsets": [4, 20]},
        "__metadata__": {"note": "caf\\u00e9", "specification": "{}", "library_version": "0.1.0", "format_version": "1", "format": "stableode"} }
      """
    let read = try decode(modelBytes(header: other, data: [0, 0, 0x80, 0x3F] + [0, 0, 0, 0, 0, 0, 0, 0xC0] + [0, 0, 0, 0, 0, 0, 0xF0, 0x3F]))
    #expect(read.checksum == .absent && read.metadata["note"] == "café" && read.tensors.map(\.name) == ["a", "W"])
    withExtendedLifetime(read) { #expect(read.tensors[0].values.load(0) == 1 && read.tensors[1].values.load(0) == -2 && read.tensors[1].values.load(1) == 1) }
    #expect(try decode(valid).checksum == .right)
  }

  /// If a file in another form has the checksum of this library's file, its contents are compared with that checksum, and changes are detected.
  @Test func theChecksumOfARewrittenFileIsThatOfItsContents() throws {
    let file = valid
    let digits = String(decoding: file[(8 + "{\(sampleMetadata)".utf8.count - 18)..<(8 + "{\(sampleMetadata)".utf8.count - 2)], as: UTF8.self)
    func rewritten(_ library: String = "0.1.0", _ data: [UInt8]? = nil) -> [UInt8] {
      modelBytes(
        header: "{\(tensorText), \"__metadata__\": {\"checksum\": \"\(digits)\", \"specification\": \"{}\", \"format\": \"stableode\", \"library_version\": \"\(library)\", \"format_version\": \"1\"}}",
        data: data ?? numbers)
    }
    func read(_ bytes: [UInt8]) throws -> ModelContents { try bytes.withUnsafeBytes { try ModelContents(decoding: $0) { [$0.tensors.map(\.name)] } } }
    #expect(try read(rewritten()).checksum == .right)
    for changed in [rewritten("0.1.1"), rewritten("0.1.0", [1] + numbers.dropFirst())] {
      #expect(throws: Failure(.fileFormat, "the model is damaged or cut short: its checksum does not match")) { try read(changed) }
    }
  }

  @Test func aLaterFormatIsNamed() {
    let later = modelBytes(header: "{\(sampleMetadata.replacingOccurrences(of: "version\":\"1\"", with: "version\":\"2\""))}", data: [])
    #expect(refusal(later) == Failure(.versionMismatch, "the model has format version 2; this library reads version 1"))
  }

  @Test func foreignBytesAreNamed() {
    #expect(refusal([]) == Failure(.fileFormat, "the model is no model file: it has 0 bytes"))
    #expect(refusal(Array("\u{7f}ELF and a lot more".utf8)) == Failure(.fileFormat, "the model is no model file: it does not begin with the length of a header"))
    #expect(refusal([16, 0, 0, 0, 0, 0, 0, 0, 123]) == Failure(.fileFormat, "the model is cut short: the header needs 24 bytes; there are 9"))
  }

  @Test func nothingIsAllocatedForALyingSize() {
    Memory.resetPeak()
    let before = Memory.current
    let lie = "{\(sampleMetadata),\"W\":{\"dtype\":\"F32\",\"shape\":[268435456],\"data_offsets\":[0,1073741824]}}"
    #expect(refusal(modelBytes(header: lie, data: numbers))?.status == .fileFormat)
    #expect(Memory.peak - before < 1 << 28)
  }
}
