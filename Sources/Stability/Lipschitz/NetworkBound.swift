import LinearAlgebra
import Networks
import Settings

/// The norm in which distances are measured.
package enum DistanceNorm: String {
  case euclidean = "l2"
  case largest = "linf"
}

/// The Lipschitz bound of one stage; for a block also those of its layers.
package struct StageBound {
  package let stage: StageReading
  package let rule: String
  package let norms: [Int]
  package let lipschitz: Double
  package var layers: [LayerBound] = []

  package var json: JSON {
    var members: [(key: String, value: JSON)] = [
      ("kind", .text(stage.kind)), ("index", .integer(Int64(stage.index))), ("rule", .text(rule)), ("norms", .array(norms.map { .integer(Int64($0)) })),
      ("lipschitz", lipschitz.isFinite ? .real(lipschitz) : .null),
    ]
    if !layers.isEmpty { members.append(("layers", .array(layers.map(\.json)))) }
    return .object(members)
  }
}

/// The Lipschitz bound of a network, stage by stage: the product of the stages' bounds (Theory.md §6.3).
///
/// Squashed inputs change no bound: asinh has slopes of at most 1, and what it makes of a difference is a diagonal matrix, with which that of the scales commutes.
package struct NetworkBound {
  package let stages: [StageBound]
  /// That of the scores, in the units of the caller's inputs.
  package let lipschitz: Double
  /// The same without the readout.
  package let features: Double

  package init(_ reading: NetworkReading, _ norm: DistanceNorm, _ ledger: NormLedger) throws(Failure) {
    var stages: [StageBound] = []
    for stage in reading.stages {
      try Watch.check()
      stages.append(try Self.bound(stage, reading, norm, ledger))
    }
    self.init(stages: stages)
  }

  /// Which stage has the largest factor, and of a block which layer.
  package var largestFactor: String {
    func larger(_ a: Double, _ b: Double) -> Bool { !(b <= a) }
    guard let stage = stages.reduce(nil as StageBound?, { found, next in found.map { larger($0.lipschitz, next.lipschitz) } ?? true ? next : found }) else { return "" }
    let name = stage.stage.name
    guard let j = stage.layers.indices.reduce(nil as Int?, { found, next in found.map { larger(stage.layers[$0].lipschitz, stage.layers[next].lipschitz) } ?? true ? next : found }) else {
      return "the largest factor is \(stage.lipschitz), of \(name)"
    }
    return "the largest factor is \(stage.lipschitz), of \(name), whose layer \(j) has \(stage.layers[j].lipschitz)"
  }

  package init(stages: [StageBound]) {
    var (product, features) = (Interval(1), Interval(1))
    for bound in stages {
      product = product * .upTo(bound.lipschitz)
      if bound.stage.kind != "readout", bound.stage.kind != "targets" { features = product }
    }
    (self.stages, lipschitz, self.features) = (stages, product.upper, features.upper)
  }

  private static func bound(_ stage: StageReading, _ reading: NetworkReading, _ norm: DistanceNorm, _ ledger: NormLedger) throws(Failure) -> StageBound {
    func made(_ rule: String, _ bound: Interval, _ norms: [NormClaim] = []) -> StageBound { StageBound(stage: stage, rule: rule, norms: norms.map(\.index), lipschitz: bound.upper) }
    switch stage.form {
    case .normalization: return made("diagonal", Interval(reading.normalization.map { largestMagnitude($0.scale) } ?? 1))
    case .targets: return made("diagonal", Interval(reading.snapshot.targetScaling.map { largestMagnitude($0.scale) } ?? 1))
    case .selection, .identity: return made("identity", Interval(1))
    case .average(let pixels): return norm == .euclidean ? made("average", 1 / Interval(Double(pixels)).squareRoot()) : made("identity", Interval(1))
    case .copies(let copies): return norm == .euclidean ? made("copies", Interval(Double(copies)).squareRoot()) : made("identity", Interval(1))
    case .activation(let activation): return made("activation", Interval(activation.lipschitz))
    case .affine(let map, let isScaled):
      let gain = Interval(map.activation.lipschitz)
      if norm == .euclidean {
        let claim = try ledger.spectral(map.weights, isScaled ? .scaled : .whole, scale: isScaled ? reading.normalization?.scale : nil)
        return made("affine", gain * .upTo(claim.bound), [claim])
      }
      let claim = try ledger.rowSum(map.weights)
      let scale = isScaled ? Interval(reading.normalization.map { largestMagnitude($0.scale) } ?? 1) : Interval(1)
      return made(isScaled ? "scaled_affine" : "affine", gain * .upTo(claim.bound) * scale, [claim])
    case .block(let index):
      try reading.checkBlock(index)
      let scheme = try reading.scheme(ofBlock: index)
      var (layers, product) = ([LayerBound](), Interval(1))
      for j in 0..<reading.plan.blocks[index].layers {
        if j % 64 == 0 { try Watch.check() }
        let layer = try reading.layer(j, ofBlock: index, scheme)
        let bound = norm == .euclidean ? try EuclideanBounds.layer(layer, ledger) : try LargestNormBounds.layer(layer, ledger)
        layers.append(bound)
        product = product * .upTo(bound.lipschitz)
      }
      return StageBound(stage: stage, rule: "layers", norms: [], lipschitz: product.upper, layers: layers)
    }
  }
}
