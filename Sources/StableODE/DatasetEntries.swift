import CStableODE
import Datasets
import LinearAlgebra
import Networks
import Settings
import Training

// Section 6 of the header: data.

@_cdecl("sode_dataset_create") @implementation
public func sode_dataset_create(
  _ features: UnsafePointer<sode_tensor>?, _ targets: UnsafePointer<sode_tensor>?, _ dataset: UnsafeMutablePointer<OpaquePointer?>?
) -> sode_status {
  reporting { () throws(Failure) in
    let out = try required(dataset, "dataset")
    let features = try featureView(try CallerTensor(features, "features"))
    switch try targetView(try CallerTensor(targets, "targets"), samples: features.rows) {
    case .column(let numbers): try hand(try Dataset(copying: features, column: numbers), .dataset, to: out)
    case .values(let values): try hand(try Dataset(copying: features, values: values), .dataset, to: out)
    }
  }
}

@_cdecl("sode_dataset_retain") @implementation
public func sode_dataset_retain(
  _ features: UnsafePointer<sode_tensor>?, _ targets: UnsafePointer<sode_tensor>?, _ release: (@convention(c) (UnsafeMutableRawPointer?) -> Void)?,
  _ user_data: UnsafeMutableRawPointer?, _ dataset: UnsafeMutablePointer<OpaquePointer?>?
) -> sode_status {
  reporting { () throws(Failure) in
    let out = try required(dataset, "dataset")
    // If the call fails, the caller keeps its memory and release is never called: it is armed only once the handle has been handed out.
    let armed = Armed()
    let made = try borrowed(try CallerTensor(features, "features"), try CallerTensor(targets, "targets")) {
      if armed.isSet, let release { callRelease(release, user_data) }
    }
    try hand(made, .dataset, to: out)
    armed.isSet = true
  }
}

@_cdecl("sode_dataset_load_idx") @implementation
public func sode_dataset_load_idx(
  _ images_path: UnsafePointer<CChar>?, _ labels_path: UnsafePointer<CChar>?, _ dataset: UnsafeMutablePointer<OpaquePointer?>?
) -> sode_status {
  reporting { () throws(Failure) in
    let out = try required(dataset, "dataset")
    let made = try Dataset(imagesPath: try text(images_path, "images_path"), labelsPath: try text(labels_path, "labels_path"))
    try hand(made, .dataset, to: out)
  }
}

@_cdecl("sode_dataset_load_cifar") @implementation
public func sode_dataset_load_cifar(
  _ paths: UnsafePointer<UnsafePointer<CChar>?>?, _ files: Int64, _ classes: Int32, _ dataset: UnsafeMutablePointer<OpaquePointer?>?
) -> sode_status {
  reporting { () throws(Failure) in
    let out = try required(dataset, "dataset")
    let given = try required(paths, "paths")
    var names: [String] = []
    for index in 0..<(try checked(files, "files", in: 1...4096)) {
      do throws(Failure) { names.append(try text(given[index], "path")) } catch { throw Failure(error.status, "paths[\(index)]: \(error.message)") }
    }
    try hand(try Dataset(cifarPaths: names, classes: Int(classes)), .dataset, to: out)
  }
}

@_cdecl("sode_dataset_create_problem") @implementation
public func sode_dataset_create_problem(
  _ name: UnsafePointer<CChar>?, _ training_count: Int64, _ validation_count: Int64, _ seed: UInt64,
  _ training: UnsafeMutablePointer<OpaquePointer?>?, _ validation: UnsafeMutablePointer<OpaquePointer?>?
) -> sode_status {
  reporting { () throws(Failure) in
    let trainingOut = try required(training, "training")
    let validationOut = try required(validation, "validation")
    let problem = try problems(try text(name, "name"))
    let range: ClosedRange<Int64> = 0...1_000_000_000
    let made = try problem(
      training: try checked(training_count, "training_count", in: range), validation: try checked(validation_count, "validation_count", in: range),
      seed: seed)
    try hand(made, trainingOut, validationOut)
  }
}

@_cdecl("sode_dataset_slice") @implementation
public func sode_dataset_slice(_ dataset: OpaquePointer?, _ start: Int64, _ count: Int64, _ slice: UnsafeMutablePointer<OpaquePointer?>?) -> sode_status {
  reporting { () throws(Failure) in
    let out = try required(slice, "slice")
    try using(dataset, .dataset, "dataset") { dataset throws(Failure) in
      guard let start = Int(exactly: start), let count = Int(exactly: count) else { throw Failure(.outOfRange, "start or count is out of range") }
      try hand(try dataset.slice(start: start, count: count), .dataset, to: out)
    }
  }
}

@_cdecl("sode_dataset_weighted") @implementation
public func sode_dataset_weighted(
  _ dataset: OpaquePointer?, _ weights: UnsafePointer<sode_tensor>?, _ weighted: UnsafeMutablePointer<OpaquePointer?>?
) -> sode_status {
  reporting { () throws(Failure) in
    let out = try required(weighted, "weighted")
    let weights = try CallerTensor(weights, "weights")
    try using(dataset, .dataset, "dataset") { dataset throws(Failure) in
      try weights.expectVector(count: dataset.count, "one weight per sample")
      try hand(try dataset.weighted(by: weights.readingColumn), .dataset, to: out)
    }
  }
}

@_cdecl("sode_dataset_fold") @implementation
public func sode_dataset_fold(
  _ dataset: OpaquePointer?, _ folds: Int64, _ fold: Int64, _ seed: UInt64, _ training: UnsafeMutablePointer<OpaquePointer?>?,
  _ validation: UnsafeMutablePointer<OpaquePointer?>?
) -> sode_status {
  reporting { () throws(Failure) in
    let trainingOut = try required(training, "training")
    let validationOut = try required(validation, "validation")
    try using(dataset, .dataset, "dataset") { dataset throws(Failure) in
      let folds = try checked(folds, "folds", in: 2...mostSamples)
      let made = try dataset.fold(try checked(fold, "fold", in: 0...mostSamples), of: folds, seed: seed)
      try hand(made, trainingOut, validationOut)
    }
  }
}

@_cdecl("sode_dataset_describe") @implementation
public func sode_dataset_describe(_ dataset: OpaquePointer?, _ info: UnsafeMutablePointer<sode_dataset_info>?) -> sode_status {
  reporting { () throws(Failure) in
    let out = try required(info, "info")
    try using(dataset, .dataset, "dataset") { dataset throws(Failure) in
      var description = sode_dataset_info()
      description.target_kind = (dataset.values == nil ? TargetKind.labels : .values).rawValue
      description.samples = Int64(dataset.count)
      description.features = Int64(dataset.featureCount)
      description.targets = Int64(dataset.targetCount)
      description.feature_type = dataType(dataset.features.type)
      if let extents = dataset.features.axes?.extents { description.extents = (Int64(extents.0), Int64(extents.1), Int64(extents.2)) }
      description.is_weighted = dataset.weights == nil ? 0 : 1
      try writeStruct(description, to: out, "info")
    }
  }
}

@_cdecl("sode_dataset_get") @implementation
public func sode_dataset_get(_ dataset: OpaquePointer?, _ features: UnsafeMutablePointer<sode_tensor>?, _ targets: UnsafeMutablePointer<sode_tensor>?) -> sode_status {
  reporting { () throws(Failure) in
    guard features != nil || targets != nil else { throw Failure(.nullPointer, "features and targets are NULL; one of them is needed") }
    try using(dataset, .dataset, "dataset") { dataset throws(Failure) in
      var copies: [(TensorView, MutableTensorView)] = []
      var owners: [AnyObject] = []
      defer { withExtendedLifetime(owners) {} }
      if let features {
        let target = try CallerTensor(features, "features")
        try target.expect(shape: [dataset.count, dataset.featureCount], "samples, features")
        try target.expectWritable(or: dataset.features.type)
        let (view, memory) = try dataset.denseFeatures()
        if let memory { owners.append(memory) }
        copies.append((view, target.writing))
      }
      if let targets {
        let target = try CallerTensor(targets, "targets")
        if let values = dataset.values {
          let isColumn = target.axes == 1 && values.columns == 1
          let matrix = try target.withStepsInRows()
          if !isColumn || target.columns != dataset.count { try matrix.expect(shape: [dataset.count, dataset.targetCount], "samples, values") }
          try target.expectWritable(or: values.type)
          copies.append((values, isColumn ? target.writingColumn : matrix.writing))
        } else if let labels = dataset.labels {
          try target.expectVector(count: dataset.count, "one label per sample")
          try target.expectWritableClasses()
          copies.append((TensorView(UnsafeRawPointer(labels), type: .int32, rows: dataset.count, columns: 1), target.writingColumn))
        }
      }
      for (source, target) in copies where target.type == .float32 {
        guard let place = try firstUnheldInPieces(source, by: .float32, allowsNaN: dataset.mayMiss) else { continue }
        throw Failure(.notFinite, "\(source.number(row: place.row, column: place.column)) at row \(place.row), column \(place.column) is too large for float32")
      }
      for (source, target) in copies { copyWhole(source, into: target) }
    }
  }
}

@_cdecl("sode_dataset_get_weights") @implementation
public func sode_dataset_get_weights(_ dataset: OpaquePointer?, _ weights: UnsafeMutablePointer<sode_tensor>?) -> sode_status {
  reporting { () throws(Failure) in
    let target = try CallerTensor(weights, "weights")
    try using(dataset, .dataset, "dataset") { dataset throws(Failure) in
      try target.expectVector(count: dataset.count, "one weight per sample")
      try target.expectWritableReals()
      let memory = try Buffer(count: dataset.count, precision: .float64)
      let values = memory.vector(count: dataset.count, precision: .float64)
      if let weights = dataset.weights { try copyInPieces(weights, into: values) } else { try Watch.pieces(values.count) { fill(values[$0], 1) } }
      withExtendedLifetime((memory, dataset)) { convertWhole(values, to: target.writingColumn) }
    }
  }
}

@_cdecl("sode_dataset_free") @implementation
public func sode_dataset_free(_ dataset: OpaquePointer?) { free(dataset, .dataset, "dataset") }

/// Hands out two data sets, or none on failure.
private func hand(
  _ made: (training: Dataset, validation: Dataset), _ training: UnsafeMutablePointer<OpaquePointer?>, _ validation: UnsafeMutablePointer<OpaquePointer?>
) throws(Failure) {
  var first: OpaquePointer?
  try hand(made.training, .dataset, to: &first)
  do throws(Failure) {
    try hand(made.validation, .dataset, to: validation)
  } catch {
    free(first, .dataset, "training")
    throw error
  }
  training.pointee = first
}

/// Whether a release callback may be called.
private final class Armed {
  var isSet = false
}

/// A data set that uses the caller's memory, during a call or until it calls `release`.
/// - Parameter isChecked: whether the features have been checked as they enter a network.
func borrowed(_ features: CallerTensor, _ targets: CallerTensor, isChecked: Bool = false, release: @escaping () -> Void = {}) throws(Failure) -> Dataset {
  let view = try featureView(features)
  switch try targetView(targets, samples: view.rows) {
  case .column(let numbers): return try Dataset(retaining: view, column: numbers, isChecked: isChecked, release: release)
  case .values(let values): return try Dataset(retaining: view, values: values, isChecked: isChecked, release: release)
  }
}

extension Dataset {
  /// The data with targets in the form that a network's loss needs.
  /// - Throws: `invalidData` for a label that is not a class of the network; `incompatible` for the wrong kind of targets; `shapeMismatch` for a wrong number of values.
  func suited(to plan: NetworkPlan, _ scaling: TargetScaling?) throws(Failure) -> Dataset {
    guard plan.loss.targetKind == .values else { return try labeled(for: plan) }
    let suited = readAsValues
    guard let values = suited.values else { throw Failure(.internal, "a dataset without targets") }
    guard values.columns == plan.targetCount else {
      let given = values.columns == 1 ? "targets give one number per sample" : "targets have shape [\(count), \(values.columns)]"
      throw Failure(.shapeMismatch, "\(given); this network's loss needs values of shape \(plan.targetShape(count))\(plan.targetNote)")
    }
    try suited.requireValues(
      heldBy: plan.precision, within: plan.loss.targetBounds, entering: scaling.map { ($0.entering, $0.largest(suited.valueBound)) }, allowsMissing: plan.steps != nil)
    return suited
  }
}

/// Targets as the caller gave them: one number per sample, which the loss reads as a label or as a value, or a matrix of values.
private enum TargetView {
  case column(TensorView)
  case values(TensorView)
}

private func featureView(_ features: CallerTensor) throws(Failure) -> TensorView {
  guard let samples = features.readingSamples else {
    throw Failure(.shapeMismatch, "features has shape \(features.extents); it must be [samples, features], or for images [samples, channels, height, width] with any order of the last three")
  }
  return samples
}

private func targetView(_ targets: CallerTensor, samples: Int) throws(Failure) -> TargetView {
  guard 1...3 ~= targets.axes else {
    throw Failure(
      .shapeMismatch, "targets has shape \(targets.extents); it must be [samples] (class labels, or one value per sample), [samples, values], or [samples, steps] or [samples, steps, values] for outputs at every step")
  }
  let view = targets.axes == 1 ? targets.readingColumn : try targets.withStepsInRows().reading
  guard view.rows == samples else { throw Failure(.shapeMismatch, "targets has \(view.rows) samples and features \(samples); both must have the same number") }
  return targets.axes == 1 ? .column(view) : .values(view)
}

extension CallerTensor {
  /// Fails unless the array has the type `own` or a floating-point type, with each element at a separate address.
  fileprivate func expectWritable(or own: ElementType) throws(Failure) {
    if type == own { return try expectDistinctElements() }
    try expectWritableReals()
  }
}
