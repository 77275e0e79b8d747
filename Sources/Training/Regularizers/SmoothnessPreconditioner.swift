import LinearAlgebra
import Settings

/// The exact inverse of the Hessian of smoothness and weight decay together, shifted: x ← (α_s G + α_w W + γI)⁻¹x, over all parameters of a network, in place.
///
/// G is the quadratic form of each tensor's roughness in time; W is the identity on weights and zero on biases. For entries at equal distances, the cosine transform diagonalizes G = DᵀD/h
/// (`SmoothnessSolve`); other forms are solved by a band factorization. Parameters that do not vary in time are only divided. It preconditions the conjugate gradients of Newton's and Gauss
/// & Newton's methods.
package struct SmoothnessPreconditioner {
  private let layout: ParameterLayout
  private let smoothness: Double
  private let weightDecay: Double
  private let solve: SmoothnessSolve
  private let memory: Buffer
  private let workspace: Vector

  /// - Parameters:
  ///   - smoothness: α_s ≥ 0.
  ///   - weightDecay: α_w ≥ 0.
  /// - Throws: `memory`.
  package init(_ layout: ParameterLayout, smoothness: Double, weightDecay: Double = 0) throws(Failure) {
    self.layout = layout
    self.smoothness = smoothness
    self.weightDecay = weightDecay
    var (layers, numbers) = (1, 1)
    for region in layout.regions {
      switch region.roughness {
      case .none: break
      case .even: layers = max(layers, region.entries)
      case .form(let form): numbers = max(numbers, form.workspaceCount)
      }
    }
    solve = try SmoothnessSolve(maximumLayers: layers)
    memory = try Buffer(count: numbers, precision: .float64)
    workspace = memory.vector(count: numbers, precision: .float64)
  }

  /// Solves in place.
  /// - Parameters:
  ///   - x: as many numbers as the network has parameters.
  ///   - shift: γ > 0.
  /// - Complexity: a transform of length N and its inverse for each number of a layer, or as many passes over the parameters as the form's band is wide; allocates nothing.
  package func apply(_ x: Vector, shift: Double) {
    for region in layout.regions {
      let (part, shift) = (x[region.range], shift + (region.isWeight ? weightDecay : 0))
      switch region.roughness {
      case .none: scale(1 / shift, part)
      case .even(let distance): solve.solve(part, layers: region.entries, factor: smoothness / distance, shift: shift)
      case .form(let form): form.solve(part, strength: smoothness, shift: shift, workspace: workspace)
      }
    }
  }
}
