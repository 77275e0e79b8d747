import Settings

/// The area under the receiver operating characteristic of one row of scores: the probability that a positive sample has a larger score than a negative one, where equal scores count one half.
///
/// It is Σ w⁺w⁻([s⁺ > s⁻] + ½[s⁺ = s⁻]) / (Σw⁺ Σw⁻) over the pairs of a positive and a negative sample, with the samples' weights. Source: Mann & Whitney 1947; Hanley & McNeil 1982, §II.
/// - Parameters:
///   - scores: float64, one per sample.
///   - weights: float64, one per sample, >= 0; nil: all are 1.
///   - order: room for as many row numbers, overwritten.
///   - isPositive: whether the sample in a row is positive.
/// - Returns: nil if one of the two kinds of samples is absent or a score is NaN, because the area is not defined then.
/// - Throws: why the work must end.
/// - Complexity: O(n log n).
package func areaUnderCurve(_ scores: Vector, weights: Vector? = nil, order: UnsafeMutablePointer<Int64>, isPositive: (_ row: Int) -> Bool) throws(Failure) -> Double? {
  guard let value = try ranked(scores, order) else { return nil }
  let weight = weights.map { UnsafeRawPointer($0.base).assumingMemoryBound(to: Double.self) }
  // Of all samples with a lower score.
  var (positives, negatives, pairs) = (0.0, 0.0, 0.0)
  var start = 0
  while start < scores.count {
    if start % 16384 == 0 { try Watch.check() }
    var (end, positive, negative) = (start, 0.0, 0.0)
    while end < scores.count, value[Int(order[end])] == value[Int(order[start])] {
      let row = Int(order[end])
      if isPositive(row) { positive += weight?[row] ?? 1 } else { negative += weight?[row] ?? 1 }
      end += 1
    }
    pairs += positive * (negatives + negative / 2)
    (positives, negatives, start) = (positives + positive, negatives + negative, end)
  }
  guard positives > 0, negatives > 0 else { return nil }
  return pairs / (positives * negatives)
}

/// Average precision of one row of scores: Σ (R_k − R_{k−1}) P_k over the distinct scores in descending order, where P_k is the precision and R_k the recall if all samples with at least that score are called positive.
///
/// Source: Zhu 2004, eq. 3, in the form without interpolation that scikit-learn computes.
/// - Parameters: as for `areaUnderCurve`.
/// - Returns: nil if there is no positive sample or a score is NaN.
package func averagePrecision(_ scores: Vector, weights: Vector? = nil, order: UnsafeMutablePointer<Int64>, isPositive: (_ row: Int) -> Bool) throws(Failure) -> Double? {
  guard let value = try ranked(scores, order) else { return nil }
  let weight = weights.map { UnsafeRawPointer($0.base).assumingMemoryBound(to: Double.self) }
  var (positives, all, sum) = (0.0, 0.0, 0.0)
  var start = scores.count - 1
  while start >= 0 {
    if start % 16384 == 0 { try Watch.check() }
    var (end, positive) = (start, 0.0)
    while end >= 0, value[Int(order[end])] == value[Int(order[start])] {
      let row = Int(order[end])
      all += weight?[row] ?? 1
      if isPositive(row) { positive += weight?[row] ?? 1 }
      end -= 1
    }
    positives += positive
    if positive > 0 { sum += positive * (positives / all) }
    start = end
  }
  return positives > 0 ? sum / positives : nil
}

/// Writes the row numbers in the order of their scores, ascending, to `order`, and gives the scores; nil if one is NaN, which has no rank.
private func ranked(_ scores: Vector, _ order: UnsafeMutablePointer<Int64>) throws(Failure) -> UnsafePointer<Double>? {
  precondition(scores.precision == .float64, "scores of ranks are float64")
  let value = UnsafeRawPointer(scores.base).assumingMemoryBound(to: Double.self)
  var isRanked = true
  try Watch.pieces(scores.count) { rows in
    for row in rows {
      if value[row].isNaN { isRanked = false }
      order[row] = Int64(row)
    }
  }
  guard isRanked else { return nil }
  try sortRows(order, scores.count, by: value)
  return value
}

/// Sorts row numbers by their values, ascending, in place: heapsort, which needs no memory that could be refused.
func sortRows(_ order: UnsafeMutablePointer<Int64>, _ count: Int, by value: UnsafePointer<Double>) throws(Failure) {
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
