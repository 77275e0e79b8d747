import Gradients
import Integrators
import LinearAlgebra
import Networks
import Settings
import VectorFields

/// The figures of a stability report that are about weights alone.
extension StabilityReport {
  /// ‖θ_{j+1} − θ_j‖/h over the weights of the field.
  mutating func weightChanges() throws(Failure) {
    let changes = try draft.array("weight_change", [subject.layers.count], "‖K_{j+1} − K_j‖_F/h over the weights of a layer's field and the next; NaN for the last layer of a block")
    for (row, layer) in subject.layers.enumerated() where layer.index + 1 < subject.plan.blocks[layer.block].layers {
      try Watch.check()
      let block = subject.plan.blocks[layer.block]
      let (weights, next) = (subject.trajectory.step(layer.block, layer.index).weights, subject.trajectory.step(layer.block, layer.index + 1).weights)
      var sum = 0.0
      for field in 0..<block.integrator.fieldCount {
        let (now, later) = (weights.layer(field: field), next.layer(field: field))
        for (tensor, shape) in block.field.parameters.enumerated() where shape.role == .weight {
          guard let a = now.tensors[tensor], let b = later.tensors[tensor] else { continue }
          sum += squaredDistance(Vector(a, count: shape.count, precision: .float64), Vector(b, count: shape.count, precision: .float64))
        }
      }
      changes.set(sum.squareRoot() / block.stepSize(layer.index), row)
    }
  }

  /// The modified equation (1 + k)u̇ + (1 − k)(h/2)ü = f of each layer of `linear_multistep` [LU].
  mutating func modifiedEquations() throws(Failure) -> [JSON?] {
    let isMultistep = subject.plan.blocks.map { $0.integrator is LinearMultistep }
    guard isMultistep.contains(true) else { return isMultistep.map { _ in nil } }
    let count = subject.layers.count
    let factors = try draft.array("multistep_k", [count, 3], "k of linear_multistep in each layer: its mean, its smallest and its largest value over channels; 0 in a first layer, which is a step of Euler; NaN in other blocks")
    let times = try draft.array("effective_time", [count], "the time Σ h/(1 + k) that linear_multistep's modified equation has advanced after each layer of its block: u̇ ≈ f/(1 + k); infinity where a k is −1", allowsInfinity: true)
    let accelerations = try draft.array("acceleration", [count], "the factor (1 − k)h/2 of ü in the modified equation (1 + k)u̇ + (1 − k)(h/2)ü = f; 0 is second order")
    var (elapsed, summaries): ([Double], [JSON?]) = (isMultistep.map { _ in 0 }, isMultistep.map { _ in nil })
    for (row, layer) in subject.layers.enumerated() where isMultistep[layer.block] {
      let (numbers, h) = (own(layer), subject.plan.blocks[layer.block].stepSize(layer.index))
      let mean = numbers.isEmpty ? 0 : numbers.reduce(0, +) / Double(numbers.count)
      factors.set(mean, row, 0)
      factors.set(numbers.min() ?? 0, row, 1)
      factors.set(numbers.max() ?? 0, row, 2)
      elapsed[layer.block] += h / (1 + mean)
      times.set(elapsed[layer.block], row)
      accelerations.set((1 - mean) * h / 2, row)
      let isZeroStable = numbers.allSatisfy { $0 > -1 && $0 <= 1 }
      if layer.index + 1 == subject.plan.blocks[layer.block].layers || !isZeroStable {
        summaries[layer.block] = .object([
          ("equation", .text("(1 + k)u̇ + (1 − k)(h/2)ü = f(u)")), ("effective_time", number(elapsed[layer.block])), ("zero_stable_layers", .bool(isZeroStable && summaries[layer.block] == nil)),
        ])
      }
    }
    return summaries
  }

  /// The scheme's own trained numbers in a layer.
  func own(_ layer: Subject.LayerPlace) -> [Double] {
    let block = subject.plan.blocks[layer.block]
    guard let count = block.integrator.parameters(block.field).first?.count, let base = subject.trajectory.step(layer.block, layer.index).weights.own[0] else { return [] }
    let numbers = Vector(base, count: count, precision: .float64)
    return (0..<count).map { numbers.load($0) }
  }
}
