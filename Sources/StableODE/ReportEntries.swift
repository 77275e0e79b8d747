import CStableODE
import LinearAlgebra
import Networks
import Settings
import Stability

// Section 14 of the header: reports.

@_cdecl("sode_network_stability_report") @implementation
public func sode_network_stability_report(
  _ network: OpaquePointer?, _ features: UnsafePointer<sode_tensor>?, _ options: UnsafePointer<CChar>?, _ length: Int, _ report: UnsafeMutablePointer<OpaquePointer?>?
) -> sode_status {
  reporting { () throws(Failure) in
    let out = try required(report, "report")
    let values = try reportOptions(options, length, scope: "stability_report", stabilityReportOptions)
    try using(network, .network, "network") { network throws(Failure) in
      let batch = try samples(try CallerTensor(features, "features"), network.plan)
      try hand(try network.withoutIdlePredictor { () throws(Failure) in try StabilityReport.make(network, batch, values) }, .report, to: out)
    }
  }
}

@_cdecl("sode_network_mechanics") @implementation
public func sode_network_mechanics(
  _ network: OpaquePointer?, _ features: UnsafePointer<sode_tensor>?, _ targets: UnsafePointer<sode_tensor>?, _ cotangent: UnsafePointer<sode_tensor>?, _ symmetry: UnsafePointer<sode_tensor>?,
  _ options: UnsafePointer<CChar>?, _ length: Int, _ report: UnsafeMutablePointer<OpaquePointer?>?
) -> sode_status {
  reporting { () throws(Failure) in
    let out = try required(report, "report")
    let values = try reportOptions(options, length, scope: "mechanics", mechanicsOptions)
    guard (targets == nil) != (cotangent == nil) else {
      throw Failure(targets == nil ? .nullPointer : .invalidArgument, "targets and cotangent are \(targets == nil ? "both NULL" : "both given"); momenta begin with the loss's gradient at targets or with a cotangent of the scores")
    }
    try using(network, .network, "network") { network throws(Failure) in
      let plan = network.plan
      let given = try CallerTensor(features, "features")
      let batch = try samples(given, plan)
      // Before anything reads as many targets or cotangents.
      try checkAnalyzed(samples: batch.rows)
      let matrix = try symmetry.map { (symmetry) throws(Failure) in try squareMatrix(try CallerTensor(symmetry, "symmetry")) }
      if let targets {
        let dataset = try borrowed(given, try CallerTensor(targets, "targets"), isChecked: true).suited(to: plan, network.snapshot.targetScaling)
        defer { withExtendedLifetime(dataset) {} }
        let aims = dataset.targets(network.snapshot.targetScaling, for: plan)
        try hand(try Mechanics.make(network, batch, .targets(aims), symmetry: matrix, values), .report, to: out)
      } else {
        let view = try StableODE.given(scores: try CallerTensor(cotangent, "cotangent"), samples: batch.rows, plan)
        try hand(try Mechanics.make(network, batch, .cotangent(view), symmetry: matrix, values), .report, to: out)
      }
    }
  }
}

@_cdecl("sode_network_check_derivatives") @implementation
public func sode_network_check_derivatives(
  _ network: OpaquePointer?, _ features: UnsafePointer<sode_tensor>?, _ report: UnsafeMutablePointer<OpaquePointer?>?
) -> sode_status {
  reporting { () throws(Failure) in
    let out = try required(report, "report")
    try using(network, .network, "network") { network throws(Failure) in
      let batch = try samples(try CallerTensor(features, "features"), network.plan)
      try hand(try DerivativeCheck.make(network, batch), .report, to: out)
    }
  }
}

@_cdecl("sode_report_json") @implementation
public func sode_report_json(_ report: OpaquePointer?, _ buffer: UnsafeMutablePointer<CChar>?, _ capacity: Int, _ needed: UnsafeMutablePointer<Int>?) -> sode_status {
  reporting { () throws(Failure) in
    try using(report, .report, "report") { report throws(Failure) in try copyOut(try report.document.written(), buffer, capacity, needed) }
  }
}

@_cdecl("sode_report_array_count") @implementation
public func sode_report_array_count(_ report: OpaquePointer?, _ count: UnsafeMutablePointer<Int64>?) -> sode_status {
  reporting { () throws(Failure) in
    let out = try required(count, "count")
    try using(report, .report, "report") { report throws(Failure) in out.pointee = Int64(report.arrays.count) }
  }
}

@_cdecl("sode_report_array_at") @implementation
public func sode_report_array_at(
  _ report: OpaquePointer?, _ index: Int64, _ name: UnsafeMutablePointer<UnsafePointer<CChar>?>?, _ ndim: UnsafeMutablePointer<Int32>?, _ shape: UnsafeMutablePointer<Int64>?,
  _ help: UnsafeMutablePointer<UnsafePointer<CChar>?>?
) -> sode_status {
  reporting { () throws(Failure) in
    try using(report, .report, "report") { report throws(Failure) in
      let array = try element(of: report.arrays, index)
      let (title, meaning) = (try interned(array.name), try interned(array.help))
      name?.pointee = title
      help?.pointee = meaning
      ndim?.pointee = Int32(array.shape.count)
      if let shape { for (axis, extent) in array.shape.enumerated() { shape[axis] = Int64(extent) } }
    }
  }
}

@_cdecl("sode_report_get_array") @implementation
public func sode_report_get_array(_ report: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ values: UnsafeMutablePointer<sode_tensor>?) -> sode_status {
  reporting { () throws(Failure) in
    try using(report, .report, "report") { report throws(Failure) in
      let array = try report.array(try text(name, "name"))
      let target = try CallerTensor(values, "values")
      try target.expect(shape: array.shape, "the extents of \(array.name)")
      try target.expectWritableReals()
      guard target.type == .float64 else { throw Failure(.unsupportedType, "values is an array of \(target.type.name); the arrays of a report are float64") }
      // A report's numbers may be NaN, for what was left out, or infinite.
      target.write(array.values)
    }
  }
}

@_cdecl("sode_report_free") @implementation
public func sode_report_free(_ report: OpaquePointer?) { free(report, .report, "report") }

/// The numbers of a square matrix, row by row.
/// - Throws: `shapeMismatch`; `invalidData` for a number that is not finite.
private func squareMatrix(_ tensor: CallerTensor) throws(Failure) -> [Double] {
  guard tensor.axes == 2, tensor.rows == tensor.columns else { throw Failure(.shapeMismatch, "\(tensor.argument) has shape \(tensor.extents); it must be a square matrix") }
  guard tensor.rows <= mostSymmetryRows else { throw Failure(.outOfRange, "\(tensor.argument) has \(tensor.rows) rows; at most \(mostSymmetryRows) are taken") }
  let view = try given(tensor, [tensor.rows, tensor.columns], "a square matrix", .float64)
  return (0..<view.rows).flatMap { row in (0..<view.columns).map { view.number(row: row, column: $0) } }
}

private let mostSymmetryRows = 1024

/// The options of a report from a JSON object; the defaults for NULL.
/// - Throws: `unsupportedType` for another kind of JSON; `unknownName` and `outOfRange` naming the option.
func reportOptions(_ pointer: UnsafePointer<CChar>?, _ length: Int, scope: String, _ descriptions: [OptionDescription]) throws(Failure) -> OptionValues {
  var values = OptionValues(scope: scope, descriptions)
  guard pointer != nil else { return values }
  let document = try json(pointer, length: length)
  guard let members = document.members else { throw Failure(.unsupportedType, "options is \(document.kindName); it must be a JSON object of options") }
  for (key, value) in members { try values.set(key, OptionValue(value)) }
  return values
}
