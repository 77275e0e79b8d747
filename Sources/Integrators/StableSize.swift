import VectorFields

/// How large a field's `FrozenDynamics` may be for a scheme's step to be stable.
package enum StableSize: Equatable, Sendable {
  /// The size s may be at most this.
  case atMost(Double)
  /// Any size.
  case unlimited
  /// No statement is known, for this reason.
  case unknown(String)
}
