import LinearAlgebra
import Networks
import Settings
import VectorFields

/// An operator of a network with its numbers, and the name of the tensor that a certificate gives for it.
package struct OperatorReading {
  /// "opening.W", "blocks.0.K".
  package let tensor: String
  /// The entry of a block's tensor; nil outside blocks.
  package let entry: Int?
  package let linearOperator: any LinearOperator
  package let weights: Vector
  /// Whether Wᵀ is meant.
  package let isTransposed: Bool

  package init(tensor: String, entry: Int?, linearOperator: any LinearOperator, weights: Vector, isTransposed: Bool) {
    (self.tensor, self.entry, self.linearOperator, self.weights, self.isTransposed) = (tensor, entry, linearOperator, weights, isTransposed)
  }

  package var inputs: Int { isTransposed ? linearOperator.outputs : linearOperator.inputs }
  package var outputs: Int { isTransposed ? linearOperator.inputs : linearOperator.outputs }
  package var transposed: OperatorReading {
    OperatorReading(tensor: tensor, entry: entry, linearOperator: linearOperator, weights: weights, isTransposed: !isTransposed)
  }

  /// The numbers as a matrix, not transposed; nil for a convolution.
  package var matrix: Matrix? {
    linearOperator is DenseOperator ? Matrix(weights.base, rows: linearOperator.outputs, columns: linearOperator.inputs, precision: weights.precision) : nil
  }
  package var geometry: ConvolutionGeometry? { (linearOperator as? ConvolutionOperator)?.geometry }
  /// Whether a product is computed by Winograd's algorithm, and not in the order of multiply-adds over the inputs.
  package var isByWinograd: Bool { (linearOperator as? ConvolutionOperator)?.algorithm == .winograd }
  /// Terms of one sum of a product, at most.
  package var terms: Int {
    guard let geometry else { return inputs }
    return geometry.taps * (isTransposed ? geometry.outputChannels : geometry.inputChannels) / geometry.groups
  }
}

/// The bias of an affine map: one number for each output, or one for several.
package struct BiasReading {
  package let tensor: String
  package let entry: Int?
  package let numbers: Vector
  /// How many outputs share a number; they follow one another.
  package let repeats: Int

  /// The number that an output has.
  package func number(_ output: Int) -> Double { numbers.load(output / repeats) }
}

/// x ↦ σ(Wx + b).
package struct AffineReading {
  package let weights: OperatorReading
  package let bias: BiasReading?
  package let activation: Activation
}

/// The slopes of an activation, and what is known of its rounding.
extension Activation {
  /// α and L.
  package var leastSlope: Double { slopeRange.lowerBound }
  package var largestSlope: Double { slopeRange.upperBound }
  /// The Lipschitz constant.
  package var lipschitz: Double { max(abs(leastSlope), abs(largestSlope)) }
  package var isMonotone: Bool { leastSlope >= 0 }

  /// The largest error of the library's σ, in units of the last place (`VectorActivations.swift`).
  package var ulps: Double {
    switch self {
    case .identity, .relu: 0
    case .leakyRelu: 1
    case .elu: 2
    case .tanh, .sigmoid, .softplus, .sin: 3
    case .smoothRelu: 5
    case .silu: 6
    case .gelu: 7
    }
  }

  /// An upper bound of |σ(0)|.
  package var magnitudeAtZero: Double {
    switch self {
    case .sigmoid: 0.5
    // log 2, rounded up.
    case .softplus: 0.6931471805599454
    case .smoothRelu: 0.025
    default: 0
    }
  }

  /// The largest |σ|, if it is bounded.
  package var largestValue: Double? {
    switch self {
    case .tanh, .sigmoid, .sin: 1
    default: nil
    }
  }
}
