import LinearAlgebra
import Settings

/// What is normalized together. With a momentum, the statistics are those of all samples of a batch, and the momentum is that of their running averages.
package struct NormalizationForm: Sendable {
  package let kind: NormalizationKind
  package let momentum: Double?
}

/// How an image is normalized, from its options and shape.
package typealias NormalizationEntry = Factory<(options: OptionValues, shape: Shape), NormalizationForm>

/// The normalizations by name.
package let normalizations = Registry<NormalizationEntry>("normalization", [
  ("batch", "each channel over all samples of a batch, in evaluation by running averages [Ioffe & Szegedy 2015]", NormalizationEntry(options: [momentum]) { (i) throws(Failure) in NormalizationForm(kind: .groups(i.shape.channels), momentum: try i.options.real("normalization_momentum")) }),
  ("instance", "each channel of a sample by itself [Ulyanov et al. 2016]", NormalizationEntry { (i) throws(Failure) in NormalizationForm(kind: .groups(i.shape.channels), momentum: nil) }),
  ("group", "groups of a sample's channels [Wu & He 2018]", NormalizationEntry(options: [groups]) { (i) throws(Failure) in NormalizationForm(kind: .groups(try i.options.integer("normalization_groups")), momentum: nil) }),
  ("layer", "all channels of a sample together [Ba et al. 2016]", NormalizationEntry { (i) throws(Failure) in NormalizationForm(kind: .groups(1), momentum: nil) }),
  ("tv", "the channels of each pixel, x/√(Σ_c x² + ε) without a mean [Ruthotto & Haber 2018]", NormalizationEntry { (i) throws(Failure) in NormalizationForm(kind: .pixels, momentum: nil) }),
])

/// The options of a normalization, in fields and between blocks.
package let normalizationOptions: [OptionDescription] = [
  OptionDescription("normalization", .choice(normalizations.names), default: .text("batch"), "what is normalized together"),
  OptionDescription("normalization_epsilon", .real(0...1e6, openBelow: true), default: .real(1e-5), "number that is added to the variance, or for tv to the sum of squares"),
] + normalizations.options

private let groups = OptionDescription("normalization_groups", .integer(1...65_536), default: .integer(1), unit: "groups", "number of groups of neighboring channels that are normalized together")
private let momentum = OptionDescription(
  "normalization_momentum", .real(0...1), default: .real(0.1), unit: "1", "share by which each training step moves the running means and variances towards those of its batch")
