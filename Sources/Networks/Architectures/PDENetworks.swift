import Settings

/// The networks for images of the papers on partial differential equations and on reversible networks. All consist of units:
///
///     3 × 3 to w₁ channels, normalization, ReLU;  unit k: N layers on w_k channels, 1 × 1 to w_{k+1} channels, normalization, ReLU, average pooling (of the whole image behind the last unit);  readout
private struct UnitNetwork: Sendable {
  /// w₁, w₂, …: one more than there are units.
  let widths: [Int]
  let layers: Int
  /// What the blocks of layers are.
  let block: [(key: String, value: OptionValue)]

  func parts(keepsGrowth: Bool = false) -> ArchitectureParts {
    func normalized() -> ArchitectureElement { .connector("normalization", [("activation", "relu")]) }
    var elements: [ArchitectureElement] = [.connector("convolution", [("channels", .integer(widths[0])), ("bias", "none")]), normalized()]
    for unit in 1..<widths.count {
      elements += [
        .block(layers: layers, block + [("operator", "convolution"), ("bias", "none")]), .connector("convolution", [("kernel", 1), ("channels", .integer(widths[unit])), ("bias", "none")]), normalized(),
        .connector(unit == widths.count - 1 ? "global_average" : "average_pooling"),
      ]
    }
    return ArchitectureParts(keepsGrowth: keepsGrowth, elements)
  }
}

/// Ruthotto & Haber's networks (arXiv:1804.04272, §4) for three data sets: three or four units of three layers with −Kᵀσ(tv(K·)) and ReLU. Training projects all weights on [−1, 1] and makes them smooth in time.
let pdeNetworks: [(name: String, help: String, entry: ArchitectureEntry)] =
  [
    ("parabolic", "the parabolic network with Euler's method", [("field", "gradient_flow"), ("integrator", "euler")]),
    ("hamiltonian", "the Hamiltonian network on halves of the channels, with Verlet's method", [("field", "hamiltonian_h"), ("integrator", "verlet")]),
    ("second_order", "the second-order network with the leapfrog", [("field", "gradient_flow"), ("integrator", "leapfrog")]),
  ].flatMap { (name: String, help: String, options: [(key: String, value: OptionValue)]) in
    [("cifar10", [32, 64, 112, 112]), ("cifar100", [32, 64, 128, 256]), ("stl10", [16, 32, 64, 128, 128])].map { (data: String, widths: [Int]) in
      (
        "pde_\(name)_\(data)", "Ruthotto & Haber's network for images like those of \(data): \(help)",
        ArchitectureEntry { (configuration) throws(Failure) in
          UnitNetwork(widths: widths, layers: 3, block: options + [("inner_normalization", "tv"), ("activation", "relu")]).parts()
        }
      )
    }
  }

/// Chang et al.'s reversible networks (arXiv:1709.03698, §4): units of 32, 64 and 112 channels with 6 layers each (the option `layers` changes it; the paper has 6, 14 and 18), trained without stored states.
/// More layers begin with smaller weights: with those of six layers, the states of 18 grow so much that float32 cannot recover them.
let reversibleNetworks: [(name: String, help: String, entry: ArchitectureEntry)] = [
  ("hamiltonian", "two weights and Verlet's method, the momenta starting at zero", [("field", "hamiltonian_two_weight"), ("integrator", "verlet")]),
  ("midpoint", "antisymmetric convolutions and the midpoint rule", [("field", "antisymmetric"), ("integrator", "midpoint")]),
  ("leapfrog", "second order in time, with −Kᵀσ(K·) and the leapfrog", [("field", "gradient_flow"), ("integrator", "leapfrog")]),
].map { (name: String, help: String, options: [(key: String, value: OptionValue)]) in
  (
    "reversible_\(name)_cnn", "Chang et al.'s reversible network of three units: \(help)",
    ArchitectureEntry { (configuration) throws(Failure) in
      UnitNetwork(widths: [32, 64, 112, 112], layers: 6, block: options + [("activation", "relu"), ("memory", "reversible")]).parts(keepsGrowth: true)
    }
  )
}
