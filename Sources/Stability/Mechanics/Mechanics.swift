import Gradients
import Glibc
import Integrators
import LinearAlgebra
import Networks
import Settings
import VectorFields

/// The options of scope "mechanics".
package let mechanicsOptions: [OptionDescription] = [
  OptionDescription(
    "dense_limit", .integer(0...Int64(DenseSpectrum.mostRows)), default: .integer(64), unit: "rows",
    "largest state whose Jacobians are assembled as matrices, for divergences, determinants and the symplectic defect"),
  OptionDescription("momenta", .flag, default: .flag(true), "whether the momenta of all layers are kept; they are as large as the states"),
]

/// What momenta begin with at the end of the network: a ∂loss/∂scores.
package enum FinalMomentum {
  /// The gradient of the network's loss at these targets.
  case targets(Targets)
  /// Given cotangents of the scores, samples × outputs.
  case cotangent(TensorView)
}

/// The mechanics of a network [RU]: momenta a = ∂loss/∂y of all layers beside the states, the Hamiltonian H = a·f(y, θ), and what follows from Hamilton's equations ẏ = ∂H/∂a, ȧ = −∂H/∂y.
///
/// Source: Ruseckas 2019. Momenta are those of the discrete network, pulled back through its steps. H is constant in time for weights that are, up to the scheme's error: its drift measures that error. Where the weights change,
/// dH/dt = a·(∂f/∂θ)θ̇. The guide page "mechanics" says what each figure means.
package struct Mechanics {
  private let subject: Subject
  private let source: BatchSource
  private let samples: Int
  private let limit: Int
  private let keepsMomenta: Bool
  private var omissions = Omissions()
  private var arrays: [Report.Array] = []

  /// - Parameters:
  ///   - features: samples × inputs, at most 1024.
  ///   - symmetry: a matrix G for which a·Gy is observed, n × n for visible states of n numbers in every block; nil for none.
  ///   - options: those of scope "mechanics".
  /// - Throws: `.invalidData` and the failures of steps, naming row and layer; `.shapeMismatch` for another symmetry; `.incompatible` for targets of a loss with margins; `.outOfRange`; `.memory`; the reason why the work must end.
  package static func make(_ network: Network, _ features: TensorView, _ momentum: FinalMomentum, symmetry: [Double]?, _ options: OptionValues) throws(Failure) -> Report {
    try network.plan.refuseKnownTerms("mechanics knows")
    if case .targets = momentum, let radius = network.plan.loss.marginRadius, radius > 0 {
      throw Failure(.incompatible, "the network's loss has margins, which mechanics does not compute; give a cotangent of the scores instead of targets")
    }
    guard network.plan.outputStates == nil else {
      throw Failure(.incompatible, "outputs_at is steps: momenta begin with the scores at the end, but these scores read the states of all steps")
    }
    var mechanics = try Mechanics(network, features, options)
    return try mechanics.computed(momentum, symmetry)
  }

  private init(_ network: Network, _ features: TensorView, _ options: OptionValues) throws(Failure) {
    subject = try Subject(network, samples: features.rows)
    source = try subject.source(features)
    samples = features.rows
    limit = try options.integer("dense_limit")
    keepsMomenta = try options.flag("momenta")
  }

  private mutating func array(_ name: String, _ shape: [Int], _ help: String, allowsInfinity: Bool = false) throws(Failure) -> Report.Array {
    let made = try Report.Array(name, shape, help, allowsInfinity: allowsInfinity)
    arrays.append(made)
    return made
  }

  /// A state of a block: before one of its layers, or after the last.
  private struct Point {
    let block: Int
    /// 0 … layers.
    let depth: Int
    /// The number of the vector in the trajectory.
    let vector: Int
  }

  private struct Arrays {
    let momenta: Report.Array?
    let hamiltonian: Report.Array
    let changes: Report.Array
    let residuals: Report.Array
    let lagrange: Report.Array
    let divergence: Report.Array
    let determinants: Report.Array
    let density: Report.Array
    let phase: Report.Array
    let symplectic: Report.Array
    let noether: Report.Array?
    let defect: Report.Array?
  }

  private mutating func computed(_ momentum: FinalMomentum, _ symmetry: [Double]?) throws(Failure) -> Report {
    let plan = subject.plan
    var points: [Point] = []
    for (index, block) in plan.blocks.enumerated() {
      for depth in 0...block.layers { points.append(Point(block: index, depth: depth, vector: subject.links[index].lowerBound + depth)) }
      if let refusal = FrozenJacobian.refusal(block) { omissions.add("hamiltonian, residuals, divergence", "block \(index)", refusal) }
      if FrozenJacobian.order(block) > limit { omissions.add("divergence", "block \(index)", "its state has \(FrozenJacobian.order(block)) rows and dense_limit is \(limit)") }
      if block.stateWidth > limit { omissions.add("determinants, densities, symplectic defect", "block \(index)", "its whole state has \(block.stateWidth) rows and dense_limit is \(limit)") }
      if Symplectic.half(block) == nil { omissions.add("symplectic_defect", "block \(index)", "its state is not positions and momenta of one and the same number") }
      if let symmetry, symmetry.count != block.width * block.width {
        throw Failure(.shapeMismatch, "symmetry has \(symmetry.count) numbers; block \(index) has a visible state of \(block.width) numbers, so that symmetry must be [\(block.width), \(block.width)]")
      }
    }
    let (layers, width) = (subject.layers.count, plan.blocks.map(\.stateWidth).max() ?? 0)
    let places = try array("points", [points.count, 3], "of each point: its block, its number in the block (0 before the first layer) and its time")
    for (row, point) in points.enumerated() {
      for (column, value) in [Double(point.block), Double(point.depth), plan.blocks[point.block].grid.time(point.depth)].enumerated() { places.set(value, row, column) }
    }
    let out = Arrays(
      momenta: keepsMomenta ? try array("momenta", [samples, points.count, width], "∂loss/∂Y of the whole state at each point, by the exact pullback of the steps; NaN beyond the block's state") : nil,
      hamiltonian: try array("hamiltonian", [samples, points.count], "H = a·f(y, θ) with the weights of the layer behind the point, at a block's end those of its last layer"),
      changes: try array("hamiltonian_rate", [samples, layers, 3], "(H_{j+1} − H_j)/h; its part that comes from the change of the weights, a_{j+1}·(f(y_{j+1}, θ_{j+1}) − f(y_{j+1}, θ_j))/h, the discrete a·(∂f/∂θ)θ̇; and the rest, which is the scheme's error"),
      residuals: try array("hamilton_residual", [samples, layers, 2], "‖(y_{j+1} − y_j)/h − ½(f_j + f_{j+1})‖₂ and ‖(a_{j+1} − a_j)/h + ½(J_jᵀa_j + J_{j+1}ᵀa_{j+1})‖₂, both with the layer's weights: Hamilton's equations by the trapezoidal rule"),
      lagrange: try array("lagrangian", [samples, layers], "ℒ = a·ẏ − a·f by the same rule, which is 0 along solutions of Lagrange's equations"),
      divergence: try array("divergence", [samples, points.count], "tr ∂f/∂y, the rate at which volumes and, on average over samples, the entropy of the states change"),
      determinants: try array("log_determinant", [samples, layers, 2], "log|det ∂Y_{j+1}/∂Y_j| of each step and the determinant's sign: −infinity and 0 for singular Jacobians", allowsInfinity: true),
      density: try array("log_density_change", [samples, plan.blocks.count], "log p(Y_N) − log p(Y_0) = −Σ log|det|: how the density of a sample's state changes through a block; infinity where a Jacobian is singular", allowsInfinity: true),
      phase: try array("phase_determinant", [samples, plan.blocks.count], "determinant of the flow (Y_0, a_0) → (Y_N, a_N) of a block, from Jacobians by Jv and inverse transposes by Jᵀw: 1 by Liouville's theorem; NaN where a Jacobian is singular"),
      symplectic: try array("symplectic_defect", [samples, plan.blocks.count], "‖MᵀΩM − Ω‖_F of M = ∂Y_N/∂Y_0 for blocks of positions and momenta: 0 for symplectic steps"),
      noether: symmetry == nil ? nil : try array("noether", [samples, points.count], "a·Gy for the given matrix G: constant where G is a symmetry of f"),
      defect: symmetry == nil ? nil : try array("symmetry_defect", [samples, points.count], "‖J·Gy − G·f‖₂: 0 where G is a symmetry of f at the state"))
    let entropy = try array("entropy_change", [plan.blocks.count, 2], "for each block the change of the entropy of the states: the mean over samples of Σ log|det| of the steps, and of the integral of the divergence by the trapezoidal rule", allowsInfinity: true)
    let products = try array("p_dot_v", [samples, subject.trajectory.links.count + 1], "p·v after each link of the network for a tangent v and the momentum p: constant up to rounding where pushforward and pullback are each other's transpose")
    let worker = try MechanicsWorker(subject.trajectory)
    for sample in 0..<samples {
      try subject.trajectory.follow(source, sample: sample)
      try subject.trajectory.working(source) { () throws(Failure) in
        try self.momentum(momentum, sample, worker)
        try self.pull(sample, worker, points, products, out)
        for (number, block) in plan.blocks.enumerated() {
          try self.alongBlock(number, block, sample, worker, points, symmetry, out)
          try self.volumes(number, block, sample, worker, out)
        }
      }
    }
    var summaries: [JSON] = []
    for (number, block) in plan.blocks.enumerated() {
      let rows = subject.layers.indices.filter { subject.layers[$0].block == number }
      let own = points.indices.filter { points[$0].block == number }
      var (exact, integral, drift) = (0.0, 0.0, 0.0)
      for sample in 0..<samples {
        exact -= out.density.get(sample, number) / Double(samples)
        for row in rows {
          let place = own[subject.layers[row].index]
          integral += 0.5 * block.stepSize(subject.layers[row].index) * (out.divergence.get(sample, place) + out.divergence.get(sample, place + 1)) / Double(samples)
        }
        let values = own.map { out.hamiltonian.get(sample, $0) }
        drift = values.contains(where: \.isNaN) ? .nan : max(drift, (values.max() ?? 0) - (values.min() ?? 0))
      }
      for (column, value) in [exact, integral].enumerated() where !value.isNaN { entropy.set(value, number, column) }
      let constant = rows.dropLast().allSatisfy { row in (0..<samples).allSatisfy { out.changes.get($0, row, 1) == 0 } }
      summaries.append(
        .object([
          ("block", .integer(Int64(number))), ("field", .text(subject.name(ofField: number))), ("integrator", .text(subject.name(ofScheme: number))), ("layers", .integer(Int64(block.layers))),
          ("order", .integer(Int64(block.integrator.order))), ("hamiltonian_drift", Stability.number(drift)), ("constant_weights", .bool(constant)),
        ]))
    }
    let document = JSON.object([
      ("report", .text("mechanics")), ("samples", .integer(Int64(samples))), ("blocks", .array(summaries)), ("statements", .array(statements(out, products))), ("omitted", omissions.json),
      ("arrays", .object(arrays.map { ($0.name, .object([("shape", .array($0.shape.map { .integer(Int64($0)) })), ("help", .text($0.help))])) })),
    ])
    return try Report(document, arrays)
  }

  /// The cotangent of the scores.
  private func momentum(_ momentum: FinalMomentum, _ sample: Int, _ worker: MechanicsWorker) throws(Failure) {
    let scores = subject.trajectory.state(subject.trajectory.links.count)
    switch momentum {
    case .cotangent(let view):
      gather(view, rows: nil, start: sample, count: 1, scaling: subject.targetScaling?.ofCotangents, into: worker.cotangent(subject.trajectory.links.count))
    case .targets(let targets):
      switch targets {
      case .labels(let labels, _): worker.labels[0] = labels[sample]
      case .values(let view, let scaling, _): gather(view, rows: nil, start: sample, count: 1, scaling: scaling, into: worker.values)
      }
      var correct = 0
      let loss = subject.plan.loss(subject.targetScaling, in: .caller).evaluate(
        scores: scores, targets: TileTargets(labels: worker.labels, values: worker.values), count: 1, scale: 1, gradient: worker.cotangent(subject.trajectory.links.count), correct: &correct)
      guard loss.isFinite else { throw Failure(.notFinite, "row \(sample): the loss is not finite") }
    }
  }

  /// The momenta of all vectors, and p·v.
  private func pull(_ sample: Int, _ worker: MechanicsWorker, _ points: [Point], _ products: Report.Array, _ out: Arrays) throws(Failure) {
    let trajectory = subject.trajectory
    for link in trajectory.links.indices.reversed() {
      try Watch.check()
      copy(worker.cotangent(link + 1), into: worker.room(trajectory.width(link + 1)))
      trajectory.pullback(link, worker.room(trajectory.width(link + 1)), into: worker.cotangent(link))
    }
    var (tangent, other) = (worker.tangents.0, worker.tangents.1)
    let first = tangent.rows(0..<trajectory.width(0))
    fillIrregular(first)
    normalize(first)
    products.set(dot(first, worker.cotangent(0)), sample, 0)
    for link in trajectory.links.indices {
      try Watch.check()
      let next = other.rows(0..<trajectory.width(link + 1))
      trajectory.pushforward(link, tangent.rows(0..<trajectory.width(link)), into: next)
      products.set(dot(next, worker.cotangent(link + 1)), sample, link + 1)
      (tangent, other) = (other, tangent)
    }
    guard let momenta = out.momenta else { return }
    for (row, point) in points.enumerated() {
      let own = worker.cotangent(point.vector)
      let numbers = Vector(own.base, count: own.rows, precision: .float64)
      let start = (sample * points.count + row) * momenta.shape[2]
      try Watch.check()
      guard allFinite(numbers) else { throw Failure(.notFinite, "row \(sample): the momenta are not finite in float64") }
      copy(numbers, into: momenta.values[start..<start + numbers.count])
    }
  }

  /// H, the residuals, divergences and Noether's quantities of one block.
  private func alongBlock(_ number: Int, _ block: ODEBlock, _ sample: Int, _ worker: MechanicsWorker, _ points: [Point], _ symmetry: [Double]?, _ out: Arrays) throws(Failure) {
    guard FrozenJacobian.refusal(block) == nil else { return }
    let (trajectory, n) = (subject.trajectory, FrozenJacobian.order(block))
    let own = points.indices.filter { points[$0].block == number }
    let rows = subject.layers.indices.filter { subject.layers[$0].block == number }
    let (first, second, product, difference) = (worker.vector(0, n), worker.vector(1, n), worker.vector(2, n), worker.vector(3, n))
    for (depth, place) in own.enumerated() {
      try Watch.check()
      let vector = points[place].vector
      let a = worker.momentum(block, vector, n, slot: 4)
      let jacobian = try FrozenJacobian(block, trajectory.step(number, min(depth, block.layers - 1)), at: trajectory.state(vector))
      copy(jacobian.value, into: first)
      out.hamiltonian.set(dot(a, first), sample, place)
      if let symmetry, n == block.width {
        let y = trajectory.state(vector).rows(0..<n)
        multiply(symmetry, y, into: second)
        if let noether = out.noether { noether.set(dot(a, second), sample, place) }
        multiply(symmetry, first, into: difference)
        jacobian.multiply(second, into: product)
        combine(1, product, -1, difference, into: difference)
        if let defect = out.defect { defect.set(dot(difference, difference).squareRoot(), sample, place) }
      }
      if n <= limit {
        let matrix = try jacobian.matrix()
        out.divergence.set((0..<n).reduce(0) { $0 + matrix[$1 * n + $1] }, sample, place)
      }
    }
    for row in rows {
      try Watch.check()
      let (layer, h) = (subject.layers[row], block.stepSize(subject.layers[row].index))
      let place = own[layer.index]
      let step = trajectory.step(number, layer.index)
      let (before, after) = (points[place].vector, points[place + 1].vector)
      let (start, end) = (try FrozenJacobian(block, step, at: trajectory.state(before)), try FrozenJacobian(block, step, at: trajectory.state(after)))
      let (a, b) = (worker.momentum(block, before, n, slot: 4), worker.momentum(block, after, n, slot: 5))
      // ½(f_j + f_{j+1}), and (y_{j+1} − y_j)/h.
      combine(0.5, start.value, 0.5, end.value, into: first)
      combine(1 / h, trajectory.state(after).rows(0..<n), -1 / h, trajectory.state(before).rows(0..<n), into: second)
      combine(1, second, -1, first, into: difference)
      out.residuals.set(dot(difference, difference).squareRoot(), sample, row, 0)
      out.lagrange.set(0.5 * (dot(a, difference) + dot(b, difference)), sample, row)
      // With the same weights at both ends, the change of H is the scheme's error.
      let (now, frozen) = (dot(a, start.value), dot(b, end.value))
      let later = out.hamiltonian.get(sample, place + 1)
      out.changes.set((later - now) / h, sample, row, 0)
      out.changes.set((later - frozen) / h, sample, row, 1)
      out.changes.set((frozen - now) / h, sample, row, 2)
      start.multiplyTransposed(a, into: first)
      end.multiplyTransposed(b, into: second)
      combine(0.5, first, 0.5, second, into: first)
      combine(1 / h, b, -1 / h, a, into: second)
      combine(1, second, 1, first, into: difference)
      out.residuals.set(dot(difference, difference).squareRoot(), sample, row, 1)
    }
  }

  /// The determinants of one block's steps, and what follows from them.
  private func volumes(_ number: Int, _ block: ODEBlock, _ sample: Int, _ worker: MechanicsWorker, _ out: Arrays) throws(Failure) {
    let n = block.stateWidth
    guard n <= limit else { return }
    let (trajectory, unit, product) = (subject.trajectory, worker.vector(0, n), worker.vector(1, n))
    var (sum, transposed, sign, total) = (0.0, 0.0, 1.0, identity(n))
    for row in subject.layers.indices where subject.layers[row].block == number {
      let link = subject.layers[row].link
      let step = try assembled(n, n, unit, product) { v, result in trajectory.pushforward(link, v, into: result) }
      let backwards = try assembled(n, n, unit, product) { p, result in trajectory.pullback(link, p, into: result) }
      let (one, other) = (LogDeterminant(step, order: n), LogDeterminant(backwards, order: n))
      out.determinants.set(one.logarithm, sample, row, 0)
      out.determinants.set(one.sign, sample, row, 1)
      sum += one.logarithm
      transposed += other.logarithm
      sign *= one.sign * other.sign
      total = squareProduct(step, total, n)
    }
    out.density.set(-sum, sample, number)
    if sum.isFinite, transposed.isFinite { out.phase.set(sign * exp(sum - transposed), sample, number) }
    if let half = Symplectic.half(block) { out.symplectic.set(Symplectic.defect(total, half: half), sample, number) }
  }

  private func statements(_ out: Arrays, _ products: Report.Array) -> [JSON] {
    var (worst, place) = (0.0, 0)
    for sample in 0..<samples {
      let values = (0...subject.trajectory.links.count).map { products.get(sample, $0) }
      let size = values.reduce(0) { max($0, abs($1)) }
      guard size > 0, let last = values.last else { continue }
      let difference = values.reduce(0) { max($0, abs($1 - last)) } / size
      if difference > worst { (worst, place) = (difference, sample) }
    }
    return [
      .object([
        ("sense", .text("p·v is constant over the links of the network")), ("holds", .bool(worst < 1e-11)), ("quantity", .text("relative difference")), ("value", number(worst)), ("limit", .real(1e-11)), ("sample", .integer(Int64(place))),
        ("text", .text("p·v changes by at most \(worst) of its size over the links of the network, at sample \(place)")),
      ])
    ]
  }
}

private func identity(_ n: Int) -> [Double] { (0..<n * n).map { $0 / n == $0 % n ? 1 : 0 } }

/// a·b of square matrices.
private func squareProduct(_ a: [Double], _ b: [Double], _ n: Int) -> [Double] {
  var out = Array(repeating: 0.0, count: n * n)
  for i in 0..<n {
    for k in 0..<n where a[i * n + k] != 0 {
      for j in 0..<n { out[i * n + j] += a[i * n + k] * b[k * n + j] }
    }
  }
  return out
}

/// out = matrix·y.
private func multiply(_ matrix: [Double], _ y: Block, into out: Block) {
  let (given, made) = (Vector(y.base, count: y.rows, precision: .float64), Vector(out.base, count: y.rows, precision: .float64))
  for i in 0..<y.rows {
    var sum = 0.0
    for j in 0..<y.rows { sum += matrix[i * y.rows + j] * given.load(j) }
    made.store(sum, at: i)
  }
}
