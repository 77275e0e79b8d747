import CStableODE
import LinearAlgebra
import Networks
import Settings

// Section 4 of the header: what a network is.

/// A specification that a handle can own.
final class SpecificationBox {
  var specification = NetworkSpecification()
}

@_cdecl("sode_specification_create") @implementation
public func sode_specification_create(_ specification: UnsafeMutablePointer<OpaquePointer?>?) -> sode_status {
  reporting { () throws(Failure) in try hand(SpecificationBox(), .specification, to: try required(specification, "specification")) }
}

@_cdecl("sode_specification_set_int") @implementation
public func sode_specification_set_int(_ specification: OpaquePointer?, _ key: UnsafePointer<CChar>?, _ value: Int64) -> sode_status {
  set(specification, key) { () throws(Failure) in .integer(value) }
}

@_cdecl("sode_specification_set_real") @implementation
public func sode_specification_set_real(_ specification: OpaquePointer?, _ key: UnsafePointer<CChar>?, _ value: Double) -> sode_status {
  set(specification, key) { () throws(Failure) in .real(value) }
}

@_cdecl("sode_specification_set_text") @implementation
public func sode_specification_set_text(_ specification: OpaquePointer?, _ key: UnsafePointer<CChar>?, _ value: UnsafePointer<CChar>?) -> sode_status {
  set(specification, key) { () throws(Failure) in .text(try text(value, "value")) }
}

@_cdecl("sode_specification_set_json") @implementation
public func sode_specification_set_json(_ specification: OpaquePointer?, _ text: UnsafePointer<CChar>?, _ length: Int) -> sode_status {
  reporting { () throws(Failure) in
    try using(specification, .specification, "specification") { box throws(Failure) in
      try box.specification.apply(json: try json(text, length: length))
    }
  }
}

@_cdecl("sode_specification_add_block") @implementation
public func sode_specification_add_block(_ specification: OpaquePointer?) -> sode_status {
  reporting { () throws(Failure) in
    try using(specification, .specification, "specification") { box throws(Failure) in try box.specification.addBlock() }
  }
}

@_cdecl("sode_specification_json") @implementation
public func sode_specification_json(
  _ specification: OpaquePointer?, _ buffer: UnsafeMutablePointer<CChar>?, _ capacity: Int, _ needed: UnsafeMutablePointer<Int>?
) -> sode_status {
  reporting { () throws(Failure) in
    try using(specification, .specification, "specification") { box throws(Failure) in
      try copyOut(try box.specification.json.written(), buffer, capacity, needed)
    }
  }
}

@_cdecl("sode_specification_free") @implementation
public func sode_specification_free(_ specification: OpaquePointer?) { free(specification, .specification, "specification") }

/// Reads a JSON text argument. The memory that reading needs counts against the memory limit meanwhile.
func json(_ pointer: UnsafePointer<CChar>?, length: Int) throws(Failure) -> JSON {
  let text = try text(pointer, length: length, "text")
  return try Memory.claiming(text.utf8.count * JSON.mostBytesPerByte, for: "a JSON text of \(text.utf8.count) bytes") { () throws(Failure) in
    try JSON.read(text, limit: longestDocument)
  }
}

private func set(
  _ specification: OpaquePointer?, _ key: UnsafePointer<CChar>?, _ value: () throws(Failure) -> OptionValue
) -> sode_status {
  reporting { () throws(Failure) in
    try using(specification, .specification, "specification") { box throws(Failure) in
      try box.specification.set(try text(key, "key"), try value())
    }
  }
}
