import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing

@Suite struct TargetScalingTests {
  static let json = #"{"inputs": 3, "outputs": 2, "width": 5, "layers": 4, "seed": 3, "loss": "least_squares", "precision": "PRECISION"}"#

  private func scaling(_ shift: [Double], _ scale: [Double], _ loss: any Loss = LeastSquares(), outputs: Int = 2) throws -> TargetScaling {
    try TargetScaling(
      shift: try Numbers(shift, .float64).view(rows: 1, columns: shift.count), scale: try Numbers(scale, .float64).view(rows: 1, columns: scale.count), loss: loss, outputs: outputs)
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
    network.replaceTargetScaling(with: try scaling([1.7e9, -2], [1e-3, 1e6]))
    let wanted = plain.enumerated().map { $0 % 2 == 0 ? 1.7e9 + 1e-3 * $1 : -2 + 1e6 * $1 }
    #expect(try predict(network, batch, samples: 700) == wanted)
    #expect(try predict(network, batch, samples: 1) == Array(wanted[..<2]))
    #expect(try predict(network, batch, samples: 700, into: .float32) == wanted.map { Double(Float($0)) })
    network.replaceTargetScaling(with: nil)
    #expect(try predict(network, batch, samples: 700) == plain)
  }

  /// A number that fits the network's precision and not the caller's array is an error, as without scaling.
  @Test func whatTheCallersArrayCannotHoldIsRefused() throws {
    let network = try network(Self.json.replacing("PRECISION", with: "float32"))
    let batch = try BatchCase(network, samples: 5)
    network.replaceTargetScaling(with: try scaling([1e300, 0], [1, 1]))
    #expect(refusal { _ = try predict(network, batch, samples: 5, into: .float32) }?.status == .notFinite)
    #expect(try predict(network, batch, samples: 5)[0] == 1e300)
  }

  @Test func refusesWhatDoesNotScale() throws {
    #expect(refusal { _ = try scaling([0, 0], [1, 0]) }?.status == .outOfRange)
    #expect(refusal { _ = try scaling([0, 0], [1, -2]) }?.status == .outOfRange)
    #expect(refusal { _ = try scaling([0, 0], [1, 1e-320]) }?.status == .outOfRange)
    #expect(refusal { _ = try scaling([.infinity, 0], [1, 1]) }?.status == .notFinite)
    #expect(refusal { _ = try scaling([0], [1]) }?.status == .shapeMismatch)
    let failure = refusal { _ = try scaling([0, 0], [1, 1], SoftmaxCrossEntropy()) }
    #expect(failure?.status == .incompatible && failure?.message == "this network's loss does not scale its targets; least_squares, huber, quantile and poisson do")
    #expect(refusal { _ = try scaling([0, 701], [1, 1], Poisson()) }?.status == .outOfRange)
  }

  /// Outputs that share a target share its scaling.
  @Test func levelsOfOneTargetAreScaledAlike() throws {
    let scaling = try scaling([5, 7], [2, 3], Quantile(levels: [0.1, 0.5, 0.9]), outputs: 6)
    #expect((0..<6).map { scaling.scoreShift.load($0) } == [5, 5, 5, 7, 7, 7] && (0..<6).map { scaling.scoreScale.load($0) } == [2, 2, 2, 3, 3, 3])
    #expect(refusal { _ = try self.scaling([0, 0, 0, 0, 0, 0], [1, 1, 1, 1, 1, 1], Quantile(levels: [0.1, 0.5, 0.9]), outputs: 6) }?.status == .shapeMismatch)
  }

  @Test func staysWithCopiesAndOtherDepths() throws {
    let network = try network(Self.json.replacing("PRECISION", with: "float32"))
    network.replaceTargetScaling(with: try scaling([1, 2], [3, 4]))
    let prolongation = try prolongations("copy")
    for other in [try network.copied(), try network.refined(prolongation)] {
      let kept = try #require(other.snapshot.targetScaling)
      #expect((0..<2).map { kept.shift.load($0) } == [1, 2] && (0..<2).map { kept.scale.load($0) } == [3, 4])
    }
  }
}
