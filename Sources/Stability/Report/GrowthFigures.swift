import Gradients
import Integrators
import LinearAlgebra
import Networks
import Settings
import VectorFields

/// The figures of a stability report that are about growth over layers: singular values, Lyapunov exponents and energies.
extension StabilityReport {
  struct Growth {
    let depths: [Int]
    let singular: Report.Array?
    let ends: Report.Array?
    let exponents: Report.Array?
    let energy: Report.Array
    let norms: Report.Array
    let kahan: GolubKahan?
    let lyapunov: LyapunovExponents?
    let energies: [Energy?]
    /// Whether all singular values were found, so that the least of them is known.
    let isComplete: Bool
  }

  mutating func growthArrays() throws(Failure) -> Growth {
    let (count, width) = (subject.layers.count, subject.plan.blocks.map(\.stateWidth).max() ?? 0)
    let (kept, wanted, exponents) = (try options.integer("singular_values"), min(try options.integer("depths"), count + 1), try options.integer("lyapunov_exponents"))
    var depths: [Int] = []
    for place in 0..<wanted {
      let depth = (place * count + (wanted - 1) / 2) / (wanted - 1)
      if depths.last != depth { depths.append(depth) }
    }
    var isComplete = true
    var (singular, ends, kahan): (Report.Array?, Report.Array?, GolubKahan?) = (nil, nil, nil)
    if kept > 0 {
      let list = try draft.array("singular_depths", [depths.count], "the depths j of singular_values: before layer j, counted through all blocks; the last is the state after the last layer")
      for (place, depth) in depths.enumerated() { list.set(Double(depth), place) }
      var steps = try options.integer("lanczos_steps")
      if width > denseLimit, !options.isSet("lanczos_steps") { steps = min(steps, 24) }
      isComplete = width <= steps
      if !isComplete { draft.omissions.add("least singular values", "all blocks", "the largest state has \(width) rows and \(steps) steps were taken: the least value found is an upper bound of the least singular value") }
      let tall = min(kept, min(steps, width))
      singular = try draft.array("singular_values", [samples, depths.count, tall], "the largest singular values of ∂Y_N/∂Y_j, Y_j being the whole state of the block that holds depth j, and Y_N that after the network's last layer, descending")
      ends = try draft.array("singular_range", [samples, depths.count, 2], "the least and the largest singular value of ∂Y_N/∂Y_j: gradients explode where the largest is far above 1 and vanish where the largest is far below 1")
      kahan = try GolubKahan(width: width, steps: steps)
    }
    let exponentArray = exponents == 0 ? nil : try draft.array("lyapunov_exponents", [samples, subject.plan.blocks.count, min(exponents, width)], "finite-time Lyapunov exponents of each block along the sample's trajectory: the logarithms of the growth of orthonormal directions, divided by the block's horizon; −infinity for directions that a layer maps to zero", allowsInfinity: true)
    let energy = try draft.array("energy_change", [samples, count], "E(Y_{j+1}) − E(Y_j) for the energy E of layer j's frozen weights, where the field has one (\"energy\" of the document's blocks); NaN elsewhere")
    let norms = try draft.array("state_norms", [samples, count, 2], "‖Y_j‖₂ of the whole state before and after each layer")
    for (index, block) in subject.plan.blocks.enumerated() where Energy(block) == nil {
      draft.omissions.add("energy_change", "block \(index)", "no energy of the field \(subject.name(ofField: index)) under \(subject.name(ofScheme: index)) is known that its flow with constant weights would keep or lower")
    }
    return Growth(
      depths: depths, singular: singular, ends: ends, exponents: exponentArray, energy: energy, norms: norms, kahan: kahan,
      lyapunov: exponents == 0 ? nil : try LyapunovExponents(width: width, count: min(exponents, width)), energies: subject.plan.blocks.map(Energy.init), isComplete: isComplete)
  }

  func growths(_ sample: Int, _ out: Growth) throws(Failure) {
    let trajectory = subject.trajectory
    for (row, layer) in subject.layers.enumerated() {
      try Watch.check()
      let (before, after) = (trajectory.state(layer.link), trajectory.state(layer.link + 1))
      out.norms.set(dot(before, before).squareRoot(), sample, row, 0)
      out.norms.set(dot(after, after).squareRoot(), sample, row, 1)
      guard let energy = out.energies[layer.block] else { continue }
      let block = subject.plan.blocks[layer.block]
      out.energy.set(try energy.change(block, trajectory.step(layer.block, layer.index).layer(), from: before, to: after), sample, row)
    }
    if let lyapunov = out.lyapunov, let array = out.exponents {
      for (index, block) in subject.plan.blocks.enumerated() {
        for (place, value) in try lyapunov.exponents(trajectory, links: subject.links[index], horizon: block.grid.horizon).enumerated() { array.set(value, sample, index, place) }
      }
    }
    guard let kahan = out.kahan, let singular = out.singular, let ends = out.ends, let last = subject.layers.last else { return }
    let propagator = try Propagator(trajectory)
    for (place, depth) in out.depths.enumerated() {
      let links = (depth < subject.layers.count ? subject.layers[depth].link : last.link + 1)..<last.link + 1
      let values = try propagator.singularValues(links, kahan)
      for (index, value) in values.prefix(singular.shape[2]).enumerated() { singular.set(value, sample, place, index) }
      if let least = values.last, let largest = values.first {
        ends.set(least, sample, place, 0)
        ends.set(largest, sample, place, 1)
      }
    }
  }

  /// The largest sum of changes of energy through a block, in magnitude, over the samples.
  func drift(ofBlock block: Int, _ growth: Growth) -> Double {
    (0..<samples).reduce(0) { largest, sample in max(largest, abs(subject.rows[block].reduce(0) { $0 + growth.energy.get(sample, $1) })) }
  }

  /// By how much gradients grow or shrink on their way from the last state to the first: the meter of exploding and vanishing gradients.
  func growthSummary(_ growth: Growth) -> JSON {
    guard let ends = growth.ends else { return .null }
    let (least, largest) = ((0..<samples).map { ends.get($0, 0, 0) }.min() ?? .nan, (0..<samples).map { ends.get($0, 0, 1) }.max() ?? .nan)
    return .object([
      ("least_factor", growth.isComplete ? number(least) : .null), ("largest_factor", number(largest)),
      ("text", .text("a gradient at the last state is multiplied by \(growth.isComplete ? "at least \(least) and " : "")at most \(largest) on its way to the first state, at the given samples")),
    ])
  }
}
