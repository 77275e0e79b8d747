/// The penalty ½ Σᵢ ρᵢ|gᵢ|² of multiple shooting over the segments of one tile, where gᵢ = yᵢ − sᵢ₊₁ is the gap between the end yᵢ of segment i and the start sᵢ₊₁ of the next one.
///
/// Source: Bock & Plitt 1984 (multiple shooting), with the continuity as a penalty.
///
/// - Parameters:
///   - ends: n × samples: the states at the ends of the tile's segments. Columns past `count` are padding.
///   - starts: the n numbers of each segment's start, segment after segment.
///   - strengths: ρ of each segment, float64; 0 for the last segment of a trajectory, which has no gap.
///   - first, count: the segments of the tile.
///   - scale: the factor of the gradient.
///   - gradient: n × samples, to which scale·ρ·g is added; nil if it is not wanted.
///   - pulls: gets ρᵢgᵢ of each segment, as `starts` is laid out: with −scale the gradient by the start of the segment after it.
/// - Returns: the penalty, summed in float64 in the order of the segments.
package func shootingGaps(
  _ ends: Block, starts: Vector, strengths: Vector, first: Int, count: Int, scale: Double, gradient: Block?, into pulls: Vector
) -> Double {
  precondition(starts.precision == ends.precision && pulls.precision == ends.precision && strengths.precision == .float64, "ends, starts and pulls of one precision")
  precondition(starts.count == pulls.count && starts.count == strengths.count * ends.rows && first + count <= strengths.count, "one start for each segment")
  return switch ends.precision {
  case .float32: sum(ends, starts, strengths, first, count, scale, gradient, pulls, Float.self)
  case .float64: sum(ends, starts, strengths, first, count, scale, gradient, pulls, Double.self)
  }
}

private func sum<Scalar: BinaryFloatingPoint>(
  _ ends: Block, _ starts: Vector, _ strengths: Vector, _ first: Int, _ count: Int, _ scale: Double, _ gradient: Block?, _ pulls: Vector, _: Scalar.Type
) -> Double {
  let end = UnsafeRawPointer(ends.base).assumingMemoryBound(to: Scalar.self)
  let start = UnsafeRawPointer(starts.base).assumingMemoryBound(to: Scalar.self)
  let strength = UnsafeRawPointer(strengths.base).assumingMemoryBound(to: Double.self)
  let (pull, slope) = (pulls.base.assumingMemoryBound(to: Scalar.self), gradient?.base.assumingMemoryBound(to: Scalar.self))
  let (width, stride) = (ends.rows, gradient?.stride ?? 0)
  var penalty = 0.0
  for column in 0..<count {
    let segment = first + column
    let rho = strength[segment]
    for row in 0..<width {
      guard rho > 0 else {
        pull[segment * width + row] = 0
        continue
      }
      let gap = Double(end[row * ends.stride + column]) - Double(start[(segment + 1) * width + row])
      penalty += 0.5 * rho * (gap * gap)
      pull[segment * width + row] = Scalar(rho * gap)
      slope?[row * stride + column] += Scalar(scale * rho * gap)
    }
  }
  return penalty
}
