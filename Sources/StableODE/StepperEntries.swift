import CStableODE
import LinearAlgebra
import Networks
import Settings

// Section 8 of the header: sequences that arrive one observation at a time.

@_cdecl("sode_stepper_create") @implementation
public func sode_stepper_create(_ network: OpaquePointer?, _ rows: Int64, _ stepper: UnsafeMutablePointer<OpaquePointer?>?) -> sode_status {
  reporting { () throws(Failure) in
    let out = try required(stepper, "stepper")
    let rows = try checked(rows, "rows", in: 1...Int64(Stepper.maximumRows))
    try using(network, .network, "network") { network throws(Failure) in
      let made = try network.withoutIdlePredictor { () throws(Failure) in try Stepper(network, rows: rows) }
      try made.warmUp()
      try hand(made, .stepper, to: out)
    }
  }
}

@_cdecl("sode_stepper_describe") @implementation
public func sode_stepper_describe(_ stepper: OpaquePointer?, _ info: UnsafeMutablePointer<sode_stepper_info>?) -> sode_status {
  reporting { () throws(Failure) in
    let out = try required(info, "info")
    try using(stepper, .stepper, "stepper") { stepper throws(Failure) in
      var description = sode_stepper_info()
      description.rows = Int64(stepper.rows)
      description.step_width = Int64(stepper.stepWidth)
      description.outputs = Int64(stepper.plan.outputs)
      description.state_width = Int64(stepper.stateWidth)
      description.observations = Int64(stepper.observations)
      description.most_observations = Int64(stepper.mostObservations ?? 0)
      try writeStruct(description, to: out, "info")
    }
  }
}

@_cdecl("sode_stepper_feed") @implementation
public func sode_stepper_feed(
  _ stepper: OpaquePointer?, _ observation: UnsafePointer<sode_tensor>?, _ what: Int32, _ result: UnsafeMutablePointer<sode_tensor>?
) -> sode_status {
  reporting { () throws(Failure) in
    let kind = try streamedKind(what)
    try using(stepper, .stepper, "stepper") { stepper throws(Failure) in
      let given = try CallerTensor(observation, "observation")
      try given.expectMatrix(rows: stepper.rows, columns: stepper.stepWidth, "rows of the stepper, features of a step")
      let target = try predictionTarget(try CallerTensor(result, "result"), kind, samples: stepper.rows, stepper.plan.predictionsOfStep)
      try stepper.feed(given.reading, kind, into: target)
    }
  }
}

@_cdecl("sode_stepper_feed_f32") @implementation
public func sode_stepper_feed_f32(_ stepper: OpaquePointer?, _ observation: UnsafePointer<Float>?, _ what: Int32, _ result: UnsafeMutablePointer<Float>?) -> sode_status {
  reporting { () throws(Failure) in
    try feedDense(stepper, try required(observation, "observation"), what, try required(result, "result"), .float32)
  }
}

@_cdecl("sode_stepper_feed_f64") @implementation
public func sode_stepper_feed_f64(_ stepper: OpaquePointer?, _ observation: UnsafePointer<Double>?, _ what: Int32, _ result: UnsafeMutablePointer<Double>?) -> sode_status {
  reporting { () throws(Failure) in
    try feedDense(stepper, try required(observation, "observation"), what, try required(result, "result"), .float64)
  }
}

@_cdecl("sode_stepper_reset") @implementation
public func sode_stepper_reset(_ stepper: OpaquePointer?) -> sode_status {
  reporting { () throws(Failure) in
    try using(stepper, .stepper, "stepper") { stepper throws(Failure) in stepper.reset() }
  }
}

@_cdecl("sode_stepper_get_state") @implementation
public func sode_stepper_get_state(_ stepper: OpaquePointer?, _ state: UnsafeMutablePointer<sode_tensor>?) -> sode_status {
  reporting { () throws(Failure) in
    try using(stepper, .stepper, "stepper") { stepper throws(Failure) in
      let target = try stateTensor(state, stepper)
      try target.expectDistinctElements()
      let (buffer, numbers) = try stateNumbers(stepper)
      defer { withExtendedLifetime(buffer) {} }
      stepper.state(into: numbers)
      convertWhole(numbers, to: target.writing)
    }
  }
}

@_cdecl("sode_stepper_set_state") @implementation
public func sode_stepper_set_state(_ stepper: OpaquePointer?, _ state: UnsafePointer<sode_tensor>?) -> sode_status {
  reporting { () throws(Failure) in
    try using(stepper, .stepper, "stepper") { stepper throws(Failure) in
      let given = try stateTensor(state, stepper)
      try checkHeld(given, by: stepper.plan.precision)
      let (buffer, numbers) = try stateNumbers(stepper)
      defer { withExtendedLifetime(buffer) {} }
      convert(given.reading, into: numbers)
      try stepper.setState(numbers)
    }
  }
}

@_cdecl("sode_stepper_free") @implementation
public func sode_stepper_free(_ stepper: OpaquePointer?) { free(stepper, .stepper, "stepper") }

/// The kind of prediction that `what` asks for. All rows have a result, or none has.
private func streamedKind(_ what: Int32) throws(Failure) -> PredictionKind {
  guard let kind = PredictionKind(rawValue: what) else {
    throw Failure(.outOfRange, "what is \(what); it must be 0 (SODE_SCORES), 1 (SODE_PROBABILITIES) or 2 (SODE_CLASSES)")
  }
  return kind
}

@inline(__always)
private func feedDense(_ stepper: OpaquePointer?, _ observation: UnsafeRawPointer, _ what: Int32, _ result: UnsafeMutableRawPointer, _ type: ElementType) throws(Failure) {
  let kind = try streamedKind(what)
  try using(stepper, .stepper, "stepper") { stepper throws(Failure) in
    try checkDense(observation, "observation", stepper.rows, stepper.stepWidth, type)
    let target = try densePredictions(result, kind, samples: stepper.rows, stepper.plan.predictionsOfStep, type)
    try stepper.feed(TensorView(observation, type: type, rows: stepper.rows, columns: stepper.stepWidth), kind, into: target)
  }
}

private func stateTensor(_ state: UnsafePointer<sode_tensor>?, _ stepper: Stepper) throws(Failure) -> CallerTensor {
  let tensor = try CallerTensor(state, "state")
  try tensor.expectMatrix(rows: stepper.rows, columns: stepper.stateWidth, "rows of the stepper, state_width")
  guard tensor.type == .float64 else { throw Failure(.unsupportedType, "state holds \(tensor.type.name); it must be float64, which holds times and states of both precisions") }
  return tensor
}

private func stateNumbers(_ stepper: Stepper) throws(Failure) -> (Buffer, Vector) {
  let (count, overflow) = stepper.rows.multipliedReportingOverflow(by: stepper.stateWidth)
  let buffer = try Buffer(count: overflow ? Int.max : count, precision: .float64)
  return (buffer, buffer.vector(count: count, precision: .float64))
}
