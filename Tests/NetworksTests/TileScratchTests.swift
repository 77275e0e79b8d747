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

  /// More samples reuse the same tiles: further memory is for the gradients of up to 16 groups and the sums of up to 4096 tiles.
  @Test func doesNotGrowWithTheBatchPastTheLargestTile() throws {
    for derivative in [false, true] {
      #expect(try bytes(json, batch: 16_000_000, derivative: derivative) == bytes(json, batch: 160_000_000, derivative: derivative))
    }
    // 16 bytes for each of at most 100 000/64 tiles, and room for their alignment.
    #expect(try bytes(json, batch: 100_000, derivative: false) - bytes(json, batch: 1024, derivative: false) <= 16 * 1563 + 64)
  }

  /// The scratch memory of a stage lies where later stages have their tapes, which the way back does not need any more.
  @Test func aTapeOfALaterBlockIsScratchMemoryOfAnEarlierOne() throws {
    let first = #"{"field": "dense", "integrator": "dopri5", "layers": 1}"#
    func json(_ blocks: String) -> String { #"{"inputs": 16, "outputs": 4, "blocks": [\#(blocks)]}"# }
    let both = json(first + #", {"field": "dense", "layers": 40, "weights_in_time": "shared"}"#)
    let plan = try MemoryPlan(try NetworkPlan(try specification(both)), batch: 64, threads: 1)
    let added = try bytes(both, batch: 64) - bytes(json(first), batch: 64)
    #expect(added > 0 && added < plan.blocks[1].totalTapeBytes * 3 / 4, "\(added) of \(plan.blocks[1].totalTapeBytes)")
  }

  @Test func everyWorkerHasItsOwn() throws {
    let sizes = try (1...3).map { try bytes(json, batch: 100_000, derivative: false, threads: $0) }
    #expect(sizes[2] - sizes[1] == sizes[1] - sizes[0] && sizes[1] > 3 * sizes[0] / 2, "without gradients and prepared operators, nearly all of it is the workers'")
  }

  /// If a narrower tile follows a full one in the same memory, the losses of its samples have the same bits as for these samples alone.
  @Test func aNarrowerTileSeesOnlyItsOwnSamples() throws {
    let batch = try BatchCase(try network(json), samples: 513)
    let whole = try batch.lossGradient().result.lossSum
    let parts = try batch.lossGradient(range: 0..<512).result.lossSum + batch.lossGradient(range: 512..<513).result.lossSum
    #expect(abs(whole - parts) < 1e-12 * parts)
  }
}
