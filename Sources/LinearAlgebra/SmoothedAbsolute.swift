import Settings

/// strength·Σ (√(x² + ε²) − ε), with its gradient strength·x/√(x² + ε²) added to `gradient`: the absolute value with its corner rounded over a width of about ε.
///
/// Each term is computed as x²/(√(x² + ε²) + ε), which does not cancel for small x.
/// - Parameter epsilon: ε > 0.
/// - Cost: one pass with a root and a division for each number; allocates nothing.
package func accumulateSmoothedAbsolute(_ x: Vector, epsilon: Double, strength: Double, addingTo gradient: Vector?) -> Double {
  switch x.precision {
  case .float32: return accumulate(Float.self, x, epsilon, strength, gradient)
  case .float64: return accumulate(Double.self, x, epsilon, strength, gradient)
  }
}

/// The product of that sum's Hessian at x, the diagonal strength·ε²/(x² + ε²)^{3/2}, with a direction, added to `product`.
package func accumulateSmoothedAbsoluteCurvature(_ x: Vector, direction: Vector, epsilon: Double, strength: Double, addingTo product: Vector) {
  precondition(x.count == direction.count && x.count == product.count, "a direction of another length")
  switch x.precision {
  case .float32: curvature(Float.self, x, direction, epsilon, strength, product)
  case .float64: curvature(Double.self, x, direction, epsilon, strength, product)
  }
}

private func accumulate<Scalar: BinaryFloatingPoint>(_: Scalar.Type, _ x: Vector, _ epsilon: Double, _ strength: Double, _ gradient: Vector?) -> Double {
  let values = x.base.assumingMemoryBound(to: Scalar.self)
  let sums = gradient?.base.assumingMemoryBound(to: Scalar.self)
  var total = 0.0
  Watch.allPieces(x.count) { piece in
    for index in piece {
      let value = Double(values[index])
      let root = (value * value + epsilon * epsilon).squareRoot()
      total += value * value / (root + epsilon)
      if let sums { sums[index] += Scalar(strength * value / root) }
    }
  }
  return strength * total
}

private func curvature<Scalar: BinaryFloatingPoint>(
  _: Scalar.Type, _ x: Vector, _ direction: Vector, _ epsilon: Double, _ strength: Double, _ product: Vector
) {
  let values = x.base.assumingMemoryBound(to: Scalar.self)
  let directions = direction.base.assumingMemoryBound(to: Scalar.self)
  let sums = product.base.assumingMemoryBound(to: Scalar.self)
  Watch.allPieces(x.count) { piece in
    for index in piece {
      let value = Double(values[index])
      let square = value * value + epsilon * epsilon
      sums[index] += Scalar(strength * epsilon * epsilon / (square * square.squareRoot()) * Double(directions[index]))
    }
  }
}
