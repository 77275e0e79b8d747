/// Subtracts from the first `count` numbers of each row of a float64 block their mean.
package func centerRows(_ block: Block, count: Int) {
  forEachRow(block, count) { numbers in
    let mean = numbers.reduce(0, +) / Double(count)
    for index in numbers.indices { numbers[index] -= mean }
  }
}

/// Gives the first `count` numbers of each row of a float64 block the mean 0 and the deviation 1. Those of a row that is constant, but for roundings of numbers of size 1, become 0.
package func standardizeRows(_ block: Block, count: Int) {
  centerRows(block, count: count)
  forEachRow(block, count) { numbers in
    let deviation = (numbers.reduce(0) { $0 + $1 * $1 } / Double(count)).squareRoot()
    let factor = deviation > 1e-9 && deviation.isFinite ? 1 / deviation : 0
    for index in numbers.indices { numbers[index] *= factor }
  }
}

private func forEachRow(_ block: Block, _ count: Int, _ body: (UnsafeMutableBufferPointer<Double>) -> Void) {
  precondition(block.precision == .float64 && count > 0 && count <= block.columns, "rows of Doubles")
  let numbers = block.base.assumingMemoryBound(to: Double.self)
  for row in 0..<block.rows { body(UnsafeMutableBufferPointer(start: numbers + row * block.stride, count: count)) }
}
