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
  private let subject: Subject
  private let source: BatchSource
  private let samples: Int
  private let options: OptionValues
  private var omissions = Omissions()
  private var arrays: [Report.Array] = []
  /// The stability functions that are known already, by scheme and layer.
  private var functions: [StabilityFunctions?]

  /// - Parameters:
  ///   - features: samples × inputs, at least one.
  ///   - options: those of scope "stability_report".
  /// - Throws: `.invalidData` and the failures of steps, naming row and layer; `.outOfRange`; `.memory`; the reason why the work must end.
  package static func make(_ network: Network, _ features: TensorView, _ options: OptionValues) throws(Failure) -> Report {
    var report = try StabilityReport(network, features, options)
    return try report.computed()
  }

  private init(_ network: Network, _ features: TensorView, _ options: OptionValues) throws(Failure) {
    subject = try Subject(network, samples: features.rows)
    source = try subject.source(features)
    samples = features.rows
    self.options = options
    functions = subject.plan.blocks.map { _ in nil }
  }

  private mutating func array(_ name: String, _ shape: [Int], _ help: String, allowsInfinity: Bool = false) throws(Failure) -> Report.Array {
    let made = try Report.Array(name, shape, help, allowsInfinity: allowsInfinity)
    arrays.append(made)
    return made
  }

  private mutating func computed() throws(Failure) -> Report {
    let layerCount = subject.layers.count
    let places = try array("layers", [layerCount, 3], "of each layer: its block, its number in the block, and its step size h")
    for (row, layer) in subject.layers.enumerated() {
      places.set(Double(layer.block), row, 0)
      places.set(Double(layer.index), row, 1)
      places.set(subject.plan.blocks[layer.block].stepSize(layer.index), row, 2)
    }
    try weightChanges()
    let modified = try modifiedEquations()
    let frozen = try frozenArrays()
    let growth = try growthArrays()
    for sample in 0..<samples {
      try subject.trajectory.follow(source, sample: sample)
      try subject.trajectory.working(source) { () throws(Failure) in
        try spectra(sample, frozen)
        try growths(sample, growth)
      }
    }
    try regions(frozen)
    let blocks = subject.plan.blocks.indices.map { block in
      JSON.object([
        ("block", .integer(Int64(block))), ("field", .text(subject.name(ofField: block))), ("integrator", .text(subject.name(ofScheme: block))),
        ("layers", .integer(Int64(subject.plan.blocks[block].layers))), ("state_width", .integer(Int64(subject.plan.blocks[block].stateWidth))),
        ("horizon", .real(subject.plan.blocks[block].grid.horizon)), ("energy", growth.energies[block].map { .object([("formula", .text($0.formula)), ("constant_weights", .text($0.law.rawValue))]) } ?? .null),
        ("modified_equation", modified[block] ?? .null),
        ("region_variable", functions[block].flatMap { $0.power }.map { .text($0 == 1 ? "hλ" : "h²λ") } ?? .null),
      ])
    }
    let document = JSON.object([
      ("report", .text("stability")), ("samples", .integer(Int64(samples))), ("blocks", .array(blocks)),
      ("statements", .array(statements(frozen, growth))), ("omitted", omissions.json),
      ("arrays", .object(arrays.map { ($0.name, .object([("shape", .array($0.shape.map { .integer(Int64($0)) })), ("help", .text($0.help))])) })),
    ])
    return try Report(document, arrays)
  }

  // Weights

  /// ‖θ_{j+1} − θ_j‖/h over the weights of the field.
  private mutating func weightChanges() throws(Failure) {
    let changes = try array("weight_change", [subject.layers.count], "‖K_{j+1} − K_j‖_F/h over the weights of a layer's field and the next; NaN for the last layer of a block")
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
  private mutating func modifiedEquations() throws(Failure) -> [JSON?] {
    let isMultistep = subject.plan.blocks.map { $0.integrator is LinearMultistep }
    guard isMultistep.contains(true) else { return isMultistep.map { _ in nil } }
    let count = subject.layers.count
    let factors = try array("multistep_k", [count, 3], "k of linear_multistep in each layer: its mean, its smallest and its largest value over channels; 0 in a first layer, which is a step of Euler; NaN in other blocks")
    let times = try array("effective_time", [count], "the time Σ h/(1 + k) that linear_multistep's modified equation has advanced after each layer of its block: u̇ ≈ f/(1 + k)")
    let accelerations = try array("acceleration", [count], "the factor (1 − k)h/2 of ü in the modified equation (1 + k)u̇ + (1 − k)(h/2)ü = f; 0 is second order")
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
  private func own(_ layer: Subject.LayerPlace) -> [Double] {
    let block = subject.plan.blocks[layer.block]
    guard let count = block.integrator.parameters(block.field).first?.count, let base = subject.trajectory.step(layer.block, layer.index).weights.own[0] else { return [] }
    let numbers = Vector(base, count: count, precision: .float64)
    return (0..<count).map { numbers.load($0) }
  }

  // Frozen layers

  private struct Frozen {
    let eigenvalues: Report.Array
    let radius: Report.Array
    let amplification: Report.Array
    let largestStep: Report.Array
    let euclidean: Report.Array
    let maximum: Report.Array
  }

  private var denseLimit: Int { (try? options.integer("dense_limit")) ?? 0 }

  private mutating func frozenArrays() throws(Failure) -> Frozen {
    var widest = 0
    for (index, block) in subject.plan.blocks.enumerated() {
      let order = FrozenJacobian.order(block)
      if let refusal = FrozenJacobian.refusal(block) {
        omissions.add("eigenvalues, logarithmic norms", "block \(index)", refusal)
      } else if order > denseLimit {
        omissions.add("eigenvalues, logarithmic norm in ℓ∞", "block \(index)", "its state has \(order) rows and dense_limit is \(denseLimit)")
      } else {
        widest = max(widest, order)
      }
      if block.stateWidth > denseLimit { omissions.add("spectral radius of the step", "block \(index)", "its whole state has \(block.stateWidth) rows and dense_limit is \(denseLimit)") }
    }
    let count = subject.layers.count
    return Frozen(
      eigenvalues: try array("eigenvalues", [samples, count, widest, 2], "real and imaginary parts of the eigenvalues of each layer's frozen Jacobian J_j = ∂f/∂y at the sample's state, by falling real part; NaN beyond those of the layer"),
      radius: try array("stability_radius", [samples, count], "largest |R(hλ)| over the eigenvalues λ of the frozen Jacobian, R being the scheme's stability function, or the spectral radius of its companion matrix: above 1 the scheme is not absolutely stable there; infinity at a pole", allowsInfinity: true),
      amplification: try array("amplification", [samples, count], "spectral radius of the step's own Jacobian ∂Y_{j+1}/∂Y_j at the sample's state"),
      largestStep: try array("largest_step", [samples, count], "largest step size for which the scheme is absolutely stable for the frozen Jacobian: 0 where none is, infinity where no limit was found", allowsInfinity: true),
      euclidean: try array("log_norm_2", [samples, count], "logarithmic norm μ₂ of the frozen Jacobian; from states of more rows than dense_limit a lower bound by Lanczos' iteration"),
      maximum: try array("log_norm_inf", [samples, count], "logarithmic norm μ_∞ of the frozen Jacobian"))
  }

  private mutating func spectra(_ sample: Int, _ out: Frozen) throws(Failure) {
    let width = subject.trajectory.largestWidth
    let room = try Buffer(count: 2 * width, precision: .float64)
    defer { withExtendedLifetime(room) {} }
    for (row, layer) in subject.layers.enumerated() {
      try Watch.check()
      let block = subject.plan.blocks[layer.block]
      if block.stateWidth <= denseLimit {
        let n = block.stateWidth
        let (unit, product) = (Block(room.base, rows: n, columns: 1, precision: .float64), Block(room.base + 8 * width, rows: n, columns: 1, precision: .float64))
        let step = try assembled(n, n, unit, product) { v, result in self.subject.trajectory.pushforward(layer.link, v, into: result) }
        guard step.allSatisfy(\.isFinite) else { throw notFinite(layer, sample) }
        guard let found = DenseSpectrum.eigenvalues(step, order: n) else { throw noConvergence(layer, sample) }
        out.amplification.set(found.reduce(0) { max($0, $1.magnitude) }, sample, row)
      }
      guard FrozenJacobian.refusal(block) == nil else { continue }
      let jacobian = try FrozenJacobian(block, subject.trajectory.step(layer.block, layer.index), at: subject.trajectory.state(layer.link))
      let n = jacobian.order
      guard n <= denseLimit else {
        out.euclidean.set(try LogarithmicNorms.euclideanEstimate(jacobian), sample, row)
        continue
      }
      let matrix = try jacobian.matrix()
      guard matrix.allSatisfy(\.isFinite) else { throw notFinite(layer, sample) }
      guard let eigenvalues = DenseSpectrum.eigenvalues(matrix, order: n), let norms = LogarithmicNorms(matrix, order: n) else { throw noConvergence(layer, sample) }
      for (place, value) in eigenvalues.enumerated() {
        out.eigenvalues.set(value.real, sample, row, place, 0)
        out.eigenvalues.set(value.imaginary, sample, row, place, 1)
      }
      out.euclidean.set(norms.euclidean, sample, row)
      out.maximum.set(norms.maximum, sample, row)
      try regionOfLayer(layer, eigenvalues, matrix, sample, row, out)
    }
  }

  /// The scheme's stability for the eigenvalues of one frozen Jacobian.
  private mutating func regionOfLayer(_ layer: Subject.LayerPlace, _ eigenvalues: [ComplexNumber], _ matrix: [Double], _ sample: Int, _ row: Int, _ out: Frozen) throws(Failure) {
    let block = subject.plan.blocks[layer.block]
    let known = functions[layer.block] ?? StabilityFunctions(block)
    functions[layer.block] = known
    var list: [StabilityFunction] = []
    do throws(Failure) {
      list = try known.functions(block, layer.index, own(layer))
    } catch {
      guard error.status == .incompatible else { throw error }
      omissions.add("stability_radius, largest_step, region", "block \(layer.block)", error.message)
      return
    }
    let h = block.stepSize(layer.index)
    // Eigenvalues that are roundings of zero have no direction.
    let negligible = 1e-13 * matrix.reduce(0) { max($0, abs($1)) }
    var (radius, factor) = (0.0, Double.infinity)
    for function in list {
      let scale = function.power == 1 ? h : h * h
      for value in eigenvalues where value.imaginary >= 0 {
        try Watch.check()
        let z = scale * value
        radius = max(radius, try function.radius(z))
        if value.magnitude > negligible { factor = min(factor, try function.largestFactor(along: z, atMost: factor)) }
      }
    }
    out.radius.set(radius, sample, row)
    let power = list.first?.power ?? 1
    out.largestStep.set(h * (power == 2 && factor.isFinite ? factor.squareRoot() : factor), sample, row)
  }

  private func notFinite(_ layer: Subject.LayerPlace, _ sample: Int) -> Failure {
    Failure(.notFinite, "row \(sample): the Jacobian of layer \(layer.index) of block \(layer.block) is not finite in float64")
  }
  private func noConvergence(_ layer: Subject.LayerPlace, _ sample: Int) -> Failure {
    Failure(.notConverged, "row \(sample): the eigenvalues of the Jacobian of layer \(layer.index) of block \(layer.block) were not found")
  }

  /// The regions of the blocks' schemes, for plots: those of each block's last layer.
  private mutating func regions(_ frozen: Frozen) throws(Failure) {
    let points = try options.integer("region_points")
    guard points > 1, functions.contains(where: { $0 != nil }) else { return }
    let region = try array("region", [functions.count, points, points], "for each block the spectral radius of its scheme's companion matrix on a rectangle of z = hλ (or h²λ): rows ascend along the imaginary axis, columns along the real one; the region of absolute stability is where it is at most 1. A scheme with trained numbers has those of the block's last layer, the largest radius over channels; infinity at a pole", allowsInfinity: true)
    let extents = try array("region_extent", [functions.count, 4], "the rectangle: least and largest real part, least and largest imaginary part")
    for (index, known) in functions.enumerated() {
      guard let known, let last = subject.layers.last(where: { $0.block == index }) else { continue }
      let block = subject.plan.blocks[index]
      guard let list = try? known.functions(block, last.index, own(last)), let power = list.first?.power else { continue }
      var (left, right, high) = (-3.0, 1.0, 3.5)
      for (row, layer) in subject.layers.enumerated() where layer.block == index {
        let h = block.stepSize(layer.index)
        let scale = power == 1 ? h : h * h
        for sample in 0..<samples {
          for place in 0..<frozen.eigenvalues.shape[2] {
            let (re, im) = (scale * frozen.eigenvalues.get(sample, row, place, 0), scale * frozen.eigenvalues.get(sample, row, place, 1))
            guard re.isFinite, im.isFinite else { continue }
            (left, right, high) = (min(left, 1.1 * re), max(right, 1.1 * re), max(high, 1.1 * abs(im)))
          }
        }
      }
      for (place, value) in [left, right, -high, high].enumerated() { extents.set(value, index, place) }
      for i in 0..<points {
        try Watch.check()
        for j in 0..<points {
          let z = ComplexNumber(left + (right - left) * Double(j) / Double(points - 1), -high + 2 * high * Double(i) / Double(points - 1))
          var radius = 0.0
          for function in list { radius = max(radius, try function.radius(z)) }
          region.set(radius, index, i, j)
        }
      }
    }
  }

  // Growth over layers

  private struct Growth {
    let depths: [Int]
    let singular: Report.Array?
    let ends: Report.Array?
    let exponents: Report.Array?
    let energy: Report.Array
    let norms: Report.Array
    let kahan: GolubKahan?
    let lyapunov: LyapunovExponents?
    let energies: [Energy?]
  }

  private mutating func growthArrays() throws(Failure) -> Growth {
    let (count, width) = (subject.layers.count, subject.plan.blocks.map(\.stateWidth).max() ?? 0)
    let (kept, wanted, exponents) = (try options.integer("singular_values"), min(try options.integer("depths"), count + 1), try options.integer("lyapunov_exponents"))
    var depths: [Int] = []
    for place in 0..<wanted {
      let depth = wanted == 1 ? 0 : (place * count + (wanted - 1) / 2) / (wanted - 1)
      if depths.last != depth { depths.append(depth) }
    }
    var (singular, ends, kahan): (Report.Array?, Report.Array?, GolubKahan?) = (nil, nil, nil)
    if kept > 0 {
      let list = try array("singular_depths", [depths.count], "the depths j of singular_values: before layer j, counted through all blocks; the last is the state after the last layer")
      for (place, depth) in depths.enumerated() { list.set(Double(depth), place) }
      var steps = try options.integer("lanczos_steps")
      if width > denseLimit, !options.isSet("lanczos_steps") { steps = min(steps, 24) }
      if width > steps { omissions.add("least singular values", "all blocks", "the largest state has \(width) rows and \(steps) steps were taken: the least value found is an upper bound of the least singular value") }
      let tall = min(kept, min(steps, width))
      singular = try array("singular_values", [samples, depths.count, tall], "the largest singular values of ∂Y_N/∂Y_j, Y_j being the whole state of the block that holds depth j, and Y_N that after the network's last layer, descending")
      ends = try array("singular_range", [samples, depths.count, 2], "the least and the largest singular value of ∂Y_N/∂Y_j: gradients explode where the largest is far above 1 and vanish where the largest is far below 1")
      kahan = try GolubKahan(width: width, steps: steps)
    }
    let exponentArray = exponents == 0 ? nil : try array("lyapunov_exponents", [samples, subject.plan.blocks.count, min(exponents, width)], "finite-time Lyapunov exponents of each block along the sample's trajectory: the logarithms of the growth of orthonormal directions, divided by the block's horizon; −infinity for directions that a layer maps to zero", allowsInfinity: true)
    let energy = try array("energy_change", [samples, count], "E(Y_{j+1}) − E(Y_j) for the energy E of layer j's frozen weights, where the field has one (\"energy\" of the document's blocks); NaN elsewhere")
    let norms = try array("state_norms", [samples, count, 2], "‖Y_j‖₂ of the whole state before and after each layer")
    for (index, block) in subject.plan.blocks.enumerated() where Energy(block) == nil {
      omissions.add("energy_change", "block \(index)", "no energy of the field \(subject.name(ofField: index)) under \(subject.name(ofScheme: index)) is known that its flow with constant weights would keep or lower")
    }
    return Growth(
      depths: depths, singular: singular, ends: ends, exponents: exponentArray, energy: energy, norms: norms, kahan: kahan,
      lyapunov: exponents == 0 ? nil : try LyapunovExponents(width: width, count: min(exponents, width)), energies: subject.plan.blocks.map(Energy.init))
  }

  private func growths(_ sample: Int, _ out: Growth) throws(Failure) {
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

  // Statements

  private func statements(_ frozen: Frozen, _ growth: Growth) -> [JSON] {
    var list: [JSON] = []
    for (index, block) in subject.plan.blocks.enumerated() {
      let rows = subject.layers.indices.filter { subject.layers[$0].block == index }
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
          .object([
            ("block", .integer(Int64(index))), ("sense", .text(sense)), ("holds", .bool(holds)), ("quantity", .text(quantity)), ("value", number(found.value)), ("limit", .real(limit)), ("layer", .integer(Int64(found.layer))),
            ("sample", .integer(Int64(found.sample))), ("violated_layers", .array(violated.map { .integer(Int64(subject.layers[$0].index)) })), ("text", .text(text)),
          ]))
      }
      let isSecondOrder = functions[index]?.power == 2
      if !isSecondOrder {
        add("the criterion Re λ(J) <= 0 of Haber & Ruthotto for the frozen Jacobians", 0, 1e-9, "real part of an eigenvalue") { frozen.eigenvalues.shape[2] == 0 ? .nan : frozen.eigenvalues.get($0, $1, 0, 0) }
      }
      add("absolute stability of \(scheme) for the frozen Jacobians", 1, StabilityFunction.tolerance, isSecondOrder ? "|R(h²λ)|" : "|R(hλ)|") { frozen.radius.get($0, $1) }
      add("absolute stability of the steps' own Jacobians", 1, StabilityFunction.tolerance, "spectral radius") { frozen.amplification.get($0, $1) }
      add("contraction in ℓ₂ of the frozen linear equations", 0, 1e-12, "logarithmic norm μ₂") { block.stateWidth <= denseLimit ? frozen.euclidean.get($0, $1) : .nan }
      add("contraction in ℓ∞ of the frozen linear equations", 0, 1e-12, "logarithmic norm μ_∞") { frozen.maximum.get($0, $1) }
    }
    return list
  }
}
