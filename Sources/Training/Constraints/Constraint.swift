import LinearAlgebra
import Networks
import Settings

/// A set that the parameters are kept in: after every update they are moved into it.
package protocol Constraint: AnyObject, SendableMetatype {
  /// The options that ask for the set and shape it.
  static var options: [OptionDescription] { get }
  /// nil when the options do not ask for it.
  /// - Parameter threads: as many as `project` may use.
  /// - Throws: `outOfRange` or `incompatible` when they make no sense for this network, with the reason; `memory`.
  init?(_ values: OptionValues, _ plan: NetworkPlan, threads: Int) throws(Failure)
  /// Moves all parameters of the network into the set; gives whether any changed. Numbers that lie in it keep their bits. Allocates nothing.
  func project(_ parameters: Vector, _ pool: WorkerPool) -> Bool
}

extension NetworkPlan {
  /// The sets that a trainer's options ask for.
  func constraints(_ values: OptionValues, threads: Int) throws(Failure) -> [any Constraint] {
    var sets: [any Constraint] = []
    for (_, _, type) in Training.constraints.entries { if let set = try type.init(values, self, threads: threads) { sets.append(set) } }
    return sets
  }
}

/// The constraints by name. They are applied in this order, so that the last one holds in any case.
package let constraints = Registry<any Constraint.Type>("constraint", [
  ("bounds", "every weight within parameter_min and parameter_max", Bounds.self),
  ("stability", "every layer's step within the stability limit of its integrator", StabilitySet.self),
])
