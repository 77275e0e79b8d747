import Glibc
import LinearAlgebra
import Settings
import VectorFields

/// Known terms for tests: gᵢ(t, y) = ½ sin(yᵢ₊₁ + (i+1)t/3) + t·yᵢ/5, the numbers of a state in a ring, with exact derivatives.
package final class SmoothTerms: KnownTerms, @unchecked Sendable {
  /// How often functions were called, and the most samples of a call.
  package private(set) var calls = 0
  package private(set) var mostSamples = 0
  /// From this call on, counted from 0, every call fails.
  package var failingFrom = Int.max
  /// From this call on the first result is NaN.
  package var undefinedFrom = Int.max

  package init() {}

  private func count(_ block: Block) throws(Failure) -> Int {
    defer { calls += 1 }
    mostSamples = max(mostSamples, block.columns)
    guard calls < failingFrom else { throw Failure(.callbackFailed, "the test's terms fail") }
    return calls
  }

  private func at(_ block: Block, _ row: Int, _ column: Int) -> Double { Vector(block.rows(row..<row + 1).base, count: block.columns, precision: block.precision).load(column) }
  private func store(_ value: Double, _ block: Block, _ row: Int, _ column: Int) {
    Vector(block.rows(row..<row + 1).base, count: block.columns, precision: block.precision).store(value, at: column)
  }

  /// g, its derivatives by yᵢ₊₁ and yᵢ, and the one by t.
  package static func terms(_ i: Int, _ t: Double, _ y: Double, _ next: Double) -> (value: Double, next: Double, own: Double, time: Double) {
    let phase = next + Double(i + 1) * t / 3
    return (0.5 * sin(phase) + t * y / 5, 0.5 * cos(phase), t / 5, 0.5 * cos(phase) * Double(i + 1) / 3 + y / 5)
  }

  private func forEach(_ times: Block, _ states: Block, _ body: (_ i: Int, _ next: Int, _ column: Int, _ terms: (value: Double, next: Double, own: Double, time: Double)) -> Void) {
    for i in 0..<states.rows {
      let next = (i + 1) % states.rows
      for column in 0..<states.columns { body(i, next, column, Self.terms(i, at(times, 0, column), at(states, i, column), at(states, next, column))) }
    }
  }

  package func evaluate(times: Block, states: Block, into values: Block) throws(Failure) {
    let call = try count(states)
    forEach(times, states) { i, _, column, terms in store(terms.value, values, i, column) }
    if call >= undefinedFrom { store(.nan, values, 0, 0) }
  }

  package func pushforward(times: Block, states: Block, timeTangents: Block, stateTangents: Block, into tangents: Block) throws(Failure) {
    _ = try count(states)
    forEach(times, states) { i, next, column, terms in
      store(terms.time * at(timeTangents, 0, column) + terms.own * at(stateTangents, i, column) + terms.next * at(stateTangents, next, column), tangents, i, column)
    }
  }

  package func pullback(times: Block, states: Block, cotangents: Block, timeGradients: Block, stateGradients: Block) throws(Failure) {
    _ = try count(states)
    forEach(times, states) { i, next, column, terms in
      let w = at(cotangents, i, column)
      store(at(timeGradients, 0, column) + terms.time * w, timeGradients, 0, column)
      store(at(stateGradients, i, column) + terms.own * w, stateGradients, i, column)
      store(at(stateGradients, next, column) + terms.next * w, stateGradients, next, column)
    }
  }
}
