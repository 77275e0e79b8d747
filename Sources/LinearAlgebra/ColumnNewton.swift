import Glibc

/// A map g that acts on each sample's column separately, of which `ColumnNewton` finds fixed points m = g(m).
package protocol ColumnFixedPoint {
  /// r = g(m) − m. It stores what `derivative` needs at m.
  func residual(at m: Block, into r: Block)
  /// out = v − g'(m)·v, m being the block of the last `residual`. `out` is another block than `v`.
  func derivative(at m: Block, of v: Block, into out: Block)
  /// Whether the work must end now; asked at each iteration. Samples that have not converged by then count as failed.
  var isOver: Bool { get }
}

extension ColumnFixedPoint {
  package var isOver: Bool { false }
}

/// Finds fixed points m = g(m), one for each sample: by iterating g as long as it contracts well, then by Newton–Krylov steps with backtracking.
///
/// Sources: Kelley (1995), "Iterative methods for linear and nonlinear equations", §4.1 and algorithm 8.2.1 (damped inexact Newton), with GMRES for m − g(m). Every sample iterates and stops
/// independently; its result has the same bits in any tile and alone.
package struct ColumnNewton {
  /// A sample has converged when ‖g(m) − m‖ ≤ tolerance·max(‖start‖, ‖m‖).
  package let tolerance: Double
  /// The number of evaluations of g after which a sample that has not converged fails.
  package let iterations: Int
  private let gmres: ColumnGMRES

  /// The phase of a sample, stored as a number in its row of scalars.
  private enum Mode {
    static let fixedPoint = 0.0
    static let newton = 1.0
    static let converged = 2.0
    static let failed = 3.0
  }

  package init(size: Int, tolerance: Double, iterations: Int) {
    self.tolerance = tolerance
    self.iterations = iterations
    gmres = ColumnGMRES(size: size)
  }

  private static let scalarRows = 16
  /// Rows of scratch that `solve` needs.
  package var scratchRows: Int { 4 * gmres.size + Self.scalarRows + gmres.scratchRows }

  /// The outcome for the samples of a tile.
  package struct Outcome: Sendable {
    /// Samples that did not converge, whose m is their start.
    package var failed = 0
    /// The largest ‖g(m) − m‖/max(‖start‖, ‖m‖) among them; NaN where g(start) is not finite.
    package var residual = 0.0
    /// Iterations, summed over samples.
    package var iterations = 0
    /// Evaluations of g or of its derivative, each of the whole tile.
    package var evaluations = 0
  }

  /// If no step reduces the residual any more, a residual of at most this many units of rounding counts as converged.
  package static let stagnation = 4096.0

  /// The smallest step lengths that are tried, before the first restart and after it; and the number of restarts from other points.
  private static let shortestStep = 0x1p-16
  private static let shortestStepAfterRestart = 0x1p-7
  private static let mostRestarts = 30.0

  /// Solves m = g(m), beginning at `start`. The last call of `residual` is at the result.
  ///
  /// - Parameters:
  ///   - start, m: size × samples, different blocks.
  ///   - scratch: `scratchRows` rows.
  /// - Cost: a fixed-point iteration takes one evaluation of g; a Newton step takes one more and as many derivatives as GMRES takes steps.
  package func solve<G: ColumnFixedPoint>(_ g: G, from start: Block, into m: Block, scratch: Block) -> Outcome {
    let n = gmres.size
    let state = State(scratch.rows(4 * n..<4 * n + Self.scalarRows))
    func vector(_ index: Int) -> Block { scratch.rows(index * n..<(index + 1) * n) }
    let (accepted, direction, residual, right) = (vector(0), vector(1), vector(2), vector(3))
    let krylov = scratch.rows(4 * n + Self.scalarRows..<scratchRows)
    fill(state.memory, 0)
    fill(state.residual, -1)
    columnNorms(start, into: state.startSize)
    copy(start, into: accepted)
    copy(start, into: m)
    var outcome = Outcome()
    var isStale = true
    for _ in 0..<iterations where !g.isOver {
      g.residual(at: m, into: residual)
      columnNorms(residual, into: state.trial)
      columnNorms(m, into: state.size)
      let verdict = state.judge(tolerance)
      selectColumns(state.accepts, m, accepted, into: accepted)
      outcome.evaluations += 1
      outcome.iterations += verdict.judged
      isStale = verdict.reverted
      if verdict.live == 0 || g.isOver { break }
      if verdict.fresh > 0 {
        // In the columns of the other samples this residual is the same as before, or is not used.
        g.residual(at: accepted, into: residual)
        fill(m, 0)
        selectColumns(state.fresh, residual, m, into: right)
        outcome.evaluations += 1
        outcome.evaluations += gmres.solve(
          Linearization(g: g, point: accepted), right, relative: state.forcing, into: m, cycles: 3, residuals: state.linearResidual, scratch: krylov)
        selectColumns(state.fresh, m, direction, into: direction)
      }
      selectColumns(state.iterates, residual, direction, into: direction)
      if verdict.restarts > 0 { state.restart(direction, from: accepted, near: start) }
      scaleColumns(state.length, direction, scale: 1, addingTo: accepted, into: m)
      selectColumns(state.lives, m, accepted, into: m)
      isStale = true
    }
    let end = state.end(tolerance)
    outcome.failed = end.failed
    outcome.residual = end.residual
    if isStale || end.failed > 0 {
      selectColumns(state.lives, accepted, start, into: m)
      g.residual(at: m, into: residual)
      outcome.evaluations += 1
    }
    return outcome
  }

  /// Calls `body` for each sample that the last `solve` in this scratch left without a fixed point, in the order of the columns.
  ///
  /// `residual` is the sample's ‖g(m) − m‖/max(‖start‖, ‖m‖) where it was best; NaN where g(start) is not finite.
  package func forEachFailure(in scratch: Block, _ body: (_ column: Int, _ residual: Double) -> Void) {
    State(scratch.rows(4 * gmres.size..<4 * gmres.size + Self.scalarRows)).forEachFailure(body)
  }

  /// v ↦ v − g'(point)·v.
  private struct Linearization<G: ColumnFixedPoint>: ColumnOperator {
    let g: G
    let point: Block
    var isOver: Bool { g.isOver }
    func apply(_ x: Block, into out: Block) { g.derivative(at: point, of: x, into: out) }
  }

  /// The scalars of the samples, each kind in a row, and the decisions that depend on them.
  private struct State {
    let memory: Block

    init(_ memory: Block) { self.memory = memory }

    /// After `end`, whose mask `lives` is of the samples that have converged.
    func forEachFailure(_ body: (_ column: Int, _ residual: Double) -> Void) {
      func scalars(_ row: Block) -> Vector { Vector(row.base, count: row.columns, precision: row.precision) }
      let (converged, residual, size) = (scalars(lives), scalars(residual), scalars(acceptedSize))
      for column in 0..<converged.count where converged.load(column) == 0 {
        body(column, residual.load(column) < 0 ? .nan : residual.load(column) / size.load(column))
      }
    }

    private func row(_ index: Int) -> Block { memory.rows(index..<index + 1) }
    /// ‖g(m) − m‖ at the trial point, and at the accepted one (−1 before the first).
    var trial: Block { row(0) }
    var residual: Block { row(1) }
    /// ‖m‖ at the trial point; max(‖start‖, ‖m‖) at the accepted one.
    var size: Block { row(2) }
    var acceptedSize: Block { row(3) }
    var startSize: Block { row(4) }
    private var mode: Block { row(5) }
    /// The step length; the tolerance of GMRES for a new direction, and the residual that it reached.
    var length: Block { row(6) }
    var forcing: Block { row(7) }
    var linearResidual: Block { row(8) }
    /// Masks of the samples: whose trial point is taken; that need a new Newton direction; whose direction is the residual; that continue (after `end`: that have converged).
    var accepts: Block { row(9) }
    var fresh: Block { row(10) }
    var iterates: Block { row(11) }
    var lives: Block { row(12) }

    /// How often the sample has been restarted; whether it is restarted now; ‖g(start) − start‖.
    private var restarts: Block { row(13) }
    private var restartsNow: Block { row(14) }
    private var firstResidual: Block { row(15) }

    /// For samples that restart: the direction leads from `accepted` to a point as far from `start` as g(start) is, a different point at each restart.
    func restart(_ direction: Block, from accepted: Block, near start: Block) {
      switch memory.precision {
      case .float32: restartColumns(direction, accepted, start, Float.self)
      case .float64: restartColumns(direction, accepted, start, Double.self)
      }
    }

    @inline(__always) private func restartColumns<Number: BinaryFloatingPoint>(_ direction: Block, _ accepted: Block, _ start: Block, _: Number.Type) {
      let (restarts, restartsNow, firstResidual) = (ColumnScalars<Number>(restarts), ColumnScalars<Number>(restartsNow), ColumnScalars<Number>(firstResidual))
      for s in 0..<restartsNow.count where restartsNow[s] != 0 {
        let radius = Double(firstResidual[s]) * (2 / Double(start.rows)).squareRoot()
        for i in 0..<start.rows {
          let (to, from, y) = (
            ColumnScalars<Number>(direction.rows(i..<i + 1)), ColumnScalars<Number>(accepted.rows(i..<i + 1)), ColumnScalars<Number>(start.rows(i..<i + 1))
          )
          // The direction has no regular pattern over rows or restarts, and is the same for a sample in any tile.
          to[s] = y[s] - from[s] + Number(radius * cos(1.7 * Double(i + 1) * Double(restarts[s])))
        }
      }
    }

    /// Decides which trial points are taken. `reverted` is true if a sample ended at another point than its trial point.
    func judge(_ tolerance: Double) -> (judged: Int, live: Int, fresh: Int, restarts: Int, reverted: Bool) {
      switch memory.precision {
      case .float32: judgeColumns(Float(tolerance))
      case .float64: judgeColumns(tolerance)
      }
    }

    /// Counts the samples that have not converged, with the largest residual among them. `lives` becomes the mask of those that have.
    func end(_ tolerance: Double) -> (failed: Int, residual: Double) {
      switch memory.precision {
      case .float32: endColumns(Float(tolerance))
      case .float64: endColumns(tolerance)
      }
    }

    @inline(__always) private func judgeColumns<Number: BinaryFloatingPoint>(_ tolerance: Number) -> (judged: Int, live: Int, fresh: Int, restarts: Int, reverted: Bool) {
      let (trial, residual, size) = (ColumnScalars<Number>(trial), ColumnScalars<Number>(residual), ColumnScalars<Number>(size))
      let (acceptedSize, startSize, mode) = (ColumnScalars<Number>(acceptedSize), ColumnScalars<Number>(startSize), ColumnScalars<Number>(mode))
      let (length, forcing, accepts) = (ColumnScalars<Number>(length), ColumnScalars<Number>(forcing), ColumnScalars<Number>(accepts))
      let (restarts, restartsNow, firstResidual) = (ColumnScalars<Number>(restarts), ColumnScalars<Number>(restartsNow), ColumnScalars<Number>(firstResidual))
      let (fresh, iterates, lives) = (ColumnScalars<Number>(fresh), ColumnScalars<Number>(iterates), ColumnScalars<Number>(lives))
      let (fixedPoint, newton, converged, failed) = (Number(Mode.fixedPoint), Number(Mode.newton), Number(Mode.converged), Number(Mode.failed))
      let loose = max(tolerance, Number(ColumnNewton.stagnation) * Number.ulpOfOne)
      var result = (judged: 0, live: 0, fresh: 0, restarts: 0, reverted: false)
      for s in 0..<trial.count {
        (accepts[s], fresh[s], iterates[s], restartsNow[s]) = (0, 0, 0, 0)
        if mode[s] >= converged {
          lives[s] = 0
          continue
        }
        result.judged += 1
        let isFirst = residual[s] < 0
        if isFirst { firstResidual[s] = trial[s] }
        // A shortened step need not reduce the residual further.
        let isSlow = !isFirst && 2 * trial[s] > residual[s] && length[s] == 1
        // A Newton step must achieve a fraction of the reduction that a full step promises; an iteration of g must only reduce the residual. NaN fails both.
        let bound = mode[s] == fixedPoint ? residual[s] : (1 - length[s] / 10_000) * residual[s]
        let isTaken = trial[s].isFinite && (isFirst || trial[s] < bound)
        let isGoodEnough = trial[s] <= tolerance * max(size[s], startSize[s])
        if isTaken || isGoodEnough {
          accepts[s] = 1
          (residual[s], acceptedSize[s]) = (trial[s], max(size[s], startSize[s]))
        }
        // If the iteration is slow or diverges, Newton's method may still converge; if a Newton step does not help, only rounding is left.
        let isAtRounding = mode[s] != fixedPoint && residual[s] <= loose * acceptedSize[s]
        if isGoodEnough || (isTaken && isSlow && isAtRounding) {
          mode[s] = converged
        } else if isTaken {
          if mode[s] == fixedPoint, isSlow { mode[s] = newton }
          fresh[s] = mode[s]
          iterates[s] = 1 - mode[s]
          // If steps had to be short, the next ones start only slightly longer.
          length[s] = isFirst ? 1 : min(1, 4 * length[s])
        } else if isFirst {
          mode[s] = failed
          result.reverted = true
        } else if isAtRounding {
          mode[s] = converged
          result.reverted = true
        } else if mode[s] == fixedPoint {
          // The iteration diverges: continue with Newton's method from the best point.
          mode[s] = newton
          (fresh[s], length[s]) = (1, 1)
        } else {
          length[s] /= 2
          if length[s] < Number(restarts[s] == 0 ? ColumnNewton.shortestStep : ColumnNewton.shortestStepAfterRestart) {
            // The residual has a local minimum that is not zero: restart from another point.
            if restarts[s] == Number(ColumnNewton.mostRestarts) {
              mode[s] = failed
              result.reverted = true
            } else {
              restarts[s] += 1
              (restartsNow[s], length[s], residual[s]) = (1, 1, .infinity)
              result.restarts += 1
            }
          }
        }
        lives[s] = mode[s] < converged ? 1 : 0
        if lives[s] != 0 { result.live += 1 }
        if fresh[s] != 0 {
          result.fresh += 1
          // The tolerance is loose far from the solution and tightens towards it, so that convergence is finally quadratic.
          let relative = residual[s] / acceptedSize[s]
          forcing[s] = max(min(Number(0.01), relative), tolerance / (10 * relative), Number.ulpOfOne)
        }
      }
      return result
    }

    @inline(__always) private func endColumns<Number: BinaryFloatingPoint>(_ tolerance: Number) -> (failed: Int, residual: Double) {
      let (residual, acceptedSize, mode, lives) = (
        ColumnScalars<Number>(residual), ColumnScalars<Number>(acceptedSize), ColumnScalars<Number>(mode), ColumnScalars<Number>(lives)
      )
      let loose = max(tolerance, Number(ColumnNewton.stagnation) * Number.ulpOfOne)
      var result = (failed: 0, residual: 0.0)
      for s in 0..<mode.count {
        let isAtRounding = residual[s] >= 0 && residual[s] <= loose * acceptedSize[s]
        let hasConverged = mode[s] == Number(Mode.converged) || isAtRounding
        lives[s] = hasConverged ? 1 : 0
        guard !hasConverged else { continue }
        result.failed += 1
        let relative = residual[s] < 0 ? Double.nan : Double(residual[s] / acceptedSize[s])
        if relative.isNaN || relative > result.residual { result.residual = relative }
      }
      return result
    }
  }
}
