import Settings

/// x_j ← (1 − 2s)x_j + s·x_{j−1} + s·x_{j+1} for the layers j of a parameter's gradient, each end being its own neighbor.
///
/// The map is symmetric and keeps Σ_j x_j. Its eigenvalues are 1 − 4s sin²(πk/2N), k < N, for N layers: it is positive semidefinite for s ≤ ¼.
///
/// - Parameters:
///   - x: layers × size numbers, one layer after the other.
///   - share: s, from 0 to ½.
/// - Cost: one pass; 64 numbers of stack.
package func averageNeighbors(_ x: Vector, layers: Int, size: Int, share: Double) {
  precondition(x.count >= layers * size, "averages: layers × size numbers")
  guard layers > 1, share > 0 else { return }
  switch x.precision {
  case .float32: averageElements(x.base.assumingMemoryBound(to: Float.self), layers, size, Float(share))
  case .float64: averageElements(x.base.assumingMemoryBound(to: Double.self), layers, size, share)
  }
}

@inline(__always) private func averageElements<Number: BinaryFloatingPoint>(_ x: UnsafeMutablePointer<Number>, _ layers: Int, _ size: Int, _ share: Number) {
  let own = 1 - 2 * share
  // The watch is asked for the sake of the pulse alone: the averages are completed in any case.
  let (watch, interval) = (Watch.current, max(1, (1 << 20) / (64 * layers)))
  withUnsafeTemporaryAllocation(of: Number.self, capacity: 64) { before in
    for start in stride(from: 0, to: size, by: before.count) {
      if start / before.count % interval == interval - 1 { _ = watch.isOver }
      let count = min(before.count, size - start)
      for index in 0..<count { before.initializeElement(at: index, to: x[start + index]) }
      for layer in 0..<layers {
        let (here, next) = (x + layer * size + start, x + min(layer + 1, layers - 1) * size + start)
        for index in 0..<count {
          let value = here[index]
          here[index] = own * value + share * (before[index] + next[index])
          before[index] = value
        }
      }
    }
  }
}
