import Settings

/// Each number of `y` into [−bound, bound]; NaN stays NaN.
package func clip(_ y: Vector, to bound: Double) {
  switch y.precision {
  case .float32: clip(y.base.assumingMemoryBound(to: Float.self), y.count, Float(bound))
  case .float64: clip(y.base.assumingMemoryBound(to: Double.self), y.count, bound)
  }
}

@inline(__always) private func clip<Number: BinaryFloatingPoint>(_ y: UnsafeMutablePointer<Number>, _ count: Int, _ bound: Number) {
  Watch.allPieces(count) { piece in
    for index in piece {
      if y[index] > bound { y[index] = bound }
      if y[index] < -bound { y[index] = -bound }
    }
  }
}
