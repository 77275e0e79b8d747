import CStableODE

/// step: forward pass, loss and gradient with respect to every parameter, for the workload's batch. The first loss must equal the workload's check loss.
func measureStep(_ subject: Subject, _ timing: Timing, beside peer: (() throws -> Double)?) throws {
  let workload = subject.workload
  var gradient: OpaquePointer?
  try check(sode_gradient_create(subject.network, Int64(workload.stepBatch), nil, Int64(subject.threads), &gradient))
  defer { sode_gradient_free(gradient) }
  var info = sode_network_info()
  info.struct_size = UInt32(MemoryLayout<sode_network_info>.size)
  try check(sode_network_describe(subject.network, &info))
  let features = subject.batch(workload.stepBatch)
  let result = Tensor.reals([Int(info.parameters)], subject.precision)
  var featureView = features.view(), labelView = subject.labels.view(rows: workload.stepBatch), resultView = result.view()
  var loss = 0.0
  let run = { try check(sode_gradient_run(gradient, &featureView, &labelView, &loss, &resultView)) }

  try run()
  let expected = workload.checkLoss[subject.precision] ?? .nan
  guard abs(loss - expected) <= subject.precision.tolerance * abs(expected) else {
    throw BenchmarkError("\(workload.name) \(subject.precision.rawValue): the loss is \(loss); the workload's check loss is \(expected)")
  }
  let times = try timing.measure(run, beside: peer)
  withExtendedLifetime((features, result)) {}
  report(subject, "step", .microseconds, samples: workload.stepBatch, flops: workload.stepFlops, times)
}
