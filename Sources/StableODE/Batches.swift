import CStableODE
import LinearAlgebra
import Networks
import Settings

/// The largest batch that a predictor or gradient can be made for.
let mostSamples: Int64 = 1 << 40

/// A caller's batch of features for a network, with at least one sample. The numbers are checked later, when they enter the network.
///
/// - Throws: `shapeMismatch`; `invalidData` for no sample; `outOfRange` beyond `limit` samples.
func samples(_ tensor: CallerTensor, _ plan: NetworkPlan, atMost limit: Int? = nil) throws(Failure) -> TensorView {
  if tensor.axes == 2, tensor.columns == plan.inputs {
    try checkSampleCount(tensor.rows, tensor.argument, atMost: limit)
    return tensor.reading
  }
  guard let given = tensor.readingSamples, let view = plan.arranged(given) else {
    throw Failure(.shapeMismatch, "\(tensor.argument) has shape \(tensor.extents); it must be \(plan.takenShapes) (inputs of the network)")
  }
  try checkSampleCount(view.rows, tensor.argument, atMost: limit)
  return view
}

/// A caller's batch with checked numbers, ready to enter a network.
///
/// - Throws: as `samples`; `invalidData` naming row and column, or sample and step.
func source(_ tensor: CallerTensor, _ plan: NetworkPlan, _ snapshot: ParameterSnapshot, atMost limit: Int? = nil) throws(Failure) -> BatchSource {
  let view = try samples(tensor, plan, atMost: limit)
  try plan.checkIntake(view, snapshot.normalization, called: tensor.argument)
  return BatchSource(features: view, normalization: snapshot.normalization)
}

func checkSampleCount(_ count: Int, _ argument: StaticString, atMost limit: Int?) throws(Failure) {
  guard count > 0 else { throw Failure(.invalidData, "\(argument) has \(count) samples; at least 1 is needed") }
  if let limit, count > limit { throw Failure(.outOfRange, "\(argument) has \(count) samples; this object was made for at most \(limit)") }
}

/// Checks a number of threads; 0 stands for the number of CPUs in the affinity mask.
func threads(_ requested: Int64) throws(Failure) -> Int {
  let count = try checked(requested, "num_threads", in: 0...1024)
  return count == 0 ? min(availableProcessors(), 1024) : count
}

/// Decodes the argument `what`: the kind of prediction, and whether rows without a result become NaN instead of an error.
func predictionKind(_ what: Int32) throws(Failure) -> (kind: PredictionKind, isPartial: Bool) {
  let flag = Int32(SODE_ROWS_OR_NAN)
  guard let kind = PredictionKind(rawValue: what & ~flag) else {
    throw Failure(.outOfRange, "what is \(what); it must be 0 (SODE_SCORES), 1 (SODE_PROBABILITIES) or 2 (SODE_CLASSES), and 256 (SODE_ROWS_OR_NAN) may be added")
  }
  return (kind, what & flag != 0)
}

extension Predictor {
  /// Predicts a caller's batch. If rows may stay without a result, it keeps those rows for the caller to ask for.
  func run(_ batch: TensorView, _ what: (kind: PredictionKind, isPartial: Bool), into target: MutableTensorView) throws(Failure) -> Status {
    let failures = try run(batch, what.kind, into: target, isPartial: what.isPartial, pool: try pool(threads, requested: requestedThreads))
    guard what.isPartial else { return .ok }
    keepFailedRows(failures)
    return failures.isEmpty ? .ok : .rowsWithoutResult
  }
}

/// A caller's array of numbers for each score of `samples` samples. For predictions at several steps it may have an axis of steps; it is then a matrix with a sample in each row.
func scoreTensor(_ tensor: CallerTensor, samples: Int, _ shape: PredictionShape) throws(Failure) -> CallerTensor {
  guard let steps = shape.steps else {
    try tensor.expectMatrix(rows: samples, columns: shape.outputs, "outputs of the network")
    return tensor
  }
  let isMatrix = tensor.axes == 2 && tensor.rows == samples && tensor.columns == shape.scores
  guard isMatrix || tensor.axes == 3 && tensor.shape.1 == samples && tensor.shape.2 == steps && tensor.shape.3 == shape.outputs else {
    throw Failure(
      .shapeMismatch, "\(tensor.argument) has shape \(tensor.extents); it must be [\(samples), \(steps), \(shape.outputs)] (samples, steps, outputs) or [\(samples), \(shape.scores)]")
  }
  return try tensor.withStepsInRows()
}

/// Fails for predictions without classes.
private func requireClasses(_ shape: PredictionShape) throws(Failure) {
  guard shape.classes > 0 else { throw Failure(.incompatible, "what is SODE_CLASSES, but this network's loss has no classes") }
}

/// The caller's dense rows for a prediction of `samples` samples.
/// - Throws: `incompatible` for classes of a loss that has none; `outOfRange`, `invalidArgument` for memory that cannot hold the rows.
@inline(__always)
func densePredictions(_ base: UnsafeMutableRawPointer, _ kind: PredictionKind, samples: Int, _ shape: PredictionShape, _ type: ElementType) throws(Failure) -> MutableTensorView {
  if kind == .classes { try requireClasses(shape) }
  let columns = kind == .classes ? shape.classes : shape.scores
  try checkDense(UnsafeRawPointer(base), "result", samples, columns, type)
  return MutableTensorView(base, type: type, rows: samples, columns: columns)
}

/// The caller's array for a prediction of `samples` samples, checked.
func predictionTarget(_ tensor: CallerTensor, _ kind: PredictionKind, samples: Int, _ shape: PredictionShape) throws(Failure) -> MutableTensorView {
  guard kind == .classes else {
    let target = try scoreTensor(tensor, samples: samples, shape)
    try target.expectWritableReals()
    return target.writing
  }
  try requireClasses(shape)
  if shape.hasLabels {
    let target = try scoreTensor(tensor, samples: samples, shape)
    try target.expectWritableClasses()
    return target.writing
  }
  if let steps = shape.steps {
    try tensor.expectMatrix(rows: samples, columns: steps, "samples, steps: one class for each step")
    try tensor.expectWritableClasses()
    return tensor.writing
  }
  try tensor.expectVector(count: samples, "one class per sample")
  try tensor.expectWritableClasses()
  return tensor.writingColumn
}
