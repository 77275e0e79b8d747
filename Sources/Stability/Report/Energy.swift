import Gradients
import LinearAlgebra
import Settings
import VectorFields

/// The energy E of a layer's frozen weights, which the exact flow conserves or never increases: for each kind of field that has one, its gradient, from which changes of E along a straight line follow by quadrature.
///
/// The gradient comes from the field's own products. With σ' replaced by 1 in the record, the pullback of f = σ(Wy + b) is Wᵀσ(Wy + b) = ∇E for E(y) = 1ᵀΦ(Wy + b), Φ' = σ, whatever operator W is.
struct Energy {
  /// What the exact flow with constant weights does to E.
  enum Law: String { case conserved = "conserved", decreasing = "never increases" }

  private enum Gradient {
    /// ∇E is the field's pullback of f with slopes of 1.
    case pulledBack
    /// ∇E = −f.
    case descent
    /// f = (∂E/∂p, −∂E/∂q), the state being (q, p).
    case canonical
    /// E = ½|v|² + V(y), the state being (y, v), and f = (v, −∇V).
    case motion
  }

  let law: Law
  let formula: String
  private let gradient: Gradient

  /// The energy of a block's field; nil if none is known.
  init?(_ block: ODEBlock) {
    let field = block.plainField
    guard FrozenJacobian.refusal(block) == nil, !FrozenJacobian.isAcceleration(block), FrozenJacobian.order(block) == field.stateWidth else { return nil }
    switch field {
    case is AntisymmetricField:
      (law, formula, gradient) = (field.isDamped ? .decreasing : .conserved, "1ᵀΦ(Wy + b), Φ' = σ", .pulledBack)
    case is HamiltonianField: (law, formula, gradient) = (.conserved, "1ᵀΦ(Kz + b) + 1ᵀΦ(Kᵀy + b), Φ' = σ", .pulledBack)
    case is GradientFlowField: (law, formula, gradient) = (.decreasing, "1ᵀΦ(Ky + b), Φ' = σ", .descent)
    case is SeparableHamiltonianField: (law, formula, gradient) = (.conserved, "1ᵀΦ(K₂y + b₂) + 1ᵀΦ(K₁z + b₁), Φ' = σ", .canonical)
    case is FullHamiltonianField: (law, formula, gradient) = (.conserved, "1ᵀΦ(Ky + b), Φ' = σ", .canonical)
    case is SecondOrderGradientField: (law, formula, gradient) = (.conserved, "½|v|² + 1ᵀΦ(Ky + b), Φ' = σ", .motion)
    default: return nil
    }
  }

  /// E(end) − E(start) for the weights of one layer: ∫₀¹ ∇E(start + s(end − start))·(end − start) ds by Gauss and Legendre's formula of 16 points.
  ///
  /// Its error is that of rounding for smooth activations; a kink on the way, as of relu, costs about a hundredth of the change of E near it.
  /// - Throws: `.memory`.
  func change(_ block: ODEBlock, _ layer: Layer, from start: Block, to end: Block) throws(Failure) -> Double {
    let field = block.plainField
    let (n, record) = (field.stateWidth, field.wholeRecordWidth)
    var size = Arena.Size()
    for rows in [n, n, n, n, record, field.scratchWidth] { size.add(rows: rows, columns: 1, precision: block.precision) }
    let arena = try Arena(size)
    func next(_ rows: Int) -> Block { arena.block(rows: rows, columns: 1, precision: block.precision) }
    let (way, point, value, slope, ones, scratch) = (next(n), next(n), next(n), next(n), next(record), next(field.scratchWidth))
    let first = start.rows(0..<n)
    combine(1, end.rows(0..<n), -1, first, into: way)
    var sum = 0.0
    for (place, weight) in zip(Self.rule.points, Self.rule.weights) {
      combine(1, first, place, way, into: point)
      field.evaluateWhole(layer, at: point, scale: 1, addingTo: nil, into: value, record: ones, scratch: scratch)
      sum += weight * self.slope(field, layer, point, value, slope, ones, way, scratch)
    }
    withExtendedLifetime(arena) {}
    return sum
  }

  private static let rule = GaussLegendre(16)

  /// ∇E(point)·way, f(point) being `value`.
  private func slope(_ field: any VectorField, _ layer: Layer, _ point: Block, _ value: Block, _ slope: Block, _ ones: Block, _ way: Block, _ scratch: Block) -> Double {
    let half = point.rows / 2
    let (positions, momenta) = (0..<half, half..<point.rows)
    switch gradient {
    case .descent: return -dot(value, way)
    case .canonical: return dot(value.rows(positions), way.rows(momenta)) - dot(value.rows(momenta), way.rows(positions))
    case .motion: return dot(point.rows(momenta), way.rows(momenta)) - dot(value.rows(momenta), way.rows(positions))
    case .pulledBack:
      fill(ones, 1)
      fill(slope, 0)
      field.pullbackWhole(layer, at: point, record: ones, scale: 1, cotangent: value, addingTo: slope, gradient: nil, scratch: scratch)
      return dot(slope, way)
    }
  }
}
