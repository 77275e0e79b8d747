import CStableODE
import LinearAlgebra
import Networks
import Settings
import Training

// Section 11 of the header: vector fields fitted to measured trajectories.

@_cdecl("sode_network_with_steps") @implementation
public func sode_network_with_steps(_ network: OpaquePointer?, _ steps: Int64, _ changed: UnsafeMutablePointer<OpaquePointer?>?) -> sode_status {
  reporting { () throws(Failure) in
    let out = try required(changed, "changed")
    let steps = try checked(steps, "steps", in: 1...1_000_000)
    try using(network, .network, "network") { network throws(Failure) in try hand(try network.withSteps(steps), .network, to: out) }
  }
}

@_cdecl("sode_network_fit_trajectories") @implementation
public func sode_network_fit_trajectories(
  _ network: OpaquePointer?, _ features: UnsafePointer<sode_tensor>?, _ states: UnsafePointer<sode_tensor>?, _ options: UnsafePointer<CChar>?, _ length: Int,
  _ callback: sode_callback?, _ user_data: UnsafeMutableRawPointer?, _ limits: UnsafePointer<sode_limits>?, _ initial_states: UnsafeMutablePointer<sode_tensor>?,
  _ report: UnsafeMutablePointer<sode_trajectory_fit>?
) -> sode_status {
  reportingStatus { () throws(Failure) in
    var values = OptionValues(scope: "trajectory_fit", trajectoryFitOptions)
    if options != nil {
      let given = try json(options, length: length)
      guard let members = given.members else { throw Failure(.invalidArgument, "options of a fit are a JSON object; given: \(given.kindName)") }
      for (key, value) in members { try values.set(key, OptionValue(value)) }
    }
    if let report { _ = try structSize(report, "report") }
    let limits = try CallLimits(limits)
    guard limits.epochs == 0 else { throw Failure(.invalidArgument, "limits->epochs is \(limits.epochs); it must be 0: the option epochs limits a fit") }
    return try using(network, .network, "network") { network throws(Failure) in
      let plan = network.plan
      let given = try CallerTensor(features, "features")
      let batch = try samples(given, plan)
      let shape = try TrajectoryFit.shape(of: plan)
      let observations = try scoreTensor(try CallerTensor(states, "states"), samples: batch.rows, plan.predictions).reading
      let fit = try TrajectoryFit(network, features: batch, states: observations, options: values)
      let result = try initial_states.map { (tensor) throws(Failure) in
        try StagedResult(try CallerTensor(tensor, "initial_states"), [batch.rows, shape.width], "trajectories, width", plan.precision)
      }
      let progress = FitProgress(callback, user_data)
      let outcome = try progress.run { () throws(Failure) in
        try watching(limits) { () throws(Failure) in try fit.run(initialStates: result?.view) { progress.report($0) } }
      }
      try result?.check()
      result?.give()
      if let report {
        var row = sode_trajectory_fit()
        row.loss = outcome.report.loss
        row.largest_gap = outcome.report.largestGap
        row.segments = Int64(outcome.report.segments)
        row.steps = Int64(outcome.report.steps)
        try writeStruct(row, to: report, "report")
      }
      return outcome.status
    }
  }
}

/// Passes the events of a fit to the caller's function, and keeps what it threw.
private final class FitProgress {
  private let callback: sode_callback?
  private let userData: UnsafeMutableRawPointer?
  private let clock = Stopwatch()
  private var exception: Failure?

  init(_ callback: sode_callback?, _ userData: UnsafeMutableRawPointer?) { (self.callback, self.userData) = (callback, userData) }

  /// Runs a fit that reports here. If it ends because the function threw an exception, the failure has the exception's text.
  func run<Result>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
    do throws(Failure) { return try body() } catch { throw error.status == .callbackFailed ? exception ?? error : error }
  }

  /// The function's answer; 0 without a function.
  func report(_ event: TrajectoryFitEvent) -> Int32 {
    guard let callback else { return 0 }
    var row = sode_progress()
    row.struct_size = UInt32(MemoryLayout<sode_progress>.size)
    row.kind = Int32(SODE_PROGRESS_STEP)
    (row.epoch, row.step, row.objective, row.seconds) = (Int64(event.round), Int64(event.step), event.objective, clock.milliseconds * 1e-3)
    (row.training_loss, row.training_accuracy, row.validation_loss, row.validation_accuracy, row.validation_metric) = (.nan, .nan, .nan, .nan, .nan)
    do throws(Failure) {
      return try withPointer(&row) { row throws(Failure) in try call(unsafeBitCast(callback, to: UnsafeRawPointer.self), "the callback", [row, userData]) }
    } catch {
      exception = error
      return -1
    }
  }
}
