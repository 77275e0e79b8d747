import CShims
import Glibc
import Settings

/// Memory for the statistics of a step's layers.
package struct StatisticsSums {
  package let numbers: Vector
  /// For the place of each layer's entry in the parameters the place of its statistics.
  package let places: [Int: Int]

  package init(numbers: Vector, places: [Int: Int]) { (self.numbers, self.places) = (numbers, places) }
}

/// Tiles of one batch that advance side by side and meet where a layer needs numbers of all samples, as batch normalization does.
///
/// Each tile runs in a fiber, a function with a stack of its own. Where it needs the others it writes its numbers to slots and is suspended until all tiles have written theirs. A worker resumes its tiles one after
/// the other, and the workers wait for one another, so one thread suffices for all tiles, and no thread is started that was not asked for. Slots lie in the order of the tiles, so results do not depend on threads.
///
/// All tiles must meet equally often. A tile that ends early, because it failed or the watch is over, no longer takes part; whoever made the call discards the result.
package final class TileMeeting: @unchecked Sendable {
  /// The place of one tile.
  package final class Seat {
    private unowned let meeting: TileMeeting
    package let tile: Int
    /// The samples of the tile, without padding columns.
    package fileprivate(set) var samples = 0
    /// The columns of the tile.
    package fileprivate(set) var columns = 0
    /// Whether the tile is on its way back. The states that it computes then have been computed before.
    package var isReturning = false
    fileprivate var work: (() -> Void)?
    fileprivate var worker = 0
    private var round = 0

    fileprivate init(_ meeting: TileMeeting, tile: Int) { (self.meeting, self.tile) = (meeting, tile) }

    /// The seat of the tile that runs on this thread; nil outside of meetings.
    package static var current: Seat? { shim_fiber_argument().map { Unmanaged<Seat>.fromOpaque($0).takeUnretainedValue() } }

    /// Writes `count` numbers for each 16 columns of this tile, waits for the other tiles, and gives what `merge` makes of the numbers of all, which come in the order of the tiles.
    ///
    /// Each worker merges once for all its tiles. The result stays valid until this tile has met once more. If the work must end, nobody waits, and the result is meaningless.
    /// - Parameter results: how many numbers of float64 `merge` writes.
    package func exchange(_ count: Int, results: Int, write: (Vector) -> Void, merge: (_ slots: Vector, _ result: Vector) -> Void) -> Vector {
      let (slots, result) = (meeting.slots(round: round), meeting.results(worker: worker, round: round)[0..<results])
      guard !isOver else { return result }
      write(own(of: slots, count))
      round += 1
      shim_fiber_suspend()
      if meeting.merged[worker] < round {
        meeting.merged[worker] = round
        merge(slots[0..<meeting.quanta * count], result)
      }
      return result
    }

    /// Whether the work must end: what a tile computes is then discarded, so that it may leave work out.
    package var isOver: Bool { sode_shim_atomic_load(&meeting.counters.pointee.isOver) != 0 }

    /// The numbers that this tile wrote in its last exchange of `count` numbers; meaningless if the work must end.
    package func written(_ count: Int) -> Vector { own(of: meeting.slots(round: max(round - 1, 0)), count) }

    private func own(of slots: Vector, _ count: Int) -> Vector {
      let first = tile * meeting.quantaOfTile * count
      return slots[first..<first + TileMeeting.quanta(columns) * count]
    }

    /// The samples of all tiles.
    package var samplesOfAll: Int { meeting.samples }

    /// The weight of this meeting's statistics among those of a step: the number of its samples if the batch has several meetings.
    package var weight: Double { meeting.fiber == nil ? 1 : Double(meeting.samples) }

    /// Adds a batch's statistics of a layer to those of this step, once for all tiles.
    package func note(_ place: UnsafeMutableRawPointer, _ body: (Vector) -> Void) {
      guard tile == 0, !isReturning, let parameters = meeting.parameters, let statistics = meeting.statistics else { return }
      guard let first = statistics.places[(place - parameters.base) / parameters.precision.byteCount] else { preconditionFailure("a layer whose statistics have no place") }
      body(statistics.numbers[first..<statistics.numbers.count])
    }

    fileprivate func begin(_ work: @escaping () -> Void) {
      (self.work, isReturning, round) = (work, false, 0)
    }
  }

  package private(set) var seats: [Seat] = []
  private let buffer: Buffer
  private let slotNumbers: Int
  private let resultNumbers: Int
  private let quantaOfTile: Int
  /// The last round whose slots each worker has merged.
  private let merged: UnsafeMutablePointer<Int>
  private let workers: Int
  /// The stack of tiles that run alone.
  private let fiber: OpaquePointer?
  private var quanta = 0
  private var samples = 0
  /// The parameters whose places name layers, and the sums of the layers' statistics in this step.
  private var parameters: Vector?
  private var statistics: StatisticsSums?
  private let counters: UnsafeMutablePointer<Counters>

  private struct Counters {
    /// Workers that have resumed all their tiles in this round.
    var arrived = sode_shim_atomic()
    /// Rounds that have ended.
    var rounds = sode_shim_atomic()
    /// Tiles that have not ended.
    var tiles = sode_shim_atomic()
    /// Whether there is another round, after even and after odd rounds.
    var afterEven = sode_shim_atomic()
    var afterOdd = sode_shim_atomic()
    /// Whether the work must end.
    var isOver = sode_shim_atomic()
  }

  fileprivate static func quanta(_ columns: Int) -> Int { (columns + Block.quantum - 1) / Block.quantum }

  /// Bytes of a tile's stack.
  private static let stackBytes = 1 << 19

  /// - Parameters:
  ///   - tiles: the most tiles.
  ///   - columns: those of a tile.
  ///   - numbersPerQuantum, results: the most numbers that an exchange has for 16 columns, and that it results in.
  ///   - workers: the most workers.
  ///   - isAlone: whether tiles will run alone, one after the other (`runAlone`).
  /// - Throws: `memory`.
  package init(tiles: Int, columns: Int, numbersPerQuantum: Int, results: Int, workers: Int, isAlone: Bool = false) throws(Failure) {
    quantaOfTile = Self.quanta(columns)
    (resultNumbers, self.workers) = (results, workers)
    slotNumbers = Self.slotNumbers(tiles: tiles, columns: columns, numbersPerQuantum: numbersPerQuantum) ?? 0
    buffer = try Buffer(count: Self.count(tiles: tiles, columns: columns, numbersPerQuantum: numbersPerQuantum, results: results, workers: workers) ?? -1, precision: .float64)
    counters = .allocate(capacity: 1)
    counters.initialize(to: Counters())
    merged = .allocate(capacity: workers)
    merged.initialize(repeating: 0, count: workers)
    fiber = isAlone ? shim_fiber_create(Self.stackBytes, Self.work, nil) : nil
    seats = (0..<tiles).map { Seat(self, tile: $0) }
    if isAlone, fiber == nil { throw Failure(.memory, "memory: no room for the stack of a tile whose samples are normalized together") }
  }

  private static func slotNumbers(tiles: Int, columns: Int, numbersPerQuantum: Int) -> Int? {
    let (count, overflow) = (tiles * quanta(columns)).multipliedReportingOverflow(by: numbersPerQuantum)
    return overflow || count > Int.max / 32 ? nil : count
  }

  /// The numbers of float64 that a meeting has, from the parameters of `init`; nil if these do not fit the address space.
  package static func count(tiles: Int, columns: Int, numbersPerQuantum: Int, results: Int, workers: Int) -> Int? {
    slotNumbers(tiles: tiles, columns: columns, numbersPerQuantum: numbersPerQuantum).map { 2 * $0 + 2 * results * workers }
  }

  /// What a fiber runs: the work of its seat.
  private static let work: @convention(c) (UnsafeMutableRawPointer?) -> Void = { seat in
    if let seat { Unmanaged<Seat>.fromOpaque(seat).takeUnretainedValue().work?() }
  }

  deinit {
    if let fiber { shim_fiber_free(fiber) }
    counters.deallocate()
    merged.deallocate()
  }

  package var byteCount: Int { buffer.byteCount }

  /// The slots of a round: two memories take turns, because a tile may write to the next before another has read the last.
  private func slots(round: Int) -> Vector { buffer.vector(count: slotNumbers, precision: .float64, offset: 8 * (round % 2 * slotNumbers)) }

  /// What a worker makes of a round's slots.
  private func results(worker: Int, round: Int) -> Vector {
    buffer.vector(count: resultNumbers, precision: .float64, offset: 8 * (2 * slotNumbers + (2 * worker + round % 2) * resultNumbers))
  }

  /// Seats the tiles of a batch.
  ///
  /// - Parameters:
  ///   - parameters, statistics: the parameters that the tiles read, and memory for the statistics of layers; nil if none are wanted.
  ///   - extents: the samples and the columns of each tile.
  package func seat(_ tiles: Int, parameters: Vector?, statistics: StatisticsSums?, _ extents: (_ tile: Int) -> (samples: Int, columns: Int)) {
    (self.parameters, self.statistics) = (parameters, statistics)
    for tile in 0..<tiles { (seats[tile].samples, seats[tile].columns) = extents(tile) }
  }

  /// Runs tiles until all have ended.
  ///
  /// - Parameters:
  ///   - pool: as many of its threads as there are shares do the work.
  ///   - shares: the tiles of each worker, consecutive; together 0 ..< n, the tiles that are seated.
  ///   - begin: called by each worker before its first tile.
  ///   - body: the work of one tile.
  /// - Throws: `memory` if there is none for the stacks; why the watch is over.
  package func run(_ pool: WorkerPool, shares: [Range<Int>], begin: (_ worker: Int) -> Void, _ body: (_ tile: Int) -> Void) throws(Failure) {
    precondition(shares.count <= pool.threads && shares.count <= workers, "a thread for each share")
    let tiles = shares.last?.upperBound ?? 0
    quanta = seats[0..<tiles].reduce(0) { $0 + Self.quanta($1.columns) }
    samples = seats[0..<tiles].reduce(0) { $0 + $1.samples }
    counters.pointee = Counters()
    sode_shim_atomic_store(&counters.pointee.tiles, Int64(tiles))
    var fibers: [OpaquePointer] = []
    defer { for fiber in fibers { shim_fiber_free(fiber) } }
    for worker in 0..<workers { merged[worker] = 0 }
    for (worker, share) in shares.enumerated() { for tile in share { seats[tile].worker = worker } }
    try withoutActuallyEscaping(body) { body throws(Failure) in
      defer { for seat in seats[0..<tiles] { seat.work = nil } }
      for seat in seats[0..<tiles] {
        seat.begin { body(seat.tile) }
        let fiber = shim_fiber_create(Self.stackBytes, Self.work, Unmanaged.passUnretained(seat).toOpaque())
        guard let fiber else { throw Failure(.memory, "memory: no room for the stacks of \(tiles) tiles that are normalized together") }
        fibers.append(fiber)
      }
      // Every share must run, or the others would wait for it; its tiles ask the watch themselves.
      pool.runWhole(shares.count) { worker, _ in
        begin(worker)
        var round: Int64 = 0
        repeat {
          for tile in shares[worker] where self.seats[tile].work != nil {
            if pool.watch.isOver { sode_shim_atomic_store(&self.counters.pointee.isOver, 1) }
            guard shim_fiber_resume(fibers[tile]) == 0 else { continue }
            self.seats[tile].work = nil
            _ = sode_shim_atomic_add(&self.counters.pointee.tiles, -1)
          }
          round += 1
        } while self.goesOn(after: round, workers: Int64(shares.count), pool.watch)
      }
    }
    try pool.watch.check()
  }

  /// Runs one tile that meets no other, so that its statistics are those of its own samples, on the calling thread.
  ///
  /// - Parameters: as of `seat` and `run`.
  package func runAlone(samples: Int, columns: Int, parameters: Vector?, statistics: StatisticsSums?, _ body: () -> Void) {
    guard let fiber else { preconditionFailure("a meeting for tiles that run alone") }
    seat(1, parameters: parameters, statistics: statistics) { _ in (samples, columns) }
    (quanta, self.samples) = (Self.quanta(columns), samples)
    counters.pointee = Counters()
    merged[0] = 0
    withoutActuallyEscaping(body) { body in
      seats[0].begin(body)
      shim_fiber_restart(fiber, Unmanaged.passUnretained(seats[0]).toOpaque())
      while shim_fiber_resume(fiber) != 0 {}
      seats[0].work = nil
    }
  }

  /// Waits until all workers have resumed their tiles in a round. Returns whether any tile has not ended.
  private func goesOn(after round: Int64, workers: Int64, _ watch: Watch) -> Bool {
    let isEven = round % 2 == 0
    if sode_shim_atomic_add(&counters.pointee.arrived, 1) + 1 == workers * round {
      // The last one to arrive decides for all: nobody resumes a tile before.
      let more: Int64 = sode_shim_atomic_load(&counters.pointee.tiles) > 0 ? 1 : 0
      isEven ? sode_shim_atomic_store(&counters.pointee.afterEven, more) : sode_shim_atomic_store(&counters.pointee.afterOdd, more)
      sode_shim_atomic_store(&counters.pointee.rounds, round)
    } else {
      var turns = 0
      while sode_shim_atomic_load(&counters.pointee.rounds) < round {
        turns += 1
        if turns > 1000 { sched_yield() }
        if turns % 20_000 == 0 { _ = watch.isOver }
      }
    }
    return (isEven ? sode_shim_atomic_load(&counters.pointee.afterEven) : sode_shim_atomic_load(&counters.pointee.afterOdd)) > 0
  }
}
