import Datasets
import LinearAlgebra
import Networks
import Settings
import Testing
import Training

/// Slices of a data set, as a source that may fail once before a batch.
final class Slices: SampleSource {
  private let data: Dataset
  private let size: Int
  private var start = 0
  private(set) var passes = 0
  private(set) var batches = 0
  var failsAt: Int?

  init(_ data: Dataset, size: Int) { (self.data, self.size) = (data, size) }

  func reset() throws(Failure) {
    passes += 1
    start = 0
  }

  func next() throws(Failure) -> Dataset? {
    if batches == failsAt {
      failsAt = nil
      throw Failure(.callbackFailed, "the disk is on fire")
    }
    guard start < data.count else { return nil }
    defer { start += size }
    batches += 1
    return try data.slice(start: start, count: min(size, data.count - start))
  }
}

@Suite struct SampleStreamTests {
  private let settings: [String: OptionValue] = ["epochs": .integer(3), "learning_rate": .real(0.02), "batch_size": .integer(16), "seed": .integer(9), "schedule": .text("cosine")]

  private func trained(_ samples: TrainingSamples, _ extra: [String: OptionValue] = [:]) throws -> [UInt64] {
    let network = try smallNetwork()
    #expect(try trainer(network, settings.merging(extra) { $1 }).run(training: samples) == .ok)
    return bits(network)
  }

  @Test(arguments: [1, 30, 199, 200, 1000]) func aBufferThatHoldsEverythingGivesTheBitsOfMemory(size: Int) throws {
    let data = try ellipses().training
    for extra in [[:], ["shuffle": .flag(false)], ["batch_size": .integer(1000)]] as [[String: OptionValue]] {
      let stream = try SampleStream(Slices(data, size: size), capacity: 200)
      #expect(try trained(.stream(stream), extra) == trained(.dataset(data), extra))
      #expect(stream.count == 200)
    }
  }

  @Test(arguments: [16, 50, 200]) func trainingGoesOnWhereASourceFailed(capacity: Int) throws {
    let data = try ellipses().training
    let whole = try trained(.stream(SampleStream(Slices(data, size: 30), capacity: capacity)))
    let source = Slices(data, size: 30)
    source.failsAt = 10
    let (stream, network) = (try SampleStream(source, capacity: capacity), try smallNetwork())
    let trainer = try trainer(network, settings)
    #expect(throws: Failure(.callbackFailed, "the disk is on fire")) { try trainer.run(training: .stream(stream)) }
    #expect(try trainer.run(training: .stream(stream)) == .ok)
    #expect(bits(network) == whole && source.passes == 4)
  }

  /// The buffer's places are touched only as far as the source goes; a fill that is interrupted goes on where it stood, with the same bits.
  @Test func interruptedFillsGoOn() throws {
    let data = try ellipses().training
    for capacity in [48, 200] {
      let whole = try trained(.stream(SampleStream(Slices(data, size: 7), capacity: capacity)))
      let (stream, network) = (try SampleStream(Slices(data, size: 7), capacity: capacity), try smallNetwork())
      let trainer = try trainer(network, settings.merging(["num_threads": .integer(1)]) { $1 })
      var (runs, questions) = (0, 0)
      while true {
        questions = 0
        runs += 1
        let watch = Watch(isCancelled: {
          questions += 1
          return questions > 9 + runs
        })
        if try trainer.run(training: .stream(stream), limits: TrainingLimits(watch: watch)) == .ok { break }
      }
      #expect(runs > 3 && bits(network) == whole)
    }
  }

  @Test func passesOfOtherLengthsAreRefused() throws {
    final class Changing: SampleSource {
      let data: Dataset
      let counts: [Int]
      var (pass, isGiven) = (-1, false)
      init(_ data: Dataset, _ counts: [Int]) { (self.data, self.counts) = (data, counts) }
      func reset() throws(Failure) { (pass, isGiven) = (pass + 1, false) }
      func next() throws(Failure) -> Dataset? {
        defer { isGiven = true }
        return isGiven ? nil : try data.prefix(counts[min(pass, counts.count - 1)])
      }
    }
    let data = try ellipses().training
    for (counts, message) in [([100, 90], "has 90 samples, but an earlier one had 100"), ([100, 110], "has more than the 100 samples of an earlier one")] {
      #expect { try trained(.stream(SampleStream(Changing(data, counts), capacity: 300))) } throws: {
        $0 as? Failure == Failure(.invalidData, "this pass of the source \(message); every pass must give the same samples in the same order")
      }
    }
  }

  @Test func wrongBatchesAreNamed() throws {
    let data = try ellipses().training
    final class Two: SampleSource {
      let batches: [Dataset]
      var index = 0
      init(_ batches: [Dataset]) { self.batches = batches }
      func reset() throws(Failure) { index = 0 }
      func next() throws(Failure) -> Dataset? {
        defer { index += 1 }
        return index < batches.count ? batches[index] : nil
      }
    }
    func message(_ batches: [Dataset], _ settings: [String: OptionValue] = [:], capacity: Int = 1000) throws -> String {
      do {
        _ = try trainer(try smallNetwork(), settings).run(training: .stream(SampleStream(Two(batches), capacity: capacity)))
        return ""
      } catch { return "\(error)" }
    }
    #expect(try message([]) == "the source has no samples")
    let values = try withFeaturesAsTargets(data)
    #expect(try message([data, values]).hasPrefix("batch 2 of the source, which begins with sample 200: targets have shape [200, 2]"))
    let memory = try Buffer(count: 200, precision: .float64)
    fill(memory.vector(count: 200, precision: .float64), 1)
    let weighted = try data.weighted(by: TensorView(memory.base, type: .float64, rows: 200, columns: 1))
    #expect(try message([data, weighted]).hasSuffix("it has weights of its samples, and the first batch has none; all batches must have weights, or none"))
    #expect(try message([data], ["batch_size": .integer(64)], capacity: 50).contains("a step takes 64 samples, but the buffer holds 50"))
    final class Faulty: SampleSource {
      func reset() throws(Failure) {}
      func next() throws(Failure) -> Dataset? { throw Failure(.invalidData, "features hold NaN at row 3") }
    }
    #expect(throws: Failure(.invalidData, "batch 1 of the source, which begins with sample 0: features hold NaN at row 3")) {
      try trainer(try smallNetwork(), settings).run(training: .stream(SampleStream(Faulty(), capacity: 10)))
    }
    #expect(throws: Failure(.outOfRange, "the buffer holds 0 samples; it must hold at least 1")) { try SampleStream(Two([]), capacity: 0) }
  }
}
