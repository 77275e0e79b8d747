import CStableODE
import Foundation

struct BenchmarkError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// Throws the library's error message if a call failed.
func check(_ status: sode_status) throws {
  if status < 0 { throw BenchmarkError("\(String(cString: sode_status_name(status))): \(String(cString: sode_last_error_message()))") }
}

/// One workload in one precision: the network with the workload's parameters, and its data, through the C interface that every user has.
final class Subject {
  let workload: Workload
  let precision: Workload.Precision
  let threads: Int
  let network: OpaquePointer
  /// All samples, as in the file: real numbers, or pixels of one byte.
  let features: Tensor
  let labels: Tensor
  let samples: Int

  init(_ workload: Workload, _ precision: Workload.Precision, threads: Int, data: String) throws {
    self.workload = workload
    self.precision = precision
    self.threads = threads
    let folder = "\(data)/\(workload.name)"
    features = try readNumPyFile("\(folder)/X.npy")
    labels = try readNumPyFile("\(folder)/y.npy")
    samples = features.shape[0]
    var made: OpaquePointer?
    try check(sode_network_create_json(workload.specification(precision), Int(bitPattern: UInt.max), &made))
    guard let made else { throw BenchmarkError("no network") }
    network = made
    // The files use the row convention: Y·K is Kᵀ·y for a column y. In the Hamiltonian field the update of the momenta uses Kᵀ, like the workload's z ← z − h·tanh(Y·K + b).
    let rowsActByTranspose = if case .antisymmetricEuler = workload.dynamics { true } else { false }
    try set("blocks.0.K", try readNumPyFile("\(folder)/K.npy"), transposed: rowsActByTranspose)
    try set("blocks.0.b", try readNumPyFile("\(folder)/b.npy"))
    try set("readout.W", try readNumPyFile("\(folder)/Wc.npy"), transposed: true)
    try set("readout.b", try readNumPyFile("\(folder)/bc.npy"))
    if workload.hasDenseOpening {
      try set("opening.W", try readNumPyFile("\(folder)/Ws.npy"), transposed: true)
      try set("opening.b", try readNumPyFile("\(folder)/bs.npy"))
    }
  }

  deinit { sode_network_free(network) }

  private func set(_ name: String, _ value: Tensor, transposed: Bool = false) throws {
    var view = transposed ? value.transposedView() : value.view()
    try check(sode_network_set_parameter(network, name, &view))
  }

  /// Pixels are scaled to pixel/255.
  var pixelScale: Double { features.isBytes ? 1.0 / 255 : 1 }

  /// The first rows as the network's own type; the data are repeated if there are fewer.
  func batch(_ rows: Int) -> Tensor {
    let available = features.converted(to: precision, rows: min(rows, samples), scale: pixelScale)
    if rows <= samples { return available }
    let result = Tensor.reals([rows, workload.inputs], precision)
    let rowBytes = workload.inputs * Int(precision.bits) / 8
    for row in 0..<rows { (result.memory + row * rowBytes).copyMemory(from: available.memory + row % samples * rowBytes, byteCount: rowBytes) }
    return result
  }
}
