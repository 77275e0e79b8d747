import Settings

/// The area under the receiver operating characteristic of one row of scores: the probability that a sample of class `positive` has a larger score than one of another class, where equal scores count one half.
///
/// The area is (R − m(m+1)/2) / (m·(n−m)), where R is the sum of the ranks of the m positive samples; equal scores share the mean of their ranks. Source: Mann & Whitney 1947; Hanley & McNeil 1982, §II.
/// - Parameters:
///   - scores: float64, one per sample.
///   - labels: one per sample.
///   - order: room for as many row numbers, overwritten.
/// - Returns: nil if one of the two kinds of samples is absent or a score is NaN, because the area is not defined then.
/// - Throws: why the work must end.
/// - Complexity: O(n log n).
package func areaUnderCurve(_ scores: Vector, labels: UnsafePointer<Int32>, positive: Int32, order: UnsafeMutablePointer<Int64>) throws(Failure) -> Double? {
  precondition(scores.precision == .float64, "scores of ranks are float64")
  let value = UnsafeRawPointer(scores.base).assumingMemoryBound(to: Double.self)
  let count = scores.count
  for row in 0..<count {
    // NaN has no rank.
    if value[row].isNaN { return nil }
    order[row] = Int64(row)
  }
  try sortRows(order, count, by: value)
  var (positives, rankSum) = (0, 0.0)
  var start = 0
  while start < count {
    var (end, here) = (start, 0)
    while end < count, value[Int(order[end])] == value[Int(order[start])] {
      if labels[Int(order[end])] == positive { here += 1 }
      end += 1
    }
    // Ranks from 1: those of start ..< end are start + 1 … end.
    rankSum += Double(here) * Double(start + 1 + end) / 2
    positives += here
    start = end
  }
  guard positives > 0, positives < count else { return nil }
  return (rankSum - Double(positives) * Double(positives + 1) / 2) / (Double(positives) * Double(count - positives))
}

/// Sorts row numbers by their values, ascending, in place: heapsort, which needs no memory that could be refused.
private func sortRows(_ order: UnsafeMutablePointer<Int64>, _ count: Int, by value: UnsafePointer<Double>) throws(Failure) {
  guard count > 1 else { return }
  for root in stride(from: count / 2 - 1, through: 0, by: -1) {
    if root % 16384 == 0 { try Watch.check() }
    sink(order, root, count, value)
  }
  for last in stride(from: count - 1, to: 0, by: -1) {
    if last % 16384 == 0 { try Watch.check() }
    (order[0], order[last]) = (order[last], order[0])
    sink(order, 0, last, value)
  }
}

@inline(__always) private func sink(_ order: UnsafeMutablePointer<Int64>, _ start: Int, _ count: Int, _ value: UnsafePointer<Double>) {
  var root = start
  while 2 * root + 1 < count {
    var child = 2 * root + 1
    if child + 1 < count, value[Int(order[child + 1])] > value[Int(order[child])] { child += 1 }
    guard value[Int(order[child])] > value[Int(order[root])] else { return }
    (order[root], order[child]) = (order[child], order[root])
    root = child
  }
}
