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

extension Integrator {
  /// What an integrator answers whose limit depends on the kind of dynamics alone: the limit, or which fields have one.
  ///
  /// - Parameters:
  ///   - scheme: its name in messages, in the plural or singular ("verlet", "Runge–Kutta methods").
  ///   - limit: the limit for a kind; nil if none is known.
  func stableSize(of scheme: String, _ kind: FrozenDynamics.Kind, limit: (FrozenDynamics.Kind) -> StableSize?) -> StableSize {
    if let known = limit(kind) { return known }
    let names = fieldNames { field in
      guard let kind = field.frozenDynamics?.kind, (try? check(field)) != nil else { return false }
      return switch limit(kind) {
      case .atMost, .unlimited: true
      case .unknown, nil: false
      }
    }
    guard !names.isEmpty else { return .unknown("of \(scheme) no largest stable step is known") }
    return .unknown("of \(scheme) a largest stable step is known for these fields with their default options: \(names.joined(separator: ", "))")
  }
}
