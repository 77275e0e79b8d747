import CStableODE
import LinearAlgebra
import Networks
import Settings

// Section 11 of the header: the feed-forward form of a block.

@_cdecl("sode_network_get_feed_forward") @implementation
public func sode_network_get_feed_forward(
  _ network: OpaquePointer?, _ block: Int64, _ weights: UnsafeMutablePointer<sode_tensor>?, _ biases: UnsafeMutablePointer<sode_tensor>?
) -> sode_status {
  reporting { () throws(Failure) in
    try using(network, .network, "network") { network throws(Failure) in
      let index = try blockIndex(block, network.plan)
      let shape = network.plan.blocks[index]
      let weights = try CallerTensor(weights, "weights")
      try weights.expect(shape: [shape.layers, shape.width, shape.width], "layers, n, n")
      try weights.expectWritableReals()
      let biases = try CallerTensor(biases, "biases")
      // The weights are first written to one dense float64 buffer, then copied to the caller's array with its strides.
      let buffer = try Buffer(count: shape.layers * shape.width * shape.width, precision: .float64)
      defer { withExtendedLifetime(buffer) {} }
      let whole = MutableTensorView(buffer.base, type: .float64, rows: shape.layers * shape.width, columns: shape.width)
      let staged = try StagedResult(biases, [shape.layers, shape.width], "layers, n", .float64)
      try network.feedForwardWeights(block: index, into: whole, biases: staged.view)
      try weights.requireRoom(for: buffer.vector(count: shape.layers * shape.width * shape.width, precision: .float64))
      try staged.check()
      staged.give()
      for layer in 0..<shape.layers { copyWhole(whole.view.rows(layer * shape.width..<(layer + 1) * shape.width), into: weights.matrix(layer)) }
    }
  }
}

@_cdecl("sode_network_set_feed_forward") @implementation
public func sode_network_set_feed_forward(
  _ network: OpaquePointer?, _ block: Int64, _ weights: UnsafePointer<sode_tensor>?, _ biases: UnsafePointer<sode_tensor>?
) -> sode_status {
  reporting { () throws(Failure) in
    try using(network, .network, "network") { network throws(Failure) in
      let index = try blockIndex(block, network.plan)
      let shape = network.plan.blocks[index]
      let weights = try CallerTensor(weights, "weights")
      try weights.expect(shape: [shape.layers, shape.width, shape.width], "layers, n, n")
      let given = try biases.map { (biases) throws(Failure) in try CallerTensor(biases, "biases") }
      try given?.expect(shape: [shape.layers, shape.width], "layers, n")
      let dense = try weights.dense(.float64)
      defer { withExtendedLifetime(dense) {} }
      try network.replaceFeedForwardWeights(
        block: index, weights: TensorView(dense.base, type: .float64, rows: shape.layers * shape.width, columns: shape.width), biases: given?.reading)
    }
  }
}

@_cdecl("sode_specification_set_feed_forward") @implementation
public func sode_specification_set_feed_forward(
  _ specification: OpaquePointer?, _ layers: Int64, _ horizon: Double, _ activation: UnsafePointer<CChar>?
) -> sode_status {
  reporting { () throws(Failure) in
    let activation = try text(activation, "activation")
    try using(specification, .specification, "specification") { box throws(Failure) in
      guard let count = Int(exactly: layers) else { throw Failure(.outOfRange, "layers is \(layers)") }
      try box.specification.setFeedForward(layers: count, horizon: horizon, activation: activation)
    }
  }
}

@_cdecl("sode_network_near_identity_gap") @implementation
public func sode_network_near_identity_gap(
  _ network: OpaquePointer?, _ block: Int64, _ features: UnsafePointer<sode_tensor>?, _ gap: UnsafeMutablePointer<sode_near_identity_gap>?
) -> sode_status {
  reporting { () throws(Failure) in
    let out = try required(gap, "gap")
    _ = try structSize(out, "gap")
    try using(network, .network, "network") { network throws(Failure) in
      let index = try blockIndex(block, network.plan)
      let batch = try samples(try CallerTensor(features, "features"), network.plan)
      let measured = try nearIdentityGap(network, block: index, batch)
      var result = sode_near_identity_gap()
      (result.layers_to_euler_largest, result.layers_to_euler_rms) = (measured.layersToEuler.largest, measured.layersToEuler.rootMeanSquare)
      (result.layers_to_flow_largest, result.layers_to_flow_rms) = (measured.layersToFlow.largest, measured.layersToFlow.rootMeanSquare)
      (result.euler_to_flow_largest, result.euler_to_flow_rms) = (measured.eulerToFlow.largest, measured.eulerToFlow.rootMeanSquare)
      try writeStruct(result, to: out, "gap")
    }
  }
}
