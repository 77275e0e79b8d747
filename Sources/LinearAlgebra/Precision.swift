/// Floating-point precision of a network, chosen at its creation and the same for all its numbers.
///
/// Precision is a value, not a type parameter: code above the kernel line moves blocks without knowing their precision, so it is
/// compiled once, and only the kernels exist for Float and for Double.
package enum Precision: Int32, CaseIterable, Sendable {
  case float32 = 0
  case float64 = 1

  /// Bytes of one number.
  @inlinable package var byteCount: Int { self == .float32 ? 4 : 8 }
  package var name: String { self == .float32 ? "float32" : "float64" }
  /// Unit roundoff ε: the spacing of numbers just above one.
  package var epsilon: Double { self == .float32 ? 0x1p-23 : 0x1p-52 }
}
