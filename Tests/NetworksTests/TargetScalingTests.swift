import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing

@Suite struct TargetScalingTests {
  static let json = #"{"inputs": 3, "outputs": 2, "width": 5, "layers": 4, "seed": 3, "loss": "least_squares", "precision": "PRECISION"}"#

  private func scaling(_ shift: [Double], _ scale: [Double]) throws -> TargetScaling {
    try TargetScaling(shift: try Numbers(shift, .float64).view(rows: 1, columns: shift.count), scale: try Numbers(scale, .float64).view(rows: 1, columns: scale.count), outputs: 2)
  }

  private func predict(_ network: Network, _ batch: BatchCase, samples: Int, into type: Precision = .float64) throws -> [Double] {
    let out = try Numbers(samples * 2, type)
    try Predictor(network, maximumBatch: samples, threads: 1).run(batch.view.rows(0..<samples), .scores, into: out.target(rows: samples, columns: 2), pool: nil)
    return out.values
  }

  /// Times of some seconds around 1.7e9 come out as float64 can hold them, from a float32 network too; a sample has the same bits alone and in a batch of several tiles.
  @Test(arguments: Precision.allCases) func predictionsAreScaledBackInFloat64(_ precision: Precision) throws {
    let network = try network(Self.json.replacing("PRECISION", with: precision.name))
    let batch = try BatchCase(network, samples: 700)
    let plain = try predict(network, batch, samples: 700)
    try network.replaceTargetScaling(with: scaling([1.7e9, -2], [1e-3, 1e6]))
    let wanted = plain.enumerated().map { $0 % 2 == 0 ? 1.7e9 + 1e-3 * $1 : -2 + 1e6 * $1 }
    #expect(try predict(network, batch, samples: 700) == wanted)
    #expect(try predict(network, batch, samples: 1) == Array(wanted[..<2]))
    #expect(try predict(network, batch, samples: 700, into: .float32) == wanted.map { Double(Float($0)) })
    try network.replaceTargetScaling(with: nil)
    #expect(try predict(network, batch, samples: 700) == plain)
  }

  /// A number that fits the network's precision and not the caller's array is an error, as without scaling.
  @Test func whatTheCallersArrayCannotHoldIsRefused() throws {
    let network = try network(Self.json.replacing("PRECISION", with: "float32"))
    let batch = try BatchCase(network, samples: 5)
    try network.replaceTargetScaling(with: scaling([1e300, 0], [1, 1]))
    #expect(refusal { _ = try predict(network, batch, samples: 5, into: .float32) }?.status == .notFinite)
    #expect(try predict(network, batch, samples: 5)[0] == 1e300)
  }

  @Test func refusesWhatDoesNotScale() throws {
    #expect(refusal { _ = try scaling([0, 0], [1, 0]) }?.status == .outOfRange)
    #expect(refusal { _ = try scaling([0, 0], [1, -2]) }?.status == .outOfRange)
    #expect(refusal { _ = try scaling([0, 0], [1, 1e-320]) }?.status == .outOfRange)
    #expect(refusal { _ = try scaling([.infinity, 0], [1, 1]) }?.status == .notFinite)
    #expect(refusal { _ = try scaling([0], [1]) }?.status == .shapeMismatch)
    let classes = try network(#"{"inputs": 3, "outputs": 2, "width": 5}"#)
    #expect(refusal { try classes.replaceTargetScaling(with: scaling([0, 0], [1, 1])) }?.status == .incompatible)
  }

  @Test func staysWithCopiesAndOtherDepths() throws {
    let network = try network(Self.json.replacing("PRECISION", with: "float32"))
    try network.replaceTargetScaling(with: scaling([1, 2], [3, 4]))
    let prolongation = try prolongations("copy")
    for other in [try network.copied(), try network.refined(prolongation)] {
      let kept = try #require(other.snapshot.targetScaling)
      #expect((0..<2).map { kept.shift.load($0) } == [1, 2] && (0..<2).map { kept.scale.load($0) } == [3, 4])
    }
  }
}
