import Gradients
import Settings
import VectorFields

// What a plan with known terms needs: its work is done on one thread, and a caller's function may fail in the middle of it.
extension NetworkPlan {
  /// Does work that evaluates the network's equations; with known terms within their place's `guarding`.
  /// - Throws: what `body` throws; with known terms `.state` without a function, and the function's failure.
  @inline(__always)
  package func withKnownTerms<Result>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
    guard let knownTerms else { return try body() }
    return try knownTerms.guarding(body)
  }

  /// The number of threads that may work with the network: the calling one alone if it has known terms, whose functions are called on it.
  func threads(atMost threads: Int) -> Int { knownTerms == nil ? threads : min(threads, 1) }

  /// Refuses an analysis that knows nothing of the terms of a caller's.
  /// - Parameter what: the subject of the message, with its verb ("a stability report says").
  /// - Throws: `.incompatible`.
  package func refuseKnownTerms(_ what: StaticString) throws(Failure) {
    guard knownTerms == nil else { throw Failure(.incompatible, "\(what) nothing of the known terms of an equation (option known_terms), which this network has") }
  }
}
