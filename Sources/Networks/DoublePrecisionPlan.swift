import LinearAlgebra
import Settings

extension NetworkPlan {
  /// The same network in float64, with the same parameters in the same places: for numbers about a network of float32 that do not consist of its roundings. Convolutions by Winograd's algorithm, which computes in float32 only,
  /// are computed directly.
  /// - Throws: what `NetworkPlan.init` throws.
  package func inDoublePrecision() throws(Failure) -> NetworkPlan {
    guard precision == .float32 else { return self }
    func direct(_ value: JSON) -> JSON {
      switch value {
      case .array(let elements): .array(elements.map(direct))
      case .object(let members): .object(members.map { ($0.key, $0.key == "convolution" && $0.value == .text("winograd") ? .text("automatic") : direct($0.value)) })
      default: value
      }
    }
    var wide = try NetworkSpecification(json: direct(specification.json))
    try wide.set("precision", .text(Precision.float64.name))
    return try NetworkPlan(wide, knownTerms: knownTerms)
  }
}
