import CStableODE
import Foundation

/// A stream through a stepper, one observation of 4 channels at a time: antisymmetric_rnn of width 32 in float32 whose steps share their weights, with 5 outputs. `feed1` is the time of one observation;
/// `feed1_p99.9` the time that 999 of 1000 observations stay within, by the clock, which other processes on the core count in.
struct StreamSuite {
  static let name = "stream"
  static let allWhat = ["feed1", "feed1_p99.9"]
  private static let (channels, width, outputs) = (4, 32, 5)
  private static let observations = 100_000

  private let network: OpaquePointer?
  private let stepper: OpaquePointer?

  init() throws {
    let specification = """
      {"precision": "float32", "opening": "sequence", "channels": \(Self.channels), "inputs": \(16 * Self.channels), "outputs": \(Self.outputs), "width": \(Self.width),
       "field": "antisymmetric_rnn", "gamma": 0.1, "weights_in_time": "shared", "layers": 16, "horizon": 4.0}
      """
    var made: OpaquePointer?, stepper: OpaquePointer?
    try check(sode_network_create_json(specification, Int(bitPattern: UInt.max), &made))
    network = made
    try check(sode_stepper_create(network, 1, &stepper))
    self.stepper = stepper
  }

  func free() {
    sode_stepper_free(stepper)
    sode_network_free(network)
  }

  func measure(_ what: String, _ timing: Timing) throws {
    let (observation, scores) = (Tensor.reals([1, Self.channels], .f32), Tensor.reals([1, Self.outputs], .f32))
    let (from, to) = (observation.memory.assumingMemoryBound(to: Float.self), scores.memory.assumingMemoryBound(to: Float.self))
    for channel in 0..<Self.channels { from[channel] = 0.25 * Float(channel + 1) }
    let run = { try check(sode_stepper_feed_f32(stepper, from, Int32(SODE_SCORES), to)) }
    var seconds: [Double]
    if what == "feed1" {
      seconds = try timing.measure(run).own
    } else {
      let wall = Timing(groups: 1, seconds: 0, threads: 2)
      seconds = try (0..<timing.groups).map { _ in
        var times: [Double] = []
        times.reserveCapacity(Self.observations)
        for _ in 0..<Self.observations { times.append(try wall.elapsed(run)) }
        return times.sorted()[Self.observations * 999 / 1000]
      }.sorted()
    }
    let flops = Double(2 * Self.width * (Self.width + Self.channels + Self.outputs))
    report(workload: Self.name, precision: .f32, threads: 1, what, .microseconds, samples: 1, flops: what == "feed1" ? flops : nil, peerName: "", (seconds, []))
    withExtendedLifetime((observation, scores)) {}
  }
}
