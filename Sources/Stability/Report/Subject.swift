import Gradients
import Integrators
import LinearAlgebra
import Networks
import Settings

/// Refuses more samples than an analysis takes, which follows each by itself.
/// - Throws: `.outOfRange`.
package func checkAnalyzed(samples: Int) throws(Failure) {
  guard samples <= mostAnalyzedSamples else { throw Failure(.outOfRange, "features has \(samples) samples; an analysis follows each by itself and takes at most \(mostAnalyzedSamples)") }
}

private let mostAnalyzedSamples = 1024

/// A network made ready to be analyzed: in float64, with its present parameters, and with the list of its layers.
///
/// Numbers about a network of float32 are computed with the same parameters in float64, so that they say something of the network and not of its roundings.
final class Subject {
  /// One layer of the network.
  struct LayerPlace {
    let block: Int
    let index: Int
    /// Its number among the links of a trajectory.
    let link: Int
  }

  let plan: NetworkPlan
  let trajectory: SampleTrajectory
  /// All layers, block after block.
  let layers: [LayerPlace]
  /// For each block the links of its layers.
  let links: [Range<Int>]
  let targetScaling: TargetScaling?
  private let normalization: Normalization?
  /// The network's own plan: it says which features can enter.
  private let own: NetworkPlan
  private let snapshot: ParameterSnapshot
  private let wide: Buffer?

  /// - Parameters:
  ///   - samples: how many there will be.
  ///   - ownPrecision: whether to stay in the network's precision.
  /// - Throws: `.outOfRange` for too many samples or layers; `.memory`; the reason why the work must end.
  init(_ network: Network, samples: Int, ownPrecision: Bool = false) throws(Failure) {
    try checkAnalyzed(samples: samples)
    let (snapshot, plan) = (network.snapshot, try ownPrecision ? network.plan : network.plan.inDoublePrecision())
    (self.plan, own) = (plan, network.plan)
    self.snapshot = snapshot
    targetScaling = snapshot.targetScaling
    var parameters = snapshot.parameters
    if plan.precision == network.plan.precision {
      (wide, normalization) = (nil, snapshot.normalization)
    } else {
      // A normalization knows its numbers in the network's precision, too.
      normalization = try snapshot.normalization.map { (given) throws(Failure) in
        func row(_ vector: Vector) -> TensorView { TensorView(vector.base, type: .float64, rows: 1, columns: vector.count) }
        return try Normalization(shift: row(given.shift), scale: row(given.scale), inputs: plan.inputs, precision: plan.precision)
      }
      let buffer = try Buffer(count: plan.parameterCount, precision: plan.precision)
      parameters = buffer.vector(count: plan.parameterCount, precision: plan.precision)
      try convertInPieces(TensorView(snapshot.parameters.base, type: ElementType(network.plan.precision), rows: 1, columns: plan.parameterCount), into: parameters)
      wide = buffer
    }
    trajectory = try SampleTrajectory(plan, parameters)
    var (layers, links): ([LayerPlace], [Range<Int>]) = ([], plan.blocks.map { _ in 0..<0 })
    for (link, each) in trajectory.links.enumerated() {
      guard case .layer(let block, let index) = each else { continue }
      layers.append(LayerPlace(block: block, index: index, link: link))
      links[block] = (index == 0 ? link : links[block].lowerBound)..<link + 1
    }
    (self.layers, self.links) = (layers, links)
  }

  /// The samples to analyze, checked.
  /// - Throws: `.invalidData` naming the row that the network cannot take.
  func source(_ features: TensorView) throws(Failure) -> BatchSource {
    try own.checkIntake(features, normalization, called: "features")
    return BatchSource(features: features, normalization: normalization)
  }

  func name(ofField block: Int) -> String { (try? plan.specification.blocks[block].text("field")) ?? "" }
  func name(ofScheme block: Int) -> String { (try? plan.specification.blocks[block].text("integrator")) ?? "" }
}
