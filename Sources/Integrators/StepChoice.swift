import LinearAlgebra
import Settings

extension AdaptiveSolve {
  /// Finds each sample's first step size (`AdaptiveControl`), unless it is given.
  func chooseFirstSteps() {
    let control = method.control
    guard control.firstStep == 0 else {
      for column in 0..<columns { clocks[column].stepSize = control.firstStep }
      count(evaluations: running)
      return
    }
    func measure(_ x: Block, _ out: Block) {
      errorNorms(x, room.state, room.state, relative: control.relativeTolerance, absolute: control.absoluteTolerance, into: out)
    }
    measure(room.state, room.norms)
    measure(room.slope(0), room.otherNorms)
    let (sizes, stateNorms, slopeNorms) = (room.stepSizes.vector, room.norms.vector, room.otherNorms.vector)
    for column in 0..<columns {
      let trial = control.trialStep(state: stateNorms.load(column), slope: slopeNorms.load(column), length: step.stepSize)
      clocks[column].stepSize = trial
      sizes.store(clocks[column].state == .padding ? 0 : trial, at: column)
    }
    scaleColumns(room.stepSizes, room.slope(0), scale: 1, addingTo: room.state, into: room.stage)
    evaluate(at: room.stage, into: room.slope(1))
    combine(1, room.slope(1), -1, room.slope(0), into: room.stage)
    measure(room.stage, room.norms)
    for column in 0..<columns {
      clocks[column].stepSize = control.startingStep(
        trial: clocks[column].stepSize, slope: slopeNorms.load(column), change: stateNorms.load(column), order: method.order)
    }
    count(evaluations: 2 * running)
  }

  /// Chooses the next step of every running sample. A sample that cannot continue stops and reports a failure.
  func chooseSteps() {
    let length = step.stepSize
    let sizes = room.stepSizes.vector
    for column in 0..<columns {
      guard clocks[column].state == .running else {
        sizes.store(0, at: column)
        continue
      }
      let rest = length - clocks[column].time
      // If less than a hundredth of a step would remain after this step, the step is lengthened to the end.
      clocks[column].isFinal = 1.01 * clocks[column].stepSize >= rest
      let h = clocks[column].isFinal ? rest : clocks[column].stepSize
      sizes.store(h, at: column)
      clocks[column].stepSize = sizes.load(column)
      let attempts = Int(clocks[column].accepted) + Int(clocks[column].rejected)
      if attempts >= method.control.maximumSteps {
        fail(column, .stepLimit, "it needs more than max_steps = \(method.control.maximumSteps) steps")
      } else if !(h > 0x1p-50 * length) {
        fail(column, clocks[column].wasNotFinite ? .notFinite : .stepLimit, clocks[column].wasNotFinite ? "the field or the error is not finite" : "the step size is below the rounding of the time")
      }
    }
  }

  private func fail(_ column: Int, _ status: Status, _ reason: String) {
    clocks[column].state = .stopped
    let clock = clocks[column]
    step.log?.takeUnretainedValue().fail(
      column: Int(clock.column),
      Failure(
        status,
        "integrator \(method.tableau.name) stopped in layer \(step.index) at time \(clock.time) of \(step.stepSize): \(reason) (step size \(clock.stepSize), \(clock.accepted) accepted and \(clock.rejected) rejected steps); the last good state is kept"))
  }
}
