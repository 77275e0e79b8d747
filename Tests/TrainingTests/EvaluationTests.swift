import Datasets
import Foundation
import Networks
import Settings
import Testing
import Training

@Test func evaluationHasTheSameBitsForAnyThreads() throws {
  // The samples exceed one evaluation batch, and the last part does not fill a tile.
  let data = try problems("peaks")(training: 2357, validation: 100, seed: 1)
  let network = try smallNetwork(classes: 5)
  let one = try evaluate(network, on: data.training, threads: 1)
  #expect(one == (try evaluate(network, on: data.training, threads: 2)))
  #expect(one == (try evaluate(network, on: data.training, threads: 0)))
  #expect(one.samples == 2357)
}

/// The mean of the losses of single samples, and the fraction of correctly classified samples.
@Test func evaluationIsTheMeanOverTheSamples() throws {
  let data = try problems("ellipses")(training: 30, validation: 10, seed: 1)
  let network = try smallNetwork(precision: .float64)
  let whole = try evaluate(network, on: data.training, threads: 1)
  let single = try (0..<30).map { try evaluate(network, on: try data.training.slice(start: $0, count: 1), threads: 1) }
  // Sums of 30 numbers of magnitude 1 in Double.
  #expect(abs(single.map(\.loss).reduce(0, +) / 30 - whole.loss) < 1e-14)
  #expect(single.map(\.accuracy).reduce(0, +) / 30 == whole.accuracy)
}

@Test func dataThatDoNotSuitTheNetworkAreRefused() throws {
  let data = try problems("peaks")(training: 100, validation: 50, seed: 1)
  let wide = try smallNetwork(classes: 5, extra: ["inputs": .integer(3)])
  let found = failure { _ = try evaluate(wide, on: data.training, threads: 1) }
  #expect(found == Failure(.shapeMismatch, "the data has 2 features per sample; the network has inputs 3"))
  let regression = try smallNetwork(extra: ["loss": .text("least_squares")])
  let outputs = regression.plan.outputs
  let shapes = "the data has one target per sample; the network's loss needs values of shape [100, \(outputs)]"
  #expect(failure { _ = try evaluate(regression, on: data.training, threads: 1) } == Failure(.shapeMismatch, shapes))
}

/// Rows of an image of one channel would fit any shape of as many numbers; a file says which shape is meant.
@Test func filesOfImagesAreRefusedByNetworksOfAnotherShape() throws {
  let paths = (0..<2).map { _ in FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path }
  defer { for path in paths { try? FileManager.default.removeItem(atPath: path) } }
  try Data([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0, 3] + (0..<24).map { UInt8($0) }).write(to: URL(fileURLWithPath: paths[0]))
  try Data([0, 0, 8, 1, 0, 0, 0, 2, 0, 1]).write(to: URL(fileURLWithPath: paths[1]))
  let data = try Dataset(imagesPath: paths[0], labelsPath: paths[1])
  func message(_ shape: String?, _ data: Dataset) throws -> String {
    let inputs = shape.map { #""input_shape": [\#($0)]"# } ?? #""inputs": 12"#
    let network = try Network(try NetworkSpecification(json: try JSON.read("{\(inputs), \"outputs\": 2, \"layers\": 2, \"operator\": \"dense\"}", limit: 4096)))
    return failure { _ = try evaluate(network, on: data, threads: 1) }?.message ?? "taken"
  }
  for shape in ["1, 4, 3", "1, 12", nil] { #expect(try message(shape, data) == "taken") }
  for shape in ["4, 3", "4, 3, 1", "1, 3, 4", "3, 2, 2"] {
    for part in [data, try data.slice(start: 1, count: 1)] {
      let found = try message(shape, part)
      #expect(found.hasPrefix("the data holds images of 4 × 3 pixels and one channel; the network's input_shape is ") && found.hasSuffix("[1, 4, 3]"), "\(found)")
    }
  }
}
