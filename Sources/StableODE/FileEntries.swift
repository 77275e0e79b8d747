import CStableODE
import LinearAlgebra
import Networks
import Settings
import Storage

// Section 9 of the header: model files.

@_cdecl("sode_network_save") @implementation
public func sode_network_save(_ network: OpaquePointer?, _ path: UnsafePointer<CChar>?) -> sode_status {
  reporting { () throws(Failure) in
    try using(network, .network, "network") { network throws(Failure) in
      try ModelFile.save(network, to: try text(path, "path"), libraryVersion: versionText)
    }
  }
}

@_cdecl("sode_network_load") @implementation
public func sode_network_load(_ path: UnsafePointer<CChar>?, _ network: UnsafeMutablePointer<OpaquePointer?>?) -> sode_status {
  reporting { () throws(Failure) in
    let path = try text(path, "path")
    let out = try required(network, "network")
    try hand(try ModelFile.load(path), .network, to: out)
  }
}

@_cdecl("sode_network_save_memory") @implementation
public func sode_network_save_memory(
  _ network: OpaquePointer?, _ buffer: UnsafeMutableRawPointer?, _ capacity: Int, _ needed: UnsafeMutablePointer<Int>?
) -> sode_status {
  reporting { () throws(Failure) in
    try using(network, .network, "network") { network throws(Failure) in
      let file = try ModelFile.encode(network, libraryVersion: versionText)
      defer { withExtendedLifetime(file) {} }
      if try wantsBytes(buffer, capacity, needed, size: file.byteCount), let buffer {
        Watch.allPieces(file.byteCount) { piece in (buffer + piece.lowerBound).copyMemory(from: file.base + piece.lowerBound, byteCount: piece.count) }
      }
      needed?.pointee = file.byteCount
    }
  }
}

@_cdecl("sode_network_load_memory") @implementation
public func sode_network_load_memory(_ bytes: UnsafeRawPointer?, _ count: Int, _ network: UnsafeMutablePointer<OpaquePointer?>?) -> sode_status {
  reporting { () throws(Failure) in
    let bytes = try required(bytes, "bytes")
    let out = try required(network, "network")
    guard count >= 0 else { throw Failure(.outOfRange, "count is \(UInt(bitPattern: count)) bytes, more than an address space holds") }
    try hand(try ModelFile.decode(UnsafeRawBufferPointer(start: bytes, count: count)), .network, to: out)
  }
}
