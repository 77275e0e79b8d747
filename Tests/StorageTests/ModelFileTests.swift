import Foundation
import LinearAlgebra
import Networks
import Settings
import Storage
import Testing

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

  /// Every registered field, integrator, activation and bias that make a network together, both precisions, with and without normalization: the same specification and bits.
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
              guard let made = try? network(text) else { continue }
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
    for length in 0..<whole.count { #expect(throws: Failure.self) { try decode(Array(whole[..<length])) } }
    for place in whole.indices {
      var damaged = whole
      damaged[place] ^= 1 << (place % 8)
      #expect(throws: Failure.self, "byte \(place)") { try decode(damaged) }
      damaged[place] = ~whole[place]
      #expect(throws: Failure.self, "byte \(place)") { try decode(damaged) }
    }
  }

  /// A right checksum around parts that do not go together.
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
    #expect(try failure(contents.specification, Array(tensors.reversed())).contains("where its specification asks for"))
    #expect(try failure(contents.specification.replacingOccurrences(of: "float32", with: "float64"), tensors).contains("in float32 where its specification asks for"))
    withExtendedLifetime(contents) {}
  }

  /// A specification that asks for petabytes beside a few numbers is refused by comparing counts; nothing of that size is asked for.
  @Test func aHugeSpecificationIsRefused() throws {
    let made = try network("{\"inputs\":2,\"outputs\":2,\"layers\":1}")
    let contents = try encode(made).withUnsafeBytes { try ModelContents(decoding: $0) }
    let huge = "{\"inputs\":2,\"outputs\":2,\"width\":60000,\"layers\":100}"
    let file = try ModelContents(libraryVersion: "0.1.0", specification: huge, tensors: contents.tensors).encoded()
    #expect(throws: Failure.self) { try decode(bytes(of: file)) }
    withExtendedLifetime(contents) {}
  }
}
