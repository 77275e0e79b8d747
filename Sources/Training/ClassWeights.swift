import Datasets
import LinearAlgebra
import Networks
import Settings

/// The weights of the classes in the training loss.
package final class ClassWeights {
  private let buffer: Buffer
  /// One number per class, float64, near 1: a common factor changes no result.
  package let vector: Vector

  /// The caller's weights, which must be finite, >= 0 and not all 0.
  /// - Throws: `shapeMismatch`, `invalidData` naming the class, `memory`.
  package init(_ weights: TensorView, classes: Int) throws(Failure) {
    let count = weights.rows * weights.columns
    guard count == classes else { throw Failure(.shapeMismatch, "class weights hold \(count) numbers; the network has \(classes) classes") }
    let given = try Buffer(count: classes, precision: .float64)
    let numbers = given.vector(count: classes, precision: .float64)
    convert(weights, into: numbers)
    try checkWeights(numbers, "class weights", each: "class")
    (vector, buffer) = try weightsNearOne(numbers) ?? (numbers, given)
  }

  /// Balanced weights n/(C·n_c), with which the samples of each class have the same total weight; C is the number of classes with samples. A class without samples gets the weight 0, which
  /// is never used; of samples that are a part of others, such a class counts as if it had one.
  ///
  /// Source: King & Zeng 2001, §5.
  /// - Throws: `memory`.
  package init(balancing dataset: Dataset, classes: Int, isPart: Bool = false) throws(Failure) {
    buffer = try Buffer(count: classes, precision: .float64)
    vector = buffer.vector(count: classes, precision: .float64)
    guard let labels = dataset.stepLabels?.labels ?? dataset.labels else { preconditionFailure("classes of target values") }
    let memory = try Buffer(count: classes, precision: .float64)
    let counts = memory.rowNumbers(count: classes)
    var labeled = 0
    // A step without a label has −1.
    try Watch.pieces(dataset.count * (dataset.stepLabels?.steps ?? 1)) { for place in $0 where labels[place] >= 0 { (counts[Int(labels[place])], labeled) = (counts[Int(labels[place])] + 1, labeled + 1) } }
    var present = 0
    if isPart { for label in 0..<classes where counts[label] == 0 { counts[label] = 1 } }
    for label in 0..<classes where counts[label] > 0 { present += 1 }
    for label in 0..<classes where counts[label] > 0 { vector.store(Double(labeled) / (Double(present) * Double(counts[label])), at: label) }
    withExtendedLifetime(memory) {}
  }

  /// The class weights that a trainer's calls and options ask for; nil if all classes have the same weight.
  /// - Throws: `invalidArgument` for weights given in two ways; `incompatible` if there are no classes, or no labels to smooth; `memory`.
  ///
  /// Balanced weights of a stream are those of the samples that its buffer holds at the first run with one. They stay with the trainer, because the buffer holds others later.
  static func chosen(_ trainer: Trainer, _ settings: TrainerOptions, _ training: Dataset, _ stream: SampleStream?) throws(Failure) -> ClassWeights? {
    let plan = trainer.network.plan
    if settings.labelSmoothing > 0 {
      guard plan.classes > 0 else { throw Failure(.incompatible, "label_smoothing needs labels; the network's loss has target values") }
      if trainer.loss != nil { throw Failure(.incompatible, "label_smoothing acts in the library's losses; a loss of your own smooths labels itself") }
    }
    if trainer.loss != nil, plan.steps != nil, settings.balancesClasses || trainer.classWeights != nil {
      throw Failure(.incompatible, "outputs_at is steps, and a loss of your own gives one number for all steps of a sample, which weights of classes cannot tell apart; it weighs them itself")
    }
    guard settings.balancesClasses else { return trainer.classWeights }
    guard plan.classes > 0 else { throw Failure(.incompatible, "class_weights is 'balanced', which needs classes; the network's loss has target values") }
    guard trainer.classWeights == nil else { throw Failure(.invalidArgument, "class_weights is 'balanced' but weights of the classes were given too; choose one") }
    if let own = trainer.balancedWeights { return own }
    return try ClassWeights(balancing: training, classes: plan.classes, isPart: stream?.holdsAll == false)
  }
}
