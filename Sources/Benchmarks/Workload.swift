/// A reference workload: a network, its data and the batch sizes for timing. Parameters and data come from files that
/// peers/workloads.py makes in the row convention Y·K. The library acts on columns, so every matrix is passed transposed.
struct Workload {
  enum Dynamics { case antisymmetricEuler(gamma: Double), hamiltonianVerlet }

  let name: String
  let inputs: Int
  let width: Int
  let outputs: Int
  let dynamics: Dynamics
  let layers: Int
  let stepSize: Double
  let precisions: [Precision]
  let stepBatch: Int
  /// nil: not timed over epochs.
  let epochBatch: Int?
  /// The mean loss of the first batch for the initial parameters, by precision, from the definition of the workloads.
  let checkLoss: [Precision: Double]

  enum Precision: String, CaseIterable {
    case f32, f64
    var optionName: String { self == .f32 ? "float32" : "float64" }
    var bits: UInt8 { self == .f32 ? 32 : 64 }
    /// The allowed relative difference from the check loss.
    var tolerance: Double { self == .f32 ? 1e-4 : 1e-10 }
  }

  var hasDenseOpening: Bool { inputs > width }

  static let all = [
    Workload(
      name: "W1", inputs: 2, width: 8, outputs: 5, dynamics: .antisymmetricEuler(gamma: 0.1), layers: 64, stepSize: 5.0 / 64, precisions: [.f32, .f64], stepBatch: 5000,
      epochBatch: 128, checkLoss: [.f32: 1.742262363433838, .f64: 1.7422622406176371]),
    Workload(
      name: "W2", inputs: 64, width: 64, outputs: 10, dynamics: .antisymmetricEuler(gamma: 0.1), layers: 100, stepSize: 0.05, precisions: [.f32, .f64], stepBatch: 256,
      epochBatch: 256, checkLoss: [.f32: 2.6555862426757812, .f64: 2.6555864489187044]),
    Workload(
      name: "W3", inputs: 64, width: 64, outputs: 10, dynamics: .hamiltonianVerlet, layers: 100, stepSize: 0.05, precisions: [.f32], stepBatch: 256, epochBatch: 256,
      checkLoss: [.f32: 2.7082345485687256]),
    Workload(
      name: "W4", inputs: 784, width: 128, outputs: 10, dynamics: .antisymmetricEuler(gamma: 0.1), layers: 32, stepSize: 0.125, precisions: [.f32], stepBatch: 128,
      epochBatch: 128, checkLoss: [.f32: 2.4363574981689453]),
    Workload(
      name: "W8", inputs: 16, width: 16, outputs: 10, dynamics: .antisymmetricEuler(gamma: 0.1), layers: 10_000, stepSize: 1e-3, precisions: [.f32], stepBatch: 64,
      epochBatch: nil, checkLoss: [.f32: 2.4768614768981934]),
  ]

  /// Floating-point operations of the matrix products of one sample's forward pass; the readout counts only where it is not negligible (W4).
  var forwardFlops: Double {
    switch dynamics {
    case .antisymmetricEuler: Double(layers * 2 * width * width) + (hasDenseOpening ? Double(2 * inputs * width + 2 * width * outputs) : 0)
    case .hamiltonianVerlet: Double(2 * layers * 2 * width * width)
    }
  }

  /// Operations of the forward pass and of the gradients with respect to states and weights. The opening has no gradient with respect to its input.
  var stepFlops: Double { 3 * forwardFlops - (hasDenseOpening ? Double(2 * inputs * width) : 0) }

  func specification(_ precision: Precision) -> String {
    let field =
      switch dynamics {
      case .antisymmetricEuler(let gamma): "\"field\": \"antisymmetric\", \"gamma\": \(gamma), \"integrator\": \"euler\""
      case .hamiltonianVerlet: "\"field\": \"hamiltonian\", \"integrator\": \"verlet\""
      }
    return """
      {"precision": "\(precision.optionName)", "inputs": \(inputs), "outputs": \(outputs), "width": \(width),
       "opening": "\(hasDenseOpening ? "dense" : "zero_padding")", \(field), "layers": \(layers), "horizon": \(stepSize * Double(layers))}
      """
  }
}
