import Datasets
import Foundation
import LinearAlgebra
import Networks
import Settings
import Storage
import Testing
import Training

struct CheckpointFileTests {
  private func network(_ precision: String) throws -> Network {
    try Network(
      NetworkSpecification(
        json: try JSON.read(#"{"inputs": 2, "outputs": 2, "width": 4, "layers": 5, "horizon": 2.0, "seed": 3, "precision": "\#(precision)"}"#, limit: 10_000)))
  }
  private func data() throws -> (training: Dataset, validation: Dataset) { try problems("ellipses")(training: 150, validation: 40, seed: 3) }
  private func bits(_ network: Network) -> [UInt64] { (0..<network.plan.parameterCount).map { network.snapshot.parameters.load($0).bitPattern } }
  private func trainer(_ network: Network, _ optimizer: String) throws -> Trainer {
    let trainer = Trainer(network)
    try trainer.set([("optimizer", .text(optimizer)), ("epochs", .integer(4)), ("num_threads", .integer(1))])
    return trainer
  }

  /// A run that is saved after each epoch and loaded into new objects ends with the bits, history and work of the uninterrupted run, for every optimizer, in both precisions.
  @Test(arguments: optimizers.names, ["float32", "float64"])
  func resumesBitForBit(optimizer: String, precision: String) throws {
    let data = try data()
    let whole = try network(precision)
    let reference = try trainer(whole, optimizer)
    _ = try reference.run(training: data.training, validation: data.validation)
    var present = try trainer(try network(precision), optimizer)
    for _ in 1...4 {
      _ = try present.run(training: data.training, validation: data.validation, limits: TrainingLimits(epochs: 1))
      let file = try CheckpointFile.encode(present, libraryVersion: "0.1.0")
      present = try CheckpointFile.decode(UnsafeRawBufferPointer(start: file.base, count: file.byteCount))
    }
    #expect(bits(present.network) == bits(whole))
    #expect(present.history.count == reference.history.count)
    for (a, b) in zip(present.history, reference.history) {
      #expect(a.validationLoss == b.validationLoss && a.trainingLoss == b.trainingLoss && a.work == b.work && a.isBest == b.isBest && a.epoch == b.epoch)
    }
  }

  /// A checkpoint that version 0.1.0 wrote after two of four epochs can still be loaded: it contains its parameters and history, and training continues.
  @Test func theGoldenCheckpointOfFormatOne() throws {
    let data = try #require(Data(base64Encoded: goldenCheckpoint))
    let trainer = try data.withUnsafeBytes { try CheckpointFile.decode($0) }
    let parameters: [Float] = [
      1.5943148136138916, -0.2987571060657501, 0.9465703964233398, 0.9293779134750366, 0.029522433876991272, 0.05177955701947212, 0.4230867624282837, 1.174046516418457,
      -0.5309115648269653, 0.9200615882873535, 0.023666102439165115, -0.023666102439165115,
    ]
    let snapshot = trainer.network.snapshot
    #expect((0..<parameters.count).map { Float(snapshot.parameters.load($0)) } == parameters)
    #expect(trainer.history.map(\.epoch) == [1, 2] && trainer.network.checksum == .right)
    let points = try problems("ellipses")(training: 40, validation: 20, seed: 3)
    _ = try trainer.run(training: points.training, validation: points.validation)
    #expect(trainer.history.map(\.epoch) == [1, 2, 3, 4])
    for length in stride(from: 0, to: data.count, by: 7) {
      #expect { try data.prefix(length).withUnsafeBytes { try CheckpointFile.decode($0) } } throws: { isDamage($0) }
      var damaged = data
      damaged[length] ^= 1 << (length % 8)
      #expect("byte \(length)") { try damaged.withUnsafeBytes { try CheckpointFile.decode($0) } } throws: { isDamage($0) }
    }
  }

  /// A checkpoint can be loaded as a model, but a model is not a checkpoint. A trainer that has not begun can be saved as a checkpoint.
  @Test func servesAsAModel() throws {
    let path = NSTemporaryDirectory() + "stableode-checkpoint-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let data = try data()
    let trainer = try trainer(try network("float32"), "adam")
    try CheckpointFile.save(trainer, to: path, libraryVersion: "0.1.0")
    #expect(try CheckpointFile.load(path).history.isEmpty)
    _ = try trainer.run(training: data.training)
    try CheckpointFile.save(trainer, to: path, libraryVersion: "0.1.0")
    #expect(bits(try ModelFile.load(path)) == bits(trainer.network))
    try ModelFile.save(trainer.network, to: path, libraryVersion: "0.1.0")
    #expect { try CheckpointFile.load(path) } throws: { ($0 as? Failure)?.status == .fileFormat && "\($0)".contains("is a model, not a checkpoint of a trainer") }
  }

  /// Every changed byte is detected.
  @Test func damageIsNoticed() throws {
    let file = try CheckpointFile.encode(try trainer(try network("float32"), "lbfgs"), libraryVersion: "0.1.0")
    var bytes = Array(UnsafeRawBufferPointer(start: file.base, count: file.byteCount))
    for place in stride(from: 9, to: bytes.count, by: 37) {
      bytes[place] ^= 4
      #expect { try bytes.withUnsafeBytes { try CheckpointFile.decode($0) } } throws: { isDamage($0) }
      bytes[place] ^= 4
    }
    #expect { try bytes[..<(bytes.count - 8)].withUnsafeBytes { try CheckpointFile.decode($0) } } throws: { isDamage($0) }
  }
}

/// Written by version 0.1.0 on x86-64: two inputs, one antisymmetric Euler layer of width 2, two scores, seed 5; Adam with rate 0.01 and batches of 16 after two of four epochs on 40 points of "ellipses" (20
/// for validation, seed 3). Never change it.
private let goldenCheckpoint = [
  "uAgAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJmb3JtYXQiOiJzdGFibGVvZGUiLCJmb3JtYXRfdmVyc2lvbiI6IjEiLCJsaWJyYXJ5X3ZlcnNpb24iOiIwLjEuMCIsInNwZWNpZmljYXRpb24iOiJ7XCJwcmVjaXNp",
  "b25cIjpcImZsb2F0MzJcIixcImlucHV0c1wiOjIsXCJvdXRwdXRzXCI6MixcIm9wZW5pbmdcIjpcInplcm9fcGFkZGluZ1wiLFwid2lkdGhcIjoyLFwicmVhZG91dFwiOlwiZGVuc2VcIixcImxvc3NcIjpcInNv",
  "ZnRtYXhfY3Jvc3NfZW50cm9weVwiLFwic2VlZFwiOjUsXCJibG9ja3NcIjpbe1wiZmllbGRcIjpcImFudGlzeW1tZXRyaWNcIixcImFjdGl2YXRpb25cIjpcInRhbmhcIixcImJpYXNcIjpcInZlY3RvclwiLFwi",
  "aW50ZWdyYXRvclwiOlwiZXVsZXJcIixcImxheWVyc1wiOjEsXCJob3Jpem9uXCI6MS4wLFwic3RlcF9zaXplc1wiOlwiXCIsXCJ3ZWlnaHRzX2luX3RpbWVcIjpcImxheWVyc1wiLFwibWVtb3J5XCI6XCJzdG9y",
  "ZV9hbGxcIixcIm5vaXNlXCI6XCJub25lXCIsXCJpbml0aWFsX3NjYWxlXCI6MS4wLFwiZ2FtbWFcIjowLjB9XX0iLCJjaGVja3N1bSI6IjBjYTkxMDg3YzIzOTQxYjIiLCJ0cmFpbmluZyI6IntcIm9wdGlvbnNc",
  "Ijp7XCJlcG9jaHNcIjo0LFwiYmF0Y2hfc2l6ZVwiOjE2LFwib3B0aW1pemVyXCI6XCJhZGFtXCIsXCJudW1fdGhyZWFkc1wiOjEsXCJsZWFybmluZ19yYXRlXCI6MC4wMX0sXCJjb2x1bW5zXCI6e1wic3RhdGVc",
  "IjpbXCJsZXZlbFwiLFwiZXBvY2hcIixcInBvc2l0aW9uXCIsXCJ2YWxpZGF0ZWRcIixcInRyYWluaW5nX2NvdW50XCIsXCJzdGVwXCIsXCJsZWFybmluZ19yYXRlXCIsXCJ3b3JrXCIsXCJrbm93bl9sb3NzX3N1",
  "bVwiLFwia25vd25fY29zdF9zdW1cIixcImtub3duX2NvcnJlY3RcIixcImtub3duX2NvdW50XCIsXCJrbm93bl93ZWlnaHRcIixcImxvc3Nfc3VtXCIsXCJ3ZWlnaHRcIixcImNvcnJlY3RcIixcInZhbGlkYXRp",
  "b25fbG9zc19zdW1cIixcInZhbGlkYXRpb25fY29ycmVjdFwiLFwibWlsbGlzZWNvbmRzXCJdLFwiYmVzdFwiOltcImJ5X21ldHJpY1wiLFwibWluX2RlbHRhXCIsXCJsb3NzXCIsXCJtZXRyaWNcIixcImVwb2No",
  "XCIsXCJlcG9jaHNfd2l0aG91dF9pbXByb3ZlbWVudFwiLFwicmVmZXJlbmNlXCJdLFwiaGlzdG9yeVwiOltcImVwb2NoXCIsXCJzdGVwXCIsXCJlcG9jaF9mcmFjdGlvblwiLFwidHJhaW5pbmdfbG9zc1wiLFwi",
  "dHJhaW5pbmdfYWNjdXJhY3lcIixcInZhbGlkYXRpb25fbG9zc1wiLFwidmFsaWRhdGlvbl9hY2N1cmFjeVwiLFwidmFsaWRhdGlvbl9tZXRyaWNcIixcImxlYXJuaW5nX3JhdGVcIixcInNlY29uZHNcIixcIndv",
  "cmtcIixcImlzX2Jlc3RcIixcImxldmVsXCJdLFwic2NhbGFyc1wiOltdfX0ifSwidHJhaW5pbmcuc3RhdGUiOnsiZHR5cGUiOiJGNjQiLCJzaGFwZSI6WzEsMTldLCJkYXRhX29mZnNldHMiOlswLDE1Ml19LCJ0",
  "cmFpbmluZy5iZXN0Ijp7ImR0eXBlIjoiRjY0Iiwic2hhcGUiOlsxLDddLCJkYXRhX29mZnNldHMiOlsxNTIsMjA4XX0sInRyYWluaW5nLmhpc3RvcnkiOnsiZHR5cGUiOiJGNjQiLCJzaGFwZSI6WzIsMTNdLCJk",
  "YXRhX29mZnNldHMiOlsyMDgsNDE2XX0sInRyYWluaW5nLnNjYWxhcnMiOnsiZHR5cGUiOiJGNjQiLCJzaGFwZSI6WzEsMF0sImRhdGFfb2Zmc2V0cyI6WzQxNiw0MTZdfSwiYmxvY2tzLjAuSyI6eyJkdHlwZSI6",
  "IkYzMiIsInNoYXBlIjpbMSwyLDJdLCJkYXRhX29mZnNldHMiOls0MTYsNDMyXX0sImJsb2Nrcy4wLmIiOnsiZHR5cGUiOiJGMzIiLCJzaGFwZSI6WzEsMl0sImRhdGFfb2Zmc2V0cyI6WzQzMiw0NDBdfSwicmVh",
  "ZG91dC5XIjp7ImR0eXBlIjoiRjMyIiwic2hhcGUiOlsyLDJdLCJkYXRhX29mZnNldHMiOls0NDAsNDU2XX0sInJlYWRvdXQuYiI6eyJkdHlwZSI6IkYzMiIsInNoYXBlIjpbMl0sImRhdGFfb2Zmc2V0cyI6WzQ1",
  "Niw0NjRdfSwidHJhaW5pbmcucGFyYW1ldGVycyI6eyJkdHlwZSI6IkYzMiIsInNoYXBlIjpbMTJdLCJkYXRhX29mZnNldHMiOls0NjQsNTEyXX0sInRyYWluaW5nLmdyYWRpZW50Ijp7ImR0eXBlIjoiRjMyIiwi",
  "c2hhcGUiOlsxMl0sImRhdGFfb2Zmc2V0cyI6WzUxMiw1NjBdfSwidHJhaW5pbmcuZmlyc3RfbW9tZW50Ijp7ImR0eXBlIjoiRjMyIiwic2hhcGUiOlsxMl0sImRhdGFfb2Zmc2V0cyI6WzU2MCw2MDhdfSwidHJh",
  "aW5pbmcuc2Vjb25kX21vbWVudCI6eyJkdHlwZSI6IkYzMiIsInNoYXBlIjpbMTJdLCJkYXRhX29mZnNldHMiOls2MDgsNjU2XX19ICAgICAAAAAAAAAAAAAAAAAAAABAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAERA",
  "AAAAAAAAGEB7FK5H4XqEP/////////8/1vWJLihjFUAAAAAAAAAAAAAAAAAAABhAAAAAAAAAIEAAAAAAAAAgQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAADJqDKMu0HUPwAAAAAAAPA/",
  "AAAAAAAAAAA2TIAJk3rxPzMzMzMzM9M/AAAAAAAAAEAAAAAAAADwPzMzMzMzM9O/AAAAAAAA8D8AAAAAAAAIQAAAAAAAAPA//j4Iivpv5T9mZmZmZmbmP+gFN5VZwfE/MzMzMzMz0z8zMzMzMzPTP3sUrkfheoQ/",
  "ZQMCAHRWMz8AAAAAAADwPwAAAAAAAPA/AAAAAAAAAAAAAAAAAAAAQAAAAAAAABhAAAAAAAAA8D8VfAbQED/lPzMzMzMzM+c/NkyACZN68T8zMzMzMzPTPzMzMzMzM9M/exSuR+F6hD+K0ELhN640P/////////8/",
  "AAAAAAAA8D8AAAAAAAAAAIISzD+x9pi+cFJyP7brbT8I2fE8zRZUPdSe2D4oR5Y/0ukHvyiJaz9q38E8at/BvIISzD+x9pi+cFJyP7brbT8I2fE8zRZUPdSe2D4oR5Y/0ukHvyiJaz9q38E8at/BvAAAAAD8ZUc7",
  "/GVHuwAAAADeD8u+1E/XvTy/Zjzwbbw8NL9mvO9tvLx5m9W+eZvVPgAAAACMqaO7jKmjOwAAAACjjyi9h5WAvLqD7Tz+47e6t4PtvADktzqWZh29lmYdPQAAAAC909I1vdPSNQAAAACuSEA5H0ZbN/vytTj+G5M3",
  "+fK1OP4bkzf/RFI5/0RSOQ==",
].joined()
