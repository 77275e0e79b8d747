import CStableODE
import Gradients
import Integrators
import LinearAlgebra
import Networks
import Settings
import Training

// Section 10 of the header: derivatives for optimizers and losses of the caller's own.

/// A network with the scratch memory for its derivatives; one caller at a time may use it.
final class GradientBox {
  let network: Network
  let batch: Int
  let sweep: Sweep
  /// A vector as long as the parameters: it holds a gradient before it is written to the caller, or a direction that was read from the caller.
  let vector: Vector
  /// The report of the last run's steps.
  var report = StepReport()
  /// A loss of the caller's, called on one thread.
  var loss: CallerLoss?
  /// The scratch of second derivatives, allocated at the first product.
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

  /// The scratch of forward derivatives, allocated at the first call that needs it.
  func tangentSweep() throws(Failure) -> TangentSweep {
    if let tangents { return tangents }
    let made = try TangentSweep(network.plan)
    tangents = made
    return made
  }

  /// The loss in the caller's units.
  /// - Throws: `incompatible` for a loss of the caller's where targets are scaled.
  func loss(inUnitsOf scaling: TargetScaling?) throws(Failure) -> any Loss {
    guard let loss else { return network.plan.loss(scaling, in: .caller) }
    guard scaling == nil else { throw Failure(.incompatible, "the network's targets are scaled, which a loss of your own does not know of; remove the scaling, or use the pullback") }
    return loss
  }

  var byteCount: Int { sweep.byteCount + buffer.byteCount + (tangents?.byteCount ?? 0) + curvature.byteCount + (loss?.byteCount ?? 0) }
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
      let made = try network.withoutIdlePredictor { () throws(Failure) in try GradientBox(network, batch: batch, memory: policy, threads: threads) }
      try hand(made, .gradient, to: out)
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
  reporting { () throws(Failure) in
    guard loss != nil || parameter_gradient != nil else { throw Failure(.nullPointer, "loss and parameter_gradient are NULL; one of them is needed") }
    try using(gradient, .gradient, "gradient") { box throws(Failure) in
      let plan = box.network.plan
      let snapshot = box.network.snapshot
      defer { withExtendedLifetime(snapshot) {} }
      let features = try CallerTensor(features, "features")
      let source = try source(features, plan, snapshot, atMost: box.batch)
      let dataset = try borrowed(features, try CallerTensor(targets, "targets"), isChecked: true).suited(to: plan, snapshot.targetScaling)
      defer { withExtendedLifetime(dataset) {} }
      let targets = dataset.targets(snapshot.targetScaling, for: plan)
      let chosen = try box.loss(inUnitsOf: snapshot.targetScaling)
      let result = try parameterResult(parameter_gradient, plan)
      let sum = try box.sweep.lossGradient(
        snapshot.parameters, source, targets, loss: chosen, count: source.features.rows, gradient: result == nil ? nil : box.vector,
        pool: try WorkerPool(threads: box.loss == nil ? box.sweep.threads : 1, requested: box.sweep.requestedThreads))
      guard sum.meanLoss.isFinite else { throw Failure(.notFinite, "the mean loss is not finite") }
      try result?.give(box.vector, isFinite: sum.isGradientFinite)
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
  reporting { () throws(Failure) in
    guard parameter_gradient != nil || feature_gradient != nil else {
      throw Failure(.nullPointer, "parameter_gradient and feature_gradient are NULL; one of them is needed")
    }
    try using(gradient, .gradient, "gradient") { box throws(Failure) in
      let plan = box.network.plan
      let snapshot = box.network.snapshot
      defer { withExtendedLifetime(snapshot) {} }
      let source = try source(try CallerTensor(features, "features"), plan, snapshot, atMost: box.batch)
      let count = source.features.rows
      let cotangent = try given(scores: try CallerTensor(cotangent, "cotangent"), samples: count, plan)
      let result = try parameterResult(parameter_gradient, plan)
      let featureResult = try feature_gradient.map { (tensor) throws(Failure) in
        try StagedResult(try CallerTensor(tensor, "feature_gradient"), samples: count, plan)
      }
      let report = try box.sweep.pullback(
        snapshot.parameters, source, cotangent: cotangent, scaling: snapshot.targetScaling?.ofCotangents, count: count, gradient: result == nil ? nil : box.vector, featureGradient: featureResult?.view,
        pool: try WorkerPool(threads: box.sweep.threads, requested: box.sweep.requestedThreads))
      try featureResult?.check()
      try result?.give(box.vector)
      featureResult?.give()
      box.report = report
    }
  }
}

@_cdecl("sode_gradient_pushforward") @implementation
public func sode_gradient_pushforward(
  _ gradient: OpaquePointer?, _ features: UnsafePointer<sode_tensor>?, _ parameter_direction: UnsafePointer<sode_tensor>?,
  _ feature_direction: UnsafePointer<sode_tensor>?, _ scores: UnsafeMutablePointer<sode_tensor>?, _ tangent: UnsafeMutablePointer<sode_tensor>?
) -> sode_status {
  reporting { () throws(Failure) in
    try using(gradient, .gradient, "gradient") { box throws(Failure) in
      let plan = box.network.plan
      let snapshot = box.network.snapshot
      defer { withExtendedLifetime(snapshot) {} }
      let source = try source(try CallerTensor(features, "features"), plan, snapshot, atMost: box.batch)
      let count = source.features.rows
      // Outputs are scaled back in float64.
      let scaling = snapshot.targetScaling
      let precision = scaling == nil ? plan.precision : .float64
      let tangent = try StagedResult(scores: try CallerTensor(tangent, "tangent"), samples: count, plan, precision)
      let scores = try scores.map { (scores) throws(Failure) in
        try StagedResult(scores: try CallerTensor(scores, "scores"), samples: count, plan, precision)
      }
      let featureDirection = try feature_direction.map { (direction) throws(Failure) in
        try given(try CallerTensor(direction, "feature_direction"), samples: count, plan)
      }
      if let parameter_direction {
        let tensor = try CallerTensor(parameter_direction, "parameter_direction")
        try convertInPieces(try given(tensor, [plan.parameterCount], "all parameters", plan.precision), into: box.vector)
      }
      try box.tangentSweep().pushforward(
        snapshot.parameters, source, count: count, direction: parameter_direction == nil ? nil : box.vector, featureDirection: featureDirection, scores: scores?.view,
        into: tangent.view, pool: try WorkerPool(threads: 1))
      if let scaling {
        scaleBack(tangent.view, shift: nil, scale: scaling.scoreScale)
        if let scores { scaling.scaleBack(scores.view) }
      }
      try scores?.check()
      try tangent.check()
      scores?.give()
      tangent.give()
    }
  }
}

@_cdecl("sode_gradient_curvature") @implementation
public func sode_gradient_curvature(
  _ gradient: OpaquePointer?, _ curvature: UnsafePointer<CChar>?, _ features: UnsafePointer<sode_tensor>?, _ targets: UnsafePointer<sode_tensor>?,
  _ direction: UnsafePointer<sode_tensor>?, _ product: UnsafeMutablePointer<sode_tensor>?
) -> sode_status {
  reporting { () throws(Failure) in
    let name = try text(curvature, "curvature")
    guard let kind = Curvature(rawValue: name) else { throw unknownName(name, what: "curvature", allowed: Curvature.allCases.map(\.rawValue)) }
    try using(gradient, .gradient, "gradient") { box throws(Failure) in
      let plan = box.network.plan
      let snapshot = box.network.snapshot
      defer { withExtendedLifetime(snapshot) {} }
      let features = try CallerTensor(features, "features")
      let source = try source(features, plan, snapshot, atMost: box.batch)
      let dataset = try borrowed(features, try CallerTensor(targets, "targets"), isChecked: true).suited(to: plan, snapshot.targetScaling)
      defer { withExtendedLifetime(dataset) {} }
      let (targets, count) = (dataset.targets(snapshot.targetScaling, for: plan), source.features.rows)
      let chosen = try box.loss(inUnitsOf: snapshot.targetScaling)
      let given = try given(try CallerTensor(direction, "direction"), [plan.parameterCount], "all parameters", plan.precision)
      let result = try CallerTensor(product, "product")
      try result.expectVector(count: plan.parameterCount, "all parameters")
      try result.expectWritableReals()
      let pool = try WorkerPool(threads: box.loss == nil ? box.sweep.threads : 1, requested: box.sweep.requestedThreads)
      let vectors = try Buffer(count: 2 * plan.parameterCount, precision: plan.precision)
      defer { withExtendedLifetime(vectors) {} }
      let all = vectors.vector(count: 2 * plan.parameterCount, precision: plan.precision)
      let (direction, product) = (all[0..<plan.parameterCount], all[plan.parameterCount..<2 * plan.parameterCount])
      try convertInPieces(given, into: direction)
      switch kind {
      case .gaussNewton:
        if let reason = chosen.reasonWithoutCurvature { throw Failure(.incompatible, "curvature gauss_newton needs second derivatives of the loss; \(reason): use hessian") }
        try box.curvature.gaussNewtonProduct(direction, at: snapshot.parameters, source, targets, loss: chosen, count: count, box.sweep, pool, into: product)
      case .hessian:
        try box.curvature.hessianProduct(direction, at: snapshot.parameters, into: product) { point, gradient throws(Failure) in
          _ = try box.sweep.lossGradient(point, source, targets, loss: chosen, count: count, gradient: gradient, pool: pool)
        }
      }
      try result.give(product)
    }
  }
}

/// The matrices of second derivatives that a caller can multiply a direction by.
private enum Curvature: String, CaseIterable {
  case gaussNewton = "gauss_newton"
  case hessian
}

@_cdecl("sode_gradient_free") @implementation
public func sode_gradient_free(_ gradient: OpaquePointer?) { free(gradient, .gradient, "gradient") }

/// The caller's array for the gradient with respect to the parameters, checked; nil if the caller does not ask for it.
func parameterResult(_ tensor: UnsafeMutablePointer<sode_tensor>?, _ plan: NetworkPlan) throws(Failure) -> CallerTensor? {
  guard let tensor else { return nil }
  let target = try CallerTensor(tensor, "parameter_gradient")
  try target.expectVector(count: plan.parameterCount, "all parameters")
  try target.expectWritableReals()
  return target
}
