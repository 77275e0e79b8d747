import Datasets
import Foundation
import LinearAlgebra
import Networks
import Settings
import Testing
import Training

struct ReadoutSolverTests {
  /// With fixed weights of all blocks the classifier's problem is convex. The first part of block coordinate descent finds the same solution as a softmax regression, which this test
  /// solves by Newton's method in plain Double with dense matrices.
  @Test func reachesTheReferenceClassifier() throws {
    let data = try ellipses(120, 4).training
    // The horizon is almost zero, so the states are the padded features, and the gradient of the blocks' weights is almost zero.
    let network = try smallNetwork(precision: .float64, extra: ["horizon": .real(1e-300), "layers": .integer(1)])
    let decay = 0.01
    let trainer = try trainer(network, [
      "optimizer": .text("block_coordinate"), "epochs": .integer(1), "weight_decay": .real(decay), "readout_tolerance": .real(1e-9), "readout_iterations": .integer(100),
    ])
    _ = try trainer.run(training: data)
    let range = try #require(network.plan.tensors.first { $0.name == "readout.W" }).range
    let features = (0..<data.count).map { i in [number(data.features, i, 0), number(data.features, i, 1), 0, 0] }
    let labels = (0..<data.count).map { Int(data.labels![$0]) }
    let (w, b) = softmaxRegression(features, labels, classes: 2, decay: decay)
    let found = network.snapshot.parameters.values
    for i in 0..<8 { #expect(abs(found[range.lowerBound + i] - w[i]) < 1e-6) }
    // Only the difference of the biases is determined, not their sum.
    #expect(abs((found[range.upperBound + 1] - found[range.upperBound]) - (b[1] - b[0])) < 1e-6)
  }

  /// argmin mean −log softmax(Wy + b)[label] + ½α‖W‖², by Newton's method. A small multiple of the identity handles the undetermined direction of b.
  private func softmaxRegression(_ y: [[Double]], _ labels: [Int], classes: Int, decay: Double) -> (w: [Double], b: [Double]) {
    let (n, m) = (y[0].count, y.count)
    var x = [Double](repeating: 0, count: classes * (n + 1))
    for _ in 0..<60 {
      var g = [Double](repeating: 0, count: x.count)
      var h = (0..<x.count).map { _ in [Double](repeating: 0, count: x.count) }
      for (features, label) in zip(y, labels) {
        let z = features + [1]
        let s = (0..<classes).map { c in inner(Array(x[c * (n + 1)..<(c + 1) * (n + 1)]), z) }
        let e = s.map { Foundation.exp($0 - s.max()!) }
        let p = e.map { $0 / e.reduce(0, +) }
        for c in 0..<classes {
          for i in 0...n {
            g[c * (n + 1) + i] += (p[c] - (c == label ? 1 : 0)) * z[i] / Double(m)
            for d in 0..<classes { for j in 0...n { h[c * (n + 1) + i][d * (n + 1) + j] += (c == d ? p[c] - p[c] * p[d] : -p[c] * p[d]) * z[i] * z[j] / Double(m) } }
          }
        }
      }
      for c in 0..<classes {
        for i in 0..<n {
          g[c * (n + 1) + i] += decay * x[c * (n + 1) + i]
          h[c * (n + 1) + i][c * (n + 1) + i] += decay
        }
        h[c * (n + 1) + n][c * (n + 1) + n] += 1e-6
      }
      x = zip(x, solve(h, g)).map(-)
    }
    return ((0..<classes).flatMap { Array(x[$0 * (n + 1)..<$0 * (n + 1) + n]) }, (0..<classes).map { x[$0 * (n + 1) + n] })
  }
}

/// One number of a view of floats.
private func number(_ view: TensorView, _ row: Int, _ column: Int) -> Double {
  let at = row * view.rowStride + view.offset(ofColumn: column)
  return view.type == .float32 ? Double(view.base.load(fromByteOffset: 4 * at, as: Float.self)) : view.base.load(fromByteOffset: 8 * at, as: Double.self)
}
