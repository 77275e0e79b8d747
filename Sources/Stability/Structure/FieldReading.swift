import Gradients
import Integrators
import LinearAlgebra
import Networks
import Settings
import VectorFields

/// The equation of one layer of a block, with its numbers.
package enum FieldReading {
  /// σ(Ky + b).
  case plain(AffineReading)
  /// σ(½(K − Kᵀ − γI)y + b).
  case antisymmetric(AffineReading, gamma: Double)
  /// σ(½(K − Kᵀ)y + b) − γy.
  case damped(AffineReading, gamma: Double)
  /// K₂σ(K₁y + b₁) + b₂.
  case twoLayer(AffineReading, AffineReading)
  /// σ(−CᵀCy + b): the reading is of C, with the bias of Cᵀ.
  case negativeDefinite(AffineReading)
  /// −Kᵀσ(Ky + b).
  case descent(AffineReading)
  /// −KᵀTσ(Ky + b) with the row sums' T; s, the logarithms of the scales.
  case rowSums(AffineReading, logScales: Vector, RowSums)
  /// (A − Aᵀ)y − Kᵀσ(Ky + b).
  case rotateRelax(rotation: OperatorReading, AffineReading)
  /// Two components, each σ(Kx + b) of the other or, as a gradient, Kᵀσ(Kx + b): what moves the positions, and what moves the momenta.
  case partitioned(AffineReading, AffineReading, areGradients: Bool)

  package var activation: Activation {
    switch self {
    case .plain(let map), .antisymmetric(let map, _), .damped(let map, _), .twoLayer(let map, _), .negativeDefinite(let map), .descent(let map), .rowSums(let map, _, _), .rotateRelax(_, let map),
      .partitioned(let map, _, _):
      map.activation
    }
  }
}

/// One layer of a block: its equation, its scheme and its step.
package struct LayerReading {
  package let block: Int
  package let layer: Int
  package let field: FieldReading
  package let scheme: SchemeReading
  package let stepSize: Double
  /// Rows of the whole state.
  package let width: Int
}

/// An integrator, as far as bounds know it.
package enum SchemeReading {
  case euler
  /// An explicit Runge–Kutta method; `radius` is a lower bound of its radius of circle contractivity, 0 where it has none.
  case rungeKutta(RungeKutta, radius: Double)
  case verlet
  case midpoint
  case leapfrog
  case linearMultistep
  /// An exact rotation, then Euler's step of the relaxation.
  case rotation
  case other

  init(_ integrator: any Integrator, name: String) {
    switch integrator {
    case is Euler: self = .euler
    case let method as RungeKutta: self = .rungeKutta(method, radius: CircleRadius.lowerBound(method, name: name))
    case is Verlet: self = .verlet
    case is Midpoint: self = .midpoint
    case is Leapfrog: self = .leapfrog
    case is LinearMultistep: self = .linearMultistep
    default: self = name == "cayley" || name == "exponential" ? .rotation : .other
    }
  }
}
