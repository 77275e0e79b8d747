import LinearAlgebra
import Settings

extension Dataset {
  /// The most classes, which is the most outputs of a network: the counts of all classes lie in one array.
  private static let mostDealtClasses = 1_000_000

  /// Splits off fold `fold` of `folds`: its samples for validation, the others for training, both in their order in this data set.
  ///
  /// The samples are shuffled by `seed` and dealt out to the folds one by one, class after class if there are labels: the folds' sizes, and each class's counts in them, differ by one at most. Every
  /// sample is in exactly one fold; a fold depends on the data set, `folds` and `seed` alone. Samples keep their weights.
  /// - Parameters:
  ///   - folds: 2 … count.
  ///   - fold: 0 ..< folds.
  /// - Throws: `outOfRange`, also for a label of 1 000 000 or more; `memory`.
  /// - Complexity: copies the samples, because scattered rows cannot be a view of the data set.
  package func fold(_ fold: Int, of folds: Int, seed: UInt64) throws(Failure) -> (training: Dataset, validation: Dataset) {
    guard folds >= 2, folds <= count else { throw Failure(.outOfRange, "folds is \(folds); it must be between 2 and the number of samples, \(count)") }
    guard fold >= 0, fold < folds else { throw Failure(.outOfRange, "fold is \(fold); it must be between 0 and \(folds - 1)") }
    let memory = try Buffer(count: count, precision: .float64)
    let order = memory.rowNumbers(count: count)
    var stream = RandomStream(seed: seed, stream: 1 << 62)
    try stream.permutation(into: order, count: count)
    let places = try Buffer(count: count, precision: .float32)
    let foldOf = places.labels(count: count)
    if let labels {
      guard classCount <= Self.mostDealtClasses else {
        throw Failure(.outOfRange, "labels go up to \(classCount - 1); folds are dealt out class by class, for labels below \(Self.mostDealtClasses)")
      }
      // Each class begins with the fold after the last one used, so that the remainders of the classes do not all fall into the first folds.
      let starts = try Buffer(count: classCount + 1, precision: .float64)
      let next = starts.rowNumbers(count: classCount + 1)
      for row in 0..<count { next[Int(labels[row]) + 1] += 1 }
      for label in 0..<classCount { next[label + 1] += next[label] }
      try Watch.pieces(count, work: 16) { piece in
        for index in piece {
          let row = Int(order[index])
          foldOf[row] = Int32(next[Int(labels[row])] % Int64(folds))
          next[Int(labels[row])] += 1
        }
      }
      withExtendedLifetime(starts) {}
    } else {
      for index in 0..<count { foldOf[Int(order[index])] = Int32(index % folds) }
    }
    var own = 0
    for row in 0..<count where foldOf[row] == fold { own += 1 }
    // The permutation is no longer needed: its memory is reused for the rows of both parts.
    var (training, validation) = (0, count - own)
    for row in 0..<count {
      if foldOf[row] == fold {
        order[validation] = Int64(row)
        validation += 1
      } else {
        order[training] = Int64(row)
        training += 1
      }
    }
    defer { withExtendedLifetime((memory, places)) {} }
    return (try subset(order, count: count - own), try subset(order + (count - own), count: own))
  }

  /// Copies of the samples `rows`, in that order.
  /// - Throws: `memory`.
  package func subset(_ rows: UnsafePointer<Int64>, count: Int) throws(Failure) -> Dataset {
    let (features, memory) = try packed(features, rows: rows, count: count)
    var owners: [AnyObject] = [memory]
    var subsetLabels: UnsafePointer<Int32>?
    if let labels {
      let buffer = try Buffer(count: count, precision: .float32)
      gatherLabels(labels, rows: rows, start: 0, count: count, into: buffer.labels(count: count))
      subsetLabels = UnsafePointer(buffer.labels(count: count))
      owners.append(buffer)
    }
    var subsetValues: TensorView?
    if let values {
      let (view, buffer) = try packed(values, rows: rows, count: count)
      subsetValues = view
      owners.append(buffer)
    }
    var subsetWeights: Vector?
    if let weights {
      let view = TensorView(weights.base, type: .float64, rows: self.count, columns: 1)
      let (_, buffer) = try packed(view, rows: rows, count: count)
      subsetWeights = buffer.vector(count: count, precision: .float64)
      owners.append(buffer)
    }
    return Dataset(features: features, labels: subsetLabels, values: subsetValues, classCount: classCount, weights: subsetWeights, featureBound: featureBound, valueBound: valueBound, mayMiss: mayMiss, columns: columns, pixels: pixels, owners: owners)
  }
}
