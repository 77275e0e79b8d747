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

  /// Headers that lie, with a checksum that is right: what a hostile writer would make.
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
    (
      "{META,\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"b\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[4,12]}}", 12,
      "places the tensor b at byte 4, no multiple of 8"
    ),
    ("{META,\"\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8, "has a tensor whose name has 0 bytes"),
    (
      "{\"__metadata__\":{\"format\":\"stableode\",\"format_version\":\"1\",\"checksum\":\"################\"}}", 0,
      "lacks library_version or specification in its metadata"
    ),
    ("{\"__metadata__\":{\"format\":\"stableode\",\"format_version\":\"1\"}}", 0, "has no checksum"),
    ("{\"__metadata__\":{\"format\":\"stableode\",\"format_version\":\"1\",\"checksum\":1}}", 0, "has no checksum"),
    ("{\"__metadata__\":{\"format\":\"stableode\"}}", 0, "has no format version"),
  ] as [(String, Int, String)])
  func headersThatLie(header: String, dataBytes: Int, problem: String) {
    let file = modelBytes(header: header.replacingOccurrences(of: "META", with: sampleMetadata), data: [UInt8](repeating: 0, count: dataBytes))
    let failure = refusal(file)
    #expect(failure?.status == .fileFormat)
    #expect(failure?.message.contains(problem) == true, "\(failure?.message ?? "accepted")")
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
