import CStableODE
import Datasets
import LinearAlgebra
import Networks
import Settings
import Training

// Sections 5 and 11 of the header: networks. Parameters are in ParameterEntries.swift.

@_cdecl("sode_network_create") @implementation
public func sode_network_create(_ specification: OpaquePointer?, _ network: UnsafeMutablePointer<OpaquePointer?>?) -> sode_status {
  reporting { () throws(Failure) in
    let out = try required(network, "network")
    try using(specification, .specification, "specification") { box throws(Failure) in
      try hand(try Network(box.specification), .network, to: out)
    }
  }
}

@_cdecl("sode_network_create_json") @implementation
public func sode_network_create_json(
  _ text: UnsafePointer<CChar>?, _ length: Int, _ network: UnsafeMutablePointer<OpaquePointer?>?
) -> sode_status {
  reporting { () throws(Failure) in
    let out = try required(network, "network")
    try hand(try Network(try NetworkSpecification(json: try json(text, length: length))), .network, to: out)
  }
}

@_cdecl("sode_network_copy") @implementation
public func sode_network_copy(_ network: OpaquePointer?, _ copy: UnsafeMutablePointer<OpaquePointer?>?) -> sode_status {
  reporting { () throws(Failure) in
    let out = try required(copy, "copy")
    try using(network, .network, "network") { original throws(Failure) in
      try hand(try original.copied(), .network, to: out)
    }
  }
}

@_cdecl("sode_network_json") @implementation
public func sode_network_json(
  _ network: OpaquePointer?, _ buffer: UnsafeMutablePointer<CChar>?, _ capacity: Int, _ needed: UnsafeMutablePointer<Int>?
) -> sode_status {
  reporting { () throws(Failure) in
    try using(network, .network, "network") { network throws(Failure) in
      try copyOut(try network.plan.specification.json.written(), buffer, capacity, needed)
    }
  }
}

@_cdecl("sode_network_describe") @implementation
public func sode_network_describe(_ network: OpaquePointer?, _ info: UnsafeMutablePointer<sode_network_info>?) -> sode_status {
  reporting { () throws(Failure) in
    let out = try required(info, "info")
    try using(network, .network, "network") { network throws(Failure) in
      let plan = network.plan
      var description = sode_network_info()
      description.precision_bits = Int32(plan.precision.byteCount * 8)
      description.inputs = Int64(plan.inputs)
      description.outputs = Int64(plan.outputs)
      description.blocks = Int64(plan.blocks.count)
      description.parameters = Int64(plan.parameterCount)
      description.tensors = Int64(plan.tensors.count)
      description.checksum = network.checksum.rawValue
      description.running_averages = Int64(plan.runningAverages)
      description.scales_targets = network.snapshot.targetScaling == nil ? 0 : 1
      description.targets = plan.loss.targetKind == .values ? Int64(plan.targetCount) : 0
      description.class_columns = Int64(plan.classColumns)
      description.steps = Int64(plan.steps ?? 0)
      try writeStruct(description, to: out, "info")
    }
  }
}

@_cdecl("sode_network_initialize") @implementation
public func sode_network_initialize(_ network: OpaquePointer?, _ seed: UInt64) -> sode_status {
  reporting { () throws(Failure) in
    try using(network, .network, "network") { network throws(Failure) in try network.initializeParameters(seed: seed) }
  }
}

@_cdecl("sode_network_set_normalization") @implementation
public func sode_network_set_normalization(
  _ network: OpaquePointer?, _ shift: UnsafePointer<sode_tensor>?, _ scale: UnsafePointer<sode_tensor>?
) -> sode_status {
  reporting { () throws(Failure) in
    try using(network, .network, "network") { network throws(Failure) in
      guard shift != nil || scale != nil else { return network.replaceNormalization(with: nil) }
      try network.plan.requireNormalizable()
      let (plan, shift, scale) = (network.plan, try CallerTensor(shift, "shift"), try CallerTensor(scale, "scale"))
      try network.replaceNormalization(
        with: Normalization(shift: try numbersOfInputs(shift, plan), scale: try numbersOfInputs(scale, plan), inputs: plan.inputs, precision: plan.precision))
    }
  }
}

/// A vector with one number for each input of a network, or for images one for each channel, as a matrix of all inputs' numbers.
private func numbersOfInputs(_ tensor: CallerTensor, _ plan: NetworkPlan) throws(Failure) -> TensorView {
  let shape = plan.inputShape
  guard shape.pixels > 1 else {
    try tensor.expectVector(count: plan.inputs, "one number per input")
    return tensor.readingColumn
  }
  guard tensor.axes == 1, [plan.inputs, shape.channels].contains(tensor.columns) else {
    throw Failure(.shapeMismatch, "\(tensor.argument) has shape \(tensor.extents); it must be [\(plan.inputs)] (one number per input) or [\(shape.channels)] (one number per channel)")
  }
  guard tensor.columns == shape.channels else { return tensor.readingColumn }
  // Every pixel of a channel reads the same number.
  return TensorView(UnsafeRawPointer(tensor.base), type: tensor.type, rows: shape.channels, columns: shape.pixels, rowStride: tensor.strides.3, columnStride: 0)
}

@_cdecl("sode_network_fit_normalization") @implementation
public func sode_network_fit_normalization(_ network: OpaquePointer?, _ dataset: OpaquePointer?) -> sode_status {
  reporting { () throws(Failure) in
    try using(network, .network, "network") { network throws(Failure) in
      try using(dataset, .dataset, "dataset") { dataset throws(Failure) in try network.fitNormalization(on: dataset) }
    }
  }
}

@_cdecl("sode_network_set_target_scaling") @implementation
public func sode_network_set_target_scaling(
  _ network: OpaquePointer?, _ shift: UnsafePointer<sode_tensor>?, _ scale: UnsafePointer<sode_tensor>?
) -> sode_status {
  reporting { () throws(Failure) in
    try using(network, .network, "network") { network throws(Failure) in
      guard shift != nil || scale != nil else { return network.replaceTargetScaling(with: nil) }
      let (shift, scale) = (try CallerTensor(shift, "shift"), try CallerTensor(scale, "scale"))
      let plan = network.plan
      if plan.loss.targetScale != nil { for tensor in [shift, scale] { try tensor.expectVector(count: plan.targetsOfStep, "one number per target value") } }
      network.replaceTargetScaling(with: try TargetScaling(shift: shift.readingColumn, scale: scale.readingColumn, for: plan))
    }
  }
}

@_cdecl("sode_network_get_target_scaling") @implementation
public func sode_network_get_target_scaling(
  _ network: OpaquePointer?, _ shift: UnsafeMutablePointer<sode_tensor>?, _ scale: UnsafeMutablePointer<sode_tensor>?
) -> sode_status {
  reporting { () throws(Failure) in
    guard shift != nil || scale != nil else { throw Failure(.nullPointer, "shift and scale are NULL; one of them is needed") }
    try using(network, .network, "network") { network throws(Failure) in
      guard let scaling = network.snapshot.targetScaling else {
        throw Failure(.state, "this network's targets are not scaled; sode_network_set_target_scaling scales them")
      }
      defer { withExtendedLifetime(scaling) {} }
      try give([(shift, "shift", scaling.shift), (scale, "scale", scaling.scale)], count: network.plan.targetsOfStep, "one number per target value", of: "the targets")
    }
  }
}

/// Writes vectors of float64 to those of the caller's arrays that are given: all, or none on failure.
private func give(
  _ results: [(tensor: UnsafeMutablePointer<sode_tensor>?, name: StaticString, values: Vector)], count: Int, _ meaning: StaticString, of owner: String
) throws(Failure) {
  var targets: [(CallerTensor, Vector)] = []
  for (tensor, name, values) in results { if let tensor { targets.append((try CallerTensor(tensor, name), values)) } }
  for (target, values) in targets {
    try target.expectVector(count: count, meaning)
    try target.expectWritableReals()
    guard target.writing.type == .float64 || largestMagnitude(values) <= Double(Float.greatestFiniteMagnitude) else {
      throw Failure(.outOfRange, "\(target.argument) of \(owner) holds a number too large for float32; ask for float64")
    }
  }
  for (target, values) in targets { try target.requireRoom(for: values) }
  for (target, values) in targets { convert(values, to: target.writingColumn) }
}

@_cdecl("sode_network_get_normalization") @implementation
public func sode_network_get_normalization(
  _ network: OpaquePointer?, _ shift: UnsafeMutablePointer<sode_tensor>?, _ scale: UnsafeMutablePointer<sode_tensor>?
) -> sode_status {
  reporting { () throws(Failure) in
    guard shift != nil || scale != nil else { throw Failure(.nullPointer, "shift and scale are NULL; one of them is needed") }
    try using(network, .network, "network") { network throws(Failure) in
      guard let normalization = network.snapshot.normalization else {
        throw Failure(.state, "this network has no normalization; sode_network_set_normalization gives it one")
      }
      defer { withExtendedLifetime(normalization) {} }
      try give([(shift, "shift", normalization.shift), (scale, "scale", normalization.scale)], count: network.plan.inputs, "one number per input", of: "the normalization")
    }
  }
}

@_cdecl("sode_network_set_squashing") @implementation
public func sode_network_set_squashing(_ network: OpaquePointer?, _ flags: UnsafePointer<sode_tensor>?) -> sode_status {
  reporting { () throws(Failure) in
    try using(network, .network, "network") { network throws(Failure) in
      let plan = network.plan
      var squashed: [Int] = []
      if flags != nil {
        let tensor = try CallerTensor(flags, "flags")
        try tensor.expectVector(count: plan.inputs, "one number per input")
        squashed = try plan.squashedFeatures(tensor.readingColumn, called: "flags")
      }
      try network.replaceSquashing(squashed)
    }
  }
}

@_cdecl("sode_network_get_squashing") @implementation
public func sode_network_get_squashing(_ network: OpaquePointer?, _ flags: UnsafeMutablePointer<sode_tensor>?) -> sode_status {
  reporting { () throws(Failure) in
    let flags = try required(flags, "flags")
    try using(network, .network, "network") { network throws(Failure) in
      let inputs = network.plan.inputs
      let none = try Buffer(count: inputs, precision: .float64)
      let normalization = network.snapshot.normalization
      defer { withExtendedLifetime((none, normalization)) {} }
      let zeros = none.vector(count: inputs, precision: .float64)
      fill(zeros, 0)
      try give([(flags, "flags", normalization?.flags ?? zeros)], count: inputs, "one number per input", of: "the normalization")
    }
  }
}

@_cdecl("sode_network_project") @implementation
public func sode_network_project(
  _ network: OpaquePointer?, _ text: UnsafePointer<CChar>?, _ length: Int, _ projected: UnsafeMutablePointer<OpaquePointer?>?
) -> sode_status {
  reporting { () throws(Failure) in
    let out = try required(projected, "projected")
    let changes = try json(text, length: length)
    try using(network, .network, "network") { network throws(Failure) in
      try hand(try network.projected(onto: try network.plan.specification.changing(json: changes)), .network, to: out)
    }
  }
}

@_cdecl("sode_network_refine") @implementation
public func sode_network_refine(
  _ network: OpaquePointer?, _ prolongation: UnsafePointer<CChar>?, _ finer: UnsafeMutablePointer<OpaquePointer?>?
) -> sode_status {
  reporting { () throws(Failure) in
    let out = try required(finer, "finer")
    let prolongation = try prolongations(try text(prolongation, "prolongation"))
    try using(network, .network, "network") { network throws(Failure) in try hand(try network.refined(prolongation), .network, to: out) }
  }
}

@_cdecl("sode_network_prolong_images") @implementation
public func sode_network_prolong_images(_ network: OpaquePointer?, _ finer: UnsafeMutablePointer<OpaquePointer?>?) -> sode_status {
  changingResolution(network, .finer, try required(finer, "finer"))
}

@_cdecl("sode_network_restrict_images") @implementation
public func sode_network_restrict_images(_ network: OpaquePointer?, _ coarser: UnsafeMutablePointer<OpaquePointer?>?) -> sode_status {
  changingResolution(network, .coarser, try required(coarser, "coarser"))
}

@_cdecl("sode_network_fold_norms") @implementation
public func sode_network_fold_norms(_ network: OpaquePointer?, _ folded: UnsafeMutablePointer<OpaquePointer?>?) -> sode_status {
  reporting { () throws(Failure) in
    let out = try required(folded, "folded")
    try using(network, .network, "network") { network throws(Failure) in try hand(try network.foldingNorms(), .network, to: out) }
  }
}

private func changingResolution(
  _ network: OpaquePointer?, _ direction: ResolutionChange.Direction, _ out: @autoclosure () throws(Failure) -> UnsafeMutablePointer<OpaquePointer?>
) -> sode_status {
  reporting { () throws(Failure) in
    let out = try out()
    try using(network, .network, "network") { network throws(Failure) in try hand(try network.changed(direction), .network, to: out) }
  }
}

@_cdecl("sode_network_free") @implementation
public func sode_network_free(_ network: OpaquePointer?) { free(network, .network, "network") }
