import Datasets
import LinearAlgebra
import Networks
import Settings

extension Network {
  /// Makes the normalization that gives each feature of a data set mean 0 and standard deviation 1, and keeps it with the model: x' = (x − mean)/deviation.
  ///
  /// A constant feature keeps the scale 1 and so enters as 0. Use training data alone, without validation data. Every sample counts once, whatever its weight.
  ///
  /// If samples are sequences, each channel has one mean and deviation for all steps, computed from its observations without masked or padded steps. Times and masks stay as they are.
  /// If samples are images, each channel has one mean and deviation over all its pixels.
  /// - Throws: `shapeMismatch` for another number of features; `notFinite` when a mean or scale is too large for float64; `memory`.
  /// - Complexity: three passes over the features.
  package func fitNormalization(on dataset: Dataset) throws(Failure) { replaceNormalization(with: try plan.normalization(standardizing: dataset)) }
}

extension NetworkPlan {
  /// The normalization that gives each feature of a data set mean 0 and standard deviation 1, as `Network.fitNormalization` keeps it.
  func normalization(standardizing dataset: Dataset) throws(Failure) -> Normalization {
    let features = try arrange(dataset.features, called: "the data")
    let count = inputs
    let memory = try Buffer(count: 2 * count, precision: .float64)
    let (mean, deviation) = (memory.vector(count: count, precision: .float64), memory.vector(count: count, precision: .float64, offset: 8 * count))
    try featureMoments(features, sequences: sequence?.format, pixels: inputShape.pixels, mean: mean, deviation: deviation)
    for feature in 0..<count {
      let spread = deviation.load(feature)
      deviation.store(spread > 0 ? 1 / spread : 1, at: feature)
    }
    func view(_ vector: Vector) -> TensorView { TensorView(vector.base, type: .float64, rows: 1, columns: count) }
    defer { withExtendedLifetime((memory, dataset)) {} }
    return try Normalization(shift: view(mean), scale: view(deviation), inputs: count, precision: precision)
  }

  /// The scaling by which each target value of a data set has mean 0 and standard deviation 1; a constant target keeps the scale 1 and so becomes 0. Every sample counts once, whatever its weight.
  /// - Throws: `notFinite` when a mean or deviation is too large for float64; `memory`; the reason why the work must end.
  /// - Complexity: three passes over the targets.
  func targetScaling(standardizing values: TensorView) throws(Failure) -> TargetScaling {
    let count = values.columns
    let memory = try Buffer(count: 2 * count, precision: .float64)
    let (mean, deviation) = (memory.vector(count: count, precision: .float64), memory.vector(count: count, precision: .float64, offset: 8 * count))
    try featureMoments(values, mean: mean, deviation: deviation)
    for output in 0..<count {
      let spread = deviation.load(output)
      deviation.store(spread > 0 && (1 / spread).isFinite ? spread : 1, at: output)
    }
    func view(_ vector: Vector) -> TensorView { TensorView(vector.base, type: .float64, rows: 1, columns: count) }
    defer { withExtendedLifetime(memory) {} }
    return try TargetScaling(shift: view(mean), scale: view(deviation), outputs: count)
  }
}
