import CShims
import CStableODE
import LinearAlgebra
import Settings

// Sections 1 and 2 of the header: what this library is, and what went wrong. Status names and texts come from the header's own list, in C.

@_cdecl("sode_version_number") @implementation
public func sode_version_number() -> Int32 {
  Int32(SODE_VERSION_MAJOR * 10000 + SODE_VERSION_MINOR * 100 + SODE_VERSION_PATCH)
}

@_cdecl("sode_version_text") @implementation
public func sode_version_text() -> UnsafePointer<CChar>! {
  (try? interned(versionText)) ?? emptyText
}

@_cdecl("sode_build_info") @implementation
public func sode_build_info() -> UnsafePointer<CChar>! {
  (try? interned(
    "StableODE \(versionText), compiled by \(String(cString: shim_compiler())), BLAS \(blas), "
      + "instruction set \(InstructionSet.current.name) of \(InstructionSet.allCases.map(\.name).joined(separator: ", ")); "
      + "this machine offers \(InstructionSet.detected.name)")) ?? emptyText
}

@_cdecl("sode_last_error_number") @implementation
public func sode_last_error_number() -> Int32 { shim_last_error_number() }

@_cdecl("sode_last_error_message") @implementation
public func sode_last_error_message() -> UnsafePointer<CChar>! { shim_last_error() }

/// The BLAS in use, and how products on several threads avoid sharing its work memory.
private var blas: String {
  switch Int(sode_shim_blas_flavor()) {
  case Int(SODE_SHIM_BLAS_OWN): "OpenBLAS linked in"
  case Int(SODE_SHIM_BLAS_THREADED): "the system's OpenBLAS"
  default: "the system's serial OpenBLAS with one product at a time"
  }
}

/// The version of this library, by the header.
var versionText: String { "\(SODE_VERSION_MAJOR).\(SODE_VERSION_MINOR).\(SODE_VERSION_PATCH)" }
