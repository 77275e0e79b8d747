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
  /// The random changes of a training step's images.
  package let augmentation: StepAugmentation?
  /// What messages call a sample whose row is none of the caller's; nil: its row.
  package let name: ((_ sample: Int) -> String)?

  package init(
    features: TensorView, rows: UnsafePointer<Int64>? = nil, firstRow: Int = 0, normalization: Normalization?, augmentation: StepAugmentation? = nil,
    name: ((_ sample: Int) -> String)? = nil
  ) {
    self.name = name
    self.augmentation = augmentation
    self.features = features
    self.rows = rows
    self.firstRow = firstRow
    self.normalization = normalization
  }

  /// The caller's row number of a sample of the batch.
  package func row(of sample: Int) -> Int { firstRow + (rows.map { Int($0[sample]) } ?? sample) }

  /// Multiplies tangents or cotangents of normalized features by the slopes of asinh at the samples' squashed features.
  func multiplyBySlopes(_ tile: Block, _ samples: Range<Int>) {
    guard let normalization else { return }
    for feature in normalization.squashed {
      let changes = Vector(tile.rows(feature..<feature + 1).base, count: samples.count, precision: tile.precision)
      for (column, sample) in samples.enumerated() {
        let number = features.number(row: rows.map { Int($0[sample]) } ?? sample, column: feature)
        changes.store(changes.load(column) * normalization.slope(of: feature, at: number), at: column)
      }
    }
  }

  /// The failure of a sample, with the caller's row number.
  package func named(_ failure: SampleFailure) -> Failure {
    guard failure.sample >= 0 else { return failure.failure }
    return Failure(failure.failure.status, "\(name?(failure.sample) ?? "row \(row(of: failure.sample))"): \(failure.failure.message)")
  }
}

/// Why a row of features cannot enter a network.
struct IntakeFault {
  /// The place of the row in the features that were checked.
  let row: Int
  /// The failure, which names the caller's row.
  let failure: Failure
}

extension NetworkPlan {
  /// Checks a caller's features as they enter the network: after normalization, all numbers that it reads must be finite in the network's precision, and sequences must be valid.
  ///
  /// - Parameters:
  ///   - features: samples × inputs.
  ///   - firstRow: the caller's number of the first row.
  ///   - bound: a bound of the features' magnitudes (`magnitudeBound`), if it is known.
  ///   - name: what the features are called in messages ("features", "the training data").
  /// - Throws: `invalidData` naming the first bad row, and its column or step; `memory` if a number has to be searched for; the reason why the work must end.
  /// - Complexity: one pass; no pass over the numbers if `bound` is given and small enough.
  package func checkIntake(_ features: TensorView, _ normalization: Normalization?, bound: Double? = nil, firstRow: Int = 0, called name: StaticString) throws(Failure) {
    if let fault = try intakeFault(features, normalization, bound: bound, firstRow: firstRow, called: name) { throw fault.failure }
  }

  /// The first row that `checkIntake` refuses; nil if there is none.
  func intakeFault(_ features: TensorView, _ normalization: Normalization?, bound: Double? = nil, firstRow: Int = 0, called name: StaticString) throws(Failure) -> IntakeFault? {
    let work = bound == nil || sequence != nil ? features.columns : 0
    if features.rows * work < 1 << 16 { return try pieceFault(features, normalization, bound, firstRow, name) }
    var found: IntakeFault?
    try Watch.pieces(features.rows, work: work) { rows throws(Failure) in
      if found != nil { return }
      guard let fault = try pieceFault(features.rows(rows), normalization, bound, firstRow + rows.lowerBound, name) else { return }
      found = IntakeFault(row: rows.lowerBound + fault.row, failure: fault.failure)
    }
    return found
  }

  /// `intakeFault` for so few numbers that the watch need not be asked.
  private func pieceFault(_ features: TensorView, _ normalization: Normalization?, _ bound: Double?, _ firstRow: Int, _ name: StaticString) throws(Failure) -> IntakeFault? {
    let fault = try numberFault(features, normalization, bound: bound, firstRow: firstRow, called: name)
    // An earlier row may be a bad sequence.
    guard sequence != nil, let earlier = sequenceFault(features.rows(0..<(fault?.row ?? features.rows)), firstRow: firstRow, called: name) else { return fault }
    return earlier
  }

  /// The number of rows before the first one that the network refuses, and the refusal. Calls compute these rows as well, because one of them may fail too and is then the first bad row.
  /// - Throws: the refusal of row 0.
  func soundRows(_ features: TensorView, _ normalization: Normalization?) throws(Failure) -> (count: Int, refusal: Failure?) {
    guard let fault = try intakeFault(features, normalization, called: "features") else { return (features.rows, nil) }
    if fault.row == 0 { throw fault.failure }
    return (fault.row, fault.failure)
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

  /// The first number that the network reads and cannot hold.
  private func numberFault(
    _ features: TensorView, _ normalization: Normalization?, bound: Double?, firstRow: Int, called name: StaticString
  ) throws(Failure) -> IntakeFault? {
    let bound = bound ?? (normalization == nil && features.type == .float32 && firstNonFinite(features) == nil ? 0 : magnitudeBound(features))
    // A bound of the normalized numbers; only if it is too large is each normalized number checked.
    let entering = normalization.map { max(bound + $0.largestShift, (bound + $0.largestShift) * $0.largestScale) } ?? bound
    if entering <= precision.largest { return nil }
    let memory = try Buffer(count: inputs, precision: precision)
    defer { withExtendedLifetime(memory) {} }
    let numbers = memory.vector(count: inputs, precision: precision)
    let sample = Block(memory.base, rows: inputs, columns: 1, precision: precision)
    for row in 0..<features.rows {
      gather(features, rows: nil, start: row, count: 1, scaling: normalization?.scaling, into: sample)
      if allFinite(numbers) { continue }
      guard let column = (0..<inputs).first(where: { !numbers.load($0).isFinite && (sequence?.format.reads($0, of: row, in: features) ?? true) }) else { continue }
      let (number, place) = (features.number(row: row, column: column), "at row \(firstRow + row), column \(column)")
      let text =
        !number.isFinite ? "NaN or infinity \(place)"
        : normalization == nil ? "\(number) \(place), too large for \(precision.name)" : "\(number) \(place), which is too large for \(precision.name) once it is normalized"
      return IntakeFault(row: row, failure: Failure(.invalidData, "\(name) holds \(text)"))
    }
    return nil
  }
}
