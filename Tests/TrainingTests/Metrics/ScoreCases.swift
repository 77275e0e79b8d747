import Datasets
import LinearAlgebra
import Networks
import Settings
import Testing
import Training

/// A network whose scores are its features: no opening, a field of zero weights, no readout.
func scoreNetwork(_ outputs: Int, loss: String = "softmax_cross_entropy", precision: Precision = .float64) throws -> Network {
  let network = try smallNetwork(
    classes: outputs, precision: precision,
    extra: [
      "inputs": .integer(Int64(outputs)), "width": .integer(Int64(outputs)), "readout": .text("identity"), "loss": .text(loss), "field": .text("dense"),
    ])
  let zeros = try Numbers(Array(repeating: 0.0, count: network.plan.parameterCount), precision)
  try network.replaceParameters(with: zeros.vector)
  return network
}

/// A data set from rows of features and labels.
func scoreData(_ rows: [[Double]], labels: [Double]) throws -> Dataset {
  let (features, targets) = (try Numbers(rows.flatMap { $0 }), try Numbers(labels))
  return try withExtendedLifetime((features, targets)) {
    try Dataset(
      copying: TensorView(features.vector.base, type: .float64, rows: rows.count, columns: rows[0].count),
      labels: TensorView(targets.vector.base, type: .float64, rows: labels.count, columns: 1))
  }
}

/// A data set from rows of features and rows of values.
func scoreData(_ rows: [[Double]], values: [[Double]]) throws -> Dataset {
  let (features, targets) = (try Numbers(rows.flatMap { $0 }), try Numbers(values.flatMap { $0 }))
  return try withExtendedLifetime((features, targets)) {
    try Dataset(
      copying: TensorView(features.vector.base, type: .float64, rows: rows.count, columns: rows[0].count),
      values: TensorView(targets.vector.base, type: .float64, rows: values.count, columns: values[0].count))
  }
}

/// Scores of which that of the given class is the largest.
func oneHot(_ labels: [Int], classes: Int) -> [[Double]] { labels.map { label in (0..<classes).map { $0 == label ? 1 : 0 } } }
