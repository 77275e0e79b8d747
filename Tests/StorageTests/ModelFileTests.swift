import Foundation
import LinearAlgebra
import Networks
import Settings
import Storage
import TestSupport
import Testing
import VectorFields

@Suite struct ModelFileTests {
  private func network(_ json: String) throws -> Network { try Network(NetworkSpecification(json: try JSON.read(json, limit: 10_000))) }
  private func decode(_ bytes: [UInt8]) throws -> Network { try bytes.withUnsafeBytes { try ModelFile.decode($0) } }
  private func encode(_ network: Network) throws -> [UInt8] { bytes(of: try ModelFile.encode(network, libraryVersion: "0.1.0")) }
  private func raw(_ vector: Vector) -> [UInt8] { Array(UnsafeRawBufferPointer(start: vector.base, count: vector.count * vector.precision.byteCount)) }
  private func standardize(_ network: Network, shift: [Double], scale: [Double]) throws {
    try shift.withUnsafeBytes { a in
      try scale.withUnsafeBytes { b in
        let view = { (bytes: UnsafeRawBufferPointer) throws in TensorView(try #require(bytes.baseAddress), type: .float64, rows: 1, columns: shift.count) }
        try network.replaceNormalization(with: Normalization(shift: view(a), scale: view(b), inputs: shift.count, precision: network.plan.precision))
      }
    }
  }

  /// Files of many numbers are written and read in pieces, between which the watch is asked.
  @Test func largeFilesAskTheWatch() throws {
    let wide = try network(#"{"inputs": 2, "outputs": 2, "width": 1200, "layers": 2}"#)
    let megabytes = 4 * wide.plan.parameterCount >> 20
    var file: [UInt8] = []
    // The copy and the checksum of every megabyte; then the checksum, two copies and the check of the numbers.
    #expect(try questions { file = try encode(wide) } >= 2 * megabytes)
    #expect(try questions { _ = try decode(file) } >= 2 * megabytes + 2 * (wide.plan.parameterCount >> 20))
  }

  /// A saved and loaded network has the same specification and bits, for every field, integrator, activation and bias that can be combined, in both precisions, with and without normalization.
  @Test func everyKindOfNetworkComesBackBitForBit() throws {
    func names(_ key: String) throws -> [String] {
      let option = try #require((networkOptions + blockOptions).first { $0.key == key })
      guard case .choice(let names) = option.kind else { return [] }
      return names
    }
    var count = 0
    for precision in Precision.allCases {
      for field in try names("field") {
        for integrator in try names("integrator") {
          for bias in try names("bias") {
            for opening in try names("opening") {
              let text =
                "{\"inputs\":3,\"outputs\":2,\"width\":4,\"layers\":3,\"seed\":5,\"precision\":\"\(precision.name)\",\"field\":\"\(field)\","
                + "\"integrator\":\"\(integrator)\",\"bias\":\"\(bias)\",\"opening\":\"\(opening)\"}"
              var made: Network?
              if let failure = refusal({ made = try network(text) }) { #expect(failure.status == .incompatible, "\(text): \(failure.message)") }
              guard let made else { continue }
              count += 1
              if count % 2 == 0 { try standardize(made, shift: [0.1, 0.2, 0.3], scale: [1, 2, 1.0 / 3]) }
              let back = try decode(encode(made))
              #expect(try back.plan.specification.json == made.plan.specification.json)
              let (a, b) = (made.snapshot, back.snapshot)
              withExtendedLifetime((a, b)) {
                #expect(raw(a.parameters) == raw(b.parameters))
                #expect(a.normalization.map { raw($0.shift) + raw($0.scale) } == b.normalization.map { raw($0.shift) + raw($0.scale) })
              }
            }
          }
        }
      }
    }
    #expect(count >= 24)
  }

  /// Noise in the layers is part of the specification, but only with the options of the chosen noise.
  @Test func noiseComesBack() throws {
    let made = try network(
      #"{"inputs":2,"outputs":2,"blocks":[{"noise":"stochastic_depth","survival":0.7,"survival_scaling":"none","layers":3},{"noise":"dropout","dropout_rate":0.25},{"integrator":"shake_shake"}]}"#)
    let back = try decode(encode(made))
    #expect(try back.plan.specification.json == made.plan.specification.json)
    #expect(try back.plan.specification.blocks[0].real("survival") == 0.7)
    #expect(try back.plan.specification.blocks[1].real("dropout_rate") == 0.25)
    #expect(back.plan.blocks[0].field is NoisyField)
  }

  @Test func savedAndLoadedFromAFile() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("model-\(UUID().uuidString).sode").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let made = try network("{\"inputs\":2,\"outputs\":5,\"width\":8,\"layers\":16,\"blocks\":[{\"layers\":4},{\"layers\":2,\"field\":\"dense\"}]}".replacingOccurrences(of: ",\"layers\":16", with: ""))
    try ModelFile.save(made, to: path, libraryVersion: "0.1.0")
    let back = try ModelFile.load(path)
    let (a, b) = (made.snapshot, back.snapshot)
    withExtendedLifetime((a, b)) { #expect(raw(a.parameters) == raw(b.parameters)) }
    #expect(back.plan.tensors.map(\.name) == made.plan.tensors.map(\.name))
    #expect(throws: Failure(.file, "cannot open '\(path)x': No such file or directory")) { try ModelFile.load(path + "x") }
  }

  @Test func everyTruncationAndFlippedBitOfAModelIsRefused() throws {
    let made = try network("{\"inputs\":1,\"outputs\":2,\"width\":2,\"layers\":1}")
    try standardize(made, shift: [0.5], scale: [2])
    let whole = try encode(made)
    for length in 0..<whole.count { #expect { try decode(Array(whole[..<length])) } throws: { isDamage($0) } }
    for place in whole.indices {
      var damaged = whole
      damaged[place] ^= 1 << (place % 8)
      #expect("byte \(place)") { try decode(damaged) } throws: { isDamage($0) }
      damaged[place] = ~whole[place]
      #expect("byte \(place)") { try decode(damaged) } throws: { isDamage($0) }
    }
  }

  /// Files, copies, refined networks and projected networks keep the notes of the network.
  @Test func metadataGoesWithTheNetwork() throws {
    let made = try network(#"{"inputs":2,"outputs":2,"width":2,"layers":2}"#)
    try made.setMetadata("classes", "cat\ndog \"é\"")
    try made.setMetadata("a", "")
    let back = try decode(encode(made))
    #expect(back.metadata == made.metadata && back.metadata.entries.map(\.key) == ["a", "classes"])
    #expect(made.checksum == .notLoaded && back.checksum == .right)
    var finer = made.plan.specification
    try finer.set("layers", .integer(4))
    for other in [try made.copied(), try made.refined(.copy), try made.projected(onto: finer)] { #expect(other.metadata == made.metadata) }
  }

  /// Files with a right checksum but inconsistent parts are refused.
  @Test func specificationAndTensorsMustAgree() throws {
    let made = try network("{\"inputs\":2,\"outputs\":2,\"layers\":1}")
    let contents = try encode(made).withUnsafeBytes { try ModelContents(decoding: $0) }
    func failure(_ specification: String, _ tensors: [StoredTensor]) throws -> String {
      let file = try ModelContents(libraryVersion: "0.1.0", specification: specification, tensors: tensors).encoded()
      do {
        _ = try decode(bytes(of: file))
        return "accepted"
      } catch {
        #expect((error as? Failure)?.status == .fileFormat)
        return "\(error)"
      }
    }
    let tensors = contents.tensors
    #expect(try failure(contents.specification, tensors) == "accepted")
    #expect(try failure("{", tensors).hasPrefix("the model holds a specification that this library does not accept: specification, line 1"))
    #expect(try failure("{\"inputs\":2,\"outputs\":2,\"layer\":1}", tensors).contains("did you mean 'layers'?"))
    #expect(try failure(contents.specification, Array(tensors.dropLast())).hasPrefix("the model holds \(tensors.count - 1) tensors; its specification asks for \(tensors.count)"))
    #expect(try failure(contents.specification, tensors + tensors.prefix(1).map { StoredTensor(name: "more", shape: $0.shape, values: $0.values) }).contains("or 2 more"))
    #expect(try failure(contents.specification, Array(tensors.reversed())) == "accepted")
    let renamed = tensors.map { StoredTensor(name: $0.name == "readout.W" ? "readout.w" : $0.name, shape: $0.shape, values: $0.values) }
    #expect(try failure(contents.specification, renamed).contains("lacks the tensor readout.W of shape [2, 2]"))
    #expect(try failure(contents.specification.replacingOccurrences(of: "float32", with: "float64"), tensors).contains("in float32 where its specification asks for"))
    withExtendedLifetime(contents) {}
  }

  /// Flags of squashed features are stored only where there are some. Other numbers than 0 and 1, and flags without a normalization, are refused.
  @Test func squashedFeaturesAreKept() throws {
    let made = try network("{\"inputs\":2,\"outputs\":2,\"layers\":1}")
    try standardize(made, shift: [1, 2], scale: [3, 4])
    let plain = try encode(made)
    #expect(try decode(plain).snapshot.normalization?.squashed.isEmpty == true)
    made.replaceNormalization(with: try #require(made.snapshot.normalization).squashing([1]))
    #expect(try decode(encode(made)).snapshot.normalization?.squashed == [1])
    let contents = try encode(made).withUnsafeBytes { try ModelContents(decoding: $0) }
    #expect(contents.tensors.map(\.name).prefix(3) == ["normalization.shift", "normalization.scale", "normalization.squash"])
    func refusal(_ tensors: [StoredTensor]) throws -> String? {
      do {
        _ = try decode(bytes(of: try ModelContents(libraryVersion: "0.1.0", specification: contents.specification, tensors: tensors).encoded()))
        return nil
      } catch { return (error as? Failure).map { $0.status == .fileFormat ? $0.message : "\($0.status)" } }
    }
    #expect(try refusal(contents.tensors) == nil)
    let memory = try Buffer(count: 2, precision: .float64)
    let flags = memory.vector(count: 2, precision: .float64)
    flags.store(0, at: 0)
    flags.store(2, at: 1)
    #expect(try refusal(Array(contents.tensors.prefix(2)) + [StoredTensor(name: "normalization.squash", shape: [2], values: flags)] + Array(contents.tensors.dropFirst(3)))?.contains("is 2.0 at feature 1") == true)
    #expect(try refusal(Array(contents.tensors.dropFirst(2))) != nil)
    withExtendedLifetime((contents, memory)) {}
  }

  /// A normalization is stored in float64. One in float32 behind the parameters, as written by version 0.1.0, can be read, and so can other orders of the tensors. One with other names or shapes is refused.
  @Test func normalizationsOfEveryReleaseAreRead() throws {
    let made = try network("{\"inputs\":2,\"outputs\":2,\"layers\":1}")
    try standardize(made, shift: [1.7e9 + 0.5, 0.1], scale: [1 / 3.0, 2])
    let back = try decode(encode(made))
    let kept = try #require(back.snapshot.normalization)
    withExtendedLifetime(kept) { #expect(kept.shift.load(0) == 1.7e9 + 0.5 && kept.shift.load(1) == 0.1 && kept.scale.load(0) == 1 / 3.0) }

    let contents = try encode(made).withUnsafeBytes { try ModelContents(decoding: $0) }
    let (ofNormalization, ofParameters) = (Array(contents.tensors.prefix(2)), Array(contents.tensors.dropFirst(2)))
    #expect(ofNormalization.map(\.name) == ["normalization.shift", "normalization.scale"])
    func load(_ tensors: [StoredTensor]) throws -> Network {
      try decode(bytes(of: try ModelContents(libraryVersion: "0.1.0", specification: contents.specification, tensors: tensors).encoded()))
    }
    let memory = try Buffer(count: 4, precision: .float32)
    func narrow(_ name: String, _ values: [Double], at place: Int) -> StoredTensor {
      let vector = memory.vector(count: 2, precision: .float32, offset: 4 * place)
      for (index, value) in values.enumerated() { vector.store(value, at: index) }
      return StoredTensor(name: name, shape: [2], values: vector)
    }
    let old = [narrow("normalization.shift", [0.1, 3], at: 0), narrow("normalization.scale", [2, 0.5], at: 2)]
    let read = try #require(try load(ofParameters + old).snapshot.normalization)
    withExtendedLifetime(read) { #expect(read.shift.load(0) == Double(0.1 as Float) && read.scale.load(1) == 0.5) }
    for other in [ofParameters + old.reversed(), Array(ofParameters.prefix(1)) + old + Array(ofParameters.dropFirst())] {
      let read = try #require(try load(other).snapshot.normalization, "tensors are found by name")
      withExtendedLifetime(read) { #expect(read.shift.load(1) == 3) }
    }
    for wrong in [ofParameters + old.prefix(1), ofParameters + [old[0], narrow("normalization.width", [2, 0.5], at: 2)]] {
      do {
        _ = try load(wrong)
        Issue.record("accepted")
      } catch { #expect((error as? Failure)?.status == .fileFormat) }
    }
    withExtendedLifetime((contents, memory)) {}
  }

  /// A specification that needs petabytes in a file of a few numbers is refused by comparing counts; no memory of that size is requested.
  @Test func aHugeSpecificationIsRefused() throws {
    let made = try network("{\"inputs\":2,\"outputs\":2,\"layers\":1}")
    let contents = try encode(made).withUnsafeBytes { try ModelContents(decoding: $0) }
    let huge = "{\"inputs\":2,\"outputs\":2,\"width\":60000,\"layers\":100}"
    let file = try ModelContents(libraryVersion: "0.1.0", specification: huge, tensors: contents.tensors).encoded()
    #expect { try decode(bytes(of: file)) } throws: { ($0 as? Failure)?.status == .fileFormat && "\($0)".contains("its specification asks for") }
    withExtendedLifetime(contents) {}
  }

  /// A file that version 0.1.0 wrote can still be loaded and keeps its meaning: parameters i/8 − 1, and scores as NumPy computes them from the tensors with
  /// y ← y + ¼ tanh(½(K − Kᵀ − 0.1 I) y + b). Tolerance: a few units in the last place of Float at 10.
  @Test func theGoldenFileOfFormatOne() throws {
    let data = try #require(Data(base64Encoded: goldenFormatOne))
    let network = try decode(Array(data))
    let numbers = (0..<network.plan.parameterCount).map { Float($0) / 8 - 1 }
    let snapshot = network.snapshot
    withExtendedLifetime(snapshot) { #expect(numbers.withUnsafeBytes { Array($0) } == raw(snapshot.parameters)) }
    #expect(network.plan.tensors.map(\.name) == ["blocks.0.K", "blocks.0.b", "readout.W", "readout.b"])
    let points: [Float] = [0.5, -1, 1, 3]
    var scores = [Float](repeating: 0, count: 4)
    let predictor = try Predictor(network, maximumBatch: 2, threads: 1)
    try points.withUnsafeBytes { input in
      try scores.withUnsafeMutableBytes { output in
        try predictor.run(
          TensorView(try #require(input.baseAddress), type: .float32, rows: 2, columns: 2), .scores,
          into: MutableTensorView(try #require(output.baseAddress), type: .float32, rows: 2, columns: 2), pool: nil)
      }
    }
    for (score, expected) in zip(scores, [5.645184542518415, 6.280513529302623, 9.775585563884732, 11.160971433931742]) {
      #expect(abs(Double(score) - expected) < 5e-6)
    }
  }
}

/// Written by version 0.1.0 on x86-64: two inputs padded to width 3, two antisymmetric Euler layers with γ = 0.1 and T = 0.5, two scores, float32, with a
/// normalization of shift (½, −1) and scale (2, ¼). Never change it.
private let goldenFormatOne = [
  "mAMAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJmb3JtYXQiOiJzdGFibGVvZGUiLCJmb3JtYXRfdmVyc2lvbiI6IjEiLCJsaWJyYXJ5X3ZlcnNpb24iOiIwLjEu",
  "MCIsInNwZWNpZmljYXRpb24iOiJ7XCJwcmVjaXNpb25cIjpcImZsb2F0MzJcIixcImlucHV0c1wiOjIsXCJvdXRwdXRzXCI6MixcIm9wZW5pbmdcIjpcInpl",
  "cm9fcGFkZGluZ1wiLFwid2lkdGhcIjozLFwicmVhZG91dFwiOlwiZGVuc2VcIixcImxvc3NcIjpcInNvZnRtYXhfY3Jvc3NfZW50cm9weVwiLFwic2VlZFwi",
  "OjAsXCJibG9ja3NcIjpbe1wiZmllbGRcIjpcImFudGlzeW1tZXRyaWNcIixcImFjdGl2YXRpb25cIjpcInRhbmhcIixcImJpYXNcIjpcInZlY3RvclwiLFwi",
  "aW50ZWdyYXRvclwiOlwiZXVsZXJcIixcImxheWVyc1wiOjIsXCJob3Jpem9uXCI6MC41LFwibWVtb3J5XCI6XCJzdG9yZV9hbGxcIixcImluaXRpYWxfc2Nh",
  "bGVcIjoxLjAsXCJnYW1tYVwiOjAuMX1dfSIsImNoZWNrc3VtIjoiMjIxY2RmZjUyYTkyMDA5MSJ9LCJibG9ja3MuMC5LIjp7ImR0eXBlIjoiRjMyIiwic2hh",
  "cGUiOlsyLDMsM10sImRhdGFfb2Zmc2V0cyI6WzAsNzJdfSwiYmxvY2tzLjAuYiI6eyJkdHlwZSI6IkYzMiIsInNoYXBlIjpbMiwzXSwiZGF0YV9vZmZzZXRz",
  "IjpbNzIsOTZdfSwicmVhZG91dC5XIjp7ImR0eXBlIjoiRjMyIiwic2hhcGUiOlsyLDNdLCJkYXRhX29mZnNldHMiOls5NiwxMjBdfSwicmVhZG91dC5iIjp7",
  "ImR0eXBlIjoiRjMyIiwic2hhcGUiOlsyXSwiZGF0YV9vZmZzZXRzIjpbMTIwLDEyOF19LCJub3JtYWxpemF0aW9uLnNoaWZ0Ijp7ImR0eXBlIjoiRjMyIiwi",
  "c2hhcGUiOlsyXSwiZGF0YV9vZmZzZXRzIjpbMTI4LDEzNl19LCJub3JtYWxpemF0aW9uLnNjYWxlIjp7ImR0eXBlIjoiRjMyIiwic2hhcGUiOlsyXSwiZGF0",
  "YV9vZmZzZXRzIjpbMTM2LDE0NF19fSAgICAgIAAAgL8AAGC/AABAvwAAIL8AAAC/AADAvgAAgL4AAAC+AAAAAAAAAD4AAIA+AADAPgAAAD8AACA/AABAPwAA",
  "YD8AAIA/AACQPwAAoD8AALA/AADAPwAA0D8AAOA/AADwPwAAAEAAAAhAAAAQQAAAGEAAACBAAAAoQAAAMEAAADhAAAAAPwAAgL8AAABAAACAPg==",
].joined()
