import LinearAlgebra
import Networks
import Settings

/// The most samples that scratch is made for in one piece; larger batches come in parts.
let mostSamples: Int64 = 1 << 40

/// A caller's batch of features for a network: at least one sample, its features finite, and sequences sound.
///
/// - Throws: `shapeMismatch`; `invalidData` naming row and column, or sample and step; `outOfRange` beyond `limit` samples.
func samples(_ tensor: CallerTensor, _ plan: NetworkPlan, atMost limit: Int? = nil) throws(Failure) -> TensorView {
  try tensor.expectMatrix(columns: plan.inputs, "inputs of the network")
  try checkSampleCount(tensor.rows, tensor.argument, atMost: limit)
  let view = tensor.reading
  try checkFinite(view, tensor.argument)
  try plan.checkSequences(view, called: "\(tensor.argument)")
  return view
}

func checkSampleCount(_ count: Int, _ argument: StaticString, atMost limit: Int?) throws(Failure) {
  guard count > 0 else { throw Failure(.invalidData, "\(argument) has \(count) samples; at least 1 is needed") }
  if let limit, count > limit { throw Failure(.outOfRange, "\(argument) has \(count) samples; this object was made for at most \(limit)") }
}

func checkFinite(_ view: TensorView, _ argument: StaticString) throws(Failure) {
  try Watch.pieces(view.rows, work: view.columns) { rows throws(Failure) in
    if let place = firstNonFinite(view.rows(rows)) {
      throw Failure(.invalidData, "\(argument) holds NaN or infinity at row \(rows.lowerBound + place.row), column \(place.column)")
    }
  }
}

/// A checked number of threads, 0 being the CPUs of the affinity mask.
func threads(_ requested: Int64) throws(Failure) -> Int {
  let count = try checked(requested, "num_threads", in: 0...1024)
  return count == 0 ? min(availableProcessors(), 1024) : count
}

/// What a prediction gives, from its number.
func predictionKind(_ what: Int32) throws(Failure) -> PredictionKind {
  guard let kind = PredictionKind(rawValue: what) else {
    throw Failure(.outOfRange, "what is \(what); it must be 0 (SODE_SCORES), 1 (SODE_PROBABILITIES) or 2 (SODE_CLASSES)")
  }
  return kind
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
