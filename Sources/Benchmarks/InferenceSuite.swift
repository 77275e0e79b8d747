import CStableODE

/// infer1: the latency of one sample; infer1024: samples per second in batches of 1024. Both use a predictor, which has prepared the weights.
func measureInference(_ subject: Subject, batch: Int, _ timing: Timing, beside peer: (() throws -> Double)?) throws {
  var predictor: OpaquePointer?
  try check(sode_predictor_create(subject.network, Int64(batch), Int64(subject.threads), &predictor))
  defer { sode_predictor_free(predictor) }
  let features = subject.batch(batch)
  let scores = Tensor.reals([batch, subject.workload.outputs], subject.precision)
  let (rows, what) = (Int64(batch), Int32(SODE_SCORES))
  let times =
    switch subject.precision {
    case .f32:
      try timing.measure(
        { try check(sode_predictor_run_f32(predictor, features.memory.assumingMemoryBound(to: Float.self), rows, what, scores.memory.assumingMemoryBound(to: Float.self))) },
        beside: peer)
    case .f64:
      try timing.measure(
        { try check(sode_predictor_run_f64(predictor, features.memory.assumingMemoryBound(to: Double.self), rows, what, scores.memory.assumingMemoryBound(to: Double.self))) },
        beside: peer)
    }
  withExtendedLifetime((features, scores)) {}
  report(subject, "infer\(batch)", batch == 1 ? .microseconds : .samplesPerSecond, samples: batch, flops: subject.workload.forwardFlops, times)
}
