import LinearAlgebra
import Settings

/// Limited-memory BFGS with a strong Wolfe line search.
///
/// The direction is −Hg, where H is the BFGS matrix of the last m pairs s = θ₊ − θ, y = g₊ − g, by the two-loop recursion from (sᵀy/yᵀy)I. If the samples change from step to step, both gradients of a
/// pair belong to the same batch.
/// Source: Liu & Nocedal 1989; Nocedal & Wright 2006, algorithms 7.4 and 7.5.
package struct LBFGS: Optimizer {
  package static let options: [OptionDescription] = [
    OptionDescription("lbfgs_memory", .integer(1...1000), default: .integer(10), unit: "pairs", fixed: true, "number of the latest steps, with their gradient differences, from which lbfgs estimates the curvature"), Convergence.option,
  ]

  package static var needsOnlyGradients: Bool { true }

  package let memory: Int
  private let convergence: Convergence

  package init(_ values: OptionValues) throws(Failure) {
    memory = try values.integer("lbfgs_memory")
    convergence = try Convergence(values)
  }

  package var stateNames: [String] { (0..<memory).map { "step_\($0)" } + (0..<memory).map { "difference_\($0)" } }
  package var scalarNames: [String] { ["pairs"] }
  package var scratchCount: Int { 3 }
  package func kind(ofState index: Int) -> StateKind { index < memory ? .step : .gradient }

  package func step(_ objective: any Objective, _ iterate: Iterate) throws(Failure) {
    let (direction, trial, trialGradient) = (iterate.scratch[0], iterate.scratch[1], iterate.scratch[2])
    let value = try convergence.begin(objective, iterate)
    guard iterate.ending == nil else { return }
    let gradient = iterate.gradient
    var pairs = Int(iterate.scalars[0])
    var slope = try descend(iterate, pairs: pairs, into: direction)
    if !(slope < 0) {
      // Because of rounding, or because the pairs come from other batches, the direction does not descend: the pairs are useless.
      pairs = 0
      slope = try descend(iterate, pairs: 0, into: direction)
    }
    let kept = Int(iterate.scalars[0])
    if kept < memory {
      // The place of the next pair is free, and the first access to its memory takes long: it is waited for while the step can still be ended.
      for slot in [iterate.state[kept], iterate.state[memory + kept]] { try Watch.pieces(slot.count) { fill(slot[$0], 0) } }
    }
    let length = sumOfSquares(gradient).squareRoot()
    let found = try StrongWolfe(slopeFraction: 0.9).search(
      objective, from: iterate.parameters, along: direction, value: value, slope: slope, first: pairs == 0 ? min(1, 1 / length) : 1, trial: trial,
      trialGradient: trialGradient)
    guard let found else {
      // Drops the pairs, so that the next step tries the gradient alone. Without pairs to drop, this step was the last one.
      iterate.scalars[0] = 0
      return convergence.stay(objective, iterate, value: value, isLast: pairs == 0)
    }
    let (step, difference) = (iterate.state[pairs % memory], iterate.state[memory + pairs % memory])
    copy(direction, into: step)
    scale(found.step, step)
    copy(trialGradient, into: difference)
    axpy(-1, gradient, addingTo: difference)
    let isCurved = dot(step, difference) > 1e-10 * (sumOfSquares(step) * sumOfSquares(difference)).squareRoot()
    iterate.scalars[0] = Double(isCurved ? pairs + 1 : pairs)
    iterate.accept(trial, value: found.value, gradient: trialGradient, of: objective)
  }

  /// Computes −Hg and gives its slope.
  private func descend(_ iterate: Iterate, pairs: Int, into direction: Vector) throws(Failure) -> Double {
    copy(iterate.gradient, into: direction)
    scale(-1, direction)
    let kept = max(0, pairs - memory)..<pairs
    var factors = [Double](repeating: 0, count: memory)
    func pair(_ i: Int) -> (step: Vector, difference: Vector) { (iterate.state[i % memory], iterate.state[memory + i % memory]) }
    for i in kept.reversed() {
      try Watch.check()
      let (step, difference) = pair(i)
      factors[i % memory] = dot(step, direction) / dot(step, difference)
      axpy(-factors[i % memory], difference, addingTo: direction)
    }
    if let last = kept.last {
      let (step, difference) = pair(last)
      scale(dot(step, difference) / sumOfSquares(difference), direction)
    }
    for i in kept {
      try Watch.check()
      let (step, difference) = pair(i)
      axpy(factors[i % memory] - dot(difference, direction) / dot(step, difference), step, addingTo: direction)
    }
    return dot(direction, iterate.gradient)
  }
}
