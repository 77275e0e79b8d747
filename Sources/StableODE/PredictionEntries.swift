import CStableODE
import LinearAlgebra
import Networks
import Settings

// Section 8 of the header: prediction and the states behind it. Evaluation, which takes a dataset, is in EvaluationEntries.swift.

@_cdecl("sode_network_predict") @implementation
public func sode_network_predict(
  _ network: OpaquePointer?, _ features: UnsafePointer<sode_tensor>?, _ what: Int32, _ num_threads: Int64,
  _ result: UnsafeMutablePointer<sode_tensor>?
) -> sode_status {
  reportingStatus { () throws(Failure) in
    let what = try predictionKind(what)
    let threads = try threads(num_threads)
    return try using(network, .network, "network") { network throws(Failure) in
      let batch = try samples(try CallerTensor(features, "features"), network.plan)
      let target = try predictionTarget(try CallerTensor(result, "result"), what.kind, samples: batch.rows, network.plan.predictions)
      return try network.withPredictor(samples: batch.rows, threads: threads) { predictor throws(Failure) in try predictor.run(batch, what, into: target) }
    }
  }
}

@_cdecl("sode_network_state_shape") @implementation
public func sode_network_state_shape(
  _ network: OpaquePointer?, _ block: Int64, _ layers: UnsafeMutablePointer<Int64>?, _ state_width: UnsafeMutablePointer<Int64>?
) -> sode_status {
  reporting { () throws(Failure) in
    guard layers != nil || state_width != nil else { throw Failure(.nullPointer, "layers and state_width are NULL; one of them is needed") }
    try using(network, .network, "network") { network throws(Failure) in
      let chosen = network.plan.blocks[try blockIndex(block, network.plan)]
      layers?.pointee = Int64(chosen.layers)
      state_width?.pointee = Int64(chosen.stateWidth)
    }
  }
}

@_cdecl("sode_network_state_extents") @implementation
public func sode_network_state_extents(
  _ network: OpaquePointer?, _ block: Int64, _ channels: UnsafeMutablePointer<Int64>?, _ height: UnsafeMutablePointer<Int64>?, _ width: UnsafeMutablePointer<Int64>?
) -> sode_status {
  reporting { () throws(Failure) in
    guard channels != nil || height != nil || width != nil else { throw Failure(.nullPointer, "channels, height and width are NULL; one of them is needed") }
    try using(network, .network, "network") { network throws(Failure) in
      let index = try blockIndex(block, network.plan)
      let (shape, rows) = (network.plan.blockShapes[index], network.plan.blocks[index].stateWidth)
      channels?.pointee = Int64(rows / shape.pixels)
      height?.pointee = Int64(shape.height)
      width?.pointee = Int64(shape.width)
    }
  }
}

@_cdecl("sode_network_visible_extents") @implementation
public func sode_network_visible_extents(
  _ network: OpaquePointer?, _ block: Int64, _ channels: UnsafeMutablePointer<Int64>?, _ height: UnsafeMutablePointer<Int64>?, _ width: UnsafeMutablePointer<Int64>?
) -> sode_status {
  reporting { () throws(Failure) in
    guard channels != nil || height != nil || width != nil else { throw Failure(.nullPointer, "channels, height and width are NULL; one of them is needed") }
    try using(network, .network, "network") { network throws(Failure) in
      let shape = network.plan.blockShapes[try blockIndex(block, network.plan)]
      channels?.pointee = Int64(shape.channels)
      height?.pointee = Int64(shape.height)
      width?.pointee = Int64(shape.width)
    }
  }
}

@_cdecl("sode_network_states") @implementation
public func sode_network_states(
  _ network: OpaquePointer?, _ block: Int64, _ features: UnsafePointer<sode_tensor>?, _ states: UnsafeMutablePointer<sode_tensor>?
) -> sode_status {
  reporting { () throws(Failure) in
    try using(network, .network, "network") { network throws(Failure) in
      let index = try blockIndex(block, network.plan)
      let chosen = network.plan.blocks[index]
      let batch = try samples(try CallerTensor(features, "features"), network.plan)
      let target = try CallerTensor(states, "states")
      let isLast = target.axes == 2
      if isLast {
        try target.expect(shape: [batch.rows, chosen.stateWidth], "samples, state width")
      } else {
        try target.expect(shape: [chosen.layers + 1, batch.rows, chosen.stateWidth], "layers + 1, samples, state width")
      }
      try target.expectWritableReals()
      let predictor = try network.withoutIdlePredictor { () throws(Failure) in try Predictor(network, maximumBatch: batch.rows, threads: 1) }
      defer { withExtendedLifetime(predictor) {} }
      try predictor.states(block: index, batch, layers: isLast ? chosen.layers...chosen.layers : 0...chosen.layers) { isLast ? target.writing : target.matrix($0) }
    }
  }
}

@_cdecl("sode_predictor_create") @implementation
public func sode_predictor_create(
  _ network: OpaquePointer?, _ max_batch: Int64, _ num_threads: Int64, _ predictor: UnsafeMutablePointer<OpaquePointer?>?
) -> sode_status {
  reporting { () throws(Failure) in
    let out = try required(predictor, "predictor")
    let batch = try checked(max_batch, "max_batch", in: 1...mostSamples)
    let threads = try threads(num_threads)
    try using(network, .network, "network") { network throws(Failure) in
      let made = try network.withoutIdlePredictor { () throws(Failure) in try Predictor(network, maximumBatch: batch, threads: threads) }
      try made.warmUp()
      try hand(made, .predictor, to: out)
    }
  }
}

@_cdecl("sode_predictor_run") @implementation
public func sode_predictor_run(
  _ predictor: OpaquePointer?, _ features: UnsafePointer<sode_tensor>?, _ what: Int32, _ result: UnsafeMutablePointer<sode_tensor>?
) -> sode_status {
  reportingStatus { () throws(Failure) in
    let what = try predictionKind(what)
    return try using(predictor, .predictor, "predictor") { predictor throws(Failure) in
      let batch = try samples(try CallerTensor(features, "features"), predictor.plan, atMost: predictor.maximumBatch)
      let target = try predictionTarget(try CallerTensor(result, "result"), what.kind, samples: batch.rows, predictor.plan.predictions)
      return try predictor.run(batch, what, into: target)
    }
  }
}

@_cdecl("sode_predictor_run_f32") @implementation
public func sode_predictor_run_f32(
  _ predictor: OpaquePointer?, _ features: UnsafePointer<Float>?, _ samples: Int64, _ what: Int32, _ result: UnsafeMutablePointer<Float>?
) -> sode_status {
  reportingStatus { () throws(Failure) in
    try runDense(predictor, try required(features, "features"), samples, what, try required(result, "result"), .float32)
  }
}

@_cdecl("sode_predictor_run_f64") @implementation
public func sode_predictor_run_f64(
  _ predictor: OpaquePointer?, _ features: UnsafePointer<Double>?, _ samples: Int64, _ what: Int32, _ result: UnsafeMutablePointer<Double>?
) -> sode_status {
  reportingStatus { () throws(Failure) in
    try runDense(predictor, try required(features, "features"), samples, what, try required(result, "result"), .float64)
  }
}

@_cdecl("sode_predictor_free") @implementation
public func sode_predictor_free(_ predictor: OpaquePointer?) { free(predictor, .predictor, "predictor") }

/// Predicts dense rows.
@inline(__always)
private func runDense(
  _ predictor: OpaquePointer?, _ features: UnsafeRawPointer, _ samples: Int64, _ what: Int32, _ result: UnsafeMutableRawPointer, _ type: ElementType
) throws(Failure) -> Status {
  let what = try predictionKind(what)
  return try using(predictor, .predictor, "predictor") { predictor throws(Failure) in
    let plan = predictor.plan
    // Checked before the number of samples is multiplied: only up to max_batch rows are known to fit the address space.
    guard let count = Int(exactly: samples), count <= predictor.maximumBatch else {
      throw Failure(.outOfRange, "samples is \(samples); this predictor was made for at most \(predictor.maximumBatch)")
    }
    try checkSampleCount(count, "features", atMost: nil)
    try checkDense(features, "features", count, plan.inputs, type)
    let target = try densePredictions(result, what.kind, samples: count, plan.predictions, type)
    let batch = TensorView(features, type: type, rows: count, columns: plan.inputs)
    return try predictor.run(batch, what, into: target)
  }
}

/// Fails unless dense rows lie in the address space, aligned.
func checkDense(_ base: UnsafeRawPointer, _ argument: StaticString, _ rows: Int, _ columns: Int, _ type: ElementType) throws(Failure) {
  let (count, a) = rows.multipliedReportingOverflow(by: columns)
  let (bytes, b) = count.multipliedReportingOverflow(by: type.byteCount)
  let address = UInt(bitPattern: base)
  guard !a, !b, address <= UInt(Int.max) - UInt(bytes) else {
    throw Failure(.outOfRange, "\(argument): \(rows) samples of \(columns) numbers reach outside the address space")
  }
  guard address % UInt(type.byteCount) == 0 else {
    throw Failure(.invalidArgument, "\(argument) is not aligned to the \(type.byteCount) bytes of \(type.name)")
  }
}

/// A pool of threads for one call; nil for one thread, so that nothing is locked or allocated.
@inline(__always)
func pool(_ threads: Int, requested: Int) throws(Failure) -> WorkerPool? { threads > 1 ? try WorkerPool(threads: threads, requested: requested) : nil }

func blockIndex(_ block: Int64, _ plan: NetworkPlan) throws(Failure) -> Int {
  guard let index = Int(exactly: block), plan.blocks.indices.contains(index) else {
    throw Failure(.outOfRange, "block is \(block); it must be between 0 and \(plan.blocks.count - 1)")
  }
  return index
}
