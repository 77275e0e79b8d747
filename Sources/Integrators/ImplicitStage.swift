import LinearAlgebra
import Settings
import VectorFields

/// One implicit stage, m = y + θh f(m), y₊ = y + (m − y)/θ, and its exact derivatives: θ = 1 is backward Euler, θ = ½ the implicit midpoint rule.
///
/// With J = ∂f/∂y at m and p the cotangent of y₊, (I − θhJᵀ)z = p gives the cotangent z/θ + (1 − 1/θ)p of y and h(∂f/∂w)ᵀz of the weights; the tangent of m solves the transposed system. All systems
/// are solved matrix-free, sample by sample. Source: Griewank & Walther (2008), "Evaluating derivatives", §15.1 (implicit function theorem).
package struct ImplicitStage: Sendable {
  let name: String
  let theta: Double
  /// The relative tolerance of the residual; 0 means the rounding of the precision.
  let tolerance: Double
  let iterations: Int

  /// The options of implicit schemes.
  static let options = [
    OptionDescription(
      "solver_tolerance", .real(0...0.1), default: .real(0), unit: "1",
      "largest relative residual with which the equation of an implicit step counts as solved; 0: as small as rounding allows, so that gradients are exact up to rounding"),
    OptionDescription(
      "solver_iterations", .integer(1...100_000), default: .integer(500), unit: "iterations",
      "most iterations for the equation of an implicit step; if it is not solved by then, the sample ends in an error"),
  ]

  init(_ name: String, theta: Double, _ options: OptionValues) throws(Failure) {
    self.name = name
    self.theta = theta
    tolerance = try options.real("solver_tolerance")
    iterations = try options.integer("solver_iterations")
  }

  private func newton(_ field: any VectorField, _ precision: Precision) -> ColumnNewton {
    ColumnNewton(size: field.stateWidth, tolerance: max(tolerance, precision.epsilon), iterations: iterations)
  }

  /// The field's scratch; m and a record; then the larger of what the solver and the derivatives need.
  func scratchWidth(_ field: any VectorField) -> Int {
    let n = field.stateWidth
    let solver = newton(field, .float32).scratchRows
    return field.scratchWidth + n + field.wholeRecordWidth + max(solver, 2 * n + 2 + ColumnGMRES(size: n).scratchRows)
  }

  func step(_ field: any VectorField, _ step: Step, from before: Block, into after: Block, record: Block?, scratch: Block) {
    let n = field.stateWidth
    var rows = Rows(scratch)
    let inner = rows.next(field.scratchWidth)
    let m = rows.next(n)
    let ownRecord = rows.next(field.wholeRecordWidth)
    let newton = newton(field, before.precision)
    let stage = StageEquation(field: field, layer: step.layer(), scale: theta * step.stepSize, base: before, record: record ?? ownRecord, scratch: inner, log: step.log)
    let solverScratch = rows.next(newton.scratchRows)
    let outcome = newton.solve(stage, from: before, into: m, scratch: solverScratch)
    // A sample that failed has m = y, so that it keeps its state.
    combine(1 / theta, m, 1 - 1 / theta, before, into: after)
    if let log = step.log?.takeUnretainedValue() {
      log.evaluations += outcome.evaluations
      log.iterations += outcome.iterations
      // If the work must end, unfinished samples have not failed.
      guard outcome.failed > 0, !log.isOver else { return }
      newton.forEachFailure(in: solverScratch) { column, residual in
        log.fail(
          column: column,
          Failure(
            .notConverged,
            "layer \(step.index): \(name) did not converge; the state stays as before the step: relative residual \(residual), tolerance \(newton.tolerance), at most \(iterations) iterations; a smaller step or a larger solver_tolerance helps"
          ))
      }
    }
  }

  func pushforward(
    _ field: any VectorField, _ step: Step, direction: StepWeights?, before: Block, after: Block, record: Block, tangent: Block, into out: Block, scratch: Block
  ) {
    let (layer, scale) = (step.layer(), theta * step.stepSize)
    let work = Derivative(field, self, before, after, scratch)
    if let direction = direction?.layer() {
      field.pushforwardWhole(
        layer, direction: direction, at: work.point, record: record, tangent: nil, scale: scale, addingTo: tangent, into: work.right, scratch: work.inner)
    } else {
      copy(tangent, into: work.right)
    }
    let system = Linearized(field: field, layer: layer, scale: scale, point: work.point, record: record, isTransposed: false, scratch: work.inner, log: step.log)
    work.solve(system, step, of: self, "tangent")
    combine(1 / theta, work.solution, 1 - 1 / theta, tangent, into: out)
  }

  func pullback(
    _ field: any VectorField, _ step: Step, before: Block, after: Block, record: Block, cotangent: Block, gradient: StepWeights?, scratch: Block
  ) {
    let (layer, scale) = (step.layer(), theta * step.stepSize)
    let work = Derivative(field, self, before, after, scratch)
    copy(cotangent, into: work.right)
    let system = Linearized(field: field, layer: layer, scale: scale, point: work.point, record: record, isTransposed: true, scratch: work.inner, log: step.log)
    work.solve(system, step, of: self, "adjoint")
    if let gradient = gradient?.layer() {
      // Only the gradient is accumulated here. The state's cotangent comes from z, without the amplification of rounding errors by hJ.
      field.pullbackWhole(
        layer, at: work.point, record: record, scale: step.stepSize, cotangent: work.solution, addingTo: work.right, gradient: gradient, scratch: work.inner)
    }
    combine(1 / theta, work.solution, 1 - 1 / theta, cotangent, into: cotangent)
  }
}

/// Whether it is known that no eigenvalue of the frozen Jacobian has a positive real part.
private func hasDecayingModes(_ kind: FrozenDynamics.Kind) -> Bool {
  switch kind {
  case .rotation, .descent, .scaledDescent, .decay, .rotationAndDescent: true
  case .dampedRotation(let gamma): gamma == 0
  case .oscillation, .potential: false
  }
}

/// A scheme that is one implicit stage.
package protocol OneStageIntegrator: Integrator {
  var stage: ImplicitStage { get }
}

extension OneStageIntegrator {
  /// A-stable: stable for any eigenvalue with real part ≤ 0.
  package func largestStableSize(_ dynamics: FrozenDynamics, stepSize h: Double) -> StableSize {
    if hasDecayingModes(dynamics.kind) { return .unlimited }
    let names = fieldNames { $0.frozenDynamics.map { hasDecayingModes($0.kind) } ?? false }
    return .unknown("of implicit methods stability at any step is known for these fields with their default options: \(names.joined(separator: ", "))")
  }

  package var takesOwnSteps: Bool { true }
  package var nodes: [Double] { [stage.theta] }
  package func recordWidth(_ field: any VectorField) -> Int { field.wholeRecordWidth }
  package func scratchWidth(_ field: any VectorField) -> Int { stage.scratchWidth(field) }

  package func step(_ field: any VectorField, _ step: Step, from before: Block, into after: Block, record: Block?, scratch: Block) {
    stage.step(field, step, from: before, into: after, record: record, scratch: scratch)
  }

  package func pushforward(
    _ field: any VectorField, _ step: Step, direction: StepWeights?, before: Block, after: Block, record: Block,
    tangent: Block, into out: Block, scratch: Block
  ) {
    stage.pushforward(field, step, direction: direction, before: before, after: after, record: record, tangent: tangent, into: out, scratch: scratch)
  }

  package func pullback(
    _ field: any VectorField, _ step: Step, before: Block, after: Block, record: Block,
    cotangent: Block, gradient: StepWeights?, scratch: Block
  ) {
    stage.pullback(field, step, before: before, after: after, record: record, cotangent: cotangent, gradient: gradient, scratch: scratch)
  }
}

/// Divides scratch memory into blocks, row by row.
struct Rows {
  private let block: Block
  private var used = 0

  init(_ block: Block) { self.block = block }

  mutating func next(_ count: Int) -> Block {
    defer { used += count }
    return block.rows(used..<used + count)
  }
}

/// m ↦ base + scale·f(m).
private struct StageEquation: ColumnFixedPoint {
  let field: any VectorField
  let layer: Layer
  let scale: Double
  let base: Block
  let record: Block
  let scratch: Block
  let log: Unmanaged<StepLog>?

  var isOver: Bool { log?._withUnsafeGuaranteedRef { $0.isOver } ?? false }

  func residual(at m: Block, into r: Block) {
    field.evaluateWhole(layer, at: m, scale: scale, addingTo: base, into: r, record: record, scratch: scratch)
    combine(1, r, -1, m, into: r)
  }

  func derivative(at m: Block, of v: Block, into out: Block) {
    field.pushforwardWhole(layer, direction: nil, at: m, record: record, tangent: v, scale: -scale, addingTo: v, into: out, scratch: scratch)
  }
}

/// v ↦ (I − scale·J)v, or the transpose.
private struct Linearized: ColumnOperator {
  let field: any VectorField
  let layer: Layer
  let scale: Double
  let point: Block
  let record: Block
  let isTransposed: Bool
  let scratch: Block
  let log: Unmanaged<StepLog>?

  var isOver: Bool { log?._withUnsafeGuaranteedRef { $0.isOver } ?? false }

  func apply(_ x: Block, into out: Block) {
    guard isTransposed else {
      return field.pushforwardWhole(layer, direction: nil, at: point, record: record, tangent: x, scale: -scale, addingTo: x, into: out, scratch: scratch)
    }
    copy(x, into: out)
    field.pullbackWhole(layer, at: point, record: record, scale: -scale, cotangent: x, addingTo: out, gradient: nil, scratch: scratch)
  }
}

/// The work memory of a stage's derivative: m, a right-hand side, a solution.
private struct Derivative {
  /// The field's scratch.
  let inner: Block
  /// m, where the derivatives are taken.
  let point: Block
  let right: Block
  let solution: Block
  private let tolerances: Block
  private let residuals: Block
  private let gmres: ColumnGMRES
  private let krylov: Block

  init(_ field: any VectorField, _ stage: ImplicitStage, _ before: Block, _ after: Block, _ scratch: Block) {
    let n = field.stateWidth
    gmres = ColumnGMRES(size: n)
    var rows = Rows(scratch)
    inner = rows.next(field.scratchWidth)
    if stage.theta == 1 {
      point = after
    } else {
      point = rows.next(n)
      combine(1 - stage.theta, before, stage.theta, after, into: point)
    }
    right = rows.next(n)
    solution = rows.next(n)
    tolerances = rows.next(1)
    residuals = rows.next(1)
    krylov = rows.next(gmres.scratchRows)
  }

  /// solution = A⁻¹·right as exactly as rounding allows.
  func solve<A: ColumnOperator>(_ a: A, _ step: Step, of stage: ImplicitStage, _ what: StaticString) {
    let epsilon = right.precision.epsilon
    fill(tolerances, 2 * epsilon)
    let applications = gmres.solve(a, right, relative: tolerances, into: solution, residuals: residuals, scratch: krylov)
    guard let log = step.log?.takeUnretainedValue() else { return }
    log.evaluations += applications
    // A residual below this is the rounding of the products with A.
    let allowed = ColumnNewton.stagnation * epsilon
    guard !log.isOver else { return }
    forEachAbove(residuals, allowed) { column, residual in
      log.fail(
        column: column,
        Failure(
          .notConverged,
          "layer \(step.index): the linear system of \(stage.name)'s \(what) did not converge: relative residual \(residual), tolerance \(allowed); a smaller step helps"))
    }
  }
}
