import Foundation
import Testing

/// Every type that could be an entry of a registry is one: a file of a field, an integrator or a loss whose registry line was forgotten is found here.
struct RegistrationTests {
  /// The protocols of what registries make. Protocols that inherit from them count as well.
  static let protocols = [
    "VectorField", "Integrator", "LinearOperator", "TimeBasis", "LayerNoise", "MemoryPolicy", "Loss", "Optimizer", "Schedule", "Regularizer", "Constraint", "Metric", "StageMap",
  ]

  /// Types that no registry names, each with the reason.
  static let exceptions = [
    "NoisyField": "wraps the field of a block that has noise",
    "ChargedIntegrator": "wraps a block's integrator while training charges its trajectories",
    "ImageImex": "takes the place of Imex for images",
    "KernelSplitting": "takes the place of RotationSplitting where A is a convolution",
    "DenseOperator": "the case `dense` of OperatorKind makes it",
    "ShootingLoss": "adds the gaps of multiple shooting to a network's loss",
    "SteppedLoss": "sums the loss of a network with outputs at every step over the steps",
    "CallerLoss": "calls a function of the caller's",
    "CallerMetric": "calls a function of the caller's",
    "LinearTestField": "is the linear test equation, to which stability reports apply schemes",
    "KnownTermsField": "wraps the field of a block whose equation has known terms",
    "OwnTimeField": "wraps the field of a block whose samples have times of their own",
    "NormalizationMap": "is made by `LayerPlan.normalization`, which fields use too",
  ]

  private static let code = Result {
    try Repository.files(under: "Sources").filter { !Repository.module(of: $0).hasPrefix("Kernels") }.map { codeOnly(try Repository.text($0)) }
  }

  /// The declared types (or protocols), each with what follows its colon.
  private static func declarations(_ keywords: String) throws -> [(name: String, inherited: Set<String>)] {
    let expression = try Regex(#"(?:\#(keywords)) (\w+)(?:<[^>]*>)?: ([^{]*)\{"#)
    return try code.get().flatMap { text in
      text.matches(of: expression).map { match in
        let list = (match[2].substring ?? "").split(separator: ",").compactMap { $0.split(whereSeparator: \.isWhitespace).last.map(String.init) }
        return (match[1].substring.map(String.init) ?? "", Set(list))
      }
    }
  }

  /// A protocol with those that inherit from it.
  private static func family(_ name: String) throws -> Set<String> {
    let all = try declarations("protocol")
    var family: Set = [name]
    while let next = all.first(where: { !family.contains($0.name) && !$0.inherited.isDisjoint(with: family) }) { family.insert(next.name) }
    return family
  }

  @Test(arguments: protocols) func everyTypeIsRegistered(_ name: String) throws {
    let family = try Self.family(name)
    let registries = try Self.code.get().filter { $0.contains("= Registry<") }.joined(separator: "\n")
    let types = try Self.declarations("class|struct|enum|extension").filter { !$0.inherited.isDisjoint(with: family) }.map(\.name)
    #expect(!types.isEmpty, "nothing conforms to \(name)")
    for type in types where Self.exceptions[type] == nil {
      #expect(try registries.contains(Regex(#"\b\#(type)\b"#).wordBoundaryKind(.simple)), "\(type) is a \(name) without a line in its registry; Sources/README.md says how to add one")
    }
  }

  @Test func everyExceptionIsStillNeeded() throws {
    let declared = Set(try Self.declarations("class|struct|enum|extension").map(\.name))
    for type in Self.exceptions.keys { #expect(declared.contains(type), "\(type) is gone") }
  }
}
