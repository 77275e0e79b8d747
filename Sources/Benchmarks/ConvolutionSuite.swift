import CShims
import Foundation
import LinearAlgebra
import Settings

/// The convolution kernels, measured below the C interface: 3 × 3 with padding 1, as many output as input channels, float32, one core.
///
/// Each number is the share of the core's peak of multiply-adds, which is measured in the same run. All algorithms are counted in the operations of the direct one, so Winograd's may exceed 1. Beside it stands the
/// root mean square of the result's error, against the direct algorithm in float64.
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
        let calls = try ConvolutionBenchmark(geometry, algorithm, .float32, columns: samples)
        let exact = try ConvolutionBenchmark(geometry, .direct, .float64, columns: samples)
        for product in Self.products {
          let error = Self.rootMeanSquare(calls.result(product), exact.result(product))
          let (run, peak) = try best { calls.run(product) }
          let share = Double(geometry.weightCount * geometry.outputPixels * samples) / run / peak
          print(
            "{\"workload\": \"\(Self.name)\", \"what\": \"\(product)\", \"algorithm\": \"\(algorithm.name)\", \"channels\": \(channels), \"size\": \(size), \"samples\": \(samples), "
              + "\"share_of_peak\": \(String(format: "%.3f", share)), \"us\": \(String(format: "%.4g", run * 1e6)), \"rms_error\": \(String(format: "%.3g", error))}")
          fflush(stdout)
        }
      }
    }
  }

  private static func rootMeanSquare(_ result: [Double], _ exact: [Double]) -> Double {
    (zip(result, exact).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } / Double(exact.count)).squareRoot()
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

/// The memory of one convolution's calls, whose image and result have the same size. The numbers are those of float32 in either precision.
private final class ConvolutionBenchmark {
  private let geometry: ConvolutionGeometry
  private let algorithm: ConvolutionAlgorithm
  private let precision: Precision
  private let columns: Int
  private let x: Buffer
  /// The result of products, or what the gradient multiplies by the image.
  private let out: Buffer
  private let left: [Double]
  private let gradient: Buffer
  private let forward: Buffer
  private let transposed: Buffer
  private let scratch: Buffer

  init(_ geometry: ConvolutionGeometry, _ algorithm: ConvolutionAlgorithm, _ precision: Precision, columns: Int) throws {
    (self.geometry, self.algorithm, self.precision, self.columns) = (geometry, algorithm, precision, columns)
    func buffer(_ count: Int) throws -> Buffer { try Buffer(count: count, precision: precision) }
    x = try buffer(geometry.inputRows * columns)
    out = try buffer(geometry.outputRows * columns)
    gradient = try buffer(geometry.weightCount)
    forward = try buffer(geometry.packedCount(.forward, algorithm))
    transposed = try buffer(geometry.packedCount(.transposed, algorithm))
    scratch = try buffer(
      max(
        geometry.scratchCount(.forward, algorithm, columns: columns, precision: precision), geometry.scratchCount(.transposed, algorithm, columns: columns, precision: precision),
        geometry.gradientScratchCount(algorithm, columns: columns, precision: precision)))
    var random = RandomStream(seed: 1)
    func draw(_ count: Int) throws -> [Double] {
      let memory = try Buffer(count: count, precision: .float32)
      defer { withExtendedLifetime(memory) {} }
      let numbers = memory.vector(count: count, precision: .float32)
      random.uniform(into: numbers, low: -0.5, high: 0.5)
      return (0..<count).map { numbers.load($0) }
    }
    let image = try draw(geometry.inputRows * columns)
    left = try draw(geometry.outputRows * columns)
    let (kernel, memory) = (try draw(geometry.weightCount), try buffer(geometry.weightCount))
    defer { withExtendedLifetime(memory) {} }
    let weights = memory.vector(count: geometry.weightCount, precision: precision)
    for (index, number) in image.enumerated() { x.vector(count: image.count, precision: precision).store(number, at: index) }
    for (index, number) in kernel.enumerated() { weights.store(number, at: index) }
    for direction in [ConvolutionDirection.forward, .transposed] { packConvolution(weights, geometry, direction, algorithm, into: packed(direction)) }
    setLeft()
  }

  private func packed(_ direction: ConvolutionDirection) -> Vector {
    (direction == .forward ? forward : transposed).vector(count: geometry.packedCount(direction, algorithm), precision: precision)
  }

  private func setLeft() {
    for (index, number) in left.enumerated() { out.vector(count: left.count, precision: precision).store(number, at: index) }
  }

  /// One call of a product, with the identity as activation.
  func run(_ product: String) {
    let x = Block(x.base, rows: geometry.inputRows, columns: columns, precision: precision)
    let out = Block(out.base, rows: geometry.outputRows, columns: columns, precision: precision)
    if product == "gradient" {
      return accumulateConvolutionGradient(geometry, algorithm, out, x, addingTo: gradient.vector(count: geometry.weightCount, precision: precision), scratch: scratch.base)
    }
    let direction = product == "forward" ? ConvolutionDirection.forward : .transposed
    convolve(packed(direction), geometry, direction, algorithm, of: x, ConvolutionEpilogue(into: out), scratch: scratch.base)
  }

  /// What one call of a product makes.
  func result(_ product: String) -> [Double] {
    let result = product == "gradient" ? gradient.vector(count: geometry.weightCount, precision: precision) : out.vector(count: left.count, precision: precision)
    fill(result, 0)
    setLeft()
    run(product)
    return (0..<result.count).map { result.load($0) }
  }
}
