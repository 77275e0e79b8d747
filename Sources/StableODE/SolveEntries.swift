import CStableODE
import Integrators
import LinearAlgebra
import Networks
import Settings

// Section 11 of the header: solves of adaptive blocks.

@_cdecl("sode_network_solve") @implementation
public func sode_network_solve(
  _ network: OpaquePointer?, _ block: Int64, _ features: UnsafePointer<sode_tensor>?, _ times: UnsafePointer<sode_tensor>?,
  _ event: UnsafePointer<sode_event_function>?, _ states: UnsafeMutablePointer<sode_tensor>?, _ ends: UnsafeMutablePointer<sode_tensor>?,
  _ end_times: UnsafeMutablePointer<sode_tensor>?, _ event_states: UnsafeMutablePointer<sode_tensor>?,
  _ report: UnsafeMutablePointer<sode_step_report>?
) -> sode_status {
  reporting { () throws(Failure) in
    // The features are needed; CallerTensor refuses NULL.
    _ = try CallerTensor(features, "features")
    try solve(
      network, block, features, nil, nil, times, event, states: states, ends: ends, endTimes: end_times, eventStates: event_states, takesWholeEventStates: false,
      report: report)
  }
}

@_cdecl("sode_network_solve_from") @implementation
public func sode_network_solve_from(
  _ network: OpaquePointer?, _ block: Int64, _ features: UnsafePointer<sode_tensor>?, _ start_states: UnsafePointer<sode_tensor>?,
  _ start_times: UnsafePointer<sode_tensor>?, _ times: UnsafePointer<sode_tensor>?, _ event: UnsafePointer<sode_event_function>?,
  _ states: UnsafeMutablePointer<sode_tensor>?, _ ends: UnsafeMutablePointer<sode_tensor>?, _ end_times: UnsafeMutablePointer<sode_tensor>?,
  _ event_states: UnsafeMutablePointer<sode_tensor>?, _ report: UnsafeMutablePointer<sode_step_report>?
) -> sode_status {
  reporting { () throws(Failure) in
    guard features != nil || start_states != nil else { throw Failure(.nullPointer, "features and start_states are NULL; one of them is needed") }
    try solve(
      network, block, features, start_states, start_times, times, event, states: states, ends: ends, endTimes: end_times, eventStates: event_states,
      takesWholeEventStates: true, report: report)
  }
}

@_cdecl("sode_network_solve_rows_or_nan") @implementation
public func sode_network_solve_rows_or_nan(
  _ network: OpaquePointer?, _ block: Int64, _ features: UnsafePointer<sode_tensor>?, _ start_states: UnsafePointer<sode_tensor>?,
  _ start_times: UnsafePointer<sode_tensor>?, _ times: UnsafePointer<sode_tensor>?, _ event: UnsafePointer<sode_event_function>?,
  _ states: UnsafeMutablePointer<sode_tensor>?, _ ends: UnsafeMutablePointer<sode_tensor>?, _ end_times: UnsafeMutablePointer<sode_tensor>?,
  _ event_states: UnsafeMutablePointer<sode_tensor>?, _ report: UnsafeMutablePointer<sode_step_report>?
) -> sode_status {
  reportingStatus { () throws(Failure) in
    guard features != nil || start_states != nil else { throw Failure(.nullPointer, "features and start_states are NULL; one of them is needed") }
    let failures = try solve(
      network, block, features, start_states, start_times, times, event, states: states, ends: ends, endTimes: end_times, eventStates: event_states,
      takesWholeEventStates: true, isPartial: true, report: report)
    return failures == 0 ? .ok : .rowsWithoutResult
  }
}

/// Solves one block and gives the number of samples that failed.

@discardableResult private func solve(
  _ network: OpaquePointer?, _ block: Int64, _ features: UnsafePointer<sode_tensor>?, _ startStates: UnsafePointer<sode_tensor>?,
  _ startTimes: UnsafePointer<sode_tensor>?, _ times: UnsafePointer<sode_tensor>?, _ event: UnsafePointer<sode_event_function>?,
  states: UnsafeMutablePointer<sode_tensor>?, ends: UnsafeMutablePointer<sode_tensor>?, endTimes: UnsafeMutablePointer<sode_tensor>?,
  eventStates: UnsafeMutablePointer<sode_tensor>?, takesWholeEventStates: Bool, isPartial: Bool = false,
  report: UnsafeMutablePointer<sode_step_report>?
) throws(Failure) -> Int {
  try using(network, .network, "network") { network throws(Failure) in
    let plan = network.plan
    let index = try blockIndex(block, plan)
    let (width, stateWidth) = (plan.blocks[index].width, plan.blocks[index].stateWidth)
    let given = try startStates.map { (given) throws(Failure) in try CallerTensor(given, "start_states") }
    if let given {
      try given.expectMatrix(columns: stateWidth, "state width of the block")
      try checkSampleCount(given.rows, given.argument, atMost: nil)
    }
    let batch = try features.map { (features) throws(Failure) in try samples(try CallerTensor(features, "features"), plan) }
    guard let count = given?.rows ?? batch?.rows else { throw Failure(.nullPointer, "features is NULL; a pointer is needed") }
    if let batch, batch.rows != count { throw Failure(.shapeMismatch, "features has \(batch.rows) samples and start_states \(count); both must have the same number") }
    let starts = try startTimes.map { (starts) throws(Failure) in try CallerTensor(starts, "start_times") }
    try starts?.expectVector(count: count, "one time per sample")
    if let report { _ = try structSize(report, "report") }
    let timeTensor = try times.map { (times) throws(Failure) in try CallerTensor(times, "times") }
    let asked = try timeTensor.map { (times) throws(Failure) in try numbers(times) } ?? []
    if states != nil, times == nil { throw Failure(.nullPointer, "states is given but times is NULL; states are written at times") }
    let function = try event.map { (event) throws(Failure) in try eventFunction(event, width: width) }
    let targets = try SolveTargets(
      samples: count, times: asked.count, width: width, wholeWidth: takesWholeEventStates ? stateWidth : width, precision: plan.precision, states: states, ends: ends,
      endTimes: endTimes, eventStates: eventStates)
    let start = SolveStart(
      states: given?.reading, times: try starts.map { (starts) throws(Failure) in try numbers(starts, areFinite: false) }, in: starts?.type == .float32 ? .float32 : .float64)
    let solution = try network.solve(
      block: index, batch, from: start, times: asked, in: timeTensor?.type == .float32 ? .float32 : .float64, event: function, states: targets.dense(.states),
      eventStates: targets.dense(.eventStates), isPartial: isPartial)
    try targets.write(solution)
    if let report {
      var row = sode_step_report()
      row.evaluations = Int64(solution.evaluations)
      row.accepted_steps = Int64(solution.accepted)
      row.rejected_steps = Int64(solution.rejected)
      try writeStruct(row, to: report, "report")
    }
    keepFailedRows(solution.failures)
    return solution.failures.count
  }
}

/// A vector's numbers.
/// - Parameter areFinite: whether NaN and infinity are refused here; `Network.solve` refuses them in start times, with the row.
func numbers(_ tensor: CallerTensor, areFinite: Bool = true) throws(Failure) -> [Double] {
  guard tensor.axes == 1 else { throw Failure(.shapeMismatch, "\(tensor.argument) has shape \(tensor.extents); it must be a vector") }
  let view = tensor.readingColumn
  let (bytes, overflow) = view.rows.multipliedReportingOverflow(by: MemoryLayout<Double>.stride)
  return try Memory.claiming(overflow ? -1 : bytes, for: "\(tensor.argument)") { () throws(Failure) in
    let buffer = try Buffer(count: max(view.rows, 1), precision: .float64)
    if areFinite { try checkHeld(tensor, by: .float64) }
    let vector = buffer.vector(count: view.rows, precision: .float64)
    if view.rows > 0 { try convertInPieces(view, into: vector) }
    defer { withExtendedLifetime(buffer) {} }
    return try (0..<vector.count).map { (index) throws(Failure) in
      if index & 0xffff == 0 { try Watch.check() }
      return vector.load(index)
    }
  }
}

private func eventFunction(_ event: UnsafePointer<sode_event_function>, width: Int) throws(Failure) -> EventFunction {
  let given = try readStruct(event, zero: sode_event_function(), "event")
  guard let direction = EventFunction.Direction(rawValue: given.direction) else {
    throw Failure(.outOfRange, "event->direction is \(given.direction); it must be 1 (rising), -1 (falling) or 0 (either)")
  }
  let weights = try CallerTensor(given.weights, "event->weights")
  try weights.expectVector(count: width, "features of the block's state")
  return EventFunction(weights: try numbers(weights), level: given.level, direction: direction)
}

/// The caller's arrays for the results of a solve, checked, and the library's own memory for states, so that a solve that ends early leaves the caller's arrays as they were.
private struct SolveTargets {
  enum Part { case states, eventStates }

  private let states: CallerTensor?
  private let eventStates: CallerTensor?
  private let ends: CallerTensor?
  private let endTimes: CallerTensor?
  private let buffer: Buffer?
  private let eventBuffer: Buffer?
  private let samples: Int
  private let times: Int
  private let width: Int
  /// Numbers of an event state: the visible ones, or the whole state.
  private let eventWidth: Int
  private let precision: Precision

  init(
    samples: Int, times: Int, width: Int, wholeWidth: Int, precision: Precision, states: UnsafeMutablePointer<sode_tensor>?, ends: UnsafeMutablePointer<sode_tensor>?,
    endTimes: UnsafeMutablePointer<sode_tensor>?, eventStates: UnsafeMutablePointer<sode_tensor>?
  ) throws(Failure) {
    (self.samples, self.times, self.width, self.precision) = (samples, times, width, precision)
    func real(_ pointer: UnsafeMutablePointer<sode_tensor>?, _ argument: StaticString, _ shape: [Int], _ meaning: String) throws(Failure) -> CallerTensor? {
      guard let pointer else { return nil }
      let tensor = try CallerTensor(pointer, argument)
      try tensor.expect(shape: shape, meaning)
      try tensor.expectWritableReals()
      return tensor
    }
    self.states = try real(states, "states", [samples, times, width], "samples, times, width")
    let givenShape = try eventStates.map { (given) throws(Failure) in try CallerTensor(given, "event_states").extents }
    eventWidth = givenShape == [samples, wholeWidth] ? wholeWidth : width
    self.eventStates = try real(
      eventStates, "event_states", [samples, eventWidth], wholeWidth == width ? "samples, width" : "samples, width; or \(wholeWidth) columns for the whole states")
    self.endTimes = try real(endTimes, "end_times", [samples], "samples")
    if let ends {
      let tensor = try CallerTensor(ends, "ends")
      try tensor.expectVector(count: samples, "samples")
      try tensor.expectWritableClasses()
      self.ends = tensor
    } else {
      self.ends = nil
    }
    let (rows, overflow) = times.multipliedReportingOverflow(by: width)
    let (count, tooMany) = rows.multipliedReportingOverflow(by: samples)
    guard !overflow, !tooMany else { throw Failure(.outOfRange, "states: \(samples) samples at \(times) times reach outside the address space") }
    buffer = self.states == nil || count == 0 ? nil : try Buffer(count: count, precision: precision)
    let (eventCount, isTooLarge) = samples.multipliedReportingOverflow(by: eventWidth)
    eventBuffer = self.eventStates == nil ? nil : try Buffer(count: isTooLarge ? -1 : eventCount, precision: precision)
  }

  /// The library's own memory for one result, as samples × numbers: the caller's arrays are written only after the solve has succeeded.
  func dense(_ part: Part) -> MutableTensorView? {
    let (buffer, columns) = part == .states ? (buffer, times * width) : (eventBuffer, eventWidth)
    return buffer.map { MutableTensorView($0.base, type: ElementType(precision), rows: samples, columns: columns) }
  }

  /// - Throws: `notFinite` naming the row of a state that the caller's array cannot hold.
  func write(_ solution: Solution) throws(Failure) {
    for (tensor, part) in [(states, Part.states), (eventStates, .eventStates)] {
      guard let tensor, let view = dense(part)?.view, let place = try firstUnheldInPieces(view, by: tensor.precision, allowsNaN: true) else { continue }
      throw Failure(.notFinite, "row \(place.row): \(tensor.argument) is not finite in \(tensor.type.name)")
    }
    if let eventStates, let view = dense(.eventStates)?.view { copyWhole(view, into: eventStates.writing) }
    if let states, let buffer {
      let rows = TensorView(UnsafeRawPointer(buffer.base), type: ElementType(precision), rows: samples * times, columns: width)
      for sample in 0..<samples { copyWhole(rows.rows(sample * times..<(sample + 1) * times), into: states.matrix(sample)) }
    }
    if let ends { write(solution.ends.map(\.rawValue), .int32, to: ends) }
    if let endTimes { write(solution.endTimes, .float64, to: endTimes) }
  }

  /// Writes one number per sample.
  private func write<Number>(_ numbers: [Number], _ type: ElementType, to tensor: CallerTensor) {
    numbers.withUnsafeBytes { bytes in
      if let base = bytes.baseAddress { copyWhole(TensorView(base, type: type, rows: numbers.count, columns: 1), into: tensor.writingColumn) }
    }
  }
}
