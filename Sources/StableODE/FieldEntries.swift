import CStableODE
import LinearAlgebra
import Networks
import Settings
import VectorFields

// Section 11 of the header: the vector field of a block and its products.

@_cdecl("sode_network_field") @implementation
public func sode_network_field(
  _ network: OpaquePointer?, _ block: Int64, _ times: UnsafePointer<sode_tensor>?, _ states: UnsafePointer<sode_tensor>?, _ values: UnsafeMutablePointer<sode_tensor>?
) -> sode_status {
  reporting { () throws(Failure) in
    try withField(network, block, times, states) { call throws(Failure) in
      let result = try call.result(try CallerTensor(values, "values"))
      call.request.values = result.view
      try call.run()
      try result.check()
      result.give()
    }
  }
}

@_cdecl("sode_network_field_pushforward") @implementation
public func sode_network_field_pushforward(
  _ network: OpaquePointer?, _ block: Int64, _ times: UnsafePointer<sode_tensor>?, _ states: UnsafePointer<sode_tensor>?, _ parameter_direction: UnsafePointer<sode_tensor>?,
  _ state_direction: UnsafePointer<sode_tensor>?, _ values: UnsafeMutablePointer<sode_tensor>?, _ tangent: UnsafeMutablePointer<sode_tensor>?
) -> sode_status {
  reporting { () throws(Failure) in
    try withField(network, block, times, states) { call throws(Failure) in
      let plan = call.network.plan
      let direction = try parameter_direction.map { (tensor) throws(Failure) in
        let view = try given(try CallerTensor(tensor, "parameter_direction"), [plan.parameterCount], "all parameters", plan.precision)
        let buffer = try Buffer(count: plan.parameterCount, precision: plan.precision)
        try convertInPieces(view, into: buffer.vector(count: plan.parameterCount, precision: plan.precision))
        return buffer
      }
      call.request.direction = direction?.vector(count: plan.parameterCount, precision: plan.precision)
      call.request.tangents = try state_direction.map { (tensor) throws(Failure) in
        try given(try CallerTensor(tensor, "state_direction"), call.shape, FieldCall.meaning, plan.precision)
      }
      let value = try values.map { (values) throws(Failure) in try call.result(try CallerTensor(values, "values")) }
      let product = try call.result(try CallerTensor(tangent, "tangent"))
      (call.request.values, call.request.products) = (value?.view, product.view)
      try call.run()
      try value?.check()
      try product.check()
      value?.give()
      product.give()
      withExtendedLifetime(direction) {}
    }
  }
}

@_cdecl("sode_network_field_pullback") @implementation
public func sode_network_field_pullback(
  _ network: OpaquePointer?, _ block: Int64, _ times: UnsafePointer<sode_tensor>?, _ states: UnsafePointer<sode_tensor>?, _ cotangent: UnsafePointer<sode_tensor>?,
  _ parameter_gradient: UnsafeMutablePointer<sode_tensor>?, _ state_gradient: UnsafeMutablePointer<sode_tensor>?
) -> sode_status {
  reporting { () throws(Failure) in
    guard parameter_gradient != nil || state_gradient != nil else {
      throw Failure(.nullPointer, "parameter_gradient and state_gradient are NULL; one of them is needed")
    }
    try withField(network, block, times, states) { call throws(Failure) in
      let plan = call.network.plan
      call.request.cotangents = try given(try CallerTensor(cotangent, "cotangent"), call.shape, FieldCall.meaning, plan.precision)
      let sum = try parameterResult(parameter_gradient, plan)
      let buffer = try sum.map { (_) throws(Failure) in try Buffer(count: plan.parameterCount, precision: plan.precision) }
      let gradient = buffer?.vector(count: plan.parameterCount, precision: plan.precision)
      if let gradient { fill(gradient, 0) }
      let result = try state_gradient.map { (gradient) throws(Failure) in try call.result(try CallerTensor(gradient, "state_gradient")) }
      (call.request.gradient, call.request.pullbacks) = (gradient, result?.view)
      try call.run()
      try result?.check()
      if let sum, let gradient { try sum.give(gradient) }
      result?.give()
      withExtendedLifetime(buffer) {}
    }
  }
}

/// One call for a block's field, with its checked states and times.
private struct FieldCall {
  static let meaning = "samples, state width of the field"
  let network: Network
  let block: Int
  /// Samples and the state width of the field.
  let shape: [Int]
  var request: FieldRequest

  func result(_ tensor: CallerTensor) throws(Failure) -> StagedResult { try StagedResult(tensor, shape, Self.meaning, network.plan.precision) }
  func run() throws(Failure) { try network.field(block: block, request) }
}

private func withField(
  _ network: OpaquePointer?, _ block: Int64, _ times: UnsafePointer<sode_tensor>?, _ states: UnsafePointer<sode_tensor>?, _ body: (inout FieldCall) throws(Failure) -> Void
) throws(Failure) {
  try using(network, .network, "network") { network throws(Failure) in
    let index = try blockIndex(block, network.plan)
    let width = try network.plan.equationWidth(ofBlock: index)
    let tensor = try CallerTensor(states, "states")
    try tensor.expectMatrix(columns: width, "state width of the field")
    try checkSampleCount(tensor.rows, tensor.argument, atMost: nil)
    try checkHeld(tensor, by: network.plan.precision)
    let timeTensor = try times.map { (times) throws(Failure) in try CallerTensor(times, "times") }
    try timeTensor?.expectVector(count: tensor.rows, "one time per sample")
    let asked = try timeTensor.map { (times) throws(Failure) in try numbers(times) }
    var call = FieldCall(
      network: network, block: index, shape: [tensor.rows, width], request: FieldRequest(states: tensor.reading, times: asked, in: timeTensor?.type == .float32 ? .float32 : .float64))
    try body(&call)
  }
}
