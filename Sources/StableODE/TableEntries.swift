import CStableODE
import Datasets
import LinearAlgebra
import Networks
import Settings

// Section 6 of the header: tables, and what is made of them.

@_cdecl("sode_table_from_stream") @implementation
public func sode_table_from_stream(_ stream: UnsafeMutablePointer<ArrowArrayStream>?, _ table: UnsafeMutablePointer<OpaquePointer?>?) -> sode_status {
  reporting { () throws(Failure) in
    let out = try required(table, "table")
    let reader = try ArrowReader(try required(stream, "stream"))
    var (batches, rows): ([Table.Batch], Int) = ([], 0)
    while let owner = try reader.next() {
      let batch = try reader.columns.batch(owner.array, firstRow: rows, owner: owner)
      let (sum, overflow) = rows.addingReportingOverflow(batch.count)
      guard !overflow else { throw Failure(.invalidData, "the Arrow stream has too many rows") }
      rows = sum
      batches.append(batch)
      try Watch.check()
    }
    try hand(Table(reader.columns.schema, batches: batches), .table, to: out)
  }
}

@_cdecl("sode_table_from_array") @implementation
public func sode_table_from_array(
  _ schema: UnsafePointer<ArrowSchema>?, _ array: UnsafeMutablePointer<ArrowArray>?, _ table: UnsafeMutablePointer<OpaquePointer?>?
) -> sode_status {
  reporting { () throws(Failure) in
    let out = try required(table, "table")
    let (schema, given) = (try required(schema, "schema"), try required(array, "array"))
    let columns = try ArrowColumns(schema.pointee)
    guard given.pointee.release != nil else { throw Failure(.invalidData, "the Arrow array has been released") }
    // The array becomes the table's only when nothing can fail any more.
    let owner = ArrowOwner(given.pointee)
    do throws(Failure) {
      let batch = try columns.batch(given.pointee, firstRow: 0, owner: owner)
      try hand(Table(columns.schema, batches: [batch]), .table, to: out)
    } catch {
      owner.giveBack()
      throw error
    }
    given.pointee.release = nil
  }
}

@_cdecl("sode_table_from_tensor") @implementation
public func sode_table_from_tensor(
  _ features: UnsafePointer<sode_tensor>?, _ release: (@convention(c) (UnsafeMutableRawPointer?) -> Void)?, _ user_data: UnsafeMutableRawPointer?,
  _ table: UnsafeMutablePointer<OpaquePointer?>?
) -> sode_status {
  reporting { () throws(Failure) in
    let out = try required(table, "table")
    let features = try CallerTensor(features, "features")
    guard features.axes == 1 || features.axes == 2 else { throw Failure(.shapeMismatch, "features has shape \(features.extents); it must be [samples, features], or [samples] for one column") }
    let owner = CallerMemory(release, user_data)
    try hand(try Table(dense: features.axes == 1 ? features.readingColumn : features.reading, owner: owner), .table, to: out)
    owner.isTaken = true
  }
}

@_cdecl("sode_table_from_csr") @implementation
public func sode_table_from_csr(
  _ columns: Int64, _ starts: UnsafePointer<sode_tensor>?, _ indices: UnsafePointer<sode_tensor>?, _ values: UnsafePointer<sode_tensor>?,
  _ release: (@convention(c) (UnsafeMutableRawPointer?) -> Void)?, _ user_data: UnsafeMutableRawPointer?, _ table: UnsafeMutablePointer<OpaquePointer?>?
) -> sode_status {
  reporting { () throws(Failure) in
    let out = try required(table, "table")
    let columns = try checked(columns, "columns", in: 1...(1 << 31))
    func vector(_ tensor: UnsafePointer<sode_tensor>?, _ name: StaticString) throws(Failure) -> TensorView {
      let tensor = try CallerTensor(tensor, name)
      guard tensor.axes == 1 else { throw Failure(.shapeMismatch, "\(name) has shape \(tensor.extents); it must have one axis") }
      return tensor.readingColumn
    }
    let owner = CallerMemory(release, user_data)
    let rows = try SparseRows(
      columns: columns, starts: try vector(starts, "starts"), indices: try vector(indices, "indices"), values: try vector(values, "values"), owner: owner)
    try hand(Table(sparse: rows), .table, to: out)
    owner.isTaken = true
  }
}

@_cdecl("sode_table_describe") @implementation
public func sode_table_describe(_ table: OpaquePointer?, _ rows: UnsafeMutablePointer<Int64>?, _ columns: UnsafeMutablePointer<Int64>?) -> sode_status {
  reporting { () throws(Failure) in
    guard rows != nil || columns != nil else { throw Failure(.nullPointer, "rows and columns are NULL; one of them is needed") }
    try using(table, .table, "table") { table throws(Failure) in
      rows?.pointee = Int64(table.rows)
      columns?.pointee = Int64(table.columns)
    }
  }
}

@_cdecl("sode_table_column_at") @implementation
public func sode_table_column_at(
  _ table: OpaquePointer?, _ index: Int64, _ name: UnsafeMutablePointer<UnsafePointer<CChar>?>?, _ type: UnsafeMutablePointer<UnsafePointer<CChar>?>?
) -> sode_status {
  reporting { () throws(Failure) in
    try using(table, .table, "table") { table throws(Failure) in
      let column = try element(of: 0..<table.columns, index)
      let kind = try interned(table.holdsDictionary(column) ? "dictionary" : table.type(of: column).name)
      // The name is the table's own, and goes with it.
      name?.pointee = table.schema?.texts[column] ?? emptyText
      type?.pointee = kind
    }
  }
}

@_cdecl("sode_table_free") @implementation
public func sode_table_free(_ table: OpaquePointer?) { free(table, .table, "table") }

@_cdecl("sode_dataset_from_table") @implementation
public func sode_dataset_from_table(
  _ table: OpaquePointer?, _ targets: OpaquePointer?, _ columns: OpaquePointer?, _ copy: Int32, _ dataset: UnsafeMutablePointer<OpaquePointer?>?
) -> sode_status {
  reporting { () throws(Failure) in
    let out = try required(dataset, "dataset")
    try using(table, .table, "table") { table throws(Failure) in
      try usingOptional(targets, .table, "targets") { targets throws(Failure) in
        try using(columns, .columns, "columns") { columns throws(Failure) in
          try hand(try Dataset(table, targets: targets, columns.record, isCopied: copy != 0), .dataset, to: out)
        }
      }
    }
  }
}

@_cdecl("sode_network_predict_table") @implementation
public func sode_network_predict_table(
  _ network: OpaquePointer?, _ table: OpaquePointer?, _ what: Int32, _ num_threads: Int64, _ result: UnsafeMutablePointer<sode_tensor>?
) -> sode_status {
  reportingStatus { () throws(Failure) in
    let what = try predictionKind(what)
    let threads = try threads(num_threads)
    return try using(network, .network, "network") { network throws(Failure) in
      try using(table, .table, "table") { table throws(Failure) in
        let plan = network.plan
        guard plan.sequence == nil else { throw Failure(.incompatible, "the network takes sequences, which come as arrays and not as tables") }
        let target = try predictionTarget(try CallerTensor(result, "result"), what.kind, samples: table.rows, plan.predictions)
        let rows = try EncodedRows(table, try network.columns(), isPartial: what.isPartial)
        defer { withExtendedLifetime(rows) {} }
        guard rows.view.columns == plan.inputs else { throw Failure(.shapeMismatch, "the table has \(rows.view.columns) features; the network has inputs \(plan.inputs)") }
        return try network.withPredictor(samples: table.rows, threads: threads) { predictor throws(Failure) in try predictor.run(rows.view, what, into: target) }
      }
    }
  }
}

/// A caller's memory that is in use until the last reference goes; the caller keeps it if the call fails that should take it.
final class CallerMemory {
  var isTaken = false
  private let release: (@convention(c) (UnsafeMutableRawPointer?) -> Void)?
  private let userData: UnsafeMutableRawPointer?

  init(_ release: (@convention(c) (UnsafeMutableRawPointer?) -> Void)?, _ userData: UnsafeMutableRawPointer?) { (self.release, self.userData) = (release, userData) }

  deinit { if isTaken, let release { callRelease(release, userData) } }
}
