import Settings

/// The quartiles of each column of a matrix, in float64: numbers of the column of which a quarter, half and three quarters are not larger.
///
/// Of many rows they are those of a part, evenly spread over the matrix. The quartiles of 65 536 rows differ from those of all by a hundredth of the spread, those of 4 096 by some hundredths.
/// - Parameters:
///   - source: any type and strides, finite, with at least one row.
///   - period: where the columns are those of consecutive steps: how many there are of a step, which then are the columns, each with the numbers of all steps but those that are NaN; one without numbers is left out. nil for others.
///   - rows: the most rows that are read.
///   - give: called for each column in order.
/// - Throws: `memory`; why the work must end.
/// - Complexity: 192 passes over the rows that are read; memory for one column of them.
package func quartiles(_ source: TensorView, rows: Int = 1 << 16, period: Int? = nil, _ give: (_ column: Int, _ lower: Double, _ median: Double, _ upper: Double) -> Void) throws(Failure) {
  let columns = period ?? source.columns
  let (steps, all) = (source.columns / columns, source.rows * (source.columns / columns))
  let read = min(all, rows)
  let memory = try Buffer(count: read, precision: .float64)
  let numbers = memory.base.bindMemory(to: Double.self, capacity: read)
  for column in 0..<columns {
    try Watch.check()
    var count = 0
    for index in 0..<read {
      let place = index * all / read
      let number = source.number(row: place / steps, column: place % steps * columns + column)
      if period != nil, number.isNaN { continue }
      numbers[count] = number
      count += 1
    }
    guard count > 0 else { continue }
    let sample = UnsafeBufferPointer(start: UnsafePointer(numbers), count: count)
    func quantile(_ quarters: Int) -> Double { smallest(of: sample, havingNotLarger: max((quarters * count + 3) / 4, 1)) }
    give(column, quantile(1), quantile(2), quantile(3))
  }
  withExtendedLifetime(memory) {}
}

/// The smallest of the numbers that at least `wanted` of them do not exceed. It is found by halving the range of bit patterns, which are ordered as the numbers are, so that nothing is sorted or moved.
private func smallest(of numbers: UnsafeBufferPointer<Double>, havingNotLarger wanted: Int) -> Double {
  /// The number of a place in the order of all finite numbers.
  func number(_ place: Int64) -> Double { place < 0 ? -Double(bitPattern: UInt64(-(place + 1))) : Double(bitPattern: UInt64(place)) }
  let last = Int64(Double.greatestFiniteMagnitude.bitPattern)
  var (low, high) = (-last - 1, last)
  while low < high {
    // The mean rounded down, without a sum that could overflow.
    let middle = (low & high) + ((low ^ high) >> 1)
    let bound = number(middle)
    var found = 0
    for value in numbers where value <= bound { found += 1 }
    if found >= wanted { high = middle } else { low = middle + 1 }
  }
  return number(low)
}
