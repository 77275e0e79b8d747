import LinearAlgebra
import Settings
import VectorFields

/// Random changes of the images of training batches: crops of the padded image, mirror images, and holes.
///
/// Sources: He et al. 2016 and Lu et al. 2018 (crops of images with 2 or 4 pixels of padding, flips); DeVries & Taylor 2017, "Improved regularization of convolutional neural networks with cutout".
/// The numbers are drawn for each step and sample, by their place: runs repeat for any number of threads and tiles. Evaluation and prediction change nothing.
package struct ImageAugmentation: Equatable, Sendable {
  /// Pixels of padding at each edge, from which an image of the old size is cut.
  package let margin: Int
  package let reflects: Bool
  package let flips: Bool
  /// The side of the square hole, whose center lies anywhere in the image.
  package let hole: Int

  package init(margin: Int = 0, reflects: Bool = false, flips: Bool = false, hole: Int = 0) { (self.margin, self.reflects, self.flips, self.hole) = (margin, reflects, flips, hole) }

  package static let options = [
    OptionDescription("crop_margin", .integer(0...1024), default: .integer(0), unit: "pixels", fixed: true, "training images are cut at random from the image with this many pixels of padding at each edge; 0: they are not moved"),
    OptionDescription("crop_padding", .choice(["zero", "reflect"]), default: .text("zero"), fixed: true, "the padding of crop_margin. zero: zeros, after normalization; reflect: the image reflected at its outermost pixels"),
    OptionDescription("flip", .flag, default: .flag(false), fixed: true, "whether training images are mirrored, left and right, with probability ½"),
    OptionDescription("cutout", .integer(0...1024), default: .integer(0), unit: "pixels", fixed: true, "side of a square of zeros around a random pixel of each training image; 0: none"),
  ]

  /// nil if no option asks for a change.
  /// - Throws: `.incompatible` for features that are no images, or for a padding of no pixels; `.outOfRange` for margins and holes that can leave nothing of an image.
  package init?(_ options: OptionValues, _ shape: Shape) throws(Failure) {
    let (margin, hole, flips) = (try options.integer("crop_margin"), try options.integer("cutout"), try options.flag("flip"))
    self.init(margin: margin, reflects: try options.text("crop_padding") == "reflect", flips: flips, hole: hole)
    guard margin > 0 || !reflects else { throw Failure(.incompatible, "crop_padding is reflect but crop_margin is 0, so that nothing is padded") }
    guard margin > 0 || hole > 0 || flips else { return nil }
    guard shape.isImage else {
      let key = margin > 0 ? "crop_margin" : flips ? "flip" : "cutout"
      throw Failure(.incompatible, "\(key) is set, but the network's inputs are a list of \(shape.features) features; it changes images (option input_shape)")
    }
    let size = "\(shape.height) × \(shape.width)"
    guard margin == 0 || margin < shape.width && (shape.height == 1 || margin < shape.height) else {
      throw Failure(.outOfRange, "crop_margin is \(margin); it must be below the image's height and width, \(size) pixels, so that a part of the image is left\(shape.height == 1 ? " (a height of 1 does not count)" : "")")
    }
    guard hole < max(shape.height, shape.width) || hole == 0 else {
      throw Failure(.outOfRange, "cutout is \(hole); the images have \(size) pixels, which the square can cover wholly: it must be below \(max(shape.height, shape.width))")
    }
  }

  /// The change of a tile's sample.
  package func change(_ draws: LayerDraws, sample: Int, _ shape: Shape) -> ImageChange {
    func number(_ index: Int, below count: Int) -> Int { draws.integer(below: count, sample: sample, index: index) }
    var change = ImageChange()
    if margin > 0 {
      if shape.height > 1 { change.down = number(0, below: 2 * margin + 1) - margin }
      change.right = number(1, below: 2 * margin + 1) - margin
      change.reflects = reflects
    }
    change.isMirrored = flips && number(2, below: 2) == 1
    if hole > 0 {
      func range(_ center: Int, _ size: Int) -> Range<Int> { max(0, center - hole / 2)..<min(size, center - hole / 2 + hole) }
      change.hole = (shape.height == 1 ? 0..<1 : range(number(3, below: shape.height), shape.height), range(number(4, below: shape.width), shape.width))
    }
    return change
  }
}

/// The augmentation of one training step.
package struct StepAugmentation {
  let augmentation: ImageAugmentation
  let draws: Draws

  package init(_ augmentation: ImageAugmentation, _ draws: Draws) { (self.augmentation, self.draws) = (augmentation, draws) }

  /// Changes the images of a tile, one in each column.
  func apply(_ shape: Shape, _ samples: Range<Int>, to images: Block, room: Vector) {
    let drawn = draws.images(firstSample: samples.lowerBound)
    for column in 0..<samples.count {
      LinearAlgebra.change(
        images, column: column, channels: shape.channels, height: shape.height, width: shape.width, by: augmentation.change(drawn, sample: column, shape), room: room)
    }
  }
}
