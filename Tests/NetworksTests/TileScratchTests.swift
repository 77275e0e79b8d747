import LinearAlgebra
import Networks
import TestSupport
import Testing

/// Tests the scratch memory of a tile through the sweep that owns it.
@Suite struct TileScratchTests {
  private func bytes(_ json: String, batch: Int, derivative: Bool = true, threads: Int = 1) throws -> Int {
    try Sweep(try NetworkPlan(try specification(json)), batch: batch, derivative: derivative, threads: threads).byteCount
  }

  private let json = #"{"inputs": 8, "outputs": 4, "field": "dense", "layers": 30}"#

  @Test func lossesAloneKeepNoTape() throws {
    // Two states compared with 31 states and 30 records.
    #expect(try bytes(json, batch: 64) > 10 * bytes(json, batch: 64, derivative: false))
  }

  /// More samples reuse the same tiles: only the gradients of further groups need memory, up to 16.
  @Test func doesNotGrowWithTheBatchPastTheLargestTile() throws {
    #expect(try bytes(json, batch: 100_000, derivative: false) == bytes(json, batch: 1024, derivative: false))
    #expect(try bytes(json, batch: 100_000) == bytes(json, batch: 1_000_000))
  }

  @Test func everyWorkerHasItsOwn() throws {
    let (one, two) = (try bytes(json, batch: 4096, derivative: false), try bytes(json, batch: 4096, derivative: false, threads: 2))
    #expect(two == 2 * one, "without gradients and prepared operators, all of it is the workers'")
  }

  /// If a narrower tile follows a full one in the same memory, the losses of its samples have the same bits as for these samples alone.
  @Test func aNarrowerTileSeesOnlyItsOwnSamples() throws {
    let batch = try BatchCase(try network(json), samples: 513)
    let whole = try batch.lossGradient().result.lossSum
    let parts = try batch.lossGradient(range: 0..<512).result.lossSum + batch.lossGradient(range: 512..<513).result.lossSum
    #expect(abs(whole - parts) < 1e-12 * parts)
  }
}
