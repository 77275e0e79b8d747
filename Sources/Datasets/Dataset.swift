import LinearAlgebra
import Settings

/// Samples with their class labels or target values. A data set is checked once, when it is made, and immutable afterwards.
///
/// Features are samples × features in their original type (images stay uint8); kernels convert them tile by tile. Labels are stored as Int32.
/// A data set owns its memory, or borrows the caller's until it calls the release closure. A slice shares memory with its data set.
package final class Dataset: @unchecked Sendable {
  /// Samples × features.
  package let features: TensorView
  /// `count` labels 0 … classCount − 1, or nil when the targets are values.
  package let labels: UnsafePointer<Int32>?
  /// Samples × values, or nil when the targets are class labels.
  package let values: TensorView?
  /// The number of classes: the given one, or else the largest label + 1; 0 if the targets are values. A slice has the same number as the whole data set.
  package let classCount: Int
  /// The weights of the samples in a training loss: `count` numbers ≥ 0, float64; nil if all samples have the same weight.
  package let weights: Vector?
  /// Bounds of the magnitudes of features and target values: what a network's precision must hold.
  package let featureBound: Double
  package let valueBound: Double
  /// Whether target values may be NaN, which stands for one that was not observed. Networks with outputs at every step of a sequence take such values.
  package let mayMiss: Bool
  /// The labels of each step, which `labeled(steps:below:)` makes of target values; nil for other data.
  package let stepLabels: StepLabels?
  /// How the features were made of a table's columns, and the names of the classes; nil for data without names.
  package let columns: ColumnRecord?
  /// The height and width of images of one channel, where the data set was read from a file that says so. Features without axes may have any other shape of as many numbers.
  package let pixels: Pixels?
  /// The object that keeps the memory alive.
  let owners: [AnyObject]

  package struct Pixels: Equatable, Sendable {
    package let height: Int
    package let width: Int
  }

  package var count: Int { features.rows }
  package var featureCount: Int { features.columns }
  /// The number of classes, or of values per sample.
  package var targetCount: Int { values?.columns ?? classCount }

  /// - Parameters:
  ///   - featureBound: the bound of magnitudes, if it is known; nil to compute it from the numbers.
  ///   - valueBound: the bound of magnitudes; 0 for labels.
  init(
    features: TensorView, labels: UnsafePointer<Int32>?, values: TensorView?, classCount: Int, weights: Vector? = nil, featureBound: Double? = nil,
    valueBound: Double, mayMiss: Bool, stepLabels: StepLabels? = nil, columns: ColumnRecord? = nil, pixels: Pixels? = nil, owners: [AnyObject]
  ) {
    self.features = features
    self.labels = labels
    self.values = values
    self.classCount = classCount
    self.weights = weights
    self.featureBound = featureBound ?? magnitudeBound(features)
    (self.valueBound, self.mayMiss, self.stepLabels) = (valueBound, mayMiss, stepLabels)
    self.columns = columns
    self.pixels = pixels
    self.owners = owners
  }

  /// The same data set with another view of its features: the same numbers in another order of their axes.
  package func replacing(features view: TensorView) -> Dataset {
    Dataset(
      features: view, labels: labels, values: values, classCount: classCount, weights: weights, featureBound: featureBound, valueBound: valueBound, mayMiss: mayMiss, stepLabels: stepLabels,
      columns: columns, pixels: pixels, owners: owners)
  }

  /// Copies features and labels; the features keep their type.
  ///
  /// - Parameters:
  ///   - features: samples × features, any type and strides; finite.
  ///   - labels: samples × 1, any type; whole numbers 0 … classes − 1.
  ///   - classes: the number of classes, or nil to take the largest label + 1.
  /// - Throws: `shapeMismatch` (no samples, no features, counts that differ), `invalidData` (NaN or infinite feature, label that is not a class: row and
  ///   column are named), `memory`.
  /// Cost: one pass over the data; memory: its size and 4 bytes per label.
  package convenience init(copying features: TensorView, labels: TensorView, classes: Int? = nil) throws(Failure) {
    try checkRoom(for: features, "features")
    try checkRoom(for: labels, "labels", bytesPerNumber: 12)
    try self.init(copying: features, try checkedLabels(labels, samples: features.rows, classes: classes))
  }

  private convenience init(copying features: TensorView, _ checked: (labels: Buffer, classCount: Int)) throws(Failure) {
    let bound = try checkNumbers(features, "features").bound
    let (copy, memory) = try packed(features)
    let pointer = UnsafePointer(checked.labels.labels(count: features.rows))
    self.init(features: copy, labels: pointer, values: nil, classCount: checked.classCount, featureBound: bound, valueBound: 0, mayMiss: false, owners: [memory, checked.labels])
  }

  /// Copies features and target values (samples × values); see `init(copying:labels:classes:)`. Values are finite, but where a sample has several, NaN stands for one that was not observed.
  package convenience init(copying features: TensorView, values: TensorView) throws(Failure) {
    try checkRoom(for: features, "features")
    try checkRoom(for: values, "targets")
    let (bound, checked) = (try checkNumbers(features, "features").bound, try checkValues(values, samples: features.rows))
    let (copy, memory) = try packed(features)
    let (valuesCopy, valuesMemory) = try packed(values)
    self.init(features: copy, labels: nil, values: valuesCopy, classCount: 0, featureBound: bound, valueBound: checked.bound, mayMiss: checked.mayMiss, owners: [memory, valuesMemory])
  }

  /// Borrows the features and copies the labels (as Int32).
  ///
  /// - Parameter release: called once, when this data set and all its slices have been destroyed; not called if this initializer fails.
  package convenience init(retaining features: TensorView, labels: TensorView, classes: Int? = nil, release: @escaping () -> Void) throws(Failure) {
    try checkRoom(for: labels, "labels", bytesPerNumber: 12)
    try self.init(retaining: features, try checkedLabels(labels, samples: features.rows, classes: classes), release: release)
  }

  private convenience init(
    retaining features: TensorView, _ checked: (labels: Buffer, classCount: Int), isChecked: Bool = false, release: @escaping () -> Void
  ) throws(Failure) {
    let bound = isChecked ? .infinity : try checkNumbers(features, "features").bound
    let pointer = UnsafePointer(checked.labels.labels(count: features.rows))
    self.init(features: features, labels: pointer, values: nil, classCount: checked.classCount, featureBound: bound, valueBound: 0, mayMiss: false, owners: [Borrowed(release), checked.labels])
  }

  /// Borrows the features and the target values; see `init(retaining:labels:classes:release:)`.
  package convenience init(retaining features: TensorView, values: TensorView, isChecked: Bool = false, release: @escaping () -> Void) throws(Failure) {
    let (bound, checked) = (isChecked ? .infinity : try checkNumbers(features, "features").bound, try checkValues(values, samples: features.rows))
    self.init(features: features, labels: nil, values: values, classCount: 0, featureBound: bound, valueBound: checked.bound, mayMiss: checked.mayMiss, owners: [Borrowed(release)])
  }

  /// Copies features and one number for each sample. If all numbers are valid class labels they are stored as labels, otherwise as values; the loss decides how they are read (`readAsValues`).
  ///
  /// - Parameter numbers: samples × 1, any type; finite.
  /// - Throws: as `init(copying:labels:classes:)`, except that numbers need not be labels.
  package convenience init(copying features: TensorView, column numbers: TensorView) throws(Failure) {
    try checkRoom(for: features, "features")
    try checkRoom(for: numbers, "targets", bytesPerNumber: 12)
    if let checked = try labelsIfAllAre(numbers, samples: features.rows) {
      try self.init(copying: features, checked)
    } else {
      try self.init(copying: features, values: numbers)
    }
  }

  /// Borrows the features, and the numbers if they are not labels; see `init(copying:column:)`.
  ///
  /// - Parameter isChecked: whether the features have been checked as they enter a network, which may leave numbers that it does not read.
  package convenience init(retaining features: TensorView, column numbers: TensorView, isChecked: Bool = false, release: @escaping () -> Void) throws(Failure) {
    try checkRoom(for: numbers, "targets", bytesPerNumber: 12)
    if let checked = try labelsIfAllAre(numbers, samples: features.rows) {
      try self.init(retaining: features, checked, isChecked: isChecked, release: release)
    } else {
      try self.init(retaining: features, values: numbers, isChecked: isChecked, release: release)
    }
  }

  /// This data set for a loss of values: class labels become one value per sample. Shares memory.
  package var readAsValues: Dataset {
    guard let labels else { return self }
    let column = TensorView(UnsafeRawPointer(labels), type: .int32, rows: count, columns: 1)
    return Dataset(features: features, labels: nil, values: column, classCount: 0, weights: weights, featureBound: featureBound, valueBound: Double(Int32.max), mayMiss: false, columns: columns, pixels: pixels, owners: owners)
  }

  /// The samples `start` … `start + count − 1`, sharing memory with this data set.
  /// - Throws: `outOfRange` if not all of them exist, or `count` is not positive.
  package func slice(start: Int, count: Int) throws(Failure) -> Dataset {
    guard count >= 1 else { throw Failure(.outOfRange, "count is \(count); it must be >= 1") }
    guard start >= 0, start < self.count, count <= self.count - start else {
      throw Failure(.outOfRange, "start is \(start) and count \(count); the data set has samples 0 … \(self.count - 1)")
    }
    let rows = start..<start + count
    return Dataset(
      features: features.rows(rows), labels: labels.map { $0 + start }, values: values?.rows(rows), classCount: classCount, weights: weights?[rows], featureBound: featureBound,
      valueBound: valueBound, mayMiss: mayMiss, stepLabels: stepLabels?.from(start), columns: columns, pixels: pixels, owners: owners)
  }

  /// The first `count` samples.
  package func prefix(_ count: Int) throws(Failure) -> Dataset { try slice(start: 0, count: count) }

  /// Checks that a precision can represent the target values, and that they lie within bounds.
  /// - Parameters:
  ///   - bounds: what the values themselves must lie in; nil: anywhere.
  ///   - scaling: how the values enter the network, whose precision must then hold what they become, and a bound of that; nil: as they are.
  ///   - allowsMissing: whether NaN stands for a value that was not observed.
  /// - Throws: `invalidData` naming row and column; why the work must end.
  package func requireValues(
    heldBy precision: Precision, within bounds: ClosedRange<Double>? = nil, entering scaling: (numbers: FeatureScaling, bound: Double)? = nil, allowsMissing: Bool = false
  ) throws(Failure) {
    if mayMiss, !allowsMissing, let values, let place = try firstUnheldInPieces(values, by: .float64) {
      throw Failure(
        .invalidData, "targets hold NaN at row \(place.row), column \(place.column); they must be finite, because this network has no outputs at every step, of which some may be unobserved")
    }
    if let bounds, let values, let place = try firstOutside(bounds, values, allowsNaN: mayMiss) {
      let allowed = bounds.upperBound.isFinite ? "between \(bounds.lowerBound) and \(bounds.upperBound)" : ">= \(bounds.lowerBound)"
      throw Failure(
        .invalidData, "targets hold \(values.number(row: place.row, column: place.column)) at row \(place.row), column \(place.column); this network's loss needs values \(allowed)")
    }
    if let scaling, let values {
      if scaling.bound <= precision.largest { return }
      return try Watch.pieces(values.rows, work: values.columns) { (rows) throws(Failure) in
        for row in rows {
          for column in 0..<values.columns {
            let value = values.number(row: row, column: column)
            let entering = (value - (scaling.numbers.shift?.load(column) ?? 0)) * (scaling.numbers.scale?.load(column) ?? 1)
            guard entering.magnitude <= precision.largest || value.isNaN else {
              throw Failure(.invalidData, "targets hold \(value) at row \(row), column \(column), which is too large for \(precision.name) once it is scaled")
            }
          }
        }
      }
    }
    guard valueBound > precision.largest, let values, let place = firstUnheld(values, by: precision, allowsNaN: mayMiss) else { return }
    throw Failure(
      .invalidData,
      "targets hold \(values.number(row: place.row, column: place.column)) at row \(place.row), column \(place.column), too large for \(precision.name)")
  }

  /// Checks that the labels are classes of a network with `classes` outputs.
  /// - Throws: `invalidData` naming the first row with another label; `incompatible` for a matrix of target values.
  package func requireLabels(below classes: Int) throws(Failure) {
    guard let labels else {
      let values = targetCount
      // For one number per sample, the error names a number that is not a label, which says more than the shape.
      if let column = self.values, values == 1 { _ = try checkedLabels(column, samples: count, classes: classes) }
      throw Failure(.incompatible, "targets have shape [\(count), \(values)]; class labels have shape [\(count)], whole numbers 0 … \(classes - 1)")
    }
    guard classCount > classes else { return }
    try Watch.pieces(count) { (rows) throws(Failure) in
      for row in rows where Int(labels[row]) >= classes { throw labelFailure("\(labels[row])", row: row, classes: classes) }
    }
  }
}

/// A caller's memory, released when the last data set that shares it is destroyed.
private final class Borrowed {
  private let release: () -> Void
  init(_ release: @escaping () -> Void) { self.release = release }
  deinit { release() }
}

/// Checks that there is room for a copy before the numbers are read: with strides of 0 an array can be far larger than its memory.
/// - Parameter bytesPerNumber: nil for a copy in the same type. Labels are read as Doubles and kept as Int32: 12.
func checkRoom(for view: TensorView, _ what: String, bytesPerNumber: Int? = nil) throws(Failure) {
  let (elements, overflow) = view.rows.multipliedReportingOverflow(by: view.columns)
  let (bytes, tooLarge) = elements.multipliedReportingOverflow(by: bytesPerNumber ?? view.type.byteCount)
  try Memory.claiming(overflow || tooLarge ? -1 : bytes, for: "a copy of \(what)") { () throws(Failure) in }
}

/// The numbers as labels, one per sample; nil if one of them is not a label.
private func labelsIfAllAre(_ numbers: TensorView, samples: Int) throws(Failure) -> (labels: Buffer, classCount: Int)? {
  do throws(Failure) {
    return try checkedLabels(numbers, samples: samples, classes: nil)
  } catch {
    guard error.status == .invalidData else { throw error }
    return nil
  }
}

/// Checks target values and gives a bound of their magnitudes, and whether some are NaN, which is allowed where a sample has several.
private func checkValues(_ values: TensorView, samples: Int) throws(Failure) -> (bound: Double, mayMiss: Bool) {
  guard values.rows == samples else { throw Failure(.shapeMismatch, "targets hold \(values.rows) samples and features \(samples); both must have the same number") }
  return try checkNumbers(values, "targets", allowsNaN: values.columns > 1)
}

/// Checks for at least one sample and feature, strides that fit the address space, and finite numbers. Gives a bound of the magnitudes, and whether there is NaN.
func checkNumbers(_ view: TensorView, _ what: String, allowsNaN: Bool = false) throws(Failure) -> (bound: Double, mayMiss: Bool) {
  guard view.rows >= 1 else { throw Failure(.shapeMismatch, "\(what) hold \(view.rows) samples; at least 1 is needed") }
  guard view.columns >= 1 else { throw Failure(.shapeMismatch, "\(what) hold \(view.columns) columns; at least 1 is needed") }
  guard view.extent() != nil else { throw Failure(.shapeMismatch, "\(what): shape and strides do not fit the address space") }
  var (bound, mayMiss) = (0.0, false)
  try Watch.pieces(view.rows, work: view.columns) { rows throws(Failure) in
    let part = view.rows(rows)
    let (partBound, hasNaN) = allowsNaN ? magnitudeBoundOfPresent(part) : (magnitudeBound(part), false)
    bound = max(bound, partBound)
    mayMiss = mayMiss || hasNaN
    guard !partBound.isFinite else { return }
    let place = firstUnheld(part, by: .float64, allowsNaN: allowsNaN) ?? (0, 0)
    let value = part.number(row: place.row, column: place.column)
    throw Failure(
      .invalidData,
      "\(what) hold \(value.isNaN ? "NaN" : value > 0 ? "infinity" : "-infinity") at row \(rows.lowerBound + place.row), column \(place.column); they must be finite")
  }
  return (bound, mayMiss)
}
