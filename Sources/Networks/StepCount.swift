import Gradients
import LinearAlgebra
import Settings
import VectorFields

extension NetworkPlan {
  /// Numbers of a state and times of a trajectory, for a network of one block whose scores are the states at these times; nil for other networks.
  package var trajectoryShape: (width: Int, steps: Int)? {
    guard let sequence, sequence.isTrajectory, blocks.count == 1, let steps, stepReadout == nil, connectors.isEmpty, outputs == sequence.format.channels else { return nil }
    return (outputs, steps)
  }

  /// The plan of a network with the same parameters for sequences or trajectories of another number of steps.
  ///
  /// Blocks that read an observation in each layer, or a trajectory's times, get as many layers for each step as before, of the same size; those that read paths keep their layers, which the path's steps lie between.
  /// - Throws: `.incompatible` for a network without steps, and where layers have weights of their own or unequal steps; what `NetworkPlan.init` throws.
  package func withSteps(_ count: Int) throws(Failure) -> NetworkPlan {
    guard let sequence else { throw Failure(.incompatible, "the network's inputs are no sequences or trajectories, so it has no steps") }
    let (format, steps) = (sequence.format, sequence.format.steps)
    guard count != steps else { return self }
    // Where layers lie between observations, one observation fewer has layers.
    let skipped = sequence.time == .intervals || (sequence.interpolation != .none && sequence.hasOutputsAtSteps) ? 1 : 0
    var changed = specification
    for (index, block) in blocks.enumerated() where drives[index] != nil && (sequence.interpolation == .none || sequence.hasOutputsAtSteps) {
      guard try specification.blocks[index].text("weights_in_time") == "shared", block.grid.isUniform else {
        throw Failure(.incompatible, "the layers of block \(index) have weights or step sizes of their own; networks of other numbers of steps have the same parameters only with weights_in_time shared and equal steps")
      }
      let (layers, overflow) = (block.layers / max(steps - skipped, 1)).multipliedReportingOverflow(by: max(count - skipped, 1))
      var options: [(key: String, value: JSON)] = [("block", .integer(Int64(index))), ("layers", .integer(overflow ? .max : Int64(layers)))]
      if sequence.interpolation == .none || sequence.time == .intervals { options.append(("horizon", .real(block.grid.horizon / Double(block.layers) * Double(layers)))) }
      changed = try changed.changing(json: .object(options))
    }
    let stepWidth = sequence.isTrajectory ? 1 : SequenceFormat.stepWidth(format.layout, channels: format.channels)
    let (numbers, overflow) = stepWidth.multipliedReportingOverflow(by: count)
    let inputs = numbers + (sequence.isTrajectory ? format.channels : 0)
    changed = try changed.changing(json: .object([("inputs", .integer(overflow ? .max : Int64(inputs)))]))
    let plan = try NetworkPlan(changed, knownTerms: knownTerms)
    guard plan.parameterCount == parameterCount else {
      throw Failure(.incompatible, "the network has \(parameterCount) parameters, and \(plan.parameterCount) with \(count) steps: parameters of its own for each layer cannot be kept")
    }
    return plan
  }
}

extension Network {
  /// A network with the same parameters for another number of steps.
  /// - Throws: what `NetworkPlan.withSteps` throws; `.incompatible` if the steps of a sequence are normalized each in its own way.
  package func withSteps(_ count: Int) throws(Failure) -> Network {
    let (changed, present) = (try plan.withSteps(count), snapshot)
    var scaling = present.scaling
    if let own = scaling.features, changed !== plan { scaling.features = try own.repeated(plan, for: changed) }
    return try withExtendedLifetime(present) { () throws(Failure) in
      try Network(changed, try ParameterSnapshot(copying: present.parameters, scaling: scaling, isInitial: present.isInitial), metadata: metadata)
    }
  }
}

extension Normalization {
  /// The normalization of a step for each of another number of steps.
  fileprivate func repeated(_ plan: NetworkPlan, for changed: NetworkPlan) throws(Failure) -> Normalization {
    guard let old = plan.sequence?.format, let new = changed.sequence?.format, plan.sequence?.isTrajectory == false else { return self }
    let width = old.stepWidth
    for index in width..<max(old.steps * width, width) where shift.load(index) != shift.load(index % width) || scale.load(index) != scale.load(index % width) {
      throw Failure(.incompatible, "the normalization is not the same at all steps (input \(index)), so there is none for other numbers of steps")
    }
    let buffer = try Buffer(count: 2 * changed.inputs, precision: .float64)
    let numbers = buffer.vector(count: 2 * changed.inputs, precision: .float64)
    for step in 0..<new.steps {
      if step & 0xfff == 0 { try Watch.check() }
      copy(shift[0..<width], into: numbers[step * width..<(step + 1) * width])
      copy(scale[0..<width], into: numbers[changed.inputs + step * width..<changed.inputs + (step + 1) * width])
    }
    func row(_ part: Int) -> TensorView { TensorView(UnsafeRawPointer(buffer.base) + 8 * part * changed.inputs, type: .float64, rows: 1, columns: changed.inputs) }
    let made = try withExtendedLifetime(buffer) { () throws(Failure) in try Normalization(shift: row(0), scale: row(1), inputs: changed.inputs, precision: changed.precision) }
    made.exempt(new)
    return made
  }
}
