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

  /// Only the thread that waits for the others keeps the pulse, so a task that sleeps on another thread delays no callback.
  @Test func theCallingThreadKeepsThePulseWhileItWaits() throws {
    let home = pthread_self()
    var (pulses, strangers) = (0, 0)
    let watch = Watch()
    watch.onPulse = {
      pulses += 1
      if pthread_equal(home, pthread_self()) == 0 { strangers += 1 }
      return 0
    }
    let pool = try WorkerPool(threads: 2, watch: watch)
    try pool.run(2) { _, worker in
      // The other thread may have taken both tasks, or none.
      if worker == 1 {
        for _ in 0..<10 {
          usleep(30_000)
          _ = watch.isOver
        }
      }
    }
    if pulses == 0 {
      try pool.run(2) { _, worker in usleep(worker == 1 ? 300_000 : 1000) }
    }
    #expect(pulses >= 1 && strangers == 0)
  }

  /// Remaining tasks are skipped and the run throws, but work that must be complete is finished.
  @Test(arguments: [1, 3]) func aPoolLeavesWhenItsWatchIsOver(_ threads: Int) throws {
    // Each worker has its own count, so no two write to the same memory.
    let buffer = try Buffer(byteCount: 4 * threads)
    let counts = buffer.labels(count: threads)
    let done = { (0..<threads).reduce(0) { $0 + Int(counts[$1]) } }
    for worker in 0..<threads { counts[worker] = 0 }
    let watch = Watch(isCancelled: { done() >= 5 })
    let pool = try WorkerPool(threads: threads, watch: watch)
    #expect { try pool.run(1000) { _, worker in counts[worker] += 1 } } throws: { ($0 as? Failure)?.status == .cancelled }
    #expect((5..<5 + 2 * threads).contains(done()))
    pool.runWhole(1000) { _, worker in counts[worker] += 1 }
    #expect((1005..<1005 + 2 * threads).contains(done()))
  }


  /// A pool works under the watch that is the current one where it is made.
  @Test func aPoolHeedsTheCurrentWatch() throws {
    let watch = Watch()
    try watch.asCurrent { () throws(Failure) in #expect(try WorkerPool(threads: 1).watch === watch) }
    #expect(try WorkerPool(threads: 1).watch === Watch.none)
  }
}
