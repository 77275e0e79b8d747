import CShims

/// The instruction sets that the kernels are compiled for, best last.
///
/// Results may differ in the last bits between instruction sets, because the baseline has no fused multiply-add. With one instruction set they have the same bits for any number of threads.
package enum InstructionSet: Int32, CaseIterable, Sendable {
  /// Any x86-64: 128-bit vectors, no fused multiply-add.
  case baseline = 1
  /// x86-64-v3: 256-bit vectors, avx2, bmi, bmi2, fma, f16c, lzcnt, movbe.
  case avx2 = 3
  /// x86-64-v4: 512-bit vectors, avx512f, bw, cd, dq, vl.
  case avx512 = 4

  package var name: String {
    switch self {
    case .baseline: "baseline"
    case .avx2: "avx2"
    case .avx512: "avx512"
    }
  }

  /// The best one that this machine offers, found once.
  package static let detected = InstructionSet(rawValue: sode_shim_cpu_level()) ?? .baseline

  /// The one in use on this thread: `detected`, unless the thread forces a lower one.
  package static var current: InstructionSet { InstructionSet(rawValue: sode_shim_active_level()) ?? .baseline }
}

/// Runs `body` with the kernels of one instruction set, for tests and benchmarks; a set that this machine lacks is replaced by its best one.
///
/// The choice holds for the calling thread alone; other threads, such as a pool's workers, keep theirs.
package func withInstructionSet<Result, Problem: Error>(_ set: InstructionSet, _ body: () throws(Problem) -> Result) throws(Problem) -> Result {
  let before = sode_shim_forced_level()
  sode_shim_force_level(min(set.rawValue, InstructionSet.detected.rawValue))
  defer { sode_shim_force_level(before) }
  return try body()
}
