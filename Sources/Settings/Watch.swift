import CShims
import Glibc

/// Knows when the work of one call must end: at its time limit, once a cancel token is requested, or when a callback says so.
///
/// One watch is made for each call of the C interface. The thread that makes it works under it (`current`), `WorkerPool` carries it to other threads, `StepLog` to layers and steps.
/// Loops ask `isOver` between pieces of work that take at most a few milliseconds, and leave when it is true; whoever began the work then calls `check()`, which throws the reason.
/// The first reason is final: from then on every thread that asks is told to leave, and all calls throw the same reason.
///
/// The thread that made the watch also calls back: whenever it asks and `pulseInterval` has passed since the last time, it calls the caller's tick and then `onPulse` (progress events). This is the pulse. If
/// pieces of work take so long that the next question would come too late, the pulse comes before its time. Other threads never call back.
///
/// Cost: asking reads an atomic number and, if there is a limit, a token or a pulse, a clock: about 10 ns. It takes no lock and allocates nothing.
package final class Watch: @unchecked Sendable {
  /// A watch that is never over and never calls back, for work without limits.
  package static let none = Watch(isIdle: true)

  /// The watch that this thread works under; `none` outside `asCurrent`.
  package static var current: Watch {
    guard let pointer = pthread_getspecific(currentKey) else { return .none }
    return Unmanaged<Watch>.fromOpaque(pointer).takeUnretainedValue()
  }

  /// Throws the reason why the work of this thread must end, if it must.
  package static func check() throws(Failure) { try current.check() }

  /// Runs `body` under this watch: what it calls on this thread finds it as `current`.
  package func asCurrent<Result, Problem: Error>(_ body: () throws(Problem) -> Result) throws(Problem) -> Result {
    let outer = pthread_getspecific(currentKey)
    pthread_setspecific(currentKey, isIdle ? nil : Unmanaged.passUnretained(self).toOpaque())
    defer { pthread_setspecific(currentKey, outer) }
    return try body()
  }

  /// Milliseconds from one pulse to the next. The C interface promises twice this time, because a pulse waits until the current piece of work is done.
  package static let pulseInterval = 50.0

  /// Called on the thread that made the watch, at every pulse. The answer 0 lets the work go on, a positive one ends it (`stoppedByCallback`), a negative one makes it fail (`callbackFailed`).
  /// It is called in the middle of the work, when objects that the call changes may be incomplete.
  package var onPulse: (() -> Int32)? {
    didSet { if !isIdle { postponePulse() } }
  }

  /// Whether the work has no limits, so that this watch is never over.
  package let isIdle: Bool
  /// Milliseconds allowed; 0 without a limit.
  private let limit: Int64
  /// The time at which they end, in milliseconds of `now`.
  private let deadline: Double
  private let isCancelled: (() -> Bool)?
  /// The caller's own callback. A pulse calls it before `onPulse`.
  private let tick: (() throws(Failure) -> Int32)?
  private let thread: pthread_t
  /// The reason's status number; 0 while there is none.
  private let reason: UnsafeMutablePointer<sode_shim_atomic>
  private var nextPulse = Double.infinity
  /// When the thread that made the watch last asked.
  private var lastQuestion: Double
  private var isPulsing = false
  private var answer: Int32 = 0
  /// What the tick threw.
  private var thrown: Failure?

  /// - Parameters:
  ///   - milliseconds: how long the work may take from now on; 0: no limit.
  ///   - isCancelled: says whether the work must end. It is called on any thread and must not lock.
  ///   - tick: called at every pulse, with answers as for `onPulse`; if it throws, the work fails with this error.
  package convenience init(milliseconds: Int64 = 0, isCancelled: (() -> Bool)? = nil, tick: (() throws(Failure) -> Int32)? = nil) {
    self.init(isIdle: false, milliseconds: milliseconds, isCancelled: isCancelled, tick: tick)
  }

  private init(isIdle: Bool, milliseconds: Int64 = 0, isCancelled: (() -> Bool)? = nil, tick: (() throws(Failure) -> Int32)? = nil) {
    self.isIdle = isIdle
    self.isCancelled = isCancelled
    self.tick = tick
    limit = milliseconds
    deadline = milliseconds > 0 ? Self.now + Double(milliseconds) : .infinity
    thread = pthread_self()
    lastQuestion = isIdle ? 0 : Self.now
    reason = .allocate(capacity: 1)
    reason.initialize(to: sode_shim_atomic())
    if tick != nil { schedulePulse() }
  }

  deinit { reason.deallocate() }

  /// Whether the work must end now. Any thread may ask; on the thread that made the watch, asking calls back when a pulse is due.
  package var isOver: Bool { !isIdle && (sode_shim_atomic_load(reason) != 0 || look()) }

  /// Throws the reason why the work must end, if it must: `cancelled`, `timeLimit`, `stoppedByCallback` or `callbackFailed`.
  package func check() throws(Failure) {
    if isOver, let failure { throw failure }
  }

  /// Why the work must end; nil while it may go on. It only reads the reason and looks at no limit, token or callback.
  package var failure: Failure? {
    guard let status = Status(rawValue: Int32(truncatingIfNeeded: sode_shim_atomic_load(reason))) else { return nil }
    switch status {
    case .cancelled: return Failure(status, "cancelled: the cancel token was requested")
    case .timeLimit: return Failure(status, "the time limit of \(limit) ms was reached")
    case .stoppedByCallback: return Failure(status, "stopped by the callback, which returned \(answer)")
    case .callbackFailed: return thrown ?? Failure(status, "the callback returned \(answer)")
    default: return nil
    }
  }

  /// Ends the work if a callback's answer is not 0.
  package func heed(_ answer: Int32) {
    guard answer != 0, !isIdle, end(answer > 0 ? .stoppedByCallback : .callbackFailed) else { return }
    self.answer = answer
  }

  /// Delays the next pulse until a whole interval from now, because the caller has just got a progress event. With a tick nothing is delayed, since ticks must come regularly.
  package func postponePulse() {
    if tick == nil { schedulePulse() }
  }

  private func schedulePulse() { nextPulse = tick == nil && onPulse == nil ? .infinity : Self.now + Self.pulseInterval }

  @inline(never) private func look() -> Bool {
    if let isCancelled, isCancelled() {
      end(.cancelled)
      return true
    }
    guard deadline < .infinity || tick != nil || onPulse != nil else { return false }
    let now = Self.now
    if now >= deadline {
      end(.timeLimit)
      return true
    }
    guard pthread_equal(pthread_self(), thread) != 0 else { return false }
    // The next piece of work is taken to last as long as this one.
    let piece = now - lastQuestion
    lastQuestion = now
    guard now + piece >= nextPulse, !isPulsing else { return false }
    isPulsing = true
    do throws(Failure) {
      heed(try tick?() ?? 0)
    } catch {
      if end(.callbackFailed) { thrown = error }
    }
    if sode_shim_atomic_load(reason) == 0 { heed(onPulse?() ?? 0) }
    isPulsing = false
    lastQuestion = Self.now
    schedulePulse()
    return sode_shim_atomic_load(reason) != 0
  }

  /// Makes this the reason unless there already is one; true if it became the reason.
  @discardableResult private func end(_ status: Status) -> Bool { sode_shim_atomic_swap(reason, 0, Int64(status.rawValue)) != 0 }

  /// Milliseconds on a clock that never goes back. It is the cheapest clock of the system and advances in ticks of 1 to 10 ms.
  package static var now: Double {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now)
    return Double(now.tv_sec) * 1e3 + Double(now.tv_nsec) * 1e-6
  }
}

/// The thread-local place of the current watch. It holds no reference, because `asCurrent` keeps the watch alive.
private let currentKey: pthread_key_t = {
  var key = pthread_key_t()
  pthread_key_create(&key, nil)
  return key
}()

extension Watch {
  /// Works through 0 ..< `count` in pieces and asks this thread's watch before each.
  ///
  /// - Parameters:
  ///   - work: numbers that one item touches; a piece touches about a million, which takes about a millisecond.
  /// - Throws: the reason why the work must end; what `body` throws. The pieces left are not worked on.
  package static func pieces(_ count: Int, work: Int = 1, _ body: (Range<Int>) throws(Failure) -> Void) throws(Failure) {
    let (watch, size) = (current, max(1, pieceLength / max(work, 1)))
    var start = 0
    while start < count {
      try watch.check()
      let end = min(count, start + min(size, count - start))
      try body(start..<end)
      start = end
    }
  }

  /// As `pieces`, for work that must be complete once it has begun, such as writing a result to the caller's array: all pieces are worked on.
  ///
  /// This thread's watch is asked before each piece, so that the pulse goes on. If it ends the work meanwhile, the work has nevertheless been done, and the call may succeed.
  package static func allPieces(_ count: Int, work: Int = 1, _ body: (Range<Int>) -> Void) {
    let (watch, size) = (current, max(1, pieceLength / max(work, 1)))
    var start = 0
    while start < count {
      _ = watch.isOver
      let end = min(count, start + min(size, count - start))
      body(start..<end)
      start = end
    }
  }

  /// The numbers that a piece touches.
  package static let pieceLength = 1 << 20
}

/// Work whose items differ in size, such as texts: it asks this thread's watch whenever about a million numbers or bytes have been worked on since the last time.
package struct WatchedWork {
  private var left = 0

  package init() {}

  /// - Parameter work: numbers or bytes that the next item touches, at least 1.
  /// - Throws: the reason why the work must end.
  package mutating func spend(_ work: Int) throws(Failure) {
    left -= work
    guard left <= 0 else { return }
    left = Watch.pieceLength
    try Watch.check()
  }
}
