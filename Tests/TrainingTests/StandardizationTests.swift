import Datasets
import Settings
import Testing
import Training

/// Features (0, 2) and (5, 5) give mean (1, 5), scale (1/1, 1): the constant one enters as 0.
@Test func standardizationIsFitted() throws {
  let network = try scoreNetwork(2)
  try network.fitNormalization(on: try scoreData([[0, 5], [2, 5]], labels: [0, 1]))
  let normalization = try #require(network.snapshot.normalization)
  #expect(normalization.shift.values == [1, 5] && normalization.scale.values == [1, 1])
  // Scores are now (±1, 0): the loss is that of a difference of 1.
  let loss = try evaluate(network, on: try scoreData([[0, 5], [2, 5]], labels: [1, 0]), threads: 1).loss
  #expect(abs(loss - 0.31326168751822286) < 1e-15)  // log(1 + 1/e)
}

@Test func standardizationRefusesOtherFeatures() throws {
  let network = try scoreNetwork(3)
  #expect(failure { try network.fitNormalization(on: try scoreData([[0, 5], [2, 5]], labels: [0, 1])) }?.status == .shapeMismatch)
  // A deviation of 1e-60 has a scale that no float32 holds.
  let narrow = try scoreNetwork(1, loss: "logistic", precision: .float32)
  #expect(failure { try narrow.fitNormalization(on: try scoreData([[0], [1e-60]], labels: [0, 1])) }?.status == .notFinite)
  #expect(narrow.snapshot.normalization == nil)
}
