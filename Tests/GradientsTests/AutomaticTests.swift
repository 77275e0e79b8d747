import Gradients
import TestSupport
import Testing

@Suite struct AutomaticTests {
  /// With less memory more is recomputed. The choice does not exceed its rows, and no checkpointing that fits would recompute less.
  @Test(arguments: [("dense", "euler"), ("hamiltonian", "verlet")], [1, 2, 5, 30]) func choosesTheLeastWork(_ names: (String, String), _ layers: Int) throws {
    let block = try BlockCase(field: names.0, integrator: names.1, width: 2, layers: layers).block
    let policy = Automatic(memoryLimit: 1)
    var before = Int.max
    var chosen: [String] = []
    for rows in policy.leastTapeRows(block)...policy.mostTapeRows(block) + 3 {
      let fitted = policy.fitted(to: block, rows: rows)
      let again = fitted.use(block).recomputedSteps
      #expect(fitted.tapeRows(block) <= rows && again <= before, "\(rows) rows: \(fitted)")
      before = again
      if chosen.last != fitted.name { chosen.append(fitted.name) }
      let others: [any MemoryPolicy] = try [StoreAll()] + (1...layers).map { StoreEvery($0) } + (1...layers).map { try Binomial(checkpoints: $0) }
      for other in others where other.tapeRows(block) <= rows { #expect(other.use(block).recomputedSteps >= again, "\(rows) rows: \(other)") }
    }
    #expect(chosen.last == "store_all" && before == 0)
    if layers >= 5 { #expect(chosen == ["binomial", "store_every", "store_all"]) }
  }

  @Test func withoutALimitItStoresAll() throws {
    let example = try BlockCase(field: "dense", integrator: "euler", layers: 6)
    let policy = Automatic(memoryLimit: 0)
    #expect(policy.byteLimit == nil && policy.use(example.block) == StoreAll().use(example.block))
    #expect(policy.fitted(to: example.block, rows: .max).name == "store_all")
    #expect(try example.derivatives(policy).gradient.bits == example.derivatives(StoreAll()).gradient.bits)
  }
}
