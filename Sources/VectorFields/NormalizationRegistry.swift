import LinearAlgebra
import Settings

/// What is normalized together: numbers of one sample, or across samples.
package struct NormalizationForm: Sendable {
  package let kind: NormalizationKind
  package let acrossSamples: AcrossSamples?
}

/// How an image is normalized, from its options and shape.
package typealias NormalizationEntry = Factory<(options: OptionValues, shape: Shape), NormalizationForm>

/// The normalizations by name.
package let normalizations = Registry<NormalizationEntry>("normalization", [
  ("batch", "each channel over all samples of a batch, in evaluation by running averages [Ioffe & Szegedy 2015]", NormalizationEntry(options: [momentum, batch]) { (i) throws(Failure) in try acrossSamples(i.options, i.shape) }),
  ("instance", "each channel of a sample by itself [Ulyanov et al. 2016]", NormalizationEntry { (i) throws(Failure) in NormalizationForm(kind: .groups(i.shape.channels), acrossSamples: nil) }),
  ("group", "groups of a sample's channels [Wu & He 2018]", NormalizationEntry(options: [groups]) { (i) throws(Failure) in NormalizationForm(kind: .groups(try i.options.integer("normalization_groups")), acrossSamples: nil) }),
  ("layer", "all channels of a sample together [Ba et al. 2016]", NormalizationEntry { (i) throws(Failure) in NormalizationForm(kind: .groups(1), acrossSamples: nil) }),
  ("tv", "the channels of each pixel, x/√(Σ_c x² + ε) without a mean [Ruthotto & Haber 2018]", NormalizationEntry { (i) throws(Failure) in NormalizationForm(kind: .pixels, acrossSamples: nil) }),
])

/// The options of a normalization, in fields and between blocks.
package let normalizationOptions: [OptionDescription] = [
  OptionDescription("normalization", .choice(normalizations.names), default: .text("batch"), "what is normalized together"),
  OptionDescription("normalization_epsilon", .real(0...1e6, openBelow: true), default: .real(1e-5), "number that is added to the variance, or for tv to the sum of squares"),
] + normalizations.options

/// The options by which a field or a connector chooses a normalization; with the value none it has none.
package let normalizationChoosers = ["normalization", "inner_normalization"]

/// The options of normalizations that the chosen one does not take.
///
/// - Parameter key: the option that chooses the normalization.
package func unusedNormalizationOptions(_ options: OptionValues, by key: String) throws(Failure) -> [String] {
  let chosen = try options.text(key)
  if chosen == "none" { return normalizationOptions.map(\.key).filter { $0 != "normalization" } }
  let taken = try normalizations(chosen).options.map(\.key)
  return normalizations.options.map(\.key).filter { !taken.contains($0) }
}

/// Refuses options that are set but do not belong to the chosen normalization.
///
/// - Parameter key: the option that chooses the normalization.
func checkNormalizationOptions(_ options: OptionValues, by key: String) throws(Failure) {
  let chooser = OptionChooser(key, normalizations)
  for unused in try unusedNormalizationOptions(options, by: key) where options.isSet(unused) {
    let takers = chooser.takers(of: unused)
    let owner = takers.isEmpty ? "every \(key) but none" : "\(key) \(enumeration(takers))"
    throw Failure(.incompatible, "\(key) \(try options.text(key)) has no option \(unused); it belongs to \(owner)")
  }
}

/// Batch normalization, whose groups of samples are tiles, so that their sizes are multiples of a tile's.
private func acrossSamples(_ options: OptionValues, _ shape: Shape) throws(Failure) -> NormalizationForm {
  let samples = try options.integer("normalization_batch")
  guard samples % Block.quantum == 0 else { throw Failure(.outOfRange, "normalization_batch is \(samples); it must be a multiple of \(Block.quantum), or 0 for the whole batch") }
  let form = AcrossSamples(momentum: try options.real("normalization_momentum"), samples: samples, pixels: shape.pixels)
  return NormalizationForm(kind: .groups(shape.channels), acrossSamples: form)
}

private let groups = OptionDescription("normalization_groups", .integer(1...65_536), default: .integer(1), unit: "groups", "number of groups of neighboring channels that are normalized together")
private let momentum = OptionDescription(
  "normalization_momentum", .real(0...1), default: .real(0.1), unit: "1", "share by which each training step moves the running means and variances towards those of its batch")

private let batch = OptionDescription(
  "normalization_batch", .integer(0...128), default: .integer(0), unit: "samples",
  "number of a batch's samples, in their order, that are normalized together, a multiple of 16; the last group of a batch may be smaller. 0: all samples of the batch")
