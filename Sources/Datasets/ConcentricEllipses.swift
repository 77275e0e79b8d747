import Glibc
import LinearAlgebra
import Settings

/// Concentric ellipses: x = (r cos φ, 0.4 r sin φ), φ ~ U(0, 2π), r ~ U(0, 1) in class 0 and r ~ U(1, 2) in class 1.
///
/// Source: Haber & Ruthotto (2018), "Stable architectures for deep neural networks", §6.1. The classes alternate, so that every part contains both
/// evenly. Training and validation points come from separate random streams: neither depends on the other's count.
/// - Parameters:
///   - training, validation: numbers of samples, each >= 1 (in the paper 1000 and 200).
///   - seed: the seed of the random streams.
/// - Throws: `memory`.
@Sendable package func concentricEllipses(training: Int, validation: Int, seed: UInt64) throws(Failure) -> (training: Dataset, validation: Dataset) {
  (try ellipsePoints(count: training, seed: seed, stream: 0), try ellipsePoints(count: validation, seed: seed, stream: 1))
}

private func ellipsePoints(count: Int, seed: UInt64, stream: UInt64) throws(Failure) -> Dataset {
  let points = try LabeledPoints(count: count)
  var random = RandomStream(seed: seed, stream: stream)
  try Watch.pieces(count, work: 64) { rows in
    for row in rows {
      let label = row % 2
      let radius = Double(label) + random.uniform()
      let angle = 2 * Double.pi * random.uniform()
      points.set(row, x: radius * cos(angle), y: 0.4 * radius * sin(angle), label: label)
    }
  }
  return points.dataset(classes: 2)
}
