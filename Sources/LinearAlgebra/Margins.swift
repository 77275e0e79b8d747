import Glibc
import Settings

/// A table of margins ε·m of all pairs of classes, with room for its cotangents. This is a view: its creator must keep the memory alive.
package struct Margins {
  /// The most outputs that a table is made for.
  package static let mostOutputs = 1024

  /// float64, row y: what each score i can gain on the score of class y; 0 for i = y.
  package let table: Matrix
  /// As the table; nil if no gradient is wanted. Cotangents are added.
  package let cotangents: Matrix?

  package init(_ table: Matrix, cotangents: Matrix?) { (self.table, self.cotangents) = (table, cotangents) }
}

/// Softmax cross-entropy of the scores of a tile with margins, Σ_s (log Σ_i exp z_i − z_label), z_i = s_i − s_label + e_i m_i, summed over the samples in Double, in their order.
///
/// Parameters as those of `softmaxCrossEntropy`; `correct` counts the scores without margins.
///
/// - Parameter isAdaptive: e_i = clip((s_label − s_i)/m_i, 0.01, 1), constant in the gradient; otherwise e = 1.
/// - Accuracy: everything is computed in Double; the gradient is rounded to the precision of the scores.
package func marginCrossEntropy(
  scores: Block, labels: UnsafePointer<Int32>, count: Int, weights: Vector? = nil, smoothing: Double = 0, margins: Margins, isAdaptive: Bool, scale: Double, gradient: Block?,
  correct: inout Int
) -> Double {
  switch scores.precision {
  case .float32: marginCrossEntropy(Float.self, scores, labels, count, weights, smoothing, margins, isAdaptive, scale, gradient, &correct)
  case .float64: marginCrossEntropy(Double.self, scores, labels, count, weights, smoothing, margins, isAdaptive, scale, gradient, &correct)
  }
}

private func marginCrossEntropy<Scalar: BinaryFloatingPoint>(
  _: Scalar.Type, _ scores: Block, _ labels: UnsafePointer<Int32>, _ count: Int, _ weights: Vector?, _ smoothing: Double, _ margins: Margins, _ isAdaptive: Bool, _ scale: Double,
  _ gradient: Block?, _ correct: inout Int
) -> Double {
  let (classes, stride) = (scores.rows, scores.stride)
  let values = scores.base.assumingMemoryBound(to: Scalar.self)
  let table = margins.table.base.assumingMemoryBound(to: Double.self)
  let cotangents = margins.cotangents?.base.assumingMemoryBound(to: Double.self)
  let out = gradient?.base.assumingMemoryBound(to: Scalar.self)
  var total = 0.0
  for sample in 0..<count {
    let label = Int(labels[sample])
    guard 0..<classes ~= label else {
      total = .nan
      continue
    }
    let (own, row) = (Double(values[label * stride + sample]), table + label * classes)
    /// e_i, and z_i.
    @inline(__always) func margin(_ i: Int) -> (share: Double, z: Double) {
      let rest = Double(values[i * stride + sample]) - own
      if i == label { return (0, 0) }
      // A margin of zero asks for nothing.
      let share = isAdaptive ? (row[i] > 0 ? min(max(-rest / row[i], 0.01), 1) : 0.01) : 1
      return (share, rest + share * row[i])
    }
    var (largest, sum, best, predicted) = (-Double.infinity, 0.0, -Double.infinity, 0)
    var shiftSum = 0.0
    for i in 0..<classes {
      let z = margin(i).z
      // NaN must be kept.
      if !(z <= largest) { largest = z }
      shiftSum += z
      let score = Double(values[i * stride + sample])
      if score > best { (best, predicted) = (score, i) }
    }
    for i in 0..<classes { sum += exp(margin(i).z - largest) }
    let weight = weights.map { $0.load(sample) } ?? 1
    if predicted == label { correct += 1 }
    // The label's own z is zero, so that only the smoothed part of the target is subtracted.
    total += weight * (largest + log(sum) - smoothing / Double(classes) * shiftSum)
    guard let out, let gradient else { continue }
    for i in 0..<classes {
      let (share, z) = margin(i)
      let probability = exp(z - largest) / sum
      let change = weight * scale * (probability - smoothing / Double(classes) - (i == label ? 1 - smoothing : 0))
      out[i * gradient.stride + sample] = Scalar(change)
      if i != label { cotangents?[label * classes + i] += share * change }
    }
  }
  if let out, let gradient {
    for i in 0..<classes { for column in count..<gradient.columns { out[i * gradient.stride + column] = 0 } }
  }
  return total
}

/// table[y,i] = factor·|w_y − w_i| for the rows w of a matrix of either precision; without a matrix for orthogonal rows of length 1.
package func rowDistances(_ weights: Matrix?, times factor: Double, into table: Matrix) {
  let watch = Watch.current
  for y in 0..<table.rows where !watch.isOver {
    table.setElement(y, y, 0)
    for i in 0..<y {
      let distance = factor * (weights.map { rowDistance($0, y, i) } ?? 2.0.squareRoot())
      table.setElement(y, i, distance)
      table.setElement(i, y, distance)
    }
  }
}

/// The transpose of the derivative of `rowDistances` by the matrix. Equal rows have no cotangent.
package func pullBackRowDistances(_ weights: Matrix, cotangents: Matrix, times factor: Double, addingTo gradient: Matrix) {
  let watch = Watch.current
  for y in 0..<cotangents.rows where !watch.isOver {
    for i in 0..<y {
      let (distance, sum) = (rowDistance(weights, y, i), factor * (cotangents.element(y, i) + cotangents.element(i, y)))
      guard distance > 0, sum != 0 else { continue }
      for column in 0..<weights.columns {
        let change = sum * ((weights.element(y, column) - weights.element(i, column)) / distance)
        gradient.setElement(y, column, gradient.element(y, column) + change)
        gradient.setElement(i, column, gradient.element(i, column) - change)
      }
    }
  }
}

private func rowDistance(_ weights: Matrix, _ y: Int, _ i: Int) -> Double {
  var largest = 0.0
  for column in 0..<weights.columns {
    let difference = abs(weights.element(y, column) - weights.element(i, column))
    // NaN must be kept.
    if !(difference <= largest) { largest = difference }
  }
  guard largest > 0, largest.isFinite else { return largest }
  var sum = 0.0
  for column in 0..<weights.columns {
    let difference = (weights.element(y, column) - weights.element(i, column)) / largest
    sum += difference * difference
  }
  return largest * sum.squareRoot()
}
