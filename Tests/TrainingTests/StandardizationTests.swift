import Datasets
import Networks
import Settings
import Testing
import Training

/// The features (0, 2) and (5, 5) have the means 1 and 5 and the scales 1/1 and 1; the constant feature becomes 0.
@Test func standardizationIsFitted() throws {
  let network = try scoreNetwork(2)
  try network.fitNormalization(on: try scoreData([[0, 5], [2, 5]], labels: [0, 1]))
  let normalization = try #require(network.snapshot.normalization)
  #expect(normalization.shift.values == [1, 5] && normalization.scale.values == [1, 1])
  // The scores are now (±1, 0), so the loss is that of a difference of 1.
  let loss = try evaluate(network, on: try scoreData([[0, 5], [2, 5]], labels: [1, 0]), threads: 1).loss
  #expect(abs(loss - 0.31326168751822286) < 1e-15)  // log(1 + 1/e)
}

@Test func standardizationRefusesOtherFeatures() throws {
  let network = try scoreNetwork(3)
  #expect(failure { try network.fitNormalization(on: try scoreData([[0, 5], [2, 5]], labels: [0, 1])) }?.status == .shapeMismatch)
  // The scale for a deviation of 1e-320 exceeds float64, so that the feature counts as constant; that for 1e-60 does not, whatever the network's precision.
  let narrow = try scoreNetwork(1, loss: "logistic", precision: .float32)
  try narrow.fitNormalization(on: try scoreData([[0], [1e-320]], labels: [0, 1]))
  #expect(narrow.snapshot.normalization?.scale.values == [1])
  try narrow.fitNormalization(on: try scoreData([[0], [1e-60]], labels: [0, 1]))
  withExtendedLifetime(narrow) { #expect(narrow.snapshot.normalization?.scale.values == [2e60]) }
}

/// For sequences each channel has one scale, computed from its observations; times, masks and padding do not count and do not change.
@Test func standardizationOfSequences() throws {
  let made = try Network(
    NetworkSpecification(
      json: try JSON.read(
        #"{"opening": "sequence", "inputs": 9, "outputs": 2, "width": 3, "channels": 1, "sequence_layout": "times_values_mask", "field": "antisymmetric_rnn", "layers": 3}"#,
        limit: 1000)))
  try made.fitNormalization(on: try scoreData([[100, 1, 1, 200, 5, 1, 999, 1e6, 0], [300, 3, 1, 301, 1e6, 0, 0, 0, 0]], labels: [0, 1]))
  let normalization = try #require(made.snapshot.normalization)
  let scale = 1 / (8 / 3.0).squareRoot()
  #expect(normalization.shift.values == [0, 3, 0, 0, 3, 0, 0, 3, 0])
  for (found, wanted) in zip(normalization.scale.values, [1, scale, 1, 1, scale, 1, 1, scale, 1]) { #expect(abs(found - wanted) < 1e-15) }
}
