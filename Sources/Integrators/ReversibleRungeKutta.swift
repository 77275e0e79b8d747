import LinearAlgebra
import Settings
import VectorFields

/// An explicit Runge–Kutta method made reversible by a second state z, which begins as z = y:
///
///     y₊ = λy + (1−λ)z + Ψ_h(z),   z₊ = z − Ψ_{−h}(y₊),   Ψ_h(x) = h Σ b_i f(X_i) the increment of the base method
///
/// Source: McCallum & Foster 2024 (arXiv:2410.11648). 0 < λ < 1 couples the states. The order is that of the base method. The inverse is algebraic, z = z₊ + Ψ_{−h}(y₊), y = (y₊ − (1−λ)z − Ψ_h(z))/λ, so that
/// training needs no stored states, whatever the field. Rounding errors of y grow by 1/λ in each layer on the way back: by e in 1000 layers for λ = 0.999. Every step contracts volumes by λⁿ. For
/// ẏ = μy the two growth factors of a step have the product λ, so a step is stable if that of the base lies between λ and 1: a mode that decays faster makes y − z grow. Damped fields need a smaller λ, or small steps
/// (Theory.md §3.16).
///
/// Ψ_{−h} leads from the end of the step to its beginning: its stage i takes the weights at 1 − c_i. The nodes are therefore all c_i and all 1 − c_i. Cost: twice the evaluations of the base method.
///
/// The state is (y, z); the readout sees y. The record is that of both increments.
package struct ReversibleRungeKutta: Integrator {
  private let base: RungeKutta
  private let coupling: Double
  package let nodes: [Double]
  /// The node of each stage of Ψ_h and of Ψ_{−h}.
  private let forwardNodes: [Int]
  private let backwardNodes: [Int]

  package static let options =
    [
      OptionDescription(
        "base", .choice(tableaux.names), default: .text("heun"),
        "the explicit Runge–Kutta method that is made reversible, by the name of its integrator; runge_kutta is your own tableau"),
      OptionDescription(
        "reversible_coupling", .real(0x1p-20...1 - 0x1p-20), default: .real(0.999), unit: "1",
        "λ of y₊ = λy + (1−λ)z + Ψ_h(z): near 1 rounding errors grow little on the way back; smaller values keep y and z closer together"),
    ] + tableaux.options

  /// Takes the options `base` and `reversible_coupling`, and those of the base method.
  package init(_ options: OptionValues) throws(Failure) {
    self.init(RungeKutta(try tableaux(try options.text("base")).make(options)), coupling: try options.real("reversible_coupling"))
  }

  package init(_ base: RungeKutta, coupling: Double) {
    (self.base, self.coupling) = (base, coupling)
    let times = base.times
    var nodes: [Double] = []
    for time in (times + times.map { 1 - $0 }).sorted() where nodes.last.map({ time - $0 > ButcherTableau.tolerance }) ?? true { nodes.append(time) }
    self.nodes = nodes
    func node(_ time: Double) -> Int { nodes.lastIndex { $0 <= time + ButcherTableau.tolerance } ?? 0 }
    forwardNodes = times.map { node($0) }
    backwardNodes = times.map { node(1 - $0) }
  }

  package var order: Int { base.order }
  package var takesOwnSteps: Bool { true }
  package var isReversible: Bool { true }
  package func largestStableSize(_ dynamics: FrozenDynamics, stepSize h: Double) -> StableSize {
    .unknown("of reversible methods no largest stable step is known for all fields")
  }
  package func stateWidth(_ field: any VectorField) -> Int { 2 * field.stateWidth }
  package var copiesState: Bool { true }
  package func recordWidth(_ field: any VectorField) -> Int { 2 * base.recordWidth(field) }
  package func scratchWidth(_ field: any VectorField) -> Int { base.scratchWidth(field) }

  /// z = y.
  package func start(_ field: any VectorField, _ state: Block) {
    let n = field.stateWidth
    if n > field.width { fill(state.rows(field.width..<n), 0) }
    copy(state.slot(0, of: n), into: state.slot(1, of: n))
  }

  package func startPullback(_ field: any VectorField, _ cotangent: Block) {
    let (visible, second) = (cotangent.rows(0..<field.width), cotangent.rows(field.stateWidth..<field.stateWidth + field.width))
    combine(1, visible, 1, second, into: visible)
  }

  private func record(_ index: Int, _ field: any VectorField, _ record: Block) -> Block { record.slot(index, of: base.recordWidth(field)) }

  package func step(_ field: any VectorField, _ step: Step, from before: Block, into after: Block, record: Block?, scratch: Block) {
    let (n, h) = (field.stateWidth, step.stepSize)
    let (y, z, yAfter, zAfter) = (before.slot(0, of: n), before.slot(1, of: n), after.slot(0, of: n), after.slot(1, of: n))
    combine(coupling, y, 1 - coupling, z, into: yAfter)
    base.evaluateIncrement(
      field, step, stepSize: h, nodes: forwardNodes, at: z, factor: 1, addingTo: yAfter, into: yAfter, record: record.map { self.record(0, field, $0) },
      scratch: scratch)
    base.evaluateIncrement(
      field, step, stepSize: -h, nodes: backwardNodes, at: yAfter, factor: -1, addingTo: z, into: zAfter, record: record.map { self.record(1, field, $0) },
      scratch: scratch)
  }

  package func reverse(_ field: any VectorField, _ step: Step, from after: Block, into before: Block, record: Block?, scratch: Block) {
    let (n, h) = (field.stateWidth, step.stepSize)
    let (y, z, yAfter, zAfter) = (before.slot(0, of: n), before.slot(1, of: n), after.slot(0, of: n), after.slot(1, of: n))
    base.evaluateIncrement(
      field, step, stepSize: -h, nodes: backwardNodes, at: yAfter, factor: 1, addingTo: zAfter, into: z, record: record.map { self.record(1, field, $0) },
      scratch: scratch)
    base.evaluateIncrement(
      field, step, stepSize: h, nodes: forwardNodes, at: z, factor: -1, addingTo: yAfter, into: y, record: record.map { self.record(0, field, $0) },
      scratch: scratch)
    combine(1 / coupling, y, -(1 - coupling) / coupling, z, into: y)
  }

  package func pushforward(
    _ field: any VectorField, _ step: Step, direction: StepWeights?, before: Block, after: Block, record: Block,
    tangent: Block, into out: Block, scratch: Block
  ) {
    let (n, h) = (field.stateWidth, step.stepSize)
    let (y, z, yAfter, zAfter) = (tangent.slot(0, of: n), tangent.slot(1, of: n), out.slot(0, of: n), out.slot(1, of: n))
    combine(coupling, y, 1 - coupling, z, into: yAfter)
    base.pushIncrementForward(
      field, step, stepSize: h, nodes: forwardNodes, direction: direction, at: before.slot(1, of: n), record: self.record(0, field, record), tangent: z,
      factor: 1,
      addingTo: yAfter, into: yAfter, scratch: scratch)
    base.pushIncrementForward(
      field, step, stepSize: -h, nodes: backwardNodes, direction: direction, at: after.slot(0, of: n), record: self.record(1, field, record), tangent: yAfter,
      factor: -1,
      addingTo: z, into: zAfter, scratch: scratch)
  }

  /// p_y −= (∂Ψ_{−h}/∂y₊)ᵀp_z; then p_z += (1−λ)p_y + (∂Ψ_h/∂z)ᵀp_y and p_y becomes λp_y.
  package func pullback(
    _ field: any VectorField, _ step: Step, before: Block, after: Block, record: Block,
    cotangent: Block, gradient: StepWeights?, scratch: Block
  ) {
    let (n, h) = (field.stateWidth, step.stepSize)
    let (y, z) = (cotangent.slot(0, of: n), cotangent.slot(1, of: n))
    base.pullIncrementBack(
      field, step, stepSize: -h, nodes: backwardNodes, at: after.slot(0, of: n), record: self.record(1, field, record), factor: -1, cotangent: z, addingTo: y,
      gradient: gradient,
      scratch: scratch)
    base.pullIncrementBack(
      field, step, stepSize: h, nodes: forwardNodes, at: before.slot(1, of: n), record: self.record(0, field, record), factor: 1, cotangent: y, addingTo: z,
      gradient: gradient,
      scratch: scratch)
    combine(1, z, 1 - coupling, y, into: z)
    combine(coupling, y, 0, y, into: y)
  }
}
