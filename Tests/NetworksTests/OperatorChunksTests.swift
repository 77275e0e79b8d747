import Networks
import TestSupport
import Testing

@Suite struct OperatorChunksTests {
  /// Every set of operators belongs to exactly one task of its block, and no task has more than 32 sets.
  @Test func tasksCoverTheSetsOnce() throws {
    let plan = try NetworkPlan(
      specification(
        #"{"inputs": 2, "outputs": 2, "width": 2, "blocks": [{"layers": 1}, {"layers": 70}, {"layers": 32, "weights_in_time": "shared"}, {"layers": 64}, {"layers": 33}]}"#))
    let chunks = OperatorChunks(plan)
    var seen = plan.blocks.map { _ in 0 }
    for task in 0..<chunks.count {
      let (block, entries) = chunks[task]
      #expect(entries.lowerBound == seen[block] && (1...32).contains(entries.count))
      seen[block] = entries.upperBound
    }
    #expect(seen == [1, 70, 1, 64, 33] && chunks.count == 1 + 3 + 1 + 2 + 2)
  }
}
