import CShims
import Glibc
import Settings

/// Threads that share independent tasks during one call of the C interface.
///
/// The calling thread works too. Between two runs the other threads spin briefly and then sleep. Tasks are taken in any order, so results may depend on the number of the task, but not on that of the worker.
/// The threads end with the pool. None outlives the call that made it, so that fork() is safe between calls.
package final class WorkerPool: @unchecked Sendable {
  /// The number of threads that work, including the caller's.
  package let threads: Int
  /// Says when the work must end. During `run` the calling thread calls back at every pulse, also while it waits for the others.
  package let watch: Watch
  private let shared: UnsafeMutablePointer<Shared>
  private let seats: UnsafeMutablePointer<Seat>

  /// - Parameters:
  ///   - threads: 1 … 1024; with 1 no thread is started and no lock is taken.
  ///   - requested: the number of threads that the caller asked for, of which the work can use `threads`; nil: the same number.
  ///   - watch: a watch made on the thread that calls `run`; nil: the current watch of that thread.
  /// - Throws: `outOfRange`; `memory` if the system refuses a thread, with the number asked for.
  package init(threads: Int, requested: Int? = nil, watch: Watch? = nil) throws(Failure) {
    guard (1...1024).contains(threads) else { throw Failure(.outOfRange, "num_threads is \(threads); it must be between 1 and 1024") }
    self.threads = threads
    self.watch = watch ?? .current
    shared = .allocate(capacity: 1)
    shared.initialize(to: Shared())
    seats = .allocate(capacity: threads)
    guard threads > 1 else { return }
    pthread_mutex_init(&shared.pointee.mutex, nil)
    pthread_cond_init(&shared.pointee.wake, nil)
    var monotonic = pthread_condattr_t()
    pthread_condattr_init(&monotonic)
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC)
    pthread_cond_init(&shared.pointee.done, &monotonic)
    pthread_condattr_destroy(&monotonic)
    // The threads block all signals, so that these are delivered to threads of the host program.
    var all = sigset_t()
    var before = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_SETMASK, &all, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    for index in 1..<threads {
      seats[index] = Seat(shared: shared, index: index, thread: pthread_t())
      let status = pthread_create(&seats[index].thread, nil, { work($0); return nil }, seats + index)
      guard status == 0 else {
        let requested = requested ?? threads
        let used = requested > threads ? ", of which this work can use \(threads)" : ""
        throw Failure(.memory, "\(requested) threads were asked for\(used); the system refused thread \(index + 1): \(String(cString: strerror(status)))")
      }
      shared.pointee.workers += 1
    }
  }

  deinit {
    if threads > 1 {
      publish { sode_shim_atomic_store(&shared.pointee.stop, 1) }
      for index in 0..<shared.pointee.workers { pthread_join(seats[index + 1].thread, nil) }
      pthread_cond_destroy(&shared.pointee.wake)
      pthread_cond_destroy(&shared.pointee.done)
      pthread_mutex_destroy(&shared.pointee.mutex)
    }
    seats.deallocate()
    shared.deallocate()
  }

  /// Runs the tasks 0 ..< `count` and returns when all are done or the watch is over. In the second case some tasks are not run, and the results of the others must be discarded.
  ///
  /// - Parameter body: called once for each task, with the index of the worker (0 ..< threads; the caller's is 0), which selects scratch memory. It must not call `run`.
  /// - Throws: the reason why the watch is over.
  package func run(_ count: Int, _ body: (_ task: Int, _ worker: Int) -> Void) throws(Failure) {
    run(count, heeding: watch, body)
    try watch.check()
  }

  /// As `run`, but all tasks are run in any case, without a pulse in between. For changes that must be complete, such as an update of parameters.
  package func runWhole(_ count: Int, _ body: (_ task: Int, _ worker: Int) -> Void) { run(count, heeding: .none, body) }

  private func run(_ count: Int, heeding watch: Watch, _ body: (_ task: Int, _ worker: Int) -> Void) {
    if threads == 1 || count <= 1 {
      for task in 0..<max(count, 0) where !watch.isOver { body(task, 0) }
      return
    }
    withoutActuallyEscaping(body) { body in
      withUnsafePointer(to: body) { pointer in
        shared.pointee.body = pointer
        shared.pointee.watch = Unmanaged.passUnretained(watch)
        shared.pointee.count = count
        sode_shim_atomic_store(&shared.pointee.next, 0)
        sode_shim_atomic_store(&shared.pointee.busy, Int64(shared.pointee.workers))
        publish { _ = sode_shim_atomic_add(&shared.pointee.round, 1) }
        takeTasks(shared, worker: 0)
        awaitOthers(watch)
        shared.pointee.body = nil
      }
    }
  }

  /// Waits until no thread works on the present run. Meanwhile it calls back at every pulse, without holding a lock.
  private func awaitOthers(_ watch: Watch) {
    let isDone = { [shared] in sode_shim_atomic_load(&shared.pointee.busy) == 0 }
    while !spin(until: isDone) {
      pthread_mutex_lock(&shared.pointee.mutex)
      var end = timespec()
      clock_gettime(CLOCK_MONOTONIC, &end)
      end.tv_nsec += 10_000_000
      if end.tv_nsec >= 1_000_000_000 { (end.tv_sec, end.tv_nsec) = (end.tv_sec + 1, end.tv_nsec - 1_000_000_000) }
      while !isDone(), pthread_cond_timedwait(&shared.pointee.done, &shared.pointee.mutex, &end) == 0 {}
      pthread_mutex_unlock(&shared.pointee.mutex)
      _ = watch.isOver
    }
  }

  /// Changes the condition that the sleeping threads wait for, under its lock, and wakes them.
  private func publish(_ change: () -> Void) {
    pthread_mutex_lock(&shared.pointee.mutex)
    change()
    pthread_cond_broadcast(&shared.pointee.wake)
    pthread_mutex_unlock(&shared.pointee.mutex)
  }
}

private typealias Body = (_ task: Int, _ worker: Int) -> Void

/// The memory that the threads share. It keeps its address during the pool's life.
private struct Shared {
  var mutex = pthread_mutex_t()
  var wake = pthread_cond_t()
  var done = pthread_cond_t()
  /// The number of runs so far; a thread that sees it change joins the run.
  var round = sode_shim_atomic()
  /// The next task to take.
  var next = sode_shim_atomic()
  /// Threads that have not finished the present run.
  var busy = sode_shim_atomic()
  var stop = sode_shim_atomic()
  var body: UnsafePointer<Body>?
  var watch = Unmanaged.passUnretained(Watch.none)
  var count = 0
  var workers = 0
}

private struct Seat {
  let shared: UnsafeMutablePointer<Shared>
  let index: Int
  var thread: pthread_t
}

/// About 50 µs: longer than the gaps between the runs of one minibatch, and short enough not to take time from other processes on a busy machine.
private let spins = 4000

@inline(__always) private func spin(until reached: () -> Bool) -> Bool {
  for _ in 0..<spins {
    if reached() { return true }
    sode_shim_pause()
  }
  return reached()
}

private func work(_ raw: UnsafeMutableRawPointer?) {
  guard let seat = raw?.assumingMemoryBound(to: Seat.self) else { return }
  let shared = seat.pointee.shared
  let index = seat.pointee.index
  var seen: Int64 = 0
  while true {
    let changed = { sode_shim_atomic_load(&shared.pointee.round) != seen || sode_shim_atomic_load(&shared.pointee.stop) != 0 }
    if !spin(until: changed) {
      pthread_mutex_lock(&shared.pointee.mutex)
      while !changed() { pthread_cond_wait(&shared.pointee.wake, &shared.pointee.mutex) }
      pthread_mutex_unlock(&shared.pointee.mutex)
    }
    if sode_shim_atomic_load(&shared.pointee.stop) != 0 { return }
    seen = sode_shim_atomic_load(&shared.pointee.round)
    takeTasksUnderWatch(shared, worker: index)
    if sode_shim_atomic_add(&shared.pointee.busy, -1) == 1 {
      pthread_mutex_lock(&shared.pointee.mutex)
      pthread_cond_signal(&shared.pointee.done)
      pthread_mutex_unlock(&shared.pointee.mutex)
    }
  }
}

/// Runs tasks on a thread of the pool, under the watch of the caller.
private func takeTasksUnderWatch(_ shared: UnsafeMutablePointer<Shared>, worker: Int) {
  shared.pointee.watch.takeUnretainedValue().asCurrent { takeTasks(shared, worker: worker) }
}

/// This is not inlined, so that no reference to the body outlives the count that lets `run` return.
@inline(never) private func takeTasks(_ shared: UnsafeMutablePointer<Shared>, worker: Int) {
  guard let body = shared.pointee.body else { return }
  let count = Int64(shared.pointee.count)
  let watch = shared.pointee.watch.takeUnretainedValue()
  while true {
    let task = sode_shim_atomic_add(&shared.pointee.next, 1)
    if task >= count || watch.isOver { return }
    body.pointee(Int(task), worker)
  }
}
