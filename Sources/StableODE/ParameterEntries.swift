import CStableODE
import LinearAlgebra
import Networks
import Settings

// Section 5 of the header: parameters, by name and all at once. A caller's array may have any strides, whereas the parameters lie densely in one vector: an array's
// matrices are converted one after the other.

@_cdecl("sode_network_parameter_at") @implementation
public func sode_network_parameter_at(
  _ network: OpaquePointer?, _ index: Int64, _ name: UnsafeMutablePointer<UnsafePointer<CChar>?>?, _ ndim: UnsafeMutablePointer<Int32>?,
  _ shape: UnsafeMutablePointer<Int64>?
) -> sode_status {
  reporting { () throws(Failure) in
    try using(network, .network, "network") { network throws(Failure) in
      let tensors = network.plan.tensors
      guard let place = Int(exactly: index), tensors.indices.contains(place) else {
        throw Failure(.outOfRange, "index is \(index); it must be between 0 and \(tensors.count - 1)")
      }
      let tensor = tensors[place]
      let text = try interned(tensor.name)
      name?.pointee = text
      ndim?.pointee = Int32(tensor.shape.count)
      if let shape { for (axis, extent) in tensor.shape.enumerated() { shape[axis] = Int64(extent) } }
    }
  }
}

@_cdecl("sode_network_get_parameter") @implementation
public func sode_network_get_parameter(
  _ network: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ value: UnsafeMutablePointer<sode_tensor>?
) -> sode_status {
  reporting { () throws(Failure) in
    try using(network, .network, "network") { network throws(Failure) in
      let tensor = try network.tensor(try text(name, "name"))
      let target = try CallerTensor(value, "value")
      try target.expect(shape: tensor.shape, "the shape of \(tensor.name)")
      try target.expectWritableReals()
      let snapshot = network.snapshot
      defer { withExtendedLifetime(snapshot) {} }
      try target.give(snapshot.parameters[tensor.range])
    }
  }
}

@_cdecl("sode_network_set_parameter") @implementation
public func sode_network_set_parameter(
  _ network: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ value: UnsafePointer<sode_tensor>?
) -> sode_status {
  reporting { () throws(Failure) in
    try using(network, .network, "network") { network throws(Failure) in
      let tensor = try network.tensor(try text(name, "name"))
      let source = try CallerTensor(value, "value")
      try source.expect(shape: tensor.shape, "the shape of \(tensor.name)")
      do throws(Failure) {
        try checkHeld(source, by: network.plan.precision, .notFinite)
      } catch {
        throw Failure(error.status, "\(tensor.name): \(error.message)")
      }
      let dense = try source.dense(network.plan.precision)
      defer { withExtendedLifetime(dense) {} }
      try network.replace(
        tensor, with: TensorView(dense.base, type: ElementType(network.plan.precision), rows: 1, columns: tensor.range.count))
    }
  }
}

@_cdecl("sode_network_get_parameters") @implementation
public func sode_network_get_parameters(_ network: OpaquePointer?, _ values: UnsafeMutablePointer<sode_tensor>?) -> sode_status {
  reporting { () throws(Failure) in
    try using(network, .network, "network") { network throws(Failure) in
      let target = try CallerTensor(values, "values")
      try target.expectVector(count: network.plan.parameterCount, "all parameters")
      try target.expectWritableReals()
      let snapshot = network.snapshot
      defer { withExtendedLifetime(snapshot) {} }
      try target.give(snapshot.parameters)
    }
  }
}

@_cdecl("sode_network_set_parameters") @implementation
public func sode_network_set_parameters(_ network: OpaquePointer?, _ values: UnsafePointer<sode_tensor>?) -> sode_status {
  reporting { () throws(Failure) in
    try using(network, .network, "network") { network throws(Failure) in
      let source = try CallerTensor(values, "values")
      let count = network.plan.parameterCount
      try source.expectVector(count: count, "all parameters")
      try checkHeld(source, by: network.plan.precision, .notFinite)
      let dense = try source.dense(network.plan.precision)
      defer { withExtendedLifetime(dense) {} }
      try network.replaceParameters(with: dense.vector(count: count, precision: network.plan.precision))
    }
  }
}

extension CallerTensor {
  /// A dense row-major copy in a network's precision.
  /// - Throws: `memory`; the reason why the work must end.
  func dense(_ precision: Precision) throws(Failure) -> Buffer {
    let buffer = try Buffer(count: elementCount, precision: precision)
    let size = rows * columns
    for index in 0..<matrixCount {
      try convertInPieces(matrix(index).view, into: buffer.vector(count: size, precision: precision, offset: index * size * precision.byteCount))
    }
    return buffer
  }

  /// Writes dense row-major numbers here. The pulse goes on meanwhile, and the array is complete in any case.
  func write(_ values: Vector) {
    let size = rows * columns
    for index in 0..<matrixCount { convertWhole(values[index * size..<(index + 1) * size], to: matrix(index)) }
  }
}
