import LinearAlgebra
import Settings
import TestSupport
import Testing

@Suite struct TileMeetingTests {
  /// Each tile adds its number to a sum over all tiles, several times: as a fold over the tiles in order.
  private func run(tiles: Int, workers: Int, rounds: Int, leaving: Int? = nil, watch: Watch? = nil) throws -> [Double] {
    let meeting = try TileMeeting(tiles: tiles, columns: 16, numbersPerQuantum: 2, results: 1, workers: workers)
    let results = try SampleNumbers(tiles, .float64)
    let pool = try WorkerPool(threads: workers, watch: watch)
    meeting.seat(tiles, parameters: nil, statistics: nil) { _ in (16, 16) }
    let shares = (0..<workers).map { tiles * $0 / workers..<tiles * ($0 + 1) / workers }
    try meeting.run(pool, shares: shares, begin: { _ in }) { tile in
      guard let seat = TileMeeting.Seat.current else { return }
      var value = Double(tile + 1)
      for round in 0..<rounds {
        if tile == leaving, round == rounds / 2 { return }
        let merged = seat.exchange(2, results: 1) { own in
          own.store(value, at: 0)
          own.store(1, at: 1)
        } merge: { slots, result in
          result.store((0..<tiles).reduce(0.0) { 0.5 * $0 + slots.load(2 * $1) * slots.load(2 * $1 + 1) }, at: 0)
        }
        #expect(seat.written(2).load(0) == value || seat.isOver)
        value = merged.load(0) + Double(tile)
      }
      results[tile] = value
    }
    return results.values
  }

  private func expected(tiles: Int, rounds: Int) -> [Double] {
    var values = (0..<tiles).map { Double($0 + 1) }
    for _ in 0..<rounds {
      let sum = values.reduce(0) { 0.5 * $0 + $1 }
      values = (0..<tiles).map { sum + Double($0) }
    }
    return values
  }

  @Test(arguments: [1, 2, 3, 7, 40], [1, 2, 3]) func everybodyReadsAllSlots(_ tiles: Int, _ workers: Int) throws {
    guard workers <= tiles else { return }
    for rounds in [0, 1, 2, 25] { #expect(try run(tiles: tiles, workers: workers, rounds: rounds) == expected(tiles: tiles, rounds: rounds)) }
  }

  /// Nobody waits for a tile that has ended.
  @Test(arguments: [1, 2]) func aTileMayEndEarly(_ workers: Int) throws {
    #expect(try run(tiles: 4, workers: workers, rounds: 8, leaving: 1).count == 4)
  }

  @Test func outsideOfAMeetingThereIsNoSeat() { #expect(TileMeeting.Seat.current == nil) }

  /// A watch that is over ends the call with its reason, whatever the tiles do.
  @Test func theWatchEndsTheCall() {
    #expect(refusal { _ = try run(tiles: 2, workers: 1, rounds: 3, watch: Watch(isCancelled: { true })) }?.status == .cancelled)
  }

  /// Statistics are noted once for all tiles, and not on the way back.
  @Test func statisticsAreNotedByOneTile() throws {
    let meeting = try TileMeeting(tiles: 3, columns: 16, numbersPerQuantum: 1, results: 1, workers: 1)
    let (parameters, statistics) = (try SampleNumbers(10, .float32), try SampleNumbers(5, .float32))
    meeting.seat(3, parameters: parameters.vector, statistics: StatisticsSums(numbers: statistics.vector, places: [1: 0, 4: 2])) { _ in (16, 16) }
    try meeting.run(try WorkerPool(threads: 1), shares: [0..<3], begin: { _ in }) { _ in
      guard let seat = TileMeeting.Seat.current else { return }
      for _ in 0..<2 {
        seat.note(parameters.vector.base + 4 * 4) { $0.store($0.load(1) + 1, at: 1) }
        seat.isReturning = true
      }
    }
    #expect(statistics.values == [0, 0, 0, 1, 0])
  }
}
