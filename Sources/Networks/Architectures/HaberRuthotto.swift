import Settings

/// The convolutional networks of Haber & Ruthotto for images: the image copied to six channels, N layers of 3 × 3 convolutions with a scalar bias and tanh, no pooling, and a readout of all features.
///
/// 16 layers unless the option `layers` says otherwise (the paper has 4, 8 and 16), with the horizon 4 for any number of them. Source: Haber & Ruthotto 2017 (arXiv:1705.03341), §6.3.
let haberRuthottoNetworks: [(name: String, help: String, entry: ArchitectureEntry)] = [
  ("resnet", "plain convolutions and Euler's method", [("field", "dense"), ("integrator", "euler")]),
  ("antisymmetric", "antisymmetric convolutions and Euler's method", [("field", "antisymmetric"), ("integrator", "euler")]),
  ("verlet", "the Hamiltonian form with K and −Kᵀ, and Verlet's method", [("field", "hamiltonian"), ("integrator", "verlet")]),
  ("leapfrog", "second order in time with −KᵀK, and the leapfrog", [("field", "negative_definite"), ("integrator", "leapfrog")]),
].map { (name: String, help: String, options: [(key: String, value: OptionValue)]) in
  (
    "hr_\(name)_cnn", "Haber & Ruthotto's network of 6 channels and 16 layers: \(help)",
    ArchitectureEntry { (configuration) throws(Failure) in
      guard 6.isMultiple(of: configuration.input.channels) else {
        throw Failure(.incompatible, "the image is copied to 6 channels, so input_shape must have 1, 2, 3 or 6 channels; it has \(configuration.input.channels)")
      }
      return ArchitectureParts(keepsHorizon: true, [
        .connector("channel_copies", [("channels", 6)]), .block(layers: 16, stepSize: 0.25, options + [("operator", "convolution"), ("activation", "tanh"), ("bias", "scalar")]),
      ])
    }
  )
}
