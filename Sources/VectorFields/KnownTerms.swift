import Glibc
import LinearAlgebra
import Settings

/// Known terms g(t, y) of an equation ẏ = f(y; θ) + g(t, y): a caller's function with its derivatives, called on the thread that works for the caller.
///
/// All blocks are features × samples and share the samples. The blocks of results hold zeros when a function is called; it writes what it knows. `states` are the caller's to read only.
package protocol KnownTerms: AnyObject, Sendable {
  /// values = g(t, y).
  func evaluate(times: Block, states: Block, into values: Block) throws(Failure)
  /// tangents = ∂g/∂t·τ + ∂g/∂y·v, τ a row and v as the states.
  func pushforward(times: Block, states: Block, timeTangents: Block, stateTangents: Block, into tangents: Block) throws(Failure)
  /// The transposes: timeGradients = (∂g/∂t)ᵀw, a row, and stateGradients = (∂g/∂y)ᵀw.
  func pullback(times: Block, states: Block, cotangents: Block, timeGradients: Block, stateGradients: Block) throws(Failure)
}

/// The place of a network's known terms: empty until the network gets a function, and unchanged from then on. Networks that are made from one another share it.
///
/// A field can neither throw nor end the work. What goes wrong in a function is kept here, for the thread on which it happened, and thrown by `guarding`, within which all work with known terms is done; until then the function
/// is not called again and its results are NaN.
package final class KnownTermsPlace: @unchecked Sendable {
  private let lock = ForkSafeLock()
  private var terms: (any KnownTerms)?
  /// What went wrong, by thread: few at a time.
  private var troubles: [Trouble] = []

  private struct Trouble {
    let thread: pthread_t
    var failure: Failure?
    /// What is wrong with the function's numbers where they were not finite although time and state were.
    var note: String?
    /// Whether a call was left out because the work must end.
    var isCutShort = false
  }

  package init() {}

  /// Gives the place its function.
  /// - Throws: `.state` if it has one.
  package func set(_ terms: any KnownTerms) throws(Failure) {
    let isFree = lock.locked { () -> Bool in
      guard self.terms == nil else { return false }
      self.terms = terms
      return true
    }
    guard isFree else {
      throw Failure(.state, "this network has a function for its known terms already, which it shares with the networks made from it; a network loaded from its model file takes another")
    }
  }

  /// Whether there is a function.
  package var isSet: Bool { present != nil }
  private var present: (any KnownTerms)? { lock.locked { terms } }

  /// Does work in which the known terms are evaluated, on the calling thread.
  ///
  /// - Throws: `.state` without a function; the function's own failure; what `body` throws, where it says that numbers are not finite with what the function had to do with it.
  package func guarding<Result>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
    guard isSet else {
      throw Failure(.state, "the network has known terms (option known_terms), but no function for them: functions are not stored with a model; sode_network_set_known_terms sets it")
    }
    _ = take()
    let outcome = Swift.Result { () throws(Failure) in try body() }
    let trouble = take()
    if let failure = trouble?.failure { throw failure }
    // What was computed without the function means nothing.
    if trouble?.isCutShort == true, let reason = Watch.current.failure { throw reason }
    do throws(Failure) { return try outcome.get() } catch {
      guard error.status == .notFinite, let note = trouble?.note else { throw error }
      throw Failure(.notFinite, "\(error.message); \(note)")
    }
  }

  private func take() -> Trouble? {
    let thread = pthread_self()
    return lock.locked { () -> Trouble? in troubles.firstIndex { $0.thread == thread }.map { troubles.remove(at: $0) } }
  }

  private func keep(_ change: (inout Trouble) -> Void) {
    let thread = pthread_self()
    lock.locked {
      let place = troubles.firstIndex { $0.thread == thread } ?? troubles.count
      if place == troubles.count { troubles.append(Trouble(thread: thread)) }
      change(&troubles[place])
    }
  }

  /// The function, if it may be called now: nothing has gone wrong on this thread, and the work need not end.
  private var callable: (any KnownTerms)? {
    let thread = pthread_self()
    let (terms, hasFailed) = lock.locked { (self.terms, !troubles.isEmpty && troubles.contains { $0.thread == thread && $0.failure != nil }) }
    guard let terms, !hasFailed else { return nil }
    // A function may take long: the watch is asked before each call. Whatever is computed after its end is discarded.
    guard !Watch.current.isOver else {
      keep { $0.isCutShort = true }
      return nil
    }
    return terms
  }

  /// Calls the function. Its results are NaN where it cannot be called.
  private func call(_ results: (Block, Block?), _ body: (any KnownTerms) throws(Failure) -> Void) -> Bool {
    fill(results.0, 0)
    if let second = results.1 { fill(second, 0) }
    if let terms = callable {
      do throws(Failure) {
        try body(terms)
        return true
      } catch {
        keep { if $0.failure == nil { $0.failure = error } }
      }
    }
    fill(results.0, .nan)
    if let second = results.1 { fill(second, .nan) }
    return false
  }

  func evaluate(times: Block, states: Block, into values: Block) {
    guard call((values, nil), { terms throws(Failure) in try terms.evaluate(times: times, states: states, into: values) }) else { return }
    inspect(values, "the known terms' function gave", times, states)
  }

  func pushforward(times: Block, states: Block, timeTangents: Block, stateTangents: Block, into tangents: Block) {
    let isDone = call((tangents, nil)) { terms throws(Failure) in
      try terms.pushforward(times: times, states: states, timeTangents: timeTangents, stateTangents: stateTangents, into: tangents)
    }
    if isDone { inspect(tangents, "the pushforward of the known terms gave", times, states) }
  }

  func pullback(times: Block, states: Block, cotangents: Block, timeGradients: Block, stateGradients: Block) {
    let isDone = call((stateGradients, timeGradients)) { terms throws(Failure) in
      try terms.pullback(times: times, states: states, cotangents: cotangents, timeGradients: timeGradients, stateGradients: stateGradients)
    }
    guard isDone else { return }
    inspect(stateGradients, "the pullback of the known terms gave", times, states)
    inspect(timeGradients, "the pullback of the known terms gave, for the time,", times, states)
  }

  /// Notes the first number that is not finite although its sample's time and state are. Where a state is infinite, the trajectory diverges already.
  private func inspect(_ results: Block, _ what: StaticString, _ times: Block, _ states: Block) {
    if isFinite(results) { return }
    for sample in 0..<results.columns {
      guard let row = (0..<results.rows).first(where: { !number(results, $0, sample).isFinite }) else { continue }
      guard number(times, 0, sample).isFinite, (0..<states.rows).allSatisfy({ number(states, $0, sample).isFinite }) else { continue }
      let shown = (0..<min(states.rows, 6)).map { "\(number(states, $0, sample))" }.joined(separator: ", ") + (states.rows > 6 ? ", …" : "")
      return keep { if $0.note == nil { $0.note = "\(what) \(number(results, row, sample)) as number \(row) at time \(number(times, 0, sample)) and state (\(shown))" } }
    }
  }

  private func isFinite(_ block: Block) -> Bool {
    (0..<block.rows).allSatisfy { allFinite(Vector(block.rows($0..<$0 + 1).base, count: block.columns, precision: block.precision)) }
  }

  private func number(_ block: Block, _ row: Int, _ column: Int) -> Double { Vector(block.rows(row..<row + 1).base, count: block.columns, precision: block.precision).load(column) }
}
