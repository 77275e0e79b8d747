import Gradients
import Integrators
import LinearAlgebra
import Networks
import Settings
import VectorFields

/// The set of weights for which every layer's step is stable, or non-expansive: the option `keep_stable`, and `certified` with the statements stable_steps and non_expansive.
///
/// A layer has the size s = L·Π‖W‖^degree (`FrozenDynamics`): L bounds the slopes of its activation, and the product runs over its operators W. The layer is in the set if s ≤ keep_stable·s_max, where
/// s_max is the largest size for which the integrator's step is stable (`Integrator.largestStableSize`) or non-expansive (`largestNonExpansiveSize`), and keep_stable counts as 1 where `certified` alone is given. Layers that share weights must keep the limit of their largest step. If no limit is known for a
/// block, the option is refused with the reason. Stability holds for each layer by itself, with frozen weights and slopes; non-expansiveness holds for all inputs and any sequence of layers.
///
/// A layer outside the set is scaled: one factor multiplies the weights of all its operators, so that their norms end 3 % below the limit.
///
/// The norms are not computed exactly. `NormBound` gives upper bounds that include all rounding errors and exceed the norm by at most 1 %; those of convolutions bound the norm on a torus, or of the kernel's matrix where windows do not overlap. A layer that these bounds place in
/// the set is therefore proven to be in it, and a layer within 1 % of the limit may be scaled although it need not be.
///
/// Bounds are expensive, so they are reused. If the weights have changed by ΔW since their norm was bounded, the bound has grown by at most ‖ΔW‖_F times `normGrowth`. A new bound is computed only if the old one, with this
/// growth added, no longer proves that the layer is in the set. Whether a layer is scaled depends on its weights alone and not on when they were bounded, so that training continued in another process
/// gives the same bits.
package final class StabilitySet: Constraint {
  package static let options = [
    OptionDescription(
      "keep_stable", .real(0...1), default: .real(0), unit: "1",
      "fraction of the integrator's stability limit that no layer may exceed; the weights of a layer that does are scaled down after every update; 0: no limit"),
    CertifiedStatement.option,
  ]

  /// One layer, or one entry of weights that several layers share.
  private struct Entry {
    /// The range of its operators among all operators.
    let parts: Range<Int>
    let slope: Double
    let degree: Int
    /// The largest s that keeps the layer in the set.
    let limit: Double
  }

  /// What the options ask for.
  private struct Limit {
    let share: Double
    let isNonExpansive: Bool
    /// The option with its value, for messages.
    let option: String
  }

  /// One operator of an entry.
  private struct Part {
    let range: Range<Int>
    let norm: FrozenDynamics.Norm
    let looseness: Double
    /// A copy of its weights at the time of their last bound.
    let bounded: Vector
  }

  private let entries: [Entry]
  private let parts: [Part]
  private let memory: Buffer
  private let numbers: Buffer
  /// The last bound of each part's norm; infinite before the first bound.
  private let bounds: Vector
  private let isChanged: UnsafeMutablePointer<Int32>
  /// One for each thread.
  private let workspaces: [NormBound]
  /// The share of the limit to which the norms of a scaled layer are reduced.
  private static let inside = 0.97

  package init?(_ values: OptionValues, _ plan: NetworkPlan, threads: Int) throws(Failure) {
    let (kept, statement) = (try values.real("keep_stable"), try CertifiedStatement(values))
    guard statement == .stableSteps || statement == .nonExpansive || kept > 0 && statement == .none else { return nil }
    let limit = Limit(share: kept > 0 ? kept : 1, isNonExpansive: statement == .nonExpansive, option: statement == .none ? "keep_stable is \(kept)" : "certified is \(statement.rawValue)")
    var (entries, found): ([Entry], [(range: Range<Int>, norm: FrozenDynamics.Norm)]) = ([], [])
    for (index, block) in plan.blocks.enumerated() {
      do throws(Failure) {
        try Self.collect(block, plan.specification.blocks[index], limit, &entries, &found)
      } catch {
        throw plan.blocks.count == 1 ? error : Failure(error.status, "blocks[\(index)]: \(error.message)")
      }
    }
    self.entries = entries
    let total = found.reduce(0) { $0 + $1.range.count }
    memory = try Buffer(count: total, precision: plan.precision)
    let all = memory.vector(count: total, precision: plan.precision)
    var (next, parts): (Int, [Part]) = (0, [])
    for (range, norm) in found {
      parts.append(Part(range: range, norm: norm, looseness: norm.place.linearOperator.normLooseness, bounded: all[next..<next + range.count]))
      next += range.count
    }
    self.parts = parts
    numbers = try Buffer(count: parts.count + entries.count, precision: .float64)
    bounds = numbers.vector(count: parts.count, precision: .float64)
    fill(bounds, .infinity)
    isChanged = numbers.labels(count: entries.count, offset: 8 * parts.count)
    let extents = parts.map { $0.norm.place.linearOperator.normExtents }
    let (rows, columns) = (extents.map(\.rows).max() ?? 1, extents.map(\.columns).max() ?? 1)
    var workspaces: [NormBound] = []
    let numbers = parts.map { $0.norm.place.linearOperator.normNumbers }.max() ?? 0
    for _ in 0..<threads { workspaces.append(try NormBound(rows: rows, columns: columns, numbers: numbers)) }
    self.workspaces = workspaces
  }

  /// The number of norms that have been bounded anew: the expensive part of the work.
  package var boundedNorms: Int { workspaces.reduce(0) { $0 + $1.count } }

  package func project(_ parameters: Vector, _ pool: WorkerPool) -> Bool {
    pool.runWhole(entries.count) { index, worker in isChanged[index] = project(entries[index], parameters, workspaces[worker]) ? 1 : 0 }
    return entries.indices.contains { isChanged[$0] != 0 }
  }

  /// Scales one entry if necessary and says whether it did.
  private func project(_ entry: Entry, _ parameters: Vector, _ workspace: NormBound) -> Bool {
    // The old bounds, with the largest growth of the norms since then, may already prove that the layer is in the set.
    var largest = entry.slope
    for part in entry.parts {
      let grown = bounds.load(part).isFinite ? parts[part].norm.place.linearOperator.normGrowth * squaredDistance(parameters[parts[part].range], parts[part].bounded).squareRoot() * (1 + 1e-6) : 0
      for _ in 0..<entry.degree { largest *= (bounds.load(part) + grown) * parts[part].looseness }
    }
    if largest <= entry.limit { return false }
    // If every norm is at most `enough`, the layer is in the set. A bound of one norm may stop at this value; only if one of them exceeds it are tight bounds of all norms needed.
    let factors = Double(entry.parts.count * entry.degree)
    let enough = root(entry.limit / entry.slope, factors)
    bound(entry, parameters, enough: enough, workspace)
    if entry.parts.count > 1, entry.parts.contains(where: { !(bounds.load($0) <= enough) }) { bound(entry, parameters, enough: 0, workspace) }
    var size = entry.slope
    for part in entry.parts { for _ in 0..<entry.degree { size *= bounds.load(part) } }
    guard size > entry.limit else { return false }
    let factor = Self.inside * root(entry.limit / size, factors)
    for part in entry.parts {
      let weights = parameters[parts[part].range]
      scale(factor, weights)
      copy(weights, into: parts[part].bounded)
      // Rounding changes each weight by at most half an epsilon, relative to the weight, and the norm by at most √n times the growth as much.
      let linearOperator = parts[part].norm.place.linearOperator
      let rounding = linearOperator.normGrowth * Double(linearOperator.normExtents.rows).squareRoot() * weights.precision.epsilon
      bounds.store(bounds.load(part) * factor * (1 + rounding), at: part)
    }
    return true
  }

  /// Computes new bounds of the norms of an entry's operators.
  private func bound(_ entry: Entry, _ parameters: Vector, enough: Double, _ workspace: NormBound) {
    for part in entry.parts {
      let (weights, norm) = (parameters[parts[part].range], parts[part].norm)
      bounds.store(norm.place.linearOperator.boundNorm(weights.base, isAntisymmetric: norm.isAntisymmetric, enough: enough, by: workspace), at: part)
      copy(weights, into: parts[part].bounded)
    }
  }

  /// x^{1/n} for n = 1, 2 or 4.
  private func root(_ x: Double, _ n: Double) -> Double { n == 1 ? x : n == 2 ? x.squareRoot() : x.squareRoot().squareRoot() }

  /// Adds the entries of a block, with their operators' places in the parameter vector.
  private static func collect(
    _ block: ODEBlock, _ options: OptionValues, _ asked: Limit, _ entries: inout [Entry], _ parts: inout [(range: Range<Int>, norm: FrozenDynamics.Norm)]
  ) throws(Failure) {
    guard block.layout.expandedCount == 0 else {
      throw Failure(.incompatible, "\(asked.option), which needs layers whose weights are parameters (weights_in_time layers, shared or piecewise_constant), not mixed from coefficients")
    }
    guard !block.hasOwnTimes else { throw Failure(.incompatible, "\(asked.option), but samples have steps of their own size (sequence_time intervals), which weights know nothing of") }
    guard block.integrator.fieldCount == 1 else { throw Failure(.incompatible, "\(asked.option), but no bound is known of integrators with two fields") }
    guard let dynamics = block.plainField.frozenDynamics else { throw Failure(.incompatible, "\(asked.option), but \(FrozenDynamics.obstacle(block.plainField, name: try options.text("field"), try activations(try options.text("activation"))))") }
    let steps = (0..<block.layers).map { max(block.stepSize($0), $0 > 0 ? block.stepSize($0 - 1) : 0) }
    let largest = steps.max() ?? 0
    for entry in 0..<block.layout.preparedEntries {
      let h = block.layout.isLayerwise ? steps[entry] : largest
      let (integrator, isNonExpansive) = (block.integrator, asked.isNonExpansive)
      switch isNonExpansive ? integrator.largestNonExpansiveSize(dynamics, stepSize: h) : integrator.largestStableSize(dynamics, stepSize: h) {
      case .unlimited: continue
      case .unknown(let reason): throw Failure(.incompatible, "\(asked.option), but \(reason)")
      case .atMost(let limit):
        entries.append(Entry(parts: parts.count..<parts.count + dynamics.norms.count, slope: dynamics.slope, degree: dynamics.degree, limit: asked.share * limit))
        for norm in dynamics.norms { parts.append((block.layout.range(ofTensor: norm.place.tensor, entry: entry), norm)) }
      }
    }
  }
}
