import Datasets
import LinearAlgebra
import Networks
import Settings

/// Which inputs of a table of few rows and many columns enter the network: those on which the targets depend as far as can be told, if these are a small part (`screenFeatures`).
///
/// A network learns the noise of every input. Where five of 200 columns matter, most of what it learns is noise, and no decay of the weights undoes that.
enum ScreeningChoice {
  /// Fewer columns do little harm.
  private static let fewInputs = 16
  private static let fewRows = 50
  /// From so many rows on, a network tells by itself which inputs matter.
  private static let manyRows = 10_000
  private static let mostTargets = 16
  /// The order of the matrix in the last test, whose reduction is not interrupted.
  private static let mostOrder = 384
  /// Multiplications for pairs of features.
  private static let mostWork = 400_000_000

  static func applies(to plan: NetworkPlan, rows: Int) -> Bool {
    SampledTable.suits(plan) && (fewRows..<manyRows).contains(rows) && (fewInputs...(rows > mostOrder ? mostOrder : 1024)).contains(plan.inputs) && SampledTable.targets(of: plan) <= mostTargets
  }

  /// The normalization with the scale 0 for inputs that are left out; the same one if none are.
  /// - Parameter training: data that has been checked against the plan (`suited`), and for which `applies` is true.
  /// - Throws: `memory`; why the work must end.
  static func screened(_ training: Dataset, _ plan: NetworkPlan, _ normalization: Normalization) throws(Failure) -> Normalization {
    let pairs = plan.inputs * plan.inputs * SampledTable.targets(of: plan)
    let sample = try SampledTable(training, plan, normalization, mostRows: min(2000, max(300, mostWork / pairs)))
    guard sample.features.rows == plan.inputs, let kept = try screenFeatures(sample.features, targets: sample.targets, count: sample.count) else { return normalization }
    return try normalization.keeping(kept)
  }
}
