import LinearAlgebra
import Testing

/// A batch of `samples` samples in one block, whose padding columns hold other numbers.
private struct Batch {
  let channels: Int
  let pixels: Int
  let samples: Int
  let precision: Precision
  let geometry: NormalizationGeometry
  let x: Tile
  let columns: Int
  var epsilon: Double { 1e-3 }

  init?(_ channels: Int, _ pixels: Int, _ samples: Int, _ precision: Precision, gap: Int = 0) throws {
    guard let geometry = try? NormalizationGeometry(channels: channels, pixels: pixels, .groups(channels)) else { return nil }
    self.geometry = geometry
    (self.channels, self.pixels, self.samples, self.precision) = (channels, pixels, samples, precision)
    columns = Block.columns(forSamples: samples)
    x = try Tile(channels * pixels, columns, columns + gap, precision, seed: 1)
    for i in 0..<x.rows { for j in samples..<max(columns, samples) { x[i, j] = 1000 } }
  }

  func slots(_ per: Int) throws -> Numbers { try Numbers(per, .float64, seed: 9) }

  /// Statistics by the library.
  func merged(_ slots: Numbers? = nil) throws -> (mean: Numbers, variance: Numbers, count: Double) {
    let own = try slots ?? moments(x)
    let (mean, variance) = (try Numbers(channels, .float64), try Numbers(channels, .float64))
    return (mean, variance, BatchStatistics.mergeMoments(own.vector, mean: mean.vector, variance: variance.vector))
  }

  func moments(_ x: Tile, samples: Int? = nil) throws -> Numbers {
    let slots = try slots(BatchStatistics.momentSlots(channels: channels, columns: x.columns))
    BatchStatistics.collectMoments(of: x.block, channels: channels, samples: samples ?? self.samples, into: slots.vector)
    return slots
  }

  func statistics() throws -> Numbers {
    let (mean, variance, _) = try merged()
    let numbers = try Numbers(3 * channels, precision)
    BatchStatistics.statistics(mean: mean.vector, variance: variance.vector, epsilon: epsilon, into: numbers.vector)
    return numbers
  }

  /// The sums of v by the library, as the derivatives read them.
  func sums(_ statistics: Numbers, _ v: Tile, slope: Tile? = nil, factors: Bias?) throws -> (shared: Numbers, slots: Numbers) {
    let slots = try slots(BatchStatistics.sumSlots(channels: channels, columns: columns))
    BatchStatistics.collectSums(
      geometry, NormalizationRows(shared: statistics.vector), of: v.block, slope: slope?.block, at: x.block, samples: samples, into: slots.vector)
    let shared = try Numbers(2 * channels, precision)
    BatchStatistics.mergeSums(slots.vector, count: Double(samples * pixels), factors: factors, into: shared.vector)
    return (shared, slots)
  }

  /// The numbers of a channel's samples, sample by sample.
  func numbers(_ tile: Tile, _ channel: Int) -> [Double] { (0..<samples).flatMap { j in (0..<pixels).map { tile[channel * pixels + $0, j] } } }

  /// x̂ and its tangent by the formula: all samples of a channel as one group of one column.
  var reference: NormalizationReference? {
    (try? NormalizationGeometry(channels: 1, pixels: pixels * samples, .groups(1))).map { NormalizationReference(geometry: $0, epsilon: epsilon) }
  }
}

extension KernelSweeps {
  @Suite struct BatchStatisticsTests {
    static let shapes = [(1, 1), (3, 1), (2, 7), (3, 64), (2, 130)]

    /// Means and variances agree with the formula for every number of samples; padding columns do not count.
    @Test(arguments: Precision.allCases)
    func momentsAgreeWithTheFormula(_ precision: Precision) throws {
      for (channels, pixels) in Self.shapes {
        for samples in [1, 15, 16, 17, 33] {
          guard let batch = try Batch(channels, pixels, samples, precision, gap: samples == 17 ? 16 : 0) else { continue }
          for level in levels {
            let (mean, variance, count) = try withInstructionSet(level) { try batch.merged() }
            #expect(count == Double(samples * pixels))
            for c in 0..<channels {
              let numbers = batch.numbers(batch.x, c)
              let m = numbers.reduce(0, +) / count
              let v = numbers.map { ($0 - m) * ($0 - m) }.reduce(0, +) / count
              #expect(abs(mean[c] - m) <= 1e-14 && abs(variance[c] - v) <= 1e-14, "\(level.name) \(channels) \(pixels) \(samples)")
            }
          }
        }
      }
    }

    /// Tiles of any multiple of 16 samples leave the slots that one block leaves, and one sample those that it leaves in a tile.
    @Test(arguments: Precision.allCases)
    func slotsDoNotDependOnTheTiles(_ precision: Precision) throws {
      guard let batch = try Batch(3, 70, 33, precision) else { return }
      func part(_ tile: Tile, from: Int, columns: Int) throws -> Tile {
        let part = try Tile(tile.rows, columns, columns, precision)
        for i in 0..<tile.rows { for j in 0..<columns { part[i, j] = tile[i, from + j] } }
        return part
      }
      for level in levels {
        try withInstructionSet(level) {
          let all = try batch.moments(batch.x).values
          let pieces =
            try batch.moments(try part(batch.x, from: 0, columns: 16), samples: 16).values
            + batch.moments(try part(batch.x, from: 16, columns: 32), samples: 17).values
          #expect(all == pieces)
          let last = try batch.moments(try part(batch.x, from: 32, columns: 1), samples: 1).values
          #expect(last == Array(all[18..<27]))
        }
      }
    }

    /// Numbers about 10⁴ with deviation 1, 20 000 a channel: mean and variance to a relative error of 1e-12 of what is stored.
    @Test(arguments: Precision.allCases)
    func largeMeans(_ precision: Precision) throws {
      guard let batch = try Batch(1, 1250, 16, precision) else { return }
      var stream = RandomStream(seed: 3)
      stream.normal(into: batch.x.numbers.vector, mean: 1e4, deviation: 1)
      let numbers = batch.numbers(batch.x, 0)
      let shifted = numbers.map { $0 - 1e4 }
      let offset = shifted.reduce(0, +) / 20_000
      let expected = shifted.map { ($0 - offset) * ($0 - offset) }.reduce(0, +) / 20_000
      for level in levels {
        let (mean, variance, _) = try withInstructionSet(level) { try batch.merged() }
        #expect(abs(mean[0] - 1e4 - offset) <= 1e-8)
        #expect(abs(variance[0] / expected - 1) <= 1e-11, "\(level.name)")
        #expect(abs(variance[0] - 1) <= 0.05)
      }
    }

    /// A channel that never changes has variance 0 and exactly its mean.
    @Test(arguments: Precision.allCases)
    func constantChannels(_ precision: Precision) throws {
      guard let batch = try Batch(2, 70, 33, precision) else { return }
      fill(batch.x.block, 0.1)
      for level in levels {
        let (mean, variance, _) = try withInstructionSet(level) { try batch.merged() }
        #expect(mean.values == [batch.x[0, 0], batch.x[0, 0]] && variance.values == [0, 0])
      }
    }

    /// Values, tangents and cotangents over the batch agree with the formula, and the pullback is the adjoint.
    @Test(arguments: Precision.allCases)
    func derivativesAgreeWithTheFormula(_ precision: Precision) throws {
      for (channels, pixels) in Self.shapes {
        for samples in [1, 15, 16, 17, 33] {
          guard let batch = try Batch(channels, pixels, samples, precision), let reference = batch.reference else { continue }
          let run = try NormalizationRun(batch.geometry, precision)
          func tile(_ seed: UInt64) throws -> Tile { try Tile(batch.x.rows, batch.columns, batch.columns, precision, seed: seed) }
          let (v, p, slope) = (try tile(2), try tile(3), try tile(4))
          for i in 0..<p.rows { for j in samples..<max(batch.columns, samples) { p[i, j] = 0 } }
          let bound = 64 * 32 * precision.epsilon
          for level in levels {
            let (out, tangent, q) = (try tile(5), try tile(6), try tile(7))
            let (scaleGradient, shiftGradient) = (try Numbers(channels, precision, low: 1, high: 1), try Numbers(channels, precision, low: 1, high: 1))
            try withInstructionSet(level) {
              let statistics = try batch.statistics()
              let rows = NormalizationRows(shared: statistics.vector)
              normalize(batch.geometry, rows, run.factors, of: batch.x.block, activation: .tanh, scale: 0.5, into: out.block)
              pushNormalization(
                batch.geometry, rows, run.factors, at: batch.x.block, tangent: v.block,
                sums: NormalizationRows(shared: try batch.sums(statistics, v, factors: nil).shared.vector), slope: slope.block,
                into: tangent.block)
              let sums = try batch.sums(statistics, p, slope: slope, factors: run.factors.scale)
              pullNormalization(
                batch.geometry, rows, run.factors, at: batch.x.block, cotangent: p.block, sums: NormalizationRows(shared: sums.shared.vector),
                slope: slope.block, into: q.block)
              BatchStatistics.accumulateGradient(
                sums.slots.vector, channels: channels, precision: precision, scale: 2,
                addingTo: NormalizationFactors(scale: Bias(scaleGradient.buffer.base, stride: 1), shift: Bias(shiftGradient.buffer.base, stride: 1)))
            }
            var (forward, back, size) = (0.0, 0.0, 1.0)
            for c in 0..<channels {
              let x = batch.numbers(batch.x, c)
              let (normalized, tangents) = (reference.normalized(x), reference.tangent(x, batch.numbers(v, c)))
              let (cotangent, slopes) = (batch.numbers(p, c), batch.numbers(slope, c))
              let cotangents = reference.tangent(x, zip(cotangent, slopes).map { run.scale[c] * $0 * $1 })
              let (values, pushed, pulled) = (batch.numbers(out, c), batch.numbers(tangent, c), batch.numbers(q, c))
              for i in 0..<x.count {
                #expect(
                  abs(values[i] - 0.5 * LinearAlgebraTests.reference(.tanh, run.scale[c] * normalized[i] + run.shift[c]).value) <= bound,
                  "\(level.name) \(samples)")
                #expect(abs(pushed[i] - slopes[i] * run.scale[c] * tangents[i]) <= bound, "\(level.name) \(samples)")
                #expect(abs(pulled[i] - cotangents[i]) <= bound, "\(level.name) \(samples)")
              }
              let products = zip(cotangent, slopes).map { $0 * $1 }
              #expect(abs(shiftGradient[c] - 1 - 2 * products.reduce(0, +)) <= bound * 4)
              #expect(abs(scaleGradient[c] - 1 - 2 * zip(products, normalized).map { $0 * $1 }.reduce(0, +)) <= bound * 4)
              forward += zip(pushed, cotangent).map { $0 * $1 }.reduce(0, +)
              back += zip(pulled, batch.numbers(v, c)).map { $0 * $1 }.reduce(0, +)
              size += Double(x.count)
            }
            #expect(abs(forward - back) <= (precision == .float64 ? 1e-12 : 1e-5) * size, "\(level.name) \(samples)")
          }
        }
      }
    }

    /// Running averages take the unbiased variance.
    @Test(arguments: Precision.allCases)
    func runningAverages(_ precision: Precision) throws {
      let (mean, variance) = (try Numbers(2, .float64, seed: 1), try Numbers(2, .float64, seed: 2, low: 0, high: 2))
      let (runningMean, runningVariance) = (try Numbers(2, precision, seed: 3), try Numbers(2, precision, seed: 4, low: 0, high: 2))
      let (before, varianceBefore) = (runningMean.values, runningVariance.values)
      BatchStatistics.updateRunning(runningMean.vector, runningVariance.vector, mean: mean.vector, variance: variance.vector, count: 5, momentum: 0.1)
      for c in 0..<2 {
        #expect(abs(runningMean[c] - 0.9 * before[c] - 0.1 * mean[c]) <= precision.epsilon)
        #expect(abs(runningVariance[c] - 0.9 * varianceBefore[c] - 0.1 * variance[c] * 5 / 4) <= 4 * precision.epsilon)
      }
      // A single number has no unbiased variance.
      BatchStatistics.updateRunning(runningMean.vector, runningVariance.vector, mean: mean.vector, variance: variance.vector, count: 1, momentum: 1)
      #expect(runningVariance.values.allSatisfy { $0.isFinite })
    }
  }
}
