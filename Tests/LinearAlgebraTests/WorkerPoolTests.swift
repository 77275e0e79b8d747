import Glibc
import LinearAlgebra
import Settings
import Testing

struct WorkerPoolTests {
  /// In each of many runs, short ones included, a worker of the pool runs each task once.
  @Test(arguments: [1, 2, 3, 7])
  func everyTaskRunsOnce(_ threads: Int) throws {
    let pool = try WorkerPool(threads: threads)
    let buffer = try Buffer(byteCount: 4 * 100)
    let hits = buffer.labels(count: 100)
    for run in 1...300 {
      let count = run % 4 == 0 ? 0 : run % 101
      for i in 0..<100 { hits[i] = 0 }
      try pool.run(count) { task, worker in
        precondition((0..<threads).contains(worker))
        hits[task] += 1
      }
      #expect((0..<100).allSatisfy { hits[$0] == ($0 < count ? 1 : 0) })
    }
  }

  /// Workers that fell asleep wake for the next run.
  @Test func sleepersWake() throws {
    let pool = try WorkerPool(threads: 3)
    let total = try Buffer(byteCount: 4 * 8)
    let sums = total.labels(count: 8)
    for _ in 0..<5 {
      usleep(3000)
      try pool.run(8) { task, _ in sums[task] += 1 }
    }
    #expect((0..<8).allSatisfy { sums[$0] == 5 })
  }

  @Test func numbersOutOfRangeFail() {
    for threads in [0, -1, 1025] {
      #expect { try WorkerPool(threads: threads) } throws: { ($0 as? Failure)?.status == .outOfRange }
    }
  }
}
