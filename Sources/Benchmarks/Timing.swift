import Foundation

/// How one number is measured: warm-up, then groups of repeated runs, each with a minimum duration.
struct Timing {
  var groups = 7
  var seconds = 0.2
  let threads: Int

  /// Seconds per run of each group, for this library and for the peer. Their groups alternate, so that both run under the same conditions of the machine.
  func measure(_ run: () throws -> Void, beside peer: (() throws -> Double)? = nil) throws -> (own: [Double], peer: [Double]) {
    try run()
    try run()
    let once = try elapsed(run)
    let count = max(1, Int((seconds / max(once, 1e-9)).rounded(.up)))
    var own: [Double] = [], other: [Double] = []
    for _ in 0..<groups {
      own.append(try elapsed { for _ in 0..<count { try run() } } / Double(count))
      if let peer { other.append(try peer()) }
    }
    return (own.sorted(), other.sorted())
  }

  /// For one thread the process's CPU time, which other processes on the core do not affect; for more threads the wall time.
  func elapsed(_ body: () throws -> Void) rethrows -> Double {
    let clock = threads == 1 ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC
    let start = Self.now(clock)
    try body()
    return Self.now(clock) - start
  }

  private static func now(_ clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}

/// The quantity that is reported for a run.
enum Unit: String {
  case microseconds = "us"
  case samplesPerSecond = "samples/s"

  func value(_ seconds: Double, samples: Int) -> Double { self == .microseconds ? seconds * 1e6 : Double(samples) / seconds }
}

/// One JSON line.
func report(_ subject: Subject, _ what: String, _ unit: Unit, samples: Int, flops: Double, _ times: (own: [Double], peer: [Double])) {
  report(
    workload: subject.workload.name, precision: subject.precision, threads: subject.threads, what, unit, samples: samples, flops: flops, peerName: "jax", times)
}

/// - Parameter flops: floating-point operations of the matrix products of one sample; nil if their number depends on the sample.
func report(
  workload: String, precision: Workload.Precision, threads: Int, _ what: String, _ unit: Unit, samples: Int, flops: Double?, peerName: String,
  _ times: (own: [Double], peer: [Double])
) {
  func rounded(_ value: Double) -> Double { Double(String(format: "%.5g", value)) ?? value }
  func summary(_ seconds: [Double]) -> [Double] { // median, min, max in the unit
    let values = seconds.map { unit.value($0, samples: samples) }.sorted()
    return values.isEmpty ? [] : [values[values.count / 2], values[0], values[values.count - 1]].map(rounded)
  }
  let own = summary(times.own)
  let median = times.own[times.own.count / 2]
  var line =
    "{\"workload\": \"\(workload)\", \"what\": \"\(what)\", \"precision\": \"\(precision.rawValue)\", \"threads\": \(threads), "
    + "\"median\": \(own[0]), \"min\": \(own[1]), \"max\": \(own[2])"
  if let flops { line += ", \"gflops\": \(rounded(flops * Double(samples) / median / 1e9))" }
  line += ", \"unit\": \"\(unit.rawValue)\""
  let peer = summary(times.peer)
  if !peer.isEmpty {
    // How many times faster than the peer, for any unit.
    line += ", \"peer\": \"\(peerName)\", \"peer_median\": \(peer[0]), \"peer_min\": \(peer[1]), \"peer_max\": \(peer[2]), "
    line += "\"ratio\": \(rounded(times.peer[times.peer.count / 2] / median))"
  }
  print(line + "}")
  fflush(stdout)
}
