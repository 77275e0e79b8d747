import CStableODE
import Settings

// Section 12 of the header: registries and options, as the modules that own them describe them.

@_cdecl("sode_registry_count") @implementation
public func sode_registry_count(_ registry: UnsafePointer<CChar>?, _ count: UnsafeMutablePointer<Int64>?) -> sode_status {
  reporting { () throws(Failure) in
    let out = try required(count, "count")
    out.pointee = Int64(try registryListing(try text(registry, "registry")).count)
  }
}

@_cdecl("sode_registry_at") @implementation
public func sode_registry_at(
  _ registry: UnsafePointer<CChar>?, _ index: Int64, _ name: UnsafeMutablePointer<UnsafePointer<CChar>?>?,
  _ help: UnsafeMutablePointer<UnsafePointer<CChar>?>?
) -> sode_status {
  reporting { () throws(Failure) in
    guard name != nil || help != nil else { throw Failure(.nullPointer, "name and help are NULL; one of them is needed") }
    let entry = try element(of: try registryListing(try text(registry, "registry")), index)
    let (nameText, helpText) = (try interned(entry.name), try interned(entry.help))
    name?.pointee = nameText
    help?.pointee = helpText
  }
}

@_cdecl("sode_option_count") @implementation
public func sode_option_count(_ scope: UnsafePointer<CChar>?, _ count: UnsafeMutablePointer<Int64>?) -> sode_status {
  reporting { () throws(Failure) in
    let out = try required(count, "count")
    out.pointee = Int64(try optionScope(try text(scope, "scope")).count)
  }
}

@_cdecl("sode_option_at") @implementation
public func sode_option_at(_ scope: UnsafePointer<CChar>?, _ index: Int64, _ info: UnsafeMutablePointer<sode_option_info>?) -> sode_status {
  reporting { () throws(Failure) in
    let out = try required(info, "info")
    _ = try structSize(out, "info")
    let option = try element(of: try optionScope(try text(scope, "scope")), index)
    try writeStruct(try described(option), to: out, "info")
  }
}

/// An option as the C struct.
private func described(_ listed: ListedOption) throws(Failure) -> sode_option_info {
  let option = listed.description
  var info = sode_option_info()
  if let takers = listed.takenBy { info.taken_by = try interned(takers) }
  info.required = option.isRequired ? 1 : 0
  info.automatic = option.isAutomatic ? 1 : 0
  info.key = try interned(option.key)
  info.unit = try interned(option.unit)
  info.help = try interned(option.help)
  info.allowed = try interned(option.kind.allowed)
  switch option.kind {
  case .integer(let bounds):
    info.type = Int32(SODE_OPTION_INT)
    (info.int_low, info.int_high) = (bounds.lowerBound, bounds.upperBound)
  case .real(let bounds, _):
    info.type = Int32(SODE_OPTION_REAL)
    (info.real_low, info.real_high) = (bounds.lowerBound, bounds.upperBound)
  case .choice(let names):
    info.type = Int32(SODE_OPTION_TEXT)
    info.choices = try interned(names.joined(separator: ","))
  case .flag:
    info.type = Int32(SODE_OPTION_BOOL)
    (info.int_low, info.int_high) = (0, 1)
  case .text, .reals: info.type = Int32(SODE_OPTION_TEXT)
  }
  if option.isRequired { return info }
  switch option.standard {
  case .integer(let value):
    info.int_default = value
    info.real_default = Double(value)
  case .real(let value): info.real_default = value
  case .text(let value): info.text_default = try interned(value)
  case .flag(let value): info.int_default = value ? 1 : 0
  case .structure: throw Failure(.internal, "option \(option.key) has a default that no option can have")
  }
  return info
}
