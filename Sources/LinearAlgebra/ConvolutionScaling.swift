import Settings

/// `UnitScaling` of a convolution by the row sums of its kernels: W = diag(r)^{−½}K with one factor for each output channel (`RowSums`).
///
/// ‖W‖₂ ≤ 1 for zero padding and for periodic padding that keeps the size, with strides and in groups. A kernel with numbers beyond 2²⁰ is first divided by a power of two. W is shrunk by 2√c units of roundoff for kernels of c numbers.
package struct ConvolutionScaling: UnitScaling {
  private let sums: RowSums
  private let size: Int

  /// - Throws: as `RowSums.init`.
  package init(_ geometry: ConvolutionGeometry) throws(Failure) {
    sums = try RowSums(geometry)
    size = geometry.weightCount
  }

  private var rows: Int { sums.rows }
  private var row: Int { size / rows }

  package func memoryCount(_ precision: Precision) -> Int { size + 3 * rows + 1 + sums.memoryCount }

  /// The kernel divided by its unit, the squares of the factors, their tangents or cotangents, the logarithms of the scales, which are zeros, the unit, and the memory of the sums.
  private struct Room { let scaled, squares, changes, logScales, unit, memory: Vector }

  private func room(_ memory: UnsafeMutableRawPointer, _ precision: Precision) -> Room {
    var next = memory
    func take(_ count: Int) -> Vector {
      defer { next += count * precision.byteCount }
      return Vector(next, count: count, precision: precision)
    }
    return Room(
      scaled: take(size), squares: take(rows), changes: take(rows), logScales: take(rows), unit: take(1), memory: take(sums.memoryCount))
  }

  private func kernel(_ vector: Vector, _ index: Int) -> Vector { vector[index * row..<(index + 1) * row] }
  private func inside(_ precision: Precision) -> Double { 1 - 2 * Double(row).squareRoot() * precision.epsilon }

  package func make(_ weights: Vector, into made: Vector, memory: UnsafeMutableRawPointer) {
    let room = room(memory, made.precision)
    let unit = GramNorm.unit(of: weights)
    room.unit.store(unit, at: 0)
    copy(weights, into: room.scaled)
    scale(1 / unit, room.scaled)
    fill(room.logScales, 0)
    sums.make(room.scaled, logScales: room.logScales, numerator: 1, into: room.squares, memory: room.memory)
    copy(room.scaled, into: made)
    for i in 0..<rows { scale(inside(made.precision) * room.squares.load(i).squareRoot(), kernel(made, i)) }
  }

  package func makeDirection(_ direction: Vector, into made: Vector, memory: UnsafeMutableRawPointer, at base: UnsafeMutableRawPointer) {
    let (here, room) = (room(base, made.precision), room(memory, made.precision))
    copy(direction, into: room.scaled)
    scale(1 / here.unit.load(0), room.scaled)
    fill(room.logScales, 0)
    sums.makeDirection(
      room.scaled, logScaleDirection: room.logScales, at: here.scaled, logScales: here.logScales, factors: here.squares, numerator: 1, into: room.changes, memory: room.memory)
    copy(room.scaled, into: made)
    for i in 0..<rows {
      let factor = here.squares.load(i).squareRoot()
      scale(factor, kernel(made, i))
      // d√t = dt/2√t.
      if factor > 0 { axpy(room.changes.load(i) / (2 * factor), kernel(here.scaled, i), addingTo: kernel(made, i)) }
    }
  }

  package func pullBack(_ gradient: Vector, memory: UnsafeMutableRawPointer) {
    let room = room(memory, gradient.precision)
    for i in 0..<rows {
      let factor = room.squares.load(i).squareRoot()
      room.changes.store(factor > 0 ? dot(kernel(gradient, i), kernel(room.scaled, i)) / (2 * factor) : 0, at: i)
      scale(factor, kernel(gradient, i))
    }
    sums.pullBack(room.changes, addingTo: gradient, at: room.scaled, logScales: room.logScales, factors: room.squares, numerator: 1, memory: room.memory)
    scale(1 / room.unit.load(0), gradient)
  }
}
