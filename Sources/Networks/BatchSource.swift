import Integrators
import LinearAlgebra
import Settings

/// Where a batch comes from: rows of a features tensor, by number from `rows` if given.
package struct BatchSource {
  package let features: TensorView
  package let rows: UnsafePointer<Int64>?
  /// The number that the caller knows the first row by, where the features are a part of the caller's.
  package let firstRow: Int
  package let normalization: Normalization?

  package init(features: TensorView, rows: UnsafePointer<Int64>? = nil, firstRow: Int = 0, normalization: Normalization?) {
    self.features = features
    self.rows = rows
    self.firstRow = firstRow
    self.normalization = normalization
  }

  /// The caller's number of the row that a sample of the batch is.
  package func row(of sample: Int) -> Int { firstRow + (rows.map { Int($0[sample]) } ?? sample) }

  /// Why a sample has no result, with the caller's row.
  package func named(_ failure: SampleFailure) -> Failure {
    guard failure.sample >= 0 else { return failure.failure }
    return Failure(failure.failure.status, "row \(row(of: failure.sample)): \(failure.failure.message)")
  }
}

extension NetworkPlan {
  /// Checks what a caller's features are when they enter the network: finite numbers that the network's precision holds, once normalized, and sequences that are sound.
  ///
  /// - Parameters:
  ///   - features: samples × inputs.
  ///   - firstRow: the number that the caller knows the first row by.
  ///   - bound: of the features' magnitudes (`magnitudeBound`), where it is known.
  ///   - name: what the features are called in messages ("features", "the training data").
  /// - Throws: `invalidData` naming row and column, or sample and step; `memory` where a number has to be looked for; why the work must end.
  /// - Complexity: one pass; none over the numbers where `bound` is given and small.
  package func checkIntake(_ features: TensorView, _ normalization: Normalization?, bound: Double? = nil, firstRow: Int = 0, called name: StaticString) throws(Failure) {
    try Watch.pieces(features.rows, work: bound == nil || sequence != nil ? features.columns : 0) { rows throws(Failure) in
      let (part, first) = (features.rows(rows), firstRow + rows.lowerBound)
      try checkNumbers(part, normalization, bound: bound, firstRow: first, called: name)
      if sequence != nil { try checkSequences(part, firstRow: first, called: "\(name)") }
    }
  }

  /// Notes the samples of a tile that `checkIntake` refuses.
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
    // What normalization makes of a number at most; where that is too much, each is looked at as it will be.
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
