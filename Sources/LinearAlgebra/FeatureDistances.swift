import Settings

/// The largest distance of the numbers of some columns of a matrix from a center of each, in float64.
///
/// - Parameters:
///   - source: any type and strides, finite; also rows that are made when they are read.
///   - columns, centers: one center for each column.
/// - Throws: `memory`; why the work must end.
/// - Complexity: one pass over all numbers, in tiles of rows.
package func largestDistances(_ source: TensorView, columns: [Int], centers: [Double]) throws(Failure) -> [Double] {
  let features = source.columns
  let tile = max(1, min(256, (1 << 20) / max(features, 1)))
  let memory = try Buffer(count: tile * features, precision: .float64)
  let block = Block(memory.base, rows: features, columns: tile, precision: .float64)
  let numbers = UnsafeRawPointer(block.base).assumingMemoryBound(to: Double.self)
  var found = columns.map { _ in 0.0 }
  for start in stride(from: 0, to: source.rows, by: tile) {
    try Watch.check()
    let count = min(tile, source.rows - start)
    gather(source, rows: nil, start: start, count: count, into: block)
    for (index, column) in columns.enumerated() {
      let (own, center) = (numbers + column * block.stride, centers[index])
      var largest = found[index]
      for sample in 0..<count { largest = max(largest, abs(own[sample] - center)) }
      found[index] = largest
    }
  }
  withExtendedLifetime(memory) {}
  return found
}
