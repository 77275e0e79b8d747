import CStableODE
import Gradients
import Integrators
import LinearAlgebra
import Networks
import Settings

// Section 10 of the header: derivatives for optimizers and losses of the caller's own.

/// A network with the scratch for its derivatives, for one caller at a time.
final class GradientBox {
  let network: Network
  let batch: Int
  let sweep: Sweep
  /// One vector like the parameters: a gradient on its way out, or a direction on its way in.
  let vector: Vector
  /// What the steps of the last run did.
  var report = StepReport()
  /// A loss of the caller's, called on one thread.
  var loss: CallerLoss?
  /// The scratch of second derivatives, which it makes at its first product.
  let curvature: CurvatureSweep
  private let buffer: Buffer
  private var tangents: TangentSweep?

  init(_ network: Network, batch: Int, memory: (any MemoryPolicy)?, threads: Int) throws(Failure) {
    let plan = network.plan
    self.network = network
    self.batch = batch
    sweep = try Sweep(plan, batch: batch, derivative: true, memory: memory, threads: threads)
    curvature = CurvatureSweep(plan)
    buffer = try Buffer(count: plan.parameterCount, precision: plan.precision)
    vector = buffer.vector(count: plan.parameterCount, precision: plan.precision)
  }

  /// The scratch of forward derivatives, made at the first call that needs it.
  func tangentSweep() throws(Failure) -> TangentSweep {
    if let tangents { return tangents }
    let made = try TangentSweep(network.plan)
    tangents = made
    return made
  }

  var byteCount: Int { sweep.byteCount + buffer.byteCount + (tangents?.byteCount ?? 0) }
}

@_cdecl("sode_gradient_create") @implementation
public func sode_gradient_create(
  _ network: OpaquePointer?, _ max_batch: Int64, _ memory: UnsafePointer<CChar>?, _ num_threads: Int64,
  _ gradient: UnsafeMutablePointer<OpaquePointer?>?
) -> sode_status {
  reporting { () throws(Failure) in
    let out = try required(gradient, "gradient")
    let batch = try checked(max_batch, "max_batch", in: 1...mostSamples)
    let threads = try threads(num_threads)
    let policy = memory == nil ? nil : try memoryPolicies.standard(try text(memory, "memory"))
    try using(network, .network, "network") { network throws(Failure) in
      try hand(try GradientBox(network, batch: batch, memory: policy, threads: threads), .gradient, to: out)
    }
  }
}

@_cdecl("sode_gradient_bytes") @implementation
public func sode_gradient_bytes(_ gradient: OpaquePointer?, _ bytes: UnsafeMutablePointer<Int64>?) -> sode_status {
  reporting { () throws(Failure) in
    let out = try required(bytes, "bytes")
    try using(gradient, .gradient, "gradient") { box throws(Failure) in out.pointee = Int64(box.byteCount) }
  }
}

@_cdecl("sode_gradient_run") @implementation
public func sode_gradient_run(
  _ gradient: OpaquePointer?, _ features: UnsafePointer<sode_tensor>?, _ targets: UnsafePointer<sode_tensor>?, _ loss: UnsafeMutablePointer<Double>?,
  _ parameter_gradient: UnsafeMutablePointer<sode_tensor>?
) -> sode_status {
  reporting { watch throws(Failure) in
    guard loss != nil || parameter_gradient != nil else { throw Failure(.nullPointer, "loss and parameter_gradient are NULL; one of them is needed") }
    try using(gradient, .gradient, "gradient") { box throws(Failure) in
      let plan = box.network.plan
      let features = try CallerTensor(features, "features")
      let batch = try samples(features, plan, atMost: box.batch)
      let dataset = try borrowed(features, try CallerTensor(targets, "targets"))
      defer { withExtendedLifetime(dataset) {} }
      let targets = try dataset.targets(for: plan)
      let result = try parameterResult(parameter_gradient, plan)
      let snapshot = box.network.snapshot
      defer { withExtendedLifetime(snapshot) {} }
      let sum = try box.sweep.lossGradient(
        snapshot.parameters, BatchSource(features: batch, normalization: snapshot.normalization), targets, loss: box.loss,
        count: batch.rows, gradient: result.map { $0.vector(plan.precision) ?? box.vector },
        pool: try WorkerPool(threads: box.loss == nil ? box.sweep.threads : 1, watch: watch))
      if let result, result.vector(plan.precision) == nil { result.write(box.vector) }
      box.report = sum.report
      loss?.pointee = sum.meanLoss
    }
  }
}

@_cdecl("sode_gradient_set_loss") @implementation
public func sode_gradient_set_loss(_ gradient: OpaquePointer?, _ loss: sode_loss_function?, _ user_data: UnsafeMutableRawPointer?) -> sode_status {
  reporting { () throws(Failure) in
    try using(gradient, .gradient, "gradient") { box throws(Failure) in
      box.loss = if let loss { try CallerLoss(loss, user_data, of: box.network.plan) } else { nil }
    }
  }
}

@_cdecl("sode_gradient_pullback") @implementation
public func sode_gradient_pullback(
  _ gradient: OpaquePointer?, _ features: UnsafePointer<sode_tensor>?, _ cotangent: UnsafePointer<sode_tensor>?,
  _ parameter_gradient: UnsafeMutablePointer<sode_tensor>?, _ feature_gradient: UnsafeMutablePointer<sode_tensor>?
) -> sode_status {
  reporting { watch throws(Failure) in
    guard parameter_gradient != nil || feature_gradient != nil else {
      throw Failure(.nullPointer, "parameter_gradient and feature_gradient are NULL; one of them is needed")
    }
    try using(gradient, .gradient, "gradient") { box throws(Failure) in
      let plan = box.network.plan
      let batch = try samples(try CallerTensor(features, "features"), plan, atMost: box.batch)
      let cotangent = try scoresLike(try CallerTensor(cotangent, "cotangent"), batch.rows, plan.outputs, "samples, outputs")
      let result = try parameterResult(parameter_gradient, plan)
      var featureResult: MutableTensorView?
      if let feature_gradient {
        let tensor = try CallerTensor(feature_gradient, "feature_gradient")
        try tensor.expect(shape: [batch.rows, plan.inputs], "samples, inputs")
        try tensor.expectWritableReals()
        featureResult = tensor.writing
      }
      let snapshot = box.network.snapshot
      defer { withExtendedLifetime(snapshot) {} }
      box.report = try box.sweep.pullback(
        snapshot.parameters, BatchSource(features: batch, normalization: snapshot.normalization), cotangent: cotangent, count: batch.rows,
        gradient: result.map { $0.vector(plan.precision) ?? box.vector }, featureGradient: featureResult, pool: try WorkerPool(threads: box.sweep.threads, watch: watch))
      if let result, result.vector(plan.precision) == nil { result.write(box.vector) }
    }
  }
}

@_cdecl("sode_gradient_pushforward") @implementation
public func sode_gradient_pushforward(
  _ gradient: OpaquePointer?, _ features: UnsafePointer<sode_tensor>?, _ parameter_direction: UnsafePointer<sode_tensor>?,
  _ feature_direction: UnsafePointer<sode_tensor>?, _ scores: UnsafeMutablePointer<sode_tensor>?, _ tangent: UnsafeMutablePointer<sode_tensor>?
) -> sode_status {
  reporting { watch throws(Failure) in
    try using(gradient, .gradient, "gradient") { box throws(Failure) in
      let plan = box.network.plan
      let batch = try samples(try CallerTensor(features, "features"), plan, atMost: box.batch)
      let tangentOut = try scoresResult(try CallerTensor(tangent, "tangent"), batch.rows, plan.outputs)
      var scoresOut: MutableTensorView?
      if let scores { scoresOut = try scoresResult(try CallerTensor(scores, "scores"), batch.rows, plan.outputs) }
      var featureDirection: TensorView?
      if let feature_direction {
        featureDirection = try scoresLike(try CallerTensor(feature_direction, "feature_direction"), batch.rows, plan.inputs, "samples, inputs")
      }
      var direction: Vector?
      if let parameter_direction {
        let tensor = try CallerTensor(parameter_direction, "parameter_direction")
        try tensor.expectVector(count: plan.parameterCount, "all parameters")
        convert(tensor.reading, into: box.vector)
        direction = box.vector
      }
      let snapshot = box.network.snapshot
      defer { withExtendedLifetime(snapshot) {} }
      try box.tangentSweep().pushforward(
        snapshot.parameters, BatchSource(features: batch, normalization: snapshot.normalization), count: batch.rows, direction: direction,
        featureDirection: featureDirection, scores: scoresOut, into: tangentOut, pool: try WorkerPool(threads: 1, watch: watch))
    }
  }
}

@_cdecl("sode_gradient_curvature") @implementation
public func sode_gradient_curvature(
  _ gradient: OpaquePointer?, _ curvature: UnsafePointer<CChar>?, _ features: UnsafePointer<sode_tensor>?, _ targets: UnsafePointer<sode_tensor>?,
  _ direction: UnsafePointer<sode_tensor>?, _ product: UnsafeMutablePointer<sode_tensor>?
) -> sode_status {
  reporting { watch throws(Failure) in
    let name = try text(curvature, "curvature")
    guard let kind = Curvature(rawValue: name) else { throw unknownName(name, what: "curvature", allowed: Curvature.allCases.map(\.rawValue)) }
    try using(gradient, .gradient, "gradient") { box throws(Failure) in
      let plan = box.network.plan
      let features = try CallerTensor(features, "features")
      let batch = try samples(features, plan, atMost: box.batch)
      let dataset = try borrowed(features, try CallerTensor(targets, "targets"))
      defer { withExtendedLifetime(dataset) {} }
      let targets = try dataset.targets(for: plan)
      let given = try CallerTensor(direction, "direction")
      try given.expectVector(count: plan.parameterCount, "all parameters")
      let result = try CallerTensor(product, "product")
      try result.expectVector(count: plan.parameterCount, "all parameters")
      try result.expectWritableReals()
      let snapshot = box.network.snapshot
      defer { withExtendedLifetime(snapshot) {} }
      let (source, pool) = (BatchSource(features: batch, normalization: snapshot.normalization), try WorkerPool(threads: box.loss == nil ? box.sweep.threads : 1, watch: watch))
      let vectors = try Buffer(count: 2 * plan.parameterCount, precision: plan.precision)
      defer { withExtendedLifetime(vectors) {} }
      let all = vectors.vector(count: 2 * plan.parameterCount, precision: plan.precision)
      let (direction, product) = (all[0..<plan.parameterCount], all[plan.parameterCount..<2 * plan.parameterCount])
      convert(given.reading, into: direction)
      switch kind {
      case .gaussNewton:
        guard box.loss == nil else { throw Failure(.incompatible, "curvature gauss_newton needs the loss's second derivatives, which a loss of your own does not give; use hessian") }
        try box.curvature.gaussNewtonProduct(direction, at: snapshot.parameters, source, targets, count: batch.rows, box.sweep, pool, into: product)
      case .hessian:
        try box.curvature.hessianProduct(direction, at: snapshot.parameters, into: product) { point, gradient throws(Failure) in
          _ = try box.sweep.lossGradient(point, source, targets, loss: box.loss, count: batch.rows, gradient: gradient, pool: pool)
        }
      }
      result.write(product)
    }
  }
}

/// The matrices of second derivatives that products can be asked of.
private enum Curvature: String, CaseIterable {
  case gaussNewton = "gauss_newton"
  case hessian
}

@_cdecl("sode_gradient_free") @implementation
public func sode_gradient_free(_ gradient: OpaquePointer?) { free(gradient, .gradient, "gradient") }

/// Where a gradient with respect to the parameters goes; nil when it is not asked for.
private func parameterResult(_ tensor: UnsafeMutablePointer<sode_tensor>?, _ plan: NetworkPlan) throws(Failure) -> CallerTensor? {
  guard let tensor else { return nil }
  let target = try CallerTensor(tensor, "parameter_gradient")
  try target.expectVector(count: plan.parameterCount, "all parameters")
  try target.expectWritableReals()
  return target
}

private func scoresLike(_ tensor: CallerTensor, _ rows: Int, _ columns: Int, _ meaning: String) throws(Failure) -> TensorView {
  try tensor.expect(shape: [rows, columns], meaning)
  try checkFinite(tensor.reading, tensor.argument)
  return tensor.reading
}

private func scoresResult(_ tensor: CallerTensor, _ rows: Int, _ columns: Int) throws(Failure) -> MutableTensorView {
  try tensor.expect(shape: [rows, columns], "samples, outputs")
  try tensor.expectWritableReals()
  return tensor.writing
}
