import CStableODE
import Networks
import Settings

// Section 5 of the header: the caller's metadata of a network.

@_cdecl("sode_network_set_metadata") @implementation
public func sode_network_set_metadata(_ network: OpaquePointer?, _ key: UnsafePointer<CChar>?, _ value: UnsafePointer<CChar>?) -> sode_status {
  reporting { () throws(Failure) in
    let key = try text(key, "key")
    let value = value == nil ? nil : try text(value, "value", atMost: Metadata.mostBytes)
    try using(network, .network, "network") { network throws(Failure) in try network.setMetadata(key, value) }
  }
}

@_cdecl("sode_network_get_metadata") @implementation
public func sode_network_get_metadata(
  _ network: OpaquePointer?, _ key: UnsafePointer<CChar>?, _ buffer: UnsafeMutablePointer<CChar>?, _ capacity: Int, _ needed: UnsafeMutablePointer<Int>?
) -> sode_status {
  reporting { () throws(Failure) in
    let key = try text(key, "key")
    try using(network, .network, "network") { network throws(Failure) in
      let metadata = network.metadata
      guard let value = metadata[key] else { throw unknownName(key, what: "metadata key", allowed: metadata.callers.map(\.key)) }
      try copyOut(value, buffer, capacity, needed)
    }
  }
}

@_cdecl("sode_network_metadata_count") @implementation
public func sode_network_metadata_count(_ network: OpaquePointer?, _ count: UnsafeMutablePointer<Int64>?) -> sode_status {
  reporting { () throws(Failure) in
    let out = try required(count, "count")
    try using(network, .network, "network") { network throws(Failure) in out.pointee = Int64(network.metadata.callers.count) }
  }
}

@_cdecl("sode_network_metadata_at") @implementation
public func sode_network_metadata_at(
  _ network: OpaquePointer?, _ index: Int64, _ key: UnsafeMutablePointer<CChar>?, _ capacity: Int, _ needed: UnsafeMutablePointer<Int>?
) -> sode_status {
  reporting { () throws(Failure) in
    try using(network, .network, "network") { network throws(Failure) in
      try copyOut(try element(of: network.metadata.callers, index).key, key, capacity, needed)
    }
  }
}
