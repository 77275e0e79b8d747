import Gradients
import Integrators
import LinearAlgebra
import Settings
import Stability
import TestSupport
import Testing
import VectorFields

/// f(y) = −y³ in every row, with a pullback that is wrong by a part in a thousand in one layer.
private struct BrokenField: VectorField {
  let wrongLayer: Int?
  var width: Int { 3 }
  var parameters: [ParameterShape] { [] }

  func evaluate(_ component: Int, _ layer: Layer, at x: Block, scale: Double, addingTo base: Block?, into out: Block, record: Block?, scratch: Block) {
    multiply(1, x, x, addingTo: nil, into: scratch)
    if let record { combine(-3, scratch, 0, scratch, into: record) }
    multiply(-scale, scratch, x, addingTo: base, into: out)
  }
  func pushforward(
    _ component: Int, _ layer: Layer, direction: Layer?, at x: Block, record: Block, tangent v: Block?, scale: Double, addingTo base: Block?, into out: Block, scratch: Block
  ) {
    guard let v else { return fill(out, 0) }
    multiply(scale, record, v, addingTo: base, into: out)
  }
  func pullback(_ component: Int, _ layer: Layer, at x: Block, record: Block, scale: Double, cotangent p: Block, addingTo q: Block, gradient: Layer?, scratch: Block) {
    let wrong = layer.draws.layer == wrongLayer ? 1.001 : 1
    multiply(scale * wrong, record, p, addingTo: nil, into: scratch)
    combine(1, q, 1, scratch, into: q)
  }
}

/// The layers of a block of this field as a chain.
private final class BlockChain: LinkChain {
  let block: ODEBlock
  private let states: [Block]
  private let records: [Block]
  private let scratch: Block
  private let weights: Weights

  init(_ block: ODEBlock, _ start: [Double]) throws {
    self.block = block
    let states = (0...block.layers).map { _ in Block.zeros(block.stateWidth, 1, .float64) }
    let records = (0..<block.layers).map { _ in Block.zeros(block.recordWidth, 1, .float64) }
    (self.states, self.records, scratch) = (states, records, .zeros(block.scratchWidth, 1, .float64))
    weights = Weights(parameters: try Numbers(1, .float64).vector[0..<0], prepared: nil)
    copy(try Numbers(start, .float64).block(rows: 3, columns: 1), into: states[0])
    for j in 0..<block.layers { block.integrator.step(block.field, block.step(j, weights), from: states[j], into: states[j + 1], record: records[j], scratch: scratch) }
  }

  var precision: Precision { .float64 }
  var linkCount: Int { block.layers }
  func width(_ index: Int) -> Int { block.stateWidth }
  func name(link: Int) -> String { "layer \(link)" }
  func pushforward(link: Int, _ v: Block, into out: Block) {
    block.integrator.pushforward(
      block.field, block.step(link, weights), direction: nil, before: states[link], after: states[link + 1], record: records[link], tangent: v, into: out, scratch: scratch)
  }
  func pullback(link: Int, _ p: Block, into out: Block) {
    copy(p, into: out)
    block.integrator.pullback(block.field, block.step(link, weights), before: states[link], after: states[link + 1], record: records[link], cotangent: out, gradient: nil, scratch: scratch)
  }
}

@Suite struct AdjointCheckTests {
  private func check(wrongLayer: Int?) throws -> (check: AdjointCheck, chain: BlockChain) {
    let block = try ODEBlock(field: BrokenField(wrongLayer: wrongLayer), integrator: try RungeKutta(.heun()), layers: 8, horizon: 1, offset: 0, precision: .float64)
    let chain = try BlockChain(block, [0.5, -1.1, 0.8])
    return (try AdjointCheck(chain), chain)
  }

  @Test func rightPullbacksDifferByRounding() throws {
    let check = try check(wrongLayer: nil).check
    #expect(check.differences.count == 8 && check.worst.difference < 1e-13)
  }

  /// A deliberately broken pullback is found, and its layer named.
  @Test(arguments: [0, 3, 7]) func aBrokenPullbackIsNamed(_ layer: Int) throws {
    let (check, chain) = try check(wrongLayer: layer)
    let limit = AdjointCheck.limit(.float64)
    #expect(check.differences.indices.filter { check.differences[$0] > limit } == [layer])
    #expect(check.worst.link == layer && chain.name(link: check.worst.link) == "layer \(layer)" && check.worst.difference > 1e-5)
  }
}
