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

  /// Saved after each epoch and loaded into new objects, a run ends with the bits, history and work of the uninterrupted one, for every optimizer, in both precisions.
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

  /// A checkpoint loads as a model; a model is no checkpoint; a trainer that has not begun is one.
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
    #expect(throws: Failure.self) { try CheckpointFile.load(path) }
  }

  /// Any changed byte is noticed.
  @Test func damageIsNoticed() throws {
    let file = try CheckpointFile.encode(try trainer(try network("float32"), "lbfgs"), libraryVersion: "0.1.0")
    var bytes = Array(UnsafeRawBufferPointer(start: file.base, count: file.byteCount))
    for place in stride(from: 9, to: bytes.count, by: 37) {
      bytes[place] ^= 4
      #expect(throws: Failure.self) { try bytes.withUnsafeBytes { try CheckpointFile.decode($0) } }
      bytes[place] ^= 4
    }
    #expect(throws: Failure.self) { try bytes[..<(bytes.count - 8)].withUnsafeBytes { try CheckpointFile.decode($0) } }
  }
}
