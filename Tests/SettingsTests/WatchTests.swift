import Glibc
import Settings
import Testing

struct WatchTests {
  @Test func nobodyLimitsWorkThatIsNotWatched() throws {
    #expect(!Watch.none.isOver && Watch.none.failure == nil)
    try Watch.none.check()
    Watch.none.heed(0)
    #expect(!Watch().isOver)
  }

  /// The first reason is kept: later events change neither the status nor the message.
  @Test func theFirstReasonHolds() {
    var isRequested = false
    let watch = Watch(isCancelled: { isRequested })
    #expect(!watch.isOver)
    isRequested = true
    #expect(watch.isOver)
    isRequested = false
    watch.heed(3)
    #expect(watch.isOver && watch.failure?.status == .cancelled)
    let stopped = Watch()
    stopped.heed(7)
    stopped.heed(-2)
    #expect(stopped.failure == Failure(.stoppedByCallback, "stopped by the callback, which returned 7"))
    let failed = Watch()
    failed.heed(-2)
    #expect { try failed.check() } throws: { $0 as? Failure == Failure(.callbackFailed, "the callback returned -2") }
  }

  @Test func timeRunsOut() {
    let watch = Watch(milliseconds: 30)
    #expect(!watch.isOver)
    usleep(60_000)
    #expect(watch.isOver && watch.failure == Failure(.timeLimit, "the time limit of 30 ms was reached"))
  }

  /// Pulses come one interval apart. Each calls the caller's tick and then the work's own; either can end the work.
  @Test func pulsesComeAtTheirTime() {
    var (ticks, pulses) = (0, 0)
    let watch = Watch(tick: {
      ticks += 1
      return 0
    })
    watch.onPulse = {
      pulses += 1
      return pulses == 2 ? 1 : 0
    }
    #expect(!watch.isOver && ticks == 0)
    usleep(UInt32(Watch.pulseInterval * 1000) + 20_000)
    for _ in 0..<100 { #expect(!watch.isOver) }
    #expect(ticks == 1 && pulses == 1)
    usleep(UInt32(Watch.pulseInterval * 1000) + 20_000)
    #expect(watch.isOver && ticks == 2 && pulses == 2 && watch.failure?.status == .stoppedByCallback)
  }

  /// If the next piece of work would end after the time of the next pulse, the pulse comes before it.
  @Test func aPulseComesEarlyBetweenLongPieces() {
    var ticks = 0
    let watch = Watch(tick: {
      ticks += 1
      return 0
    })
    #expect(!watch.isOver && ticks == 0)
    usleep(UInt32(Watch.pulseInterval * 700))
    #expect(!watch.isOver && ticks == 1)
    #expect(!watch.isOver && ticks == 1)
  }

  @Test func piecesCoverAllAndEndEarly() throws {
    var found: [Range<Int>] = []
    try Watch.pieces(5_000_000, work: 2) { found.append($0) }
    #expect(found.first?.lowerBound == 0 && found.last?.upperBound == 5_000_000 && found.count == 10)
    #expect(zip(found, found.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound })
    var pieces = 0
    let watch = Watch(isCancelled: { pieces == 3 })
    #expect(throws: Failure(.cancelled, "cancelled: the cancel token was requested")) { try watch.asCurrent { () throws(Failure) in try Watch.pieces(1 << 30) { _ in pieces += 1 } } }
    #expect(pieces == 3)
  }

  /// Work that must be complete is done to the end, whatever the watch says. The watch is asked before every piece.
  @Test func allPiecesAreDoneInAnyCase() {
    var (asked, found) = (0, [Range<Int>]())
    let watch = Watch(tick: {
      asked += 1
      return 1
    })
    watch.asCurrent { Watch.allPieces(5_000_000, work: 2) { found.append($0) } }
    #expect(found.first?.lowerBound == 0 && found.last?.upperBound == 5_000_000 && found.count == 10)
    #expect(zip(found, found.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound })
    var looks = 0
    Watch(isCancelled: {
      looks += 1
      return looks == 2
    }).asCurrent { Watch.allPieces(3 << 20) { _ in found = [] } }
    #expect(looks == 2 && found.isEmpty && asked == 0)
  }

  /// A watch is the current watch of a thread while its body runs; a nested watch replaces it during the nested body.
  @Test func aThreadWorksUnderItsCurrentWatch() throws {
    #expect(Watch.current === Watch.none)
    let (outer, inner) = (Watch(), Watch())
    try outer.asCurrent { () throws(Failure) in
      #expect(Watch.current === outer)
      try inner.asCurrent { () throws(Failure) in #expect(Watch.current === inner) }
      try Watch.none.asCurrent { () throws(Failure) in #expect(Watch.current === Watch.none) }
    }
    #expect(Watch.current === Watch.none)
    let over = Watch(isCancelled: { true })
    #expect { try over.asCurrent { () throws(Failure) in try Watch.check() } } throws: { ($0 as? Failure)?.status == .cancelled }
    #expect(Watch.current === Watch.none)
  }

  /// Items of any size: the watch is asked once for about a million numbers.
  @Test func workOfAnySizeAsksTheWatch() throws {
    var questions = 0
    let watch = Watch(isCancelled: {
      questions += 1
      return false
    })
    try watch.asCurrent {
      var work = WatchedWork()
      for _ in 0..<4096 { try work.spend(1024) }
      #expect((4...5).contains(questions))
      for _ in 0..<3 { try work.spend(1 << 40) }
      #expect((7...8).contains(questions))
    }
    #expect { try Watch(isCancelled: { true }).asCurrent { () throws(Failure) in
      var work = WatchedWork()
      try work.spend(1)
    } } throws: { ($0 as? Failure)?.status == .cancelled }
  }
}
