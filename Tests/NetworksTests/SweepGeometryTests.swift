import Gradients
import LinearAlgebra
import Networks
import TestSupport
import Testing

/// Tests `SweepGeometry` through `Sweep` and `MemoryPlan`, which share it.
@Suite struct SweepGeometryTests {
  private func specificationText(_ memory: String) -> String {
    #"{"inputs": 3, "outputs": 4, "width": 6, "opening": "dense", "seed": 3, "blocks": [{"field": "hamiltonian", "integrator": "verlet", "layers": 20, \#(memory)}, {"field": "antisymmetric", "layers": 9, \#(memory)}]}"#
  }

  /// A memory limit changes memory and time but no bit of the loss and the gradient, for any limit that a policy can meet and any number of threads.
  @Test(arguments: ["automatic", "binomial"]) func limitsChangeNoBit(_ policy: String) throws {
    let free = try BatchCase(network(specificationText(#""memory": "store_all""#)), samples: 300).lossGradient()
    var sizes: Set<Int> = []
    for limit in [150_000, 200_000, 300_000, 600_000, 2_000_000] {
      let network = try network(specificationText(#""memory": "\#(policy)", "memory_limit": \#(limit)"#))
      for threads in [1, 2] {
        var report: MemoryPlan?
        if let failure = refusal({ report = try MemoryPlan(network.plan, batch: 300, threads: threads) }) {
          #expect(failure.status == .memory && failure.message.contains("memory_limit is \(limit) bytes"))
        }
        guard let report else { continue }
        sizes.insert(report.tapeBytes)
        let found = try BatchCase(network, samples: 300).lossGradient(threads: threads)
        #expect(report.tapeBytes <= limit && found.result == free.result && found.gradient?.bits == free.gradient?.bits)
      }
    }
    #expect(sizes.count > 4, "the limits make a difference: \(sizes)")
  }

  /// Without a gradient no policy keeps a tape.
  @Test func lossesKeepNoTape() throws {
    let plan = try network(specificationText(#""memory": "automatic", "memory_limit": 1"#)).plan
    #expect(try Sweep(plan, batch: 300, derivative: false, threads: 1).byteCount > 0)
    #expect { try Sweep(plan, batch: 300, derivative: true, threads: 1) } throws: { "\($0)".contains("memory_limit is 1 bytes") }
  }

  @Test func reportsTheReconstructionErrorOfReversibleBlocks() throws {
    func error(_ memory: String) throws -> Double {
      let json = #"{"inputs": 3, "outputs": 4, "width": 6, "opening": "dense", "blocks": [{"field": "hamiltonian", "integrator": "verlet", "layers": 20, "memory": "\#(memory)"}]}"#
      return try BatchCase(network(json), samples: 100).lossGradient().result.reconstructionError
    }
    #expect(try error("store_all") == 0)
    // float32 over 20 layers forward and back: the rounding error is small but not zero.
    let found = try error("reversible")
    #expect(found > 0 && found < 1e-5)
  }
}
