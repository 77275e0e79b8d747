import CStableODE
import Datasets
import LinearAlgebra
import Networks
import Settings

// Section 6 of the header: records of columns.

/// A JSON text of the caller's, as long as a record may be, whose reading counts as memory.
private func read<Result>(
  _ pointer: UnsafePointer<CChar>?, _ length: Int, _ argument: StaticString, _ body: (String) throws(Failure) -> Result
) throws(Failure) -> Result {
  guard length == textEnd || (0...ColumnRecord.mostBytes).contains(length) else {
    throw Failure(.outOfRange, "\(argument): its length is \(UInt(bitPattern: length)) bytes; at most \(ColumnRecord.mostBytes) are read")
  }
  let text = length == textEnd ? try text(pointer, argument, atMost: ColumnRecord.mostBytes) : try text(pointer, length: length, argument)
  return try Memory.claiming(text.utf8.count * JSON.mostBytesPerByte, for: "a JSON text of \(text.utf8.count) bytes") { () throws(Failure) in try body(text) }
}

/// A record of columns behind a handle.
final class ColumnsBox {
  let record: ColumnRecord
  /// The names of the classes as C reads them.
  let classes: TextList
  /// - Throws: `memory`.
  init(_ record: ColumnRecord) throws(Failure) {
    self.record = record
    classes = try TextList((record.target?.classes ?? []).map(\.text))
  }
}

@_cdecl("sode_columns_fit") @implementation
public func sode_columns_fit(
  _ table: OpaquePointer?, _ targets: OpaquePointer?, _ options: UnsafePointer<CChar>?, _ length: Int, _ columns: UnsafeMutablePointer<OpaquePointer?>?
) -> sode_status {
  reporting { () throws(Failure) in
    let out = try required(columns, "columns")
    let choices = options == nil ? ColumnChoices() : try read(options, length, "options") { (text) throws(Failure) in try ColumnChoices(text) }
    try using(table, .table, "table") { table throws(Failure) in
      try usingOptional(targets, .table, "targets") { targets throws(Failure) in
        try hand(try ColumnsBox(try ColumnRecord(fitting: table, targets: targets, choices)), .columns, to: out)
      }
    }
  }
}

@_cdecl("sode_columns_create_json") @implementation
public func sode_columns_create_json(_ text: UnsafePointer<CChar>?, _ length: Int, _ columns: UnsafeMutablePointer<OpaquePointer?>?) -> sode_status {
  reporting { () throws(Failure) in
    let out = try required(columns, "columns")
    try hand(try ColumnsBox(try read(text, length, "text") { (text) throws(Failure) in try ColumnRecord(text) }), .columns, to: out)
  }
}

@_cdecl("sode_columns_json") @implementation
public func sode_columns_json(_ columns: OpaquePointer?, _ buffer: UnsafeMutablePointer<CChar>?, _ capacity: Int, _ needed: UnsafeMutablePointer<Int>?) -> sode_status {
  reporting { () throws(Failure) in
    try using(columns, .columns, "columns") { columns throws(Failure) in try copyOut(try columns.record.json.written(), buffer, capacity, needed) }
  }
}

@_cdecl("sode_columns_describe") @implementation
public func sode_columns_describe(
  _ columns: OpaquePointer?, _ features: UnsafeMutablePointer<Int64>?, _ targets: UnsafeMutablePointer<Int64>?, _ classes: UnsafeMutablePointer<Int64>?
) -> sode_status {
  reporting { () throws(Failure) in
    guard features != nil || targets != nil || classes != nil else { throw Failure(.nullPointer, "features, targets and classes are NULL; one of them is needed") }
    try using(columns, .columns, "columns") { columns throws(Failure) in
      features?.pointee = Int64(columns.record.features ?? 0)
      targets?.pointee = Int64(columns.record.target?.names.count ?? 0)
      classes?.pointee = Int64(columns.record.target?.classes?.count ?? 0)
    }
  }
}

@_cdecl("sode_columns_class_at") @implementation
public func sode_columns_class_at(_ columns: OpaquePointer?, _ index: Int64, _ name: UnsafeMutablePointer<UnsafePointer<CChar>?>?) -> sode_status {
  reporting { () throws(Failure) in
    let out = try required(name, "name")
    try using(columns, .columns, "columns") { columns throws(Failure) in
      // The name is the record's own, and goes with it.
      out.pointee = columns.classes[try element(of: 0..<columns.classes.count, index)]
    }
  }
}

@_cdecl("sode_columns_free") @implementation
public func sode_columns_free(_ columns: OpaquePointer?) { free(columns, .columns, "columns") }

@_cdecl("sode_dataset_with_columns") @implementation
public func sode_dataset_with_columns(_ dataset: OpaquePointer?, _ columns: OpaquePointer?, _ named: UnsafeMutablePointer<OpaquePointer?>?) -> sode_status {
  reporting { () throws(Failure) in
    let out = try required(named, "named")
    try using(dataset, .dataset, "dataset") { dataset throws(Failure) in
      try using(columns, .columns, "columns") { columns throws(Failure) in try hand(try dataset.with(columns: columns.record), .dataset, to: out) }
    }
  }
}

@_cdecl("sode_dataset_get_columns") @implementation
public func sode_dataset_get_columns(_ dataset: OpaquePointer?, _ columns: UnsafeMutablePointer<OpaquePointer?>?) -> sode_status {
  reporting { () throws(Failure) in
    let out = try required(columns, "columns")
    try using(dataset, .dataset, "dataset") { dataset throws(Failure) in
      guard let record = dataset.columns else { throw Failure(.state, "the data set has no record of columns: it was not made of a table") }
      try hand(try ColumnsBox(record), .columns, to: out)
    }
  }
}

@_cdecl("sode_network_set_columns") @implementation
public func sode_network_set_columns(_ network: OpaquePointer?, _ columns: OpaquePointer?) -> sode_status {
  reporting { () throws(Failure) in
    try using(network, .network, "network") { network throws(Failure) in
      try usingOptional(columns, .columns, "columns") { columns throws(Failure) in try network.setColumns(columns?.record) }
    }
  }
}

@_cdecl("sode_network_get_columns") @implementation
public func sode_network_get_columns(_ network: OpaquePointer?, _ columns: UnsafeMutablePointer<OpaquePointer?>?) -> sode_status {
  reporting { () throws(Failure) in
    let out = try required(columns, "columns")
    try using(network, .network, "network") { network throws(Failure) in
      guard let record = try network.columns() else { throw Failure(.state, "the network has no record of columns: it was not trained with a table") }
      try hand(try ColumnsBox(record), .columns, to: out)
    }
  }
}
