import LinearAlgebra
import Networks
import Settings

/// The set of weights for which every linear multi-step scheme is zero-stable with a margin: |k| ≤ κ < 1, the option `certified` with the statement zero_stable.
///
/// Then an error of the states grows over the layers to |δu_N| ≤ |δu₀| + κ/(1 − κ)|δd₀| at most, apart from what the field does (Theory.md §6.7). κ is keep_stable, or 0.9 where that is 0. A k outside is moved to the nearest end.
package final class ZeroStabilitySet: Constraint {
  package static let options: [OptionDescription] = []

  private let ranges: [Range<Int>]
  private let limit: Double

  package init?(_ values: OptionValues, _ plan: NetworkPlan, threads: Int) throws(Failure) {
    guard try CertifiedStatement(values) == .zeroStable else { return nil }
    let kept = try values.real("keep_stable")
    guard kept < 1 else { throw Failure(.outOfRange, "keep_stable is \(kept); with certified zero_stable it must be < 1, because |k| must stay below 1") }
    limit = kept > 0 ? kept : 0.9
    var ranges: [Range<Int>] = []
    for (index, block) in plan.blocks.enumerated() where try plan.specification.blocks[index].text("integrator") == "linear_multistep" {
      guard block.layout.expandedCount == 0 else {
        throw Failure(.incompatible, "certified is zero_stable, which needs layers whose k are parameters (weights_in_time layers, shared or piecewise_constant), not mixed from coefficients")
      }
      ranges += plan.tensors.filter { $0.name == "blocks.\(index).k" }.map(\.range)
    }
    guard !ranges.isEmpty else { throw Failure(.incompatible, "certified is zero_stable, but no block has the integrator linear_multistep") }
    self.ranges = ranges
  }

  package func project(_ parameters: Vector, _ pool: WorkerPool) -> Bool {
    var isChanged = false
    for range in ranges where clamp(parameters[range], low: -limit, high: limit) { isChanged = true }
    return isChanged
  }
}
