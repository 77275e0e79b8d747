import Integrators
import LinearAlgebra
import Networks
import Settings

/// The objective of shooting, as a function of the network's parameters θ and the states s at which segments begin:
///
///     φ(θ, s) = (Σᵢ ℓᵢ + ½ρ Σᵢ |yᵢ − sᵢ₊₁|²)/n
///
/// with the loss ℓᵢ of the observations of segment i, the state yᵢ at its end, where another segment of its trajectory follows, and n observed numbers. Single shooting has one segment a trajectory and no gaps.
/// Sources: Bock & Plitt 1984 (multiple shooting); Turan & Jäschke 2021 (arXiv:2109.06786), with the continuity as a penalty.
package final class ShootingObjective: Objective {
  private let segments: TrajectorySegments
  private let sweep: Sweep
  private let pool: WorkerPool
  private let loss: ShootingLoss
  private let parameterCount: Int
  private let fitsInitialStates: Bool
  private let buffer: Buffer
  private let featureGradient: MutableTensorView
  /// Whether a point with a finite value is known, from which a search along a line may step too far.
  private var hasBegun = false

  package let repeats = true
  /// The value at the last point that was evaluated; NaN before the first one.
  package private(set) var latest = Double.nan
  /// The lowest value of the round, and where it was found.
  private var lowest = Double.infinity
  private let best: Vector
  private let bestBuffer: Buffer

  /// - Throws: `.memory`.
  package init(_ segments: TrajectorySegments, fitsInitialStates: Bool, threads: Int) throws(Failure) {
    let plan = segments.plan
    (self.segments, self.fitsInitialStates, parameterCount) = (segments, fitsInitialStates, plan.parameterCount)
    sweep = try Sweep(plan, batch: segments.count, derivative: true, threads: threads)
    pool = try WorkerPool(threads: sweep.threads, requested: sweep.requestedThreads, watch: .current)
    let (numbers, overflow) = segments.count.multipliedReportingOverflow(by: plan.inputs)
    buffer = try Buffer(count: overflow ? -1 : numbers, precision: plan.precision)
    featureGradient = MutableTensorView(buffer.base, type: ElementType(plan.precision), rows: segments.count, columns: plan.inputs)
    loss = try ShootingLoss(plan.loss, segments)
    let variables = plan.parameterCount + segments.count * segments.width
    bestBuffer = try Buffer(count: variables, precision: plan.precision)
    best = bestBuffer.vector(count: variables, precision: plan.precision)
  }

  /// The number of variables: parameters, then the states at which segments begin.
  package var count: Int { parameterCount + segments.count * segments.width }
  /// The part of a vector of variables that holds the parameters, and that of the states.
  package func parameters(_ variables: Vector) -> Vector { variables[0..<parameterCount] }
  package func states(_ variables: Vector) -> Vector { variables[parameterCount..<count] }

  /// Begins a round with the weight ρ of a squared gap.
  package func begin(strength: Double) {
    loss.set(strength: strength)
    (hasBegun, latest, lowest) = (false, .nan, .infinity)
  }

  /// Copies the point with the lowest value of the round, of all that were evaluated, to `variables`; without one they stay as they are.
  package func takeBest(_ variables: Vector) {
    if lowest < .infinity { copy(best, into: variables) }
  }

  package func value(at variables: Vector) throws(Failure) -> Double { try evaluate(variables, gradient: nil) }
  package func gradient(at variables: Vector, into gradient: Vector) throws(Failure) -> Double { try evaluate(variables, gradient: gradient) }

  private func evaluate(_ variables: Vector, gradient: Vector?) throws(Failure) -> Double {
    let total = Double(segments.observedCount)
    let starts = states(variables)
    guard try allFiniteInPieces(starts) else { return .infinity }
    segments.place(starts)
    loss.starts = starts
    let result: BatchResult
    do throws(Failure) {
      result = try sweep.lossGradient(
        parameters(variables), segments.source, Targets.values(segments.targets, steps: TargetSteps(segments.points)), mode: .evaluation, loss: loss, divisor: total,
        count: segments.count, gradient: gradient.map(parameters), featureGradient: gradient == nil ? nil : featureGradient, pool: pool)
    } catch {
      // A search along a direction that went too far can come back, but a fit cannot begin where its trajectories diverge.
      guard hasBegun, [.notConverged, .stepLimit, .notFinite].contains(error.status) else { throw error }
      return .infinity
    }
    hasBegun = true
    if let gradient {
      let own = states(gradient)
      let columns = TensorView(UnsafeRawPointer(featureGradient.base), type: featureGradient.type, rows: segments.count, columns: segments.width, rowStride: featureGradient.rowStride, columnStride: 1)
      try convertInPieces(columns, into: own)
      let width = segments.width
      // A gap pulls at the start of the segment after it, too.
      if segments.count > 1 { axpy(-1 / total, loss.pulls[0..<own.count - width], addingTo: own[width..<own.count]) }
      if !fitsInitialStates { segments.forEachInitialState { _, range in fill(own[range], 0) } }
    }
    latest = result.lossSum / total
    if latest < lowest {
      lowest = latest
      copy(variables, into: best)
    }
    return latest
  }

  /// The loss per observed number, and the largest gap, at these variables.
  package func figures(at variables: Vector) throws(Failure) -> (loss: Double, largestGap: Double) {
    begin(strength: 0)
    let loss = try value(at: variables)
    begin(strength: 1)
    _ = try value(at: variables)
    let gaps = self.loss.pulls
    return (loss, magnitudeBound(TensorView(UnsafeRawPointer(gaps.base), type: ElementType(gaps.precision), rows: 1, columns: gaps.count)))
  }

  package func precondition(_ residual: Vector, into result: Vector) { copy(residual, into: result) }

  package func forEachPiece(_ body: (_ range: Range<Int>, _ decay: Double) -> Void) { body(0..<count, 0) }

  package func gaussNewtonProduct(_ direction: Vector, at parameters: Vector, fraction: Double, into product: Vector) throws(Failure) { throw Self.onlyGradients }
  package func hessianProduct(_ direction: Vector, at parameters: Vector, into product: Vector) throws(Failure) { throw Self.onlyGradients }
  package func readoutProblem() throws(Failure) -> any ReadoutProblem { throw Self.onlyGradients }
  /// Options offer no method that needs more.
  private static var onlyGradients: Failure { Failure(.internal, "a fit of trajectories has gradients only") }
}
