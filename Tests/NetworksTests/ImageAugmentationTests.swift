import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing
import VectorFields

/// ImageChangeTests test what a change does; the Python tests train with changes on any number of threads.
@Suite struct ImageAugmentationTests {
  private static let shape = Shape(channels: 2, height: 6, width: 5)

  private func options(_ values: [(String, OptionValue)]) throws -> OptionValues {
    var options = OptionValues(scope: "trainer", ImageAugmentation.options)
    for (key, value) in values { try options.set(key, value) }
    return options
  }

  @Test func nothingIsChangedUnlessAskedFor() throws {
    #expect(try ImageAugmentation(options([]), Self.shape) == nil)
    #expect(try ImageAugmentation(options([("crop_padding", .text("zero"))]), Self.shape) == nil)
    #expect(try ImageAugmentation(options([("flip", .flag(true))]), Self.shape) == ImageAugmentation(flips: true))
  }

  @Test func requestsThatCannotBeAreRefused() throws {
    func message(_ values: [(String, OptionValue)], _ shape: Shape) -> String { refusal { _ = try ImageAugmentation(try options(values), shape) }?.message ?? "accepted" }
    let list = Shape(channels: 7)
    #expect(message([("crop_margin", .integer(2))], list).hasPrefix("crop_margin is set, but the network's inputs are a list of 7 features"))
    #expect(message([("flip", .flag(true))], list).hasPrefix("flip is set"))
    #expect(message([("cutout", .integer(3))], list).hasPrefix("cutout is set"))
    #expect(message([("crop_margin", .integer(5)), ("crop_padding", .text("reflect"))], Self.shape).contains("below the image's height and width, 6 × 5"))
    #expect(message([("crop_margin", .integer(5))], Self.shape).hasPrefix("crop_margin is 5; it must be below the image's height and width, 6 × 5 pixels"))
    #expect(message([("crop_margin", .integer(4))], Self.shape) == "accepted")
    #expect(message([("crop_margin", .integer(8))], Shape(channels: 2, height: 1, width: 9)) == "accepted")
    #expect(message([("crop_margin", .integer(9))], Shape(channels: 2, height: 1, width: 9)).contains("1 × 9 pixels"))
    #expect(message([("cutout", .integer(5))], Self.shape) == "accepted")
    #expect(message([("cutout", .integer(6))], Self.shape) == "cutout is 6; the images have 6 × 5 pixels, which the square can cover wholly: it must be below 6")
    #expect(message([("cutout", .integer(1))], Shape(channels: 2, height: 1, width: 1)).contains("must be below 1"))
    #expect(message([("crop_padding", .text("reflect"))], Self.shape).hasPrefix("crop_padding is reflect but crop_margin is 0"))
  }

  /// Every shift up to the margin occurs as often as the others, mirrored in half of the samples; holes lie around every pixel and inside the image.
  @Test func changesAreAsLikelyAsTheyShouldBe() {
    let augmentation = ImageAugmentation(margin: 2, flips: true, hole: 3)
    let draws = Draws(seed: 1, step: 2).images(firstSample: 0)
    let changes = (0..<5000).map { augmentation.change(draws, sample: $0, Self.shape) }
    for key in [\ImageChange.down, \.right] {
      for shift in -2...2 { #expect(abs(changes.filter { $0[keyPath: key] == shift }.count - 1000) < 120) }
    }
    #expect(abs(changes.filter(\.isMirrored).count - 2500) < 150)
    #expect(Set(changes.map { "\($0.hole)" }).count == 30)
    for change in changes {
      #expect(change.hole.rows.lowerBound >= 0 && change.hole.rows.upperBound <= 6 && change.hole.columns.lowerBound >= 0 && change.hole.columns.upperBound <= 5)
      #expect(2...3 ~= change.hole.rows.count && 2...3 ~= change.hole.columns.count)
    }
  }

  /// A signal is moved along its one axis.
  @Test func signalsMoveAlongTheirAxis() {
    let augmentation = ImageAugmentation(margin: 4, hole: 2)
    let draws = Draws(seed: 1, step: 2).images(firstSample: 0)
    for sample in 0..<50 {
      let change = augmentation.change(draws, sample: sample, Shape(channels: 1, height: 1, width: 9))
      #expect(change.down == 0 && change.hole.rows == 0..<1)
    }
  }
}
