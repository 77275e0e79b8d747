import CStableODE
import LinearAlgebra
import Networks
import Settings

/// The most samples that scratch is made for in one piece; larger batches come in parts.
let mostSamples: Int64 = 1 << 40

/// A caller's batch of features for a network: at least one sample. What the numbers are is checked by whoever takes them in.
///
/// - Throws: `shapeMismatch`; `invalidData` for no sample; `outOfRange` beyond `limit` samples.
func samples(_ tensor: CallerTensor, _ plan: NetworkPlan, atMost limit: Int? = nil) throws(Failure) -> TensorView {
  try tensor.expectMatrix(columns: plan.inputs, "inputs of the network")
  try checkSampleCount(tensor.rows, tensor.argument, atMost: limit)
  return tensor.reading
}

/// A caller's batch as it enters a network, its numbers checked.
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

/// A checked number of threads, 0 being the CPUs of the affinity mask.
func threads(_ requested: Int64) throws(Failure) -> Int {
  let count = try checked(requested, "num_threads", in: 0...1024)
  return count == 0 ? min(availableProcessors(), 1024) : count
}

/// What a prediction gives, from its number; and whether rows without a result become NaN instead of an error.
func predictionKind(_ what: Int32) throws(Failure) -> (kind: PredictionKind, isPartial: Bool) {
  let flag = Int32(SODE_ROWS_OR_NAN)
  guard let kind = PredictionKind(rawValue: what & ~flag) else {
    throw Failure(.outOfRange, "what is \(what); it must be 0 (SODE_SCORES), 1 (SODE_PROBABILITIES) or 2 (SODE_CLASSES), and 256 (SODE_ROWS_OR_NAN) may be added")
  }
  return (kind, what & flag != 0)
}

extension Predictor {
  /// Runs a caller's batch; with rows that may be left out, says which they are.
  func run(_ batch: TensorView, _ what: (kind: PredictionKind, isPartial: Bool), into target: MutableTensorView) throws(Failure) -> Status {
    let failures = try run(batch, what.kind, into: target, isPartial: what.isPartial, pool: try pool(threads))
    guard what.isPartial else { return .ok }
    keepFailedRows(failures)
    return failures.isEmpty ? .ok : .rowsWithoutResult
  }
}

/// Where a prediction of `samples` samples goes, checked.
func predictionTarget(_ tensor: CallerTensor, _ kind: PredictionKind, samples: Int, _ plan: NetworkPlan) throws(Failure) -> MutableTensorView {
  guard kind == .classes else {
    try tensor.expectMatrix(rows: samples, columns: plan.outputs, "outputs of the network")
    try tensor.expectWritableReals()
    return tensor.writing
  }
  guard plan.classes > 0 else { throw Failure(.incompatible, "what is SODE_CLASSES, but this network's loss has no classes") }
  try tensor.expectVector(count: samples, "one class a sample")
  try tensor.expectWritableClasses()
  return tensor.writingColumn
}
