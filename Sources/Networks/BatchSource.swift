import Integrators
import LinearAlgebra
import Settings

/// The source of a batch: rows of a features tensor, in the order of the row numbers `rows` if these are given.
package struct BatchSource {
  package let features: TensorView
  package let rows: UnsafePointer<Int64>?
  /// The caller's number of the first row, if the features are only a part of the caller's.
  package let firstRow: Int
  package let normalization: Normalization?

  package init(features: TensorView, rows: UnsafePointer<Int64>? = nil, firstRow: Int = 0, normalization: Normalization?) {
    self.features = features
    self.rows = rows
    self.firstRow = firstRow
    self.normalization = normalization
  }

  /// The caller's row number of a sample of the batch.
  package func row(of sample: Int) -> Int { firstRow + (rows.map { Int($0[sample]) } ?? sample) }

  /// The failure of a sample, with the caller's row number.
  package func named(_ failure: SampleFailure) -> Failure {
    guard failure.sample >= 0 else { return failure.failure }
    return Failure(failure.failure.status, "row \(row(of: failure.sample)): \(failure.failure.message)")
  }
}

extension NetworkPlan {
  /// Checks a caller's features as they enter the network: after normalization, all numbers must be finite in the network's precision, and sequences must be valid.
  ///
  /// - Parameters:
  ///   - features: samples × inputs.
  ///   - firstRow: the caller's number of the first row.
  ///   - bound: a bound of the features' magnitudes (`magnitudeBound`), if it is known.
  ///   - name: what the features are called in messages ("features", "the training data").
  /// - Throws: `invalidData` naming row and column, or sample and step; `memory` if a number has to be searched for; the reason why the work must end.
  /// - Complexity: one pass; no pass over the numbers if `bound` is given and small enough.
  package func checkIntake(_ features: TensorView, _ normalization: Normalization?, bound: Double? = nil, firstRow: Int = 0, called name: StaticString) throws(Failure) {
    try Watch.pieces(features.rows, work: bound == nil || sequence != nil ? features.columns : 0) { rows throws(Failure) in
      let (part, first) = (features.rows(rows), firstRow + rows.lowerBound)
      try checkNumbers(part, normalization, bound: bound, firstRow: first, called: name)
      if sequence != nil { try checkSequences(part, firstRow: first, called: "\(name)") }
    }
  }

  /// Records the samples of a tile that `checkIntake` refuses.
  func noteIntake(_ source: BatchSource, _ samples: Range<Int>, _ log: StepLog) {
    log.samples = samples
    do throws(Failure) {
      return try checkIntake(source.features.rows(samples), source.normalization, called: "features")
    } catch {
      for sample in samples {
        do throws(Failure) {
          try checkIntake(source.features.rows(sample..<sample + 1), source.normalization, firstRow: sample, called: "features")
        } catch {
          log.fail(column: sample - samples.lowerBound, error)
        }
      }
    }
  }

  private func checkNumbers(_ features: TensorView, _ normalization: Normalization?, bound: Double?, firstRow: Int, called name: StaticString) throws(Failure) {
    let bound = bound ?? (normalization == nil && features.type == .float32 && firstNonFinite(features) == nil ? 0 : magnitudeBound(features))
    // A bound of the normalized numbers; only if it is too large is each normalized number checked.
    let entering = normalization.map { max(bound + $0.largestShift, (bound + $0.largestShift) * $0.largestScale) } ?? bound
    if entering <= precision.largest { return }
    if let place = firstNonFinite(features) { throw Failure(.invalidData, "\(name) holds NaN or infinity at row \(firstRow + place.row), column \(place.column)") }
    let memory = try Buffer(count: inputs, precision: precision)
    defer { withExtendedLifetime(memory) {} }
    let sample = Block(memory.base, rows: inputs, columns: 1, precision: precision)
    for row in 0..<features.rows {
      gather(features, rows: nil, start: row, count: 1, scaling: normalization?.scaling, into: sample)
      let numbers = memory.vector(count: inputs, precision: precision)
      if allFinite(numbers) { continue }
      let column = (0..<inputs).first { !numbers.load($0).isFinite } ?? 0
      throw Failure(
        .invalidData,
        "\(name) holds \(features.number(row: row, column: column)) at row \(firstRow + row), column \(column)\(normalization == nil ? "" : ", which normalized is"), too large for \(precision.name)")
    }
  }
}
