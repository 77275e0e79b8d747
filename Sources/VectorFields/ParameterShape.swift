import LinearAlgebra

/// One parameter tensor of a layer, as a field or an integrator declares it.
package struct ParameterShape: Equatable, Sendable {
  /// Weights multiply the state; biases are added to it. Weight decay acts on weights alone.
  package enum Role: Equatable, Sendable {
    case weight, bias
    /// Scales and shifts of a normalization. Across samples, running averages of means and variances lie behind them, which have no gradient.
    case normalization(AcrossSamples?)

    package var isNormalization: Bool { if case .normalization = self { true } else { false } }
  }

  /// How a tensor's first values are made.
  package enum Initial: Equatable, Sendable {
    /// Mean zero; the option `initial_scale` multiplies the deviation.
    case normal(deviation: Double)
    case uniform(ClosedRange<Double>)
    /// The values of a layer's tensor, the same in every layer; a single number stands for all of them.
    case values([Double])

    /// The same values, with the deviation of normal ones multiplied by a factor. Other values are not scaled.
    package func scaled(by factor: Double) -> Initial {
      if case .normal(let deviation) = self { .normal(deviation: deviation * factor) } else { self }
    }
  }

  /// The name, which is the letter in the source: "K", "b".
  package let name: String
  /// The shape in one layer: [outputs, inputs], or [outputs].
  package let shape: [Int]
  package let role: Role
  package let initial: Initial
  /// How the last extent is a stencil; nil for other tensors.
  package let stencil: Stencil?
  /// Whether the first layer has no such tensor, because the integrator's first step is one of another method.
  package let skipsFirstLayer: Bool

  package init(_ name: String, _ shape: [Int], _ role: Role, _ initial: Initial, stencil: Stencil? = nil, skipsFirstLayer: Bool = false) {
    self.name = name
    self.shape = shape
    self.role = role
    self.initial = initial
    self.stencil = stencil
    self.skipsFirstLayer = skipsFirstLayer
  }

  package init(_ name: String, _ shape: [Int], _ role: Role, deviation: Double, stencil: Stencil? = nil) {
    self.init(name, shape, role, .normal(deviation: deviation), stencil: stencil)
  }

  package var count: Int { shape.reduce(1, *) }
  /// Standard deviation of normal initial values; 0 for others.
  package var deviation: Double {
    if case .normal(let deviation) = initial { deviation } else { 0 }
  }
}

/// The taps of a stencil: `rows` × `columns` of them, `dilation` pixels apart, at every `stride`-th pixel of an image.
package struct Stencil: Equatable, Sendable {
  package let rows: Int
  package let columns: Int
  package var stride = 1
  package var dilation = 1

  package init(rows: Int, columns: Int) { (self.rows, self.columns) = (rows, columns) }

  package init(_ geometry: ConvolutionGeometry) {
    (rows, columns) = (geometry.vertical.kernel, geometry.horizontal.kernel)
    stride = max(geometry.vertical.stride, geometry.horizontal.stride)
    dilation = max(geometry.vertical.kernel > 1 ? geometry.vertical.dilation : 1, geometry.horizontal.kernel > 1 ? geometry.horizontal.dilation : 1)
  }
}

/// How a normalization takes its statistics across samples while training.
package struct AcrossSamples: Equatable, Sendable {
  /// The share by which each step moves the running averages towards the statistics of its batch.
  package let momentum: Double
  /// The samples that are normalized together; 0: all of a batch.
  package let samples: Int
  /// The numbers of a channel in one sample.
  package let pixels: Int

  package init(momentum: Double, samples: Int = 0, pixels: Int) {
    self.momentum = momentum
    self.samples = samples
    self.pixels = pixels
  }
}

/// The kind of bias of a layer: none, one number for all features (as in [HR], eq. 2.1), or one number for each feature.
package enum BiasKind: String, CaseIterable, Sendable {
  case none
  case scalar
  case vector

  package func count(_ features: Int) -> Int {
    switch self {
    case .none: 0
    case .scalar: 1
    case .vector: features
    }
  }
}
