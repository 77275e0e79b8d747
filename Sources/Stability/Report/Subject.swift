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
  /// For each block the numbers of its layers among `layers`.
  let rows: [Range<Int>]
  /// For each block the links of its layers.
  let links: [Range<Int>]
  var targetScaling: TargetScaling? { snapshot.targetScaling }
  /// The network's own plan: it says which features can enter.
  private let own: NetworkPlan
  private let snapshot: ParameterSnapshot

  /// - Parameters:
  ///   - samples: how many there will be.
  ///   - ownPrecision: whether to stay in the network's precision.
  /// - Throws: `.outOfRange` for too many samples or layers; `.memory`; the reason why the work must end.
  init(_ network: Network, samples: Int, ownPrecision: Bool = false) throws(Failure) {
    try checkAnalyzed(samples: samples)
    let present = network.snapshot
    let twin = ownPrecision ? DoubleTwin(network, present) : try DoubleTwin(of: network, present)
    (plan, own, snapshot) = (twin.network.plan, network.plan, twin.snapshot)
    trajectory = try SampleTrajectory(plan, snapshot.parameters)
    var (layers, rows, links): ([LayerPlace], [Range<Int>], [Range<Int>]) = ([], plan.blocks.map { _ in 0..<0 }, plan.blocks.map { _ in 0..<0 })
    for (link, each) in trajectory.links.enumerated() {
      guard case .layer(let block, let index) = each else { continue }
      links[block] = (index == 0 ? link : links[block].lowerBound)..<link + 1
      rows[block] = (index == 0 ? layers.count : rows[block].lowerBound)..<layers.count + 1
      layers.append(LayerPlace(block: block, index: index, link: link))
    }
    (self.layers, self.rows, self.links) = (layers, rows, links)
  }

  /// The samples to analyze, checked.
  /// - Throws: `.invalidData` naming the row that the network cannot take.
  func source(_ features: TensorView) throws(Failure) -> BatchSource {
    try own.checkIntake(features, snapshot.normalization, called: "features")
    return BatchSource(features: features, normalization: snapshot.normalization)
  }

  func name(ofField block: Int) -> String { (try? plan.specification.blocks[block].text("field")) ?? "" }
  func name(ofScheme block: Int) -> String { (try? plan.specification.blocks[block].text("integrator")) ?? "" }
}
