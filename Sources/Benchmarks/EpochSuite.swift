import CStableODE

/// epoch: samples per second over whole epochs of permutation, gather, step and Adam. The data omit the last incomplete batch.
func measureEpoch(_ subject: Subject, _ timing: Timing, beside peer: (() throws -> Double)?) throws {
  guard let batch = subject.workload.epochBatch else { return }
  let samples = subject.samples / batch * batch
  var network: OpaquePointer?, dataset: OpaquePointer?, trainer: OpaquePointer?
  try check(sode_network_copy(subject.network, &network))
  defer { sode_network_free(network) }
  if subject.features.isBytes {
    let shift = Tensor.reals([subject.workload.inputs], .f64), scale = Tensor.reals([subject.workload.inputs], .f64)
    for feature in 0..<subject.workload.inputs {
      shift.memory.assumingMemoryBound(to: Double.self)[feature] = 0
      scale.memory.assumingMemoryBound(to: Double.self)[feature] = subject.pixelScale
    }
    var shiftView = shift.view(), scaleView = scale.view()
    try check(sode_network_set_normalization(network, &shiftView, &scaleView))
    withExtendedLifetime((shift, scale)) {}
  }
  var features = subject.features.view(rows: samples), labels = subject.labels.view(rows: samples)
  try check(sode_dataset_create(&features, &labels, &dataset))
  defer { sode_dataset_free(dataset) }
  try check(sode_trainer_create(network, &trainer))
  defer { sode_trainer_free(trainer) }
  try check(sode_trainer_set_text(trainer, "optimizer", "adam"))
  try check(sode_trainer_set_real(trainer, "learning_rate", 1e-3))
  try check(sode_trainer_set_int(trainer, "batch_size", Int64(batch)))
  try check(sode_trainer_set_int(trainer, "epochs", 1_000_000))
  try check(sode_trainer_set_int(trainer, "num_threads", Int64(subject.threads)))
  var limits = sode_limits()
  limits.struct_size = UInt32(MemoryLayout<sode_limits>.size)
  limits.epochs = 1
  let times = try timing.measure({ try check(sode_trainer_run(trainer, dataset, nil, &limits)) }, beside: peer)
  report(subject, "epoch", .samplesPerSecond, samples: samples, flops: subject.workload.stepFlops, times)
}
