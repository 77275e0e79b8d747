import LinearAlgebra
import Networks
import Settings

/// A set of allowed parameters: after every update the parameters are moved into it.
package protocol Constraint: AnyObject, SendableMetatype {
  /// The options that select the set and define it.
  static var options: [OptionDescription] { get }
  /// nil if the options do not select the set.
  /// - Parameter threads: the number of threads that `project` may use.
  /// - Throws: `outOfRange` or `incompatible`, with the reason, if the options do not suit this network; `memory`.
  init?(_ values: OptionValues, _ plan: NetworkPlan, threads: Int) throws(Failure)
  /// Moves all parameters of the network into the set and says whether any changed. Numbers that lie in the set keep their bits. Allocates nothing.
  func project(_ parameters: Vector, _ pool: WorkerPool) -> Bool
}

extension NetworkPlan {
  /// The sets that a trainer's options select.
  func constraints(_ values: OptionValues, threads: Int) throws(Failure) -> [any Constraint] {
    var sets: [any Constraint] = []
    for (_, _, type) in Training.constraints.entries { if let set = try type.init(values, self, threads: threads) { sets.append(set) } }
    return sets
  }
}

/// The constraints by name. They are applied in this order, so that the last one always holds.
package let constraints = Registry<any Constraint.Type>("constraint", [
  ("bounds", "every weight lies between parameter_min and parameter_max", Bounds.self),
  ("stability", "no layer exceeds the fraction keep_stable of its integrator's stability limit, or with certified non_expansive of the size up to which its step is non-expansive", StabilitySet.self),
  ("zero_stability", "with certified zero_stable: no k of linear_multistep exceeds keep_stable in magnitude", ZeroStabilitySet.self),
])
