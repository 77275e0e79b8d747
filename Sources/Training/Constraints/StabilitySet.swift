import Gradients
import Integrators
import LinearAlgebra
import Networks
import Settings
import VectorFields

/// Weights whose layers' steps are stable: s ≤ keep_stable·(the scheme's largest), where s = L·Π‖W‖^degree is the size of the layer's frozen dynamics (`FrozenDynamics`, `Integrator.largestStableSize`).
///
/// A layer outside is scaled: its tensors are multiplied by one factor, so that the limit is met. Norms are upper bounds, widened by their roundings (`NormBound`), so that a layer inside is proven to be; one near
/// the limit may be scaled though it need not be, by less than min(m, n)^{1/32} − 1 (5 % at width 8). The statement is about frozen weights and slopes (theory §5), each layer by itself.
///
/// Layers that share weights meet the limit of their largest step. Where no limit is known the option is refused with the reason.
package final class StabilitySet: Constraint {
  package static let options = [
    OptionDescription(
      "keep_stable", .real(0...1), default: .real(0), unit: "1",
      "share of the integrator's stability limit that every layer's weights are scaled to keep, after every update; 0: not kept")
  ]

  /// One layer, or one entry that layers share.
  private struct Entry {
    /// Each tensor with its matrix' rows.
    let tensors: [(range: Range<Int>, rows: Int, isAntisymmetric: Bool)]
    let slope: Double
    let degree: Int
    /// The largest s.
    let limit: Double
  }

  private let entries: [Entry]
  private let bound: NormBound

  package init?(_ values: OptionValues, _ plan: NetworkPlan) throws(Failure) {
    let share = try values.real("keep_stable")
    guard share > 0 else { return nil }
    var entries: [Entry] = []
    for (index, block) in plan.blocks.enumerated() {
      do throws(Failure) {
        entries += try Self.entries(block, plan.tensors.filter { $0.block == index }, share)
      } catch {
        throw plan.blocks.count == 1 ? error : Failure(error.status, "blocks[\(index)]: \(error.message)")
      }
    }
    self.entries = entries
    bound = try NormBound(largest: entries.lazy.flatMap(\.tensors).map { min($0.rows, $0.range.count / $0.rows) }.max() ?? 1)
  }

  package func project(_ parameters: Vector) -> Bool {
    var isChanged = false
    for entry in entries {
      // What an equal share of the limit leaves for each norm: cheap bounds suffice below.
      let parts = Double(entry.tensors.count * entry.degree)
      let enough = root(entry.limit / entry.slope, parts)
      var size = entry.slope
      for tensor in entry.tensors {
        let vector = parameters[tensor.range]
        let matrix = Matrix(vector.base, rows: tensor.rows, columns: vector.count / tensor.rows, precision: vector.precision)
        let norm = bound.bound(matrix, isAntisymmetric: tensor.isAntisymmetric, enough: enough)
        for _ in 0..<entry.degree { size *= norm }
      }
      guard size > entry.limit else { continue }
      isChanged = true
      // A little less, for the rounding of the scaled weights.
      let factor = root(entry.limit / size, parts) * (1 - 8 * parameters.precision.epsilon)
      for tensor in entry.tensors { scale(factor, parameters[tensor.range]) }
    }
    return isChanged
  }

  /// x^{1/n} for n = 1, 2 or 4.
  private func root(_ x: Double, _ n: Double) -> Double { n == 1 ? x : n == 2 ? x.squareRoot() : x.squareRoot().squareRoot() }

  private static func entries(_ block: ODEBlock, _ tensors: [ParameterTensor], _ share: Double) throws(Failure) -> [Entry] {
    guard block.layout.expandedCount == 0 else {
      throw Failure(.incompatible, "keep_stable needs layers whose weights are parameters (weights_in_time layers, shared or piecewise_constant), not mixed from coefficients")
    }
    guard let dynamics = block.plainField.frozenDynamics, block.integrator.fieldCount == 1 else {
      throw Failure(.incompatible, "keep_stable is \(share) but of this field's Jacobian no bound is known, or not with this activation, whose slopes must lie in [0, L]")
    }
    let named = dynamics.norms.compactMap { norm -> (tensor: ParameterTensor, isAntisymmetric: Bool)? in
      let name = block.plainField.parameters[norm.tensor].name
      return tensors.first { $0.name.hasSuffix(".\(name)") }.map { ($0, norm.isAntisymmetric) }
    }
    let count = named.first?.tensor.shape[0] ?? 0
    let steps = (0..<block.layers).map { max(block.stepSize($0), $0 > 0 ? block.stepSize($0 - 1) : 0) }
    let largest = steps.max() ?? 0
    var entries: [Entry] = []
    for entry in 0..<count {
      let h = block.layout.isLayerwise ? steps[entry] : largest
      switch block.integrator.largestStableSize(dynamics, stepSize: h) {
      case .unlimited: continue
      case .unknown(let reason): throw Failure(.incompatible, "keep_stable is \(share), but \(reason)")
      case .atMost(let limit):
        entries.append(
          Entry(
            tensors: named.map { tensor, isAntisymmetric in
              let size = tensor.range.count / count
              return (tensor.range.lowerBound + entry * size..<tensor.range.lowerBound + (entry + 1) * size, tensor.shape[1], isAntisymmetric)
            }, slope: dynamics.slope, degree: dynamics.degree, limit: share * limit))
      }
    }
    return entries
  }
}
