import LinearAlgebra
import Settings
import VectorFields

/// An explicit Runge–Kutta method of any tableau: y₊ = y + h Σ b_i f(Y_i), Y_i = y + h Σ_{j<i} a_ij f(Y_j), stage i with the weights at t + c_i h.
///
/// Source: Kutta 1901; the transpose of a step after Hager 2000. All parts of a partitioned field are evaluated at the stage state. Unused stages are left out, zero coefficients cost
/// nothing, and each sum of stages is one pass.
///
/// The record holds the slopes of each stage and its state, unless the stage lies at y itself: s records of the field and up to s − 1 states per layer.
package struct RungeKutta: Integrator {
  package let order: Int
  package let nodes: [Double]
  /// The stages that are used; a is stages × stages.
  private let stages: Int
  private let a: [Double]
  private let b: [Double]
  /// The node of each stage.
  let nodeOfStage: [Int]
  /// Whether a stage lies at y itself, its row of `a` being zero.
  private let isAtStart: [Bool]

  package init(_ tableau: ButcherTableau) {
    order = tableau.order
    let all = tableau.stages
    var used = Array(repeating: false, count: all)
    for i in (0..<all).reversed() {
      used[i] = tableau.b[i] != 0 || (i + 1..<all).contains { used[$0] && tableau.a[$0 * all + i] != 0 }
    }
    let kept = (0..<all).filter { used[$0] }
    stages = kept.count
    a = kept.flatMap { i in kept.map { tableau.a[i * all + $0] } }
    b = kept.map { tableau.b[$0] }
    isAtStart = kept.map { i in (0..<all).allSatisfy { tableau.a[i * all + $0] == 0 } }
    var nodes: [Double] = []
    for time in kept.map({ tableau.c[$0] }).sorted() where nodes.last.map({ time - $0 > ButcherTableau.tolerance }) ?? true { nodes.append(min(time, 1)) }
    self.nodes = nodes
    nodeOfStage = kept.map { i in nodes.lastIndex { $0 <= tableau.c[i] + ButcherTableau.tolerance } ?? 0 }
  }

  package var takesOwnSteps: Bool { true }
  /// The time of each stage that is used, as a fraction of the step.
  var times: [Double] { nodeOfStage.map { nodes[$0] } }

  /// The coefficients of the stages that are used: a row by row, and b.
  package var coefficients: (a: [Double], b: [Double]) { (a, b) }

  /// An undamped rotation up to the limit on the imaginary axis (Theory.md §6.8); descent up to 2r, r the radius of circle contractivity (Theory.md §6.4).
  package func largestStableSize(_ dynamics: FrozenDynamics, stepSize h: Double) -> StableSize {
    stableSize(of: "Runge–Kutta methods", dynamics.kind) { kind in
      switch kind {
      case .rotation(damping: 0), .dampedRotation(0):
        let limit = imaginaryLimit
        return limit > 0 ? .atMost(limit / h) : .unknown("this Runge–Kutta method is stable at no step on imaginary eigenvalues")
      case .descent, .decay:
        let radius = circleRadius
        return radius > 0 ? .atMost(2 * radius / h) : .unknown("this Runge–Kutta method has no circle of contractivity")
      case .scaledDescent:
        // The radius is bisected, and r is increased by a floor.
        return circleRadius >= 1 - 1e-9 ? .unlimited : .unknown("steps row_sums and tight bound the size for Euler's method and for Runge–Kutta methods of circle radius 1, such as heun, ssprk3 and rk4")
      default: return nil
      }
    }
  }

  /// Descent up to 2r (Theory.md §6.4).
  package func largestNonExpansiveSize(_ dynamics: FrozenDynamics, stepSize h: Double) -> StableSize {
    switch dynamics.kind {
    case .descent, .scaledDescent: largestStableSize(dynamics, stepSize: h)
    default: .unknown("Runge–Kutta methods are known to be non-expansive for descent, as of field gradient_flow")
    }
  }

  /// The tableau of the options `tableau_a`, `tableau_b`, `tableau_order`.
  package init(_ options: OptionValues) throws(Failure) { self.init(try ButcherTableau(options)) }

  package func recordWidth(_ field: any VectorField) -> Int { stages * field.wholeRecordWidth + (stages - 1) * field.stateWidth }
  /// For a step and a tangent: the slopes of all stages but the last, and one state. For the transpose: as many cotangents. Then the field's scratch.
  package func scratchWidth(_ field: any VectorField) -> Int { stages * field.stateWidth + field.scratchWidth }

  /// The record of a stage's evaluation.
  private func evaluation(_ stage: Int, _ field: any VectorField, _ record: Block) -> Block { record.slot(stage, of: field.wholeRecordWidth) }

  /// Where the state of a stage lies; `before` for a stage at y.
  private func state(_ stage: Int, _ field: any VectorField, _ before: Block, _ record: Block) -> Block {
    if isAtStart[stage] { return before }
    let start = stages * field.wholeRecordWidth + (stage - 1) * field.stateWidth
    return record.rows(start..<start + field.stateWidth)
  }

  private func fieldScratch(_ field: any VectorField, _ scratch: Block) -> Block {
    let start = stages * field.stateWidth
    return scratch.rows(start..<start + field.scratchWidth)
  }

  package func step(_ field: any VectorField, _ step: Step, from before: Block, into after: Block, record: Block?, scratch: Block) {
    evaluateIncrement(
      field, step, stepSize: step.stepSize, nodes: nodeOfStage, at: before, factor: 1, addingTo: before, into: after, record: record, scratch: scratch)
  }

  /// out = base + factor·Ψ_h(x), Ψ_h(x) = h Σ b_i f(X_i) the increment of a step of size h, which may be negative. `out` may be `base`, never `x`.
  ///
  /// - Parameter nodes: the node whose weights each stage takes.
  func evaluateIncrement(
    _ field: any VectorField, _ step: Step, stepSize h: Double, nodes: [Int], at before: Block, factor: Double, addingTo base: Block, into after: Block,
    record: Block?,
    scratch: Block
  ) {
    let last = stages - 1
    let rest = fieldScratch(field, scratch)
    for stage in 0...last {
      let layer = step.layer(node: nodes[stage])
      let own = record.map { state(stage, field, before, $0) } ?? (isAtStart[stage] ? before : scratch.slot(last, of: field.stateWidth))
      if !isAtStart[stage] { sum(h, ofRow: stage, scratch, addingTo: before, into: own) }
      let evaluated = record.map { evaluation(stage, field, $0) }
      if stage < last {
        field.evaluateWhole(
          layer, at: own, scale: 1, addingTo: nil, into: scratch.slot(stage, of: field.stateWidth), record: evaluated, scratch: rest)
      } else {
        let base = sumOfEarlier(factor * h, scratch, addingTo: base, into: after)
        field.evaluateWhole(layer, at: own, scale: factor * h * b[last], addingTo: base, into: after, record: evaluated, scratch: rest)
      }
    }
  }

  /// out = base + h Σ_{j<i} a_ij·slope_j, the slopes lying in the slots of `scratch`.
  private func sum(_ h: Double, ofRow stage: Int, _ scratch: Block, addingTo base: Block, into out: Block) {
    var sum = RunningSum(base, into: out)
    for other in 0..<stage { sum.add(h * a[stage * stages + other], scratch.slot(other, of: out.rows)) }
    sum.finish()
  }

  /// base + h Σ b_j·slope_j over all stages but the last, in `out`; `base` itself if all those b_j are zero.
  private func sumOfEarlier(_ h: Double, _ scratch: Block, addingTo base: Block, into out: Block) -> Block {
    guard (0..<stages - 1).contains(where: { b[$0] != 0 }) else { return base }
    var sum = RunningSum(base, into: out)
    for other in 0..<stages - 1 { sum.add(h * b[other], scratch.slot(other, of: out.rows)) }
    sum.finish()
    return out
  }

  package func pushforward(
    _ field: any VectorField, _ step: Step, direction: StepWeights?, before: Block, after: Block, record: Block,
    tangent: Block, into out: Block, scratch: Block
  ) {
    pushIncrementForward(
      field, step, stepSize: step.stepSize, nodes: nodeOfStage, direction: direction, at: before, record: record, tangent: tangent, factor: 1,
      addingTo: tangent, into: out,
      scratch: scratch)
  }

  /// out = base + factor·(∂Ψ_h/∂x·tangent + ∂Ψ_h/∂θ·direction). `out` may be `base`, never `tangent`.
  func pushIncrementForward(
    _ field: any VectorField, _ step: Step, stepSize h: Double, nodes: [Int], direction: StepWeights?, at before: Block, record: Block, tangent: Block,
    factor: Double,
    addingTo base: Block, into out: Block, scratch: Block
  ) {
    let last = stages - 1
    let rest = fieldScratch(field, scratch)
    for stage in 0...last {
      let (layer, direction) = (step.layer(node: nodes[stage]), direction?.layer(node: nodes[stage]))
      let own = isAtStart[stage] ? tangent : scratch.slot(last, of: field.stateWidth)
      if !isAtStart[stage] { sum(h, ofRow: stage, scratch, addingTo: tangent, into: own) }
      let (x, evaluated) = (state(stage, field, before, record), evaluation(stage, field, record))
      if stage < last {
        field.pushforwardWhole(
          layer, direction: direction, at: x, record: evaluated, tangent: own, scale: 1, addingTo: nil, into: scratch.slot(stage, of: field.stateWidth),
          scratch: rest)
      } else {
        let base = sumOfEarlier(factor * h, scratch, addingTo: base, into: out)
        field.pushforwardWhole(
          layer, direction: direction, at: x, record: evaluated, tangent: own, scale: factor * h * b[last], addingTo: base, into: out, scratch: rest)
      }
    }
  }

  package func pullback(
    _ field: any VectorField, _ step: Step, before: Block, after: Block, record: Block,
    cotangent: Block, gradient: StepWeights?, scratch: Block
  ) {
    pullIncrementBack(
      field, step, stepSize: step.stepSize, nodes: nodeOfStage, at: before, record: record, factor: 1, cotangent: cotangent, addingTo: cotangent,
      gradient: gradient,
      scratch: scratch)
  }

  /// q += factor·(∂Ψ_h/∂x)ᵀp, and the gradient accumulates factor·(∂Ψ_h/∂θ)ᵀp. `q` may be `p`.
  ///
  /// From the last stage to the first, w_i = h b_i p + h Σ_{j>i} a_ji λ_j, λ_i = (∂f/∂y)ᵀ w_i at X_i; then q + Σ λ_i.
  func pullIncrementBack(
    _ field: any VectorField, _ step: Step, stepSize h: Double, nodes: [Int], at before: Block, record: Block, factor: Double, cotangent: Block,
    addingTo q: Block,
    gradient: StepWeights?, scratch: Block
  ) {
    let last = stages - 1
    let rest = fieldScratch(field, scratch)
    let slope = scratch.slot(last, of: field.stateWidth)
    for stage in (0...last).reversed() {
      var sum = RunningSum(nil, into: slope)
      sum.add(factor * h * b[stage], cotangent)
      for later in stage + 1..<stages { sum.add(h * a[later * stages + stage], scratch.slot(later - 1, of: field.stateWidth)) }
      sum.finish()
      var target = q
      if stage > 0 {
        target = scratch.slot(stage - 1, of: field.stateWidth)
        fill(target, 0)
      } else {
        // All cotangents of slopes are computed, so the cotangent of y₊ may be overwritten by that of y.
        var total = RunningSum(q, into: q)
        for later in 0..<last { total.add(1, scratch.slot(later, of: field.stateWidth)) }
        total.finish()
      }
      field.pullbackWhole(
        step.layer(node: nodes[stage]), at: state(stage, field, before, record), record: evaluation(stage, field, record), scale: 1,
        cotangent: slope, addingTo: target, gradient: gradient?.layer(node: nodes[stage]), scratch: rest)
    }
  }
}
