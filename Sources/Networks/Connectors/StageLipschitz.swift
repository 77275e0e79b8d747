import LinearAlgebra
import VectorFields

/// What is known of the Lipschitz constant of a connector in ℓ₂, during evaluation.
package enum StageLipschitz {
  /// At most this, for all weights.
  case atMost(Double)
  /// At most `factor` times the norm of the connector's matrix.
  case matrix(factor: Double)
  /// Nothing, for this reason.
  case unknown(String)
}

extension StageMap {
  package var lipschitz: StageLipschitz { .unknown("of this connector no Lipschitz constant is known") }
}

extension AffineMap {
  package var lipschitz: StageLipschitz {
    guard let slope = largestSlope(activation) else { return .unknown("the slopes of its activation have no bound") }
    if place.use == .made { return .atMost(abs(factor) * slope) }
    guard place.linearOperator is DenseOperator else { return .unknown("of a convolution the norm is known with norm row_sums; norm is free") }
    return .matrix(factor: abs(factor) * slope)
  }
}

extension ActivationMap {
  package var lipschitz: StageLipschitz {
    guard let slope = largestSlope(activation) else { return .unknown("the slopes of its activation have no bound") }
    return .atMost(slope)
  }
}

extension AveragePoolingMap {
  /// Each pixel enters one mean, and a mean is no farther from zero than the numbers that it is taken of: ‖P‖₂² ≤ ‖P‖₁‖P‖_∞ ≤ 1.
  package var lipschitz: StageLipschitz { geometry.overlaps ? .unknown("its windows overlap") : .atMost(1) }
}

extension MaxPoolingMap {
  package var lipschitz: StageLipschitz { geometry.overlaps ? .unknown("its windows overlap") : .atMost(1) }
}

extension GlobalAverageMap { package var lipschitz: StageLipschitz { .atMost(1) } }
extension ChannelPaddingMap { package var lipschitz: StageLipschitz { .atMost(1) } }
extension DropoutMap { package var lipschitz: StageLipschitz { .atMost(1) } }
extension RowsMap { package var lipschitz: StageLipschitz { .atMost(1) } }
extension ShiftMap { package var lipschitz: StageLipschitz { .atMost(1) } }
extension ScalingMap { package var lipschitz: StageLipschitz { .atMost(abs(factor)) } }
extension CopiesMap { package var lipschitz: StageLipschitz { .atMost(Double(copies).squareRoot()) } }

/// max |σ'|; nil if it has no bound.
private func largestSlope(_ activation: Activation?) -> Double? {
  guard let slopes = activation?.slopeRange else { return 1 }
  let largest = max(abs(slopes.lowerBound), abs(slopes.upperBound))
  return largest.isFinite ? largest : nil
}
