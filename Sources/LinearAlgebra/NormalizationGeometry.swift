import Settings

/// What is normalized together.
package enum NormalizationKind: Equatable, Sendable {
  /// All pixels of a group of neighboring channels, about their mean: one group is layer normalization, a group for each channel instance normalization, and what batch normalization needs.
  case groups(Int)
  /// The channels of each pixel, without a mean: x/√(Σ_c x² + ε), the `tv` of Haber & Ruthotto's networks.
  case pixels
}

/// The shape of an image that is normalized, channels × pixels, and what is normalized together.
///
/// The rows of a block are ordered channel, y, x.
package struct NormalizationGeometry: Equatable, Sendable {
  package let channels: Int
  package let pixels: Int
  package let kind: NormalizationKind

  /// - Throws: `outOfRange`, `shapeMismatch` if groups do not divide the channels.
  package init(channels: Int, pixels: Int, _ kind: NormalizationKind) throws(Failure) {
    for (what, value) in [("channels", channels), ("pixels", pixels)] where value < 1 || value > ConvolutionExtent.largest {
      throw Failure(.outOfRange, "the normalization's number of \(what) is \(value); it must be 1 … 2³⁰")
    }
    if case .groups(let groups) = kind {
      if groups < 1 { throw Failure(.outOfRange, "the normalization's number of groups is \(groups); it must be at least 1") }
      if channels % groups != 0 { throw Failure(.shapeMismatch, "\(groups) groups do not divide the normalization's \(channels) channels") }
    }
    self.channels = channels
    self.pixels = pixels
    self.kind = kind
  }

  package var rows: Int { channels * pixels }
  /// Groups of channels; 1 where single pixels are normalized.
  package var groups: Int { if case .groups(let groups) = kind { groups } else { 1 } }
  /// Whether the mean is taken of single numbers, which it leaves nothing of.
  package var normalizesSingleNumbers: Bool { !isByPixels && channels == groups && pixels == 1 }
  var isByPixels: Bool { kind == .pixels }
  /// Rows of the statistics: of a group the mean, what rounding took from it, and 1/σ; of a pixel 1/√(Σ_c x² + ε).
  package var statisticsRows: Int { isByPixels ? pixels : 3 * groups }
  /// Rows of the sums that a derivative needs.
  package var sumRows: Int { isByPixels ? pixels : 2 * groups }
}
