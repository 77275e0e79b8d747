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
  package func fitNormalization(on dataset: Dataset) throws(Failure) {
    let features = try plan.arrange(dataset.features, called: "the data")
    let count = plan.inputs
    let memory = try Buffer(count: 2 * count, precision: .float64)
    let (mean, deviation) = (memory.vector(count: count, precision: .float64), memory.vector(count: count, precision: .float64, offset: 8 * count))
    try featureMoments(features, sequences: plan.sequence?.format, pixels: plan.inputShape.pixels, mean: mean, deviation: deviation)
    for feature in 0..<count {
      let spread = deviation.load(feature)
      deviation.store(spread > 0 ? 1 / spread : 1, at: feature)
    }
    func view(_ vector: Vector) -> TensorView { TensorView(vector.base, type: .float64, rows: 1, columns: count) }
    try replaceNormalization(with: Normalization(shift: view(mean), scale: view(deviation), inputs: count, precision: plan.precision))
    withExtendedLifetime((memory, dataset)) {}
  }
}
