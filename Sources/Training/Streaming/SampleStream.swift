import Datasets
import LinearAlgebra
import Networks
import Settings

/// The samples of a source in the order of training, through a buffer of a fixed number of samples: memory does not grow with the source.
///
/// The buffer is filled and shuffled; when about half of its samples have been used, their places are filled with the next ones, and all are shuffled again. A source that fits into the buffer is thus
/// shuffled once, with the random numbers of training from memory: the same steps with the same bits. The order depends on the seed, the epoch, the source's samples, the buffer and the batches alone.
///
/// A stream may be interrupted anywhere and goes on there. After a failure of the source, and for a trainer that stands elsewhere, the pass begins anew and the samples that were used are passed over.
package final class SampleStream {
  /// The most samples that the buffer holds.
  package let capacity: Int
  private let source: any SampleSource
  private var buffer: SampleBuffer?
  /// The places of the buffer in the order of use, from `cursor` on, in one of two lists, between which they change whenever they are put in another order; room for a permutation; and the number,
  /// within the pass, of the sample at each place.
  private let order: Buffer
  private var isSecond = false
  private var cursor = 0
  /// The places that have been used since the pass began: the first of `places`. No memory beyond them has been touched.
  private var known = 0
  /// The places in use.
  private var held = 0
  /// Whether the places are filled and shuffled, so that samples may be used.
  private var isFilled = false
  /// Where in the pass the stream stands: nil before the first pass, and after a failure.
  private var pass: (epoch: Int, used: Int)?
  private var window = 0
  private var isExhausted = false
  private var read = 0
  private var batches = 0
  /// A batch that has not been copied wholly, and how many of its samples have.
  private var pending: (batch: Dataset, copied: Int)?
  /// The samples of a whole pass; nil until one has been read to its end.
  package private(set) var count: Int?

  /// - Throws: `outOfRange` for a capacity below 1; `memory`.
  package init(_ source: any SampleSource, capacity: Int) throws(Failure) {
    guard capacity >= 1 else { throw Failure(.outOfRange, "the buffer holds \(capacity) samples; it must hold at least 1") }
    self.source = source
    self.capacity = capacity
    let (numbers, overflow) = capacity.multipliedReportingOverflow(by: 4)
    order = try Buffer(count: overflow ? Int.max : numbers, precision: .float64)
  }

  /// What the batches of one run have in common.
  struct Use {
    let network: Network
    let scaling: DataScaling
    let batch: Int
    let seed: UInt64
    let shuffle: Bool
  }

  private func list(_ number: Int) -> UnsafeMutablePointer<Int64> { order.rowNumbers(count: capacity, offset: number * capacity * MemoryLayout<Int64>.stride) }
  private var places: UnsafeMutablePointer<Int64> { list(isSecond ? 1 : 0) }
  private var otherPlaces: UnsafeMutablePointer<Int64> { list(isSecond ? 0 : 1) }
  private var samples: UnsafeMutablePointer<Int64> { list(3) }

  /// A failure that names a row, which is a place of the buffer, with the sample's number instead.
  func named(_ failure: Failure) -> Failure {
    var words = failure.message.split(separator: " ", omittingEmptySubsequences: false)
    for (index, word) in words.enumerated() where index > 0 && words[index - 1].hasSuffix("row") {
      let digits = word.prefix { $0.isNumber }
      guard let place = Int(digits), place < capacity else { continue }
      words[index - 1] = Substring("\(words[index - 1].dropLast(3))sample")
      words[index] = Substring("\(samples[place]) of the epoch\(word.dropFirst(digits.count))")
      return Failure(failure.status, words.joined(separator: " "))
    }
    return failure
  }

  /// Brings the stream to sample `position` of an epoch and gives the samples that it then holds, in the form that the network takes. Their places stay the same until `rows` fills the buffer anew.
  /// - Throws: the source's failure; what is wrong with a batch, with its number; `invalidArgument` if the buffer cannot hold a batch; the reason why the work must end: the stream then goes on where it stood.
  func stand(at position: Int, ofEpoch epoch: Int, _ use: Use) throws(Failure) -> Dataset {
    if pass?.epoch != epoch || pass?.used != position { try begin(epoch, use) }
    if !isFilled { try fill(use) }
    while let pass, pass.used < position {
      guard let rows = try rows(use) else { throw Failure(.state, "the last run stopped after \(position) samples of an epoch; the source has only \(pass.used)") }
      advance(by: rows.count)
    }
    guard pass?.used == position else { throw Failure(.state, "the last run stopped after \(position) samples of an epoch, which is no whole number of batches of \(use.batch)") }
    guard let buffer, held > 0 else { throw Failure(.invalidData, "the source has no samples") }
    guard !hasMore || held >= use.batch else {
      throw Failure(.invalidArgument, "a step takes \(use.batch == Int.max ? "all samples" : "\(use.batch) samples"), but the buffer holds \(capacity) of them; set batch_size, or a larger buffer")
    }
    return buffer.dataset(count: holdsAll ? held : capacity, classes: use.network.plan.classes, columns: record)
  }

  private var record: ColumnRecord?

  /// Whether the buffer holds the whole source.
  var holdsAll: Bool { !hasMore && window == 1 }

  /// The places of the next batch; nil at the end of the epoch. `advance` says that they have been used.
  func rows(_ use: Use) throws(Failure) -> UnsafeBufferPointer<Int64>? {
    if !isFilled || hasMore && cursor >= usable(use) { try fill(use) }
    let left = usable(use) - cursor
    return left > 0 ? UnsafeBufferPointer(start: places + cursor, count: min(use.batch, left)) : nil
  }

  /// How many samples are used before the places are filled again: about half, in whole batches.
  private func usable(_ use: Use) -> Int { hasMore ? min(held, max(held / 2 / use.batch, 1) * use.batch) : held }

  /// Whether the source has samples that the buffer does not hold, or may have.
  private var hasMore: Bool { !isExhausted || pending != nil }

  func advance(by count: Int) {
    cursor += count
    pass?.used += count
  }

  private func begin(_ epoch: Int, _ use: Use) throws(Failure) {
    pass = nil
    try source.reset()
    (cursor, held, known, isFilled, window, read, batches, isExhausted, pending) = (0, 0, 0, false, 0, 0, 0, false, nil)
    pass = (epoch, 0)
  }

  /// Fills the used places, as far as the source goes, and shuffles. An interrupted fill goes on where it stood.
  private func fill(_ use: Use) throws(Failure) {
    // Used places come last: the samples that are left, then room. The other list takes the new order, so that nothing has changed if the work ends before.
    if cursor > 0 {
      let (from, to) = (places, otherPlaces)
      try Watch.pieces(held) { indices in for index in indices { to[index] = from[(cursor + index) % held] } }
      try Watch.pieces(known - held) { indices in for index in indices { to[held + index] = from[held + index] } }
      isSecond.toggle()
      (held, cursor, isFilled) = (held - cursor, 0, false)
    }
    do throws(Failure) {
      // The next batch is asked for even if there is no room for it: a source that fits ends here.
      while hasMore, held < capacity || pending == nil { try take(use) }
    } catch {
      // A source that failed must begin anew; one that was interrupted goes on.
      if error.status.rawValue < 0 { pass = nil }
      throw error
    }
    if !hasMore {
      if let count, count != read { throw irregular("has \(read) samples, but an earlier one had \(count)") }
      count = read
    }
    if use.shuffle {
      let (from, to, permutation) = (places, otherPlaces, list(2))
      // The first window has the numbers with which training from memory shuffles.
      var stream = RandomStream(seed: use.seed, stream: 1 << 63 | UInt64(truncatingIfNeeded: window & 0x1FFF_FFFF) << 32 | UInt64(pass?.epoch ?? 0))
      try stream.permutation(into: permutation, count: held)
      try Watch.pieces(held, work: 8) { indices in for index in indices { to[index] = from[Int(permutation[index])] } }
      try Watch.pieces(known - held) { indices in for index in indices { to[held + index] = from[held + index] } }
      isSecond.toggle()
    }
    window += 1
    isFilled = true
  }

  /// The failure of a pass that does not give the samples of another one.
  private func irregular(_ what: String) -> Failure {
    pass = nil
    return Failure(.invalidData, "this pass of the source \(what); every pass must give the same samples in the same order")
  }

  /// The source's next batch in the form that the network takes; nil at the end of the pass.
  private func nextBatch(_ use: Use) throws(Failure) -> Dataset? {
    do throws(Failure) {
      guard let given = try source.next() else { return nil }
      try use.network.requireAgreement(with: given, called: "it")
      let batch = try suited(given, for: use.network.plan, use.scaling, called: "it", isPart: true)
      if buffer == nil { buffer = try SampleBuffer(capacity: capacity, like: batch) }
      try buffer?.requireLikeness(of: batch)
      record = record ?? batch.columns
      return batch.features.isMade ? try batch.withDenseFeatures() : batch
    } catch {
      // What the caller's functions say of themselves, and a lack of memory, are not the batch's.
      guard error.status.rawValue < 0, ![.memory, .callbackFailed, .state].contains(error.status) else { throw error }
      throw Failure(error.status, "batch \(batches + 1) of the source, which begins with sample \(read): \(error.message)")
    }
  }

  /// Copies the next samples of the source into free places, so many that it takes about a millisecond.
  private func take(_ use: Use) throws(Failure) {
    try Watch.check()
    if pending == nil {
      guard let batch = try nextBatch(use) else { return isExhausted = true }
      batches += 1
      pending = (batch, 0)
    }
    guard let buffer, let (batch, copied) = pending else { return }
    let count = min(batch.count - copied, capacity - held, buffer.samplesOfPiece)
    while known < held + count {
      places[known] = Int64(known)
      known += 1
    }
    buffer.put(batch, start: copied, into: UnsafeBufferPointer(start: places + held, count: count))
    for index in 0..<count { samples[Int(places[held + index])] = Int64(read + index) }
    held += count
    read += count
    pending = copied + count < batch.count ? (batch, copied + count) : nil
    if let total = self.count, read > total { throw irregular("has more than the \(total) samples of an earlier one") }
  }
}
