import Foundation
import Gradients
import Integrators
import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

/// The contracts of the protocol, for every registered integrator and every field that it accepts.
@Suite struct IntegratorTests {
  private static let columns = 16

  private static let pairs = BlockCase.pairs.map { "\($0.field) \($0.integrator)" }

  /// A block of layers with the same weights, the integrator's own tensors at their initial values; with damping if the integrator accepts it.
  private func block(_ names: String, layers: Int, horizon: Double = 1, basis: any TimeBasis = SharedBasis()) throws -> BlockCase {
    let names = names.split(separator: " ").map(String.init)
    let repeats = try basis is SharedBasis && integrators.standard(names[1]).preparesOwnTensors
    let example = try BlockCase(
      field: names[0], integrator: names[1], gamma: 0.3, layers: layers, horizon: horizon, basis: repeats ? LayerwiseBasis() : basis, offset: 0)
    if repeats { try repeatOneLayer(example) }
    example.resetOwnTensors()
    example.steadyDrive()
    example.prepare()
    return example
  }

  /// Gives every layer the same weights if layers cannot share them. The weights are the same for any number of layers.
  private func repeatOneLayer(_ example: BlockCase) throws {
    var start = 0
    for (number, tensor) in example.block.layout.tensors.enumerated() {
      let count = tensor.shape.dropFirst().reduce(1, *)
      let layer = try Numbers.normal(count, .float64, seed: 100 + UInt64(number), deviation: 0.5)
      for index in 0..<tensor.shape[0] * count { example.parameters[start + index] = layer[index % count] }
      start += tensor.shape[0] * count
    }
  }

  private func initial(_ example: BlockCase) throws -> Numbers {
    let state = try example.numbers(example.stateWidth, Self.columns)
    let visible = try Numbers.normal(example.block.width * Self.columns, .float64, seed: 5)
    for (index, value) in visible.values.enumerated() { state[index] = value }
    example.block.start(state.block(rows: example.stateWidth, columns: Self.columns))
    return state
  }

  /// The visible state at time 1 after this many steps, with weights that are constant or a function of time.
  private func visible(_ names: String, steps: Int, basis: any TimeBasis = SharedBasis()) throws -> [Double] {
    let example = try block(names, layers: steps, basis: basis)
    return Array(try example.propagate(try initial(example), columns: Self.columns).values[..<(example.block.width * Self.columns)])
  }

  /// The differences between successive halvings of the step shrink by 2^order.
  @Test(arguments: pairs) func observedOrderIsTheStatedOne(_ names: String) throws { try checkOrder(names, SharedBasis()) }

  /// Stages that use weights at their own times keep the order if the weights are a function of time, here a parabola.
  @Test(arguments: BlockCase.pairs.filter { $0.field == "dense" }.map(\.integrator))
  func orderHoldsForWeightsThatVaryInTime(_ integrator: String) throws { try checkOrder("dense \(integrator)", try PolynomialBasis(3)) }

  private func checkOrder(_ names: String, _ basis: any TimeBasis) throws {
    let integrator = try block(names, layers: 1).block.integrator
    // These have order 5 with leading error terms so small that rounding dominates on some fields: AdaptiveTableauTests checks the order conditions, AdaptiveRungeKuttaTests the order.
    guard !integrator.needsConstantWeights else { return }
    let stated = integrator.order
    // Steps so small that higher terms no longer matter, but rounding does not matter yet.
    // The second state of reversible methods brings in errors of higher order that damped fields magnify by up to e^{sT}, s their fastest decay.
    let first = names.hasSuffix(" reversible") ? 512 : [128, 128, 128, 64, 32][min(stated, 4)]
    let results = try [first, 2 * first, 4 * first].map { try visible(names, steps: $0, basis: basis) }
    let errors = [0, 1].map { index in norm(zip(results[index], results[index + 1]).map { $0 - $1 }) }
    let order = log2(errors[0] / errors[1])
    #expect(abs(order - Double(stated)) < 0.15, "order \(order)")
  }

  @Test(arguments: pairs) func recordChangesNothing(_ names: String) throws {
    let example = try block(names, layers: 3)
    let block = example.block
    let before = try initial(example)
    func at(_ numbers: Numbers) -> Block { numbers.block(rows: numbers.count / Self.columns, columns: Self.columns) }
    let scratch = try example.numbers(block.scratchWidth, Self.columns)
    let bits = before.bits
    for j in 0..<block.layers {
      let (plain, recorded) = (try example.numbers(example.stateWidth, Self.columns), try example.numbers(example.stateWidth, Self.columns))
      let record = try example.numbers(block.recordWidth, Self.columns)
      block.integrator.step(block.field, block.step(j, example.weights), from: at(before), into: at(plain), record: nil, scratch: at(scratch))
      block.integrator.step(block.field, block.step(j, example.weights), from: at(before), into: at(recorded), record: at(record), scratch: at(scratch))
      #expect(plain.bits == recorded.bits)
      #expect(before.bits == bits)
      #expect(record.count == 0 || record.values.contains { $0 != 0 })
    }
  }

  @Test(arguments: pairs) func reversibleSchemesHaveAnInverse(_ names: String) throws {
    let example = try block(names, layers: 3, horizon: 0.9)
    let block = example.block
    guard block.integrator.isReversible else { return }
    func at(_ numbers: Numbers) -> Block { numbers.block(rows: numbers.count / Self.columns, columns: Self.columns) }
    let scratch = try example.numbers(block.scratchWidth, Self.columns)
    var states = [try initial(example)]
    var records: [Numbers] = []
    for j in 0..<block.layers {
      states.append(try example.numbers(example.stateWidth, Self.columns))
      records.append(try example.numbers(block.recordWidth, Self.columns))
      block.integrator.step(
        block.field, block.step(j, example.weights), from: at(states[j]), into: at(states[j + 1]), record: at(records[j]), scratch: at(scratch))
    }
    for j in (0..<block.layers).reversed() {
      let (back, record) = (try example.numbers(example.stateWidth, Self.columns), try example.numbers(block.recordWidth, Self.columns))
      block.integrator.reverse(
        block.field, block.step(j, example.weights), from: at(states[j + 1]), into: at(back), record: at(record), scratch: at(scratch))
      // A few additions are undone, with one rounding error each, of numbers up to four times the state.
      #expect(largestDifference(back.values, states[j].values) < 4e-15, "layer \(j)")
      #expect(largestDifference(record.values, records[j].values) < 4e-15, "layer \(j)")
    }
  }

  /// A sample in a block of one column and the same sample in a tile have the same bits after three layers.
  @Test(arguments: pairs) func aSampleAloneHasTheBitsOfTheTile(_ names: String) throws {
    let example = try block(names, layers: 3)
    let tile = try initial(example)
    let all = try example.propagate(tile, columns: Self.columns)
    for sample in [0, 7] {
      let alone = try example.numbers(example.stateWidth, 1)
      for (row, value) in tile.column(sample, of: Self.columns).enumerated() { alone[row] = value }
      #expect(try example.propagate(alone, columns: 1).bits == all.column(sample, of: Self.columns).map(\.bitPattern))
    }
  }

  /// Buffers are counted by the process's allocator; Tests/CInterfaceTests/c/layer_alloc.c counts malloc itself.
  @Test(arguments: pairs) func aStepAndItsDerivativesMakeNoBuffer(_ names: String) throws {
    let example = try block(names, layers: 3)
    let block = example.block
    func zeros(_ rows: Int) -> Block { .zeros(rows, Self.columns, .float64) }
    let (before, after, tangent, out) = (try initial(example), zeros(example.stateWidth), zeros(example.stateWidth), zeros(example.stateWidth))
    let (record, scratch) = (zeros(block.recordWidth), zeros(block.scratchWidth))
    let gradient = try Numbers(example.parameters.count, .float64)
    // Other tests allocate on other threads. If calls never allocate, at least one of them is observed without any allocation.
    let undisturbed = (0..<200).contains { _ in
      let count = Memory.allocationCount
      for j in 0..<block.layers {
        let step = block.step(j, example.weights)
        let start = before.block(rows: example.stateWidth, columns: Self.columns)
        block.integrator.step(block.field, step, from: start, into: after, record: record, scratch: scratch)
        block.integrator.pushforward(
          block.field, step, direction: nil, before: start, after: after, record: record, tangent: tangent, into: out, scratch: scratch)
        block.integrator.pullback(
          block.field, step, before: start, after: after, record: record, cotangent: out, gradient: block.gradient(j, BlockGradient(gradient.vector)),
          scratch: scratch)
        if block.integrator.isReversible { block.integrator.reverse(block.field, step, from: after, into: out, record: record, scratch: scratch) }
      }
      return Memory.allocationCount == count
    }
    #expect(undisturbed)
  }

  /// `startPullback` is the transpose of `start`: ⟨S v, w⟩ = ⟨v, Sᵀ w⟩ over the visible rows.
  @Test(arguments: pairs) func startHasItsTranspose(_ names: String) throws {
    let example = try block(names, layers: 2)
    let count = example.block.width * Self.columns
    let started = try initial(example)
    let cotangent = try Numbers.normal(started.count, .float64, seed: 6)
    let forward = inner(started.values, cotangent.values)
    example.block.startPullback(cotangent.block(rows: example.stateWidth, columns: Self.columns))
    let backward = inner(Array(started.values[..<count]), Array(cotangent.values[..<count]))
    #expect(abs(forward - backward) < 1e-12 * norm(started.values) * norm(cotangent.values))
  }
}
