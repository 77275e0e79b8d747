import Gradients
import Integrators
import LinearAlgebra
import Networks
import Settings
import VectorFields

/// The options of scope "stability_report".
package let stabilityReportOptions: [OptionDescription] = [
  OptionDescription(
    "dense_limit", .integer(0...Int64(DenseSpectrum.mostRows)), default: .integer(128), unit: "rows",
    "largest state whose Jacobians are assembled as matrices, for their eigenvalues and logarithmic norms; larger states are analyzed by products with vectors alone"),
  OptionDescription("singular_values", .integer(0...Int64(DenseSpectrum.mostRows)), default: .integer(6), unit: "values", "how many of the largest singular values of ∂Y_N/∂Y_j are kept for each depth; 0: none are computed"),
  OptionDescription(
    "lanczos_steps", .integer(1...512), default: .integer(Int64(DenseSpectrum.mostRows)), unit: "steps",
    "most steps of the bidiagonalization that finds singular values; with as many as the state has rows all of them are exact. States of more rows than dense_limit take at most 24, unless this is set"),
  OptionDescription("depths", .integer(2...1024), default: .integer(33), unit: "depths", "at how many depths j, evenly spread from the first state to the last, the singular values of ∂Y_N/∂Y_j are computed"),
  OptionDescription("lyapunov_exponents", .integer(0...Int64(DenseSpectrum.mostRows)), default: .integer(8), unit: "exponents", "how many finite-time Lyapunov exponents of each block are computed; 0: none"),
  OptionDescription("region_points", .integer(0...512), default: .integer(81), unit: "points", "points along each side of the rectangle on which the scheme's stability region is sampled for plots; 0: no region"),
]

/// Computes the stability report of a network along given inputs: figures of each layer, of each block and of the network, and statements in words, each of which names the sense in which something is stable or not.
///
/// Sources: Haber & Ruthotto 2017, §2–3 (eigenvalues, the step's region, ‖K_{j+1} − K_j‖/h); Lu et al. 2018 (modified equations); Golub & Kahan 1965; Benettin et al. 1980. What the figures say and do not say is in the guide
/// page "stability_report". They are measurements at the given inputs, not proofs.
package struct StabilityReport {
  var draft: ReportDraft
  let options: OptionValues
  let denseLimit: Int
  /// The stability functions that are known already, by scheme and layer.
  var functions: [StabilityFunctions?]
  var subject: Subject { draft.subject }
  var samples: Int { draft.samples }

  /// - Parameters:
  ///   - features: samples × inputs, at least one.
  ///   - options: those of scope "stability_report".
  /// - Throws: `.invalidData` and the failures of steps, naming row and layer; `.outOfRange`; `.memory`; the reason why the work must end.
  package static func make(_ network: Network, _ features: TensorView, _ options: OptionValues) throws(Failure) -> Report {
    try network.plan.refuseKnownTerms("a stability report says")
    var report = try StabilityReport(network, features, options)
    return try report.computed()
  }

  private init(_ network: Network, _ features: TensorView, _ options: OptionValues) throws(Failure) {
    denseLimit = try options.integer("dense_limit")
    draft = try ReportDraft(network, features)
    self.options = options
    functions = draft.subject.plan.blocks.map { _ in nil }
  }

  private mutating func computed() throws(Failure) -> Report {
    let layerCount = subject.layers.count
    let places = try draft.array("layers", [layerCount, 3], "of each layer: its block, its number in the block, and its step size h")
    for (row, layer) in subject.layers.enumerated() {
      places.set(Double(layer.block), row, 0)
      places.set(Double(layer.index), row, 1)
      places.set(subject.plan.blocks[layer.block].stepSize(layer.index), row, 2)
    }
    try weightChanges()
    let modified = try modifiedEquations()
    let frozen = try frozenArrays()
    let growth = try growthArrays()
    // A copy, because the closure changes the report.
    let followed = draft
    for sample in 0..<samples {
      try followed.following(sample) { () throws(Failure) in
        try spectra(sample, frozen)
        try growths(sample, growth)
      }
    }
    try regions(frozen)
    let blocks = subject.plan.blocks.indices.map { block in
      JSON.object([
        ("block", .integer(Int64(block))), ("field", .text(subject.name(ofField: block))), ("integrator", .text(subject.name(ofScheme: block))),
        ("layers", .integer(Int64(subject.plan.blocks[block].layers))), ("state_width", .integer(Int64(subject.plan.blocks[block].stateWidth))),
        ("horizon", .real(subject.plan.blocks[block].grid.horizon)), ("energy", growth.energies[block].map { .object([("formula", .text($0.formula)), ("constant_weights", .text($0.law.rawValue)), ("drift", number(drift(ofBlock: block, growth)))]) } ?? .null),
        ("modified_equation", modified[block] ?? .null),
        ("region_variable", functions[block].flatMap { $0.power }.map { .text($0 == 1 ? "hλ" : "h²λ") } ?? .null),
      ])
    }
    return try draft.finished("stability", [("blocks", .array(blocks)), ("gradients", growthSummary(growth))], statements(frozen))
  }

  private func statements(_ frozen: Frozen) -> [ReportStatement] {
    var list: [ReportStatement] = []
    for (index, block) in subject.plan.blocks.enumerated() {
      let rows = subject.rows[index]
      let scheme = subject.name(ofScheme: index)
      func worst(_ value: (_ sample: Int, _ row: Int) -> Double) -> (value: Double, sample: Int, layer: Int)? {
        var found: (value: Double, sample: Int, layer: Int)?
        for row in rows {
          for sample in 0..<samples {
            let each = value(sample, row)
            if !each.isNaN, each > found?.value ?? -.infinity { found = (each, sample, subject.layers[row].index) }
          }
        }
        return found
      }
      func add(_ sense: String, _ limit: Double, _ tolerance: Double, _ quantity: String, _ value: (_ sample: Int, _ row: Int) -> Double) {
        guard let found = worst(value) else { return }
        let violated = rows.filter { row in (0..<samples).contains { value($0, row) > limit + tolerance } }
        let holds = violated.isEmpty
        let text =
          holds
          ? "block \(index): \(sense) holds at all layers and samples; the largest \(quantity) is \(found.value), at layer \(found.layer) of sample \(found.sample), and the limit \(limit)"
          : "block \(index): \(sense) is violated at \(violated.count) of \(rows.count) layers; the largest \(quantity) is \(found.value), at layer \(found.layer) of sample \(found.sample), and the limit \(limit)"
        list.append(
          ReportStatement(
            sense: sense, holds: holds, quantity: quantity, value: found.value, limit: limit, sample: found.sample, text: text,
            more: [("block", .integer(Int64(index))), ("layer", .integer(Int64(found.layer))), ("violated_layers", .array(violated.map { .integer(Int64(subject.layers[$0].index)) }))]))
      }
      // Of ÿ = f(y), that the eigenvalues or logarithmic norms of J are not positive says nothing.
      let isSecondOrder = FrozenJacobian.isAcceleration(block)
      if !isSecondOrder {
        add("the criterion Re λ(J) <= 0 of Haber & Ruthotto for the frozen Jacobians", 0, 1e-9, "real part of an eigenvalue") { frozen.eigenvalues.shape[2] == 0 ? .nan : frozen.eigenvalues.get($0, $1, 0, 0) }
      }
      add("absolute stability of \(scheme) for the frozen Jacobians", 1, StabilityFunction.tolerance, isSecondOrder ? "|R(h²λ)|" : "|R(hλ)|") { frozen.radius.get($0, $1) }
      add("absolute stability of the steps' own Jacobians", 1, StabilityFunction.tolerance, "spectral radius") { frozen.amplification.get($0, $1) }
      guard !isSecondOrder else { continue }
      // Beyond dense_limit μ₂ is only known from below.
      add("contraction in ℓ₂ of the frozen linear equations", 0, 1e-12, "logarithmic norm μ₂") { FrozenJacobian.order(block) <= denseLimit ? frozen.euclidean.get($0, $1) : .nan }
      add("contraction in ℓ∞ of the frozen linear equations", 0, 1e-12, "logarithmic norm μ_∞") { frozen.maximum.get($0, $1) }
    }
    return list
  }
}
