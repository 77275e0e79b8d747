import CStableODE
import Datasets
import LinearAlgebra
import Networks
import Settings
import Training

// Section 8 of the header: evaluation on data sets.

@_cdecl("sode_network_evaluate") @implementation
public func sode_network_evaluate(
  _ network: OpaquePointer?, _ dataset: OpaquePointer?, _ num_threads: Int64, _ evaluation: UnsafeMutablePointer<sode_evaluation>?
) -> sode_status {
  reporting { () throws(Failure) in try StableODE.evaluation(of: network, dataset, num_threads, evaluation, isWeighted: false) }
}

@_cdecl("sode_network_evaluate_weighted") @implementation
public func sode_network_evaluate_weighted(
  _ network: OpaquePointer?, _ dataset: OpaquePointer?, _ num_threads: Int64, _ evaluation: UnsafeMutablePointer<sode_evaluation>?
) -> sode_status {
  reporting { () throws(Failure) in try StableODE.evaluation(of: network, dataset, num_threads, evaluation, isWeighted: true) }
}

private func evaluation(
  of network: OpaquePointer?, _ dataset: OpaquePointer?, _ threadCount: Int64, _ evaluation: UnsafeMutablePointer<sode_evaluation>?, isWeighted: Bool
) throws(Failure) {
  let out = try required(evaluation, "evaluation")
  _ = try structSize(out, "evaluation")
  let threads = try threads(threadCount)
  try using(network, .network, "network") { network throws(Failure) in
    try using(dataset, .dataset, "dataset") { dataset throws(Failure) in
      let result = try evaluate(network, on: dataset, isWeighted: isWeighted, threads: threads)
      var evaluation = sode_evaluation()
      evaluation.samples = Int64(result.samples)
      evaluation.loss = result.loss
      evaluation.accuracy = result.accuracy
      try writeStruct(evaluation, to: out, "evaluation")
    }
  }
}

@_cdecl("sode_network_metrics") @implementation
public func sode_network_metrics(
  _ network: OpaquePointer?, _ dataset: OpaquePointer?, _ num_threads: Int64, _ names: UnsafePointer<CChar>?, _ values: UnsafeMutablePointer<sode_tensor>?
) -> sode_status {
  reporting { () throws(Failure) in try metricValues(of: network, dataset, num_threads, names, values, isWeighted: false) }
}

@_cdecl("sode_network_metrics_weighted") @implementation
public func sode_network_metrics_weighted(
  _ network: OpaquePointer?, _ dataset: OpaquePointer?, _ num_threads: Int64, _ names: UnsafePointer<CChar>?, _ values: UnsafeMutablePointer<sode_tensor>?
) -> sode_status {
  reporting { () throws(Failure) in try metricValues(of: network, dataset, num_threads, names, values, isWeighted: true) }
}

private func metricValues(
  of network: OpaquePointer?, _ dataset: OpaquePointer?, _ threadCount: Int64, _ names: UnsafePointer<CChar>?, _ values: UnsafeMutablePointer<sode_tensor>?, isWeighted: Bool
) throws(Failure) {
  let names = listed(try text(names, "names"))
  guard names.count > 1 || names.first?.isEmpty == false else { throw Failure(.invalidArgument, "names is empty; name at least one metric (\(metrics.names.joined(separator: ", ")))") }
  if let place = names.firstIndex(where: \.isEmpty) {
    throw Failure(.invalidArgument, "names holds an empty name at place \(place); names are separated by single commas")
  }
  let target = try CallerTensor(values, "values")
  try target.expectVector(count: names.count, "one number per name")
  try target.expectWritableReals()
  let threads = try threads(threadCount)
  try using(network, .network, "network") { network throws(Failure) in
    try using(dataset, .dataset, "dataset") { dataset throws(Failure) in
      let found = try evaluate(network, on: dataset, metrics: names, isWeighted: isWeighted, threads: threads)
      try write(found, to: target.writingColumn)
    }
  }
}

@_cdecl("sode_network_confusion") @implementation
public func sode_network_confusion(
  _ network: OpaquePointer?, _ dataset: OpaquePointer?, _ num_threads: Int64, _ counts: UnsafeMutablePointer<sode_tensor>?
) -> sode_status {
  reporting { () throws(Failure) in
    let target = try CallerTensor(counts, "counts")
    try target.expectWritableClasses()
    let threads = try threads(num_threads)
    try usingClasses(network, dataset) { network, dataset throws(Failure) in
      try target.expect(shape: [network.plan.classes, network.plan.classes], "classes, classes")
      let matrix = try evaluateScores(network, on: dataset, threads: threads).confusion()
      withExtendedLifetime(matrix) { copy(matrix.view, into: target.writing) }
    }
  }
}

@_cdecl("sode_network_class_figures") @implementation
public func sode_network_class_figures(
  _ network: OpaquePointer?, _ dataset: OpaquePointer?, _ num_threads: Int64, _ figures: UnsafeMutablePointer<sode_tensor>?
) -> sode_status {
  reporting { () throws(Failure) in
    let target = try CallerTensor(figures, "figures")
    try target.expectWritableReals()
    let threads = try threads(num_threads)
    try usingClasses(network, dataset, orLabels: true) { network, dataset throws(Failure) in
      let classes = max(network.plan.classes, network.plan.classColumns)
      try target.expect(shape: [classes, 4], "classes or labels; precision, recall, F1, samples")
      let counts = try evaluateScores(network, on: dataset, threads: threads).labelCounts()
      try write(counts.flatMap { [$0.precision, $0.recall, $0.f1, $0.present] }, to: target.writing)
    }
  }
}

/// Calls `body` with a network whose loss has classes, or several labels if these will do, and a data set.
private func usingClasses(
  _ network: OpaquePointer?, _ dataset: OpaquePointer?, orLabels: Bool = false, _ body: (Network, Dataset) throws(Failure) -> Void
) throws(Failure) {
  try using(network, .network, "network") { network throws(Failure) in
    guard network.plan.classes > 0 || orLabels && network.plan.classColumns > 0 else {
      throw Failure(.incompatible, "this network's loss has no classes; confusion matrices and figures of classes need them")
    }
    try using(dataset, .dataset, "dataset") { dataset throws(Failure) in try body(network, dataset) }
  }
}

/// The names in a list separated by commas, without surrounding spaces; an empty text is one empty name.
private func listed(_ text: String) -> [String] {
  text.split(separator: ",", omittingEmptySubsequences: false).map { part in
    var name = part.drop { $0 == " " }
    while name.last == " " { name.removeLast() }
    return String(name)
  }
}

/// Writes numbers, row by row, to a caller's array; NaN stands for an undefined number.
/// - Throws: `notFinite` for a number that the array cannot hold; `memory`.
func write(_ numbers: [Double], to target: MutableTensorView) throws(Failure) {
  if target.type == .float32, let large = numbers.first(where: { $0.magnitude > Precision.float32.largest }) {
    throw Failure(.notFinite, "the result \(large) is too large for float32")
  }
  let memory = try Buffer(count: numbers.count, precision: .float64)
  let vector = memory.vector(count: numbers.count, precision: .float64)
  for (index, number) in numbers.enumerated() { vector.store(number, at: index) }
  withExtendedLifetime(memory) { convertWhole(vector, to: target) }
}
