import Settings

/// Ruseckas' convolutional network: 20 near-identity layers 𝒉(Wy + B) on as many channels as there are classes, whose scores are the means of the last layer's channels.
///
/// Source: Ruseckas 2019 (arXiv:1909.03767), §4.
let nearIdentityNetwork: (name: String, help: String, entry: ArchitectureEntry) = (
  "near_identity_cnn_20", "Ruseckas' network of 20 near-identity convolutions with a channel for each class",
  ArchitectureEntry { (configuration) throws(Failure) in
    ArchitectureParts(
      network: [("readout", "identity")], keepsHorizon: true,
      [
        .connector("convolution", [("channels", .integer(configuration.outputs))]),
        .block(layers: 20, stepSize: 0.05, [("field", "linear_activation"), ("operator", "convolution"), ("activation", "relu"), ("integrator", "near_identity")]),
        .connector("global_average"),
      ])
  }
)
