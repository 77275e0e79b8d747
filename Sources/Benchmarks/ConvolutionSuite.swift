import CShims
import Foundation
import LinearAlgebra
import Settings

/// The convolution kernels, measured below the C interface: 3 × 3 with padding 1, as many output as input channels, float32, one core.
///
/// Each number is the share of the core's peak of multiply-adds, which is measured in the same run. All algorithms are counted in the operations of the direct one, so Winograd's may exceed 1.
struct ConvolutionSuite {
  static let name = "kernels"
  /// Channels, height and width, samples.
  private static let shapes = [
    (16, 28, 16), (32, 14, 16), (64, 7, 16), (16, 32, 16), (32, 16, 16), (64, 8, 16), (1, 28, 16), (3, 28, 16), (6, 28, 16), (16, 28, 1), (32, 14, 1), (64, 7, 1),
  ]
  private static let products = ["forward", "transposed", "gradient"]

  let timing: Timing

  func measure() throws {
    for (channels, size, samples) in Self.shapes {
      let extent = ConvolutionExtent(input: size, kernel: 3, before: 1, after: 1)
      let geometry = try ConvolutionGeometry(inputChannels: channels, outputChannels: channels, vertical: extent, horizontal: extent)
      for algorithm in ConvolutionAlgorithm.allCases {
        let calls = try ConvolutionBenchmark(geometry, algorithm, columns: samples)
        for product in Self.products {
          let (run, peak) = try best { calls.run(product) }
          let share = Double(geometry.weightCount * geometry.outputPixels * samples) / run / peak
          print(
            "{\"workload\": \"\(Self.name)\", \"what\": \"\(product)\", \"algorithm\": \"\(algorithm.name)\", \"channels\": \(channels), \"size\": \(size), \"samples\": \(samples), "
              + "\"share_of_peak\": \(String(format: "%.3f", share)), \"us\": \(String(format: "%.4g", run * 1e6))}")
          fflush(stdout)
        }
      }
    }
  }

  /// The least seconds of a run, and the most multiply-adds per second, of groups that alternate, so that both see the same conditions of the machine.
  private func best(_ run: () -> Void) throws -> (seconds: Double, peak: Double) {
    let rounds: Int64 = 1_000_000
    var peak = 0.0
    let times = try timing.measure(run) {
      var count: Int64 = 0
      let seconds = timing.elapsed { count = sode_shim_multiply_adds(InstructionSet.current.rawValue, rounds) }
      peak = max(peak, Double(count) / seconds)
      return seconds
    }
    return (times.own[0], peak)
  }
}

/// The memory of one convolution's calls, whose image and result have the same size.
private final class ConvolutionBenchmark {
  private let geometry: ConvolutionGeometry
  private let algorithm: ConvolutionAlgorithm
  private let x: Buffer
  private let out: Buffer
  private let gradient: Buffer
  private let forward: Buffer
  private let transposed: Buffer
  private let scratch: Buffer
  private let columns: Int

  init(_ geometry: ConvolutionGeometry, _ algorithm: ConvolutionAlgorithm, columns: Int) throws {
    self.geometry = geometry
    self.algorithm = algorithm
    self.columns = columns
    var random = RandomStream(seed: 1)
    x = try Buffer(count: geometry.inputRows * columns, precision: .float32)
    out = try Buffer(count: geometry.outputRows * columns, precision: .float32)
    gradient = try Buffer(count: geometry.weightCount, precision: .float32)
    forward = try Buffer(count: geometry.packedCount(.forward, algorithm), precision: .float32)
    transposed = try Buffer(count: geometry.packedCount(.transposed, algorithm), precision: .float32)
    scratch = try Buffer(
      count: max(
        geometry.scratchCount(.forward, algorithm, columns: columns, precision: .float32), geometry.scratchCount(.transposed, algorithm, columns: columns, precision: .float32),
        geometry.gradientScratchCount(algorithm, columns: columns, precision: .float32)), precision: .float32)
    let weights = try Buffer(count: geometry.weightCount, precision: .float32)
    for (buffer, count) in [(x, geometry.inputRows * columns), (out, geometry.outputRows * columns), (weights, geometry.weightCount)] {
      random.uniform(into: buffer.vector(count: count, precision: .float32), low: -0.5, high: 0.5)
    }
    for direction in [ConvolutionDirection.forward, .transposed] {
      packConvolution(weights.vector(count: geometry.weightCount, precision: .float32), geometry, direction, algorithm, into: packed(direction))
    }
  }

  private func packed(_ direction: ConvolutionDirection) -> Vector {
    (direction == .forward ? forward : transposed).vector(count: geometry.packedCount(direction, algorithm), precision: .float32)
  }

  /// One call of a product, with the identity as activation.
  func run(_ product: String) {
    let x = Block(x.base, rows: geometry.inputRows, columns: columns, precision: .float32)
    let out = Block(out.base, rows: geometry.outputRows, columns: columns, precision: .float32)
    if product == "gradient" {
      return accumulateConvolutionGradient(geometry, algorithm, out, x, addingTo: gradient.vector(count: geometry.weightCount, precision: .float32), scratch: scratch.base)
    }
    let direction = product == "forward" ? ConvolutionDirection.forward : .transposed
    convolve(packed(direction), geometry, direction, algorithm, of: x, ConvolutionEpilogue(into: out), scratch: scratch.base)
  }
}
