import Gradients
import Integrators
import LinearAlgebra
import Networks
import Settings
import VectorFields

/// The figures of a stability report that are about frozen layers: eigenvalues, the scheme's stability for them, and logarithmic norms.
extension StabilityReport {
  struct Frozen {
    let eigenvalues: Report.Array
    let radius: Report.Array
    let amplification: Report.Array
    let largestStep: Report.Array
    let euclidean: Report.Array
    let maximum: Report.Array
  }

  mutating func frozenArrays() throws(Failure) -> Frozen {
    var widest = 0
    for (index, block) in subject.plan.blocks.enumerated() {
      let order = FrozenJacobian.order(block)
      if let refusal = FrozenJacobian.refusal(block) {
        draft.omissions.add("eigenvalues, logarithmic norms", "block \(index)", refusal)
      } else if order > denseLimit {
        draft.omissions.add("eigenvalues, logarithmic norm in ℓ∞", "block \(index)", "its state has \(order) rows and dense_limit is \(denseLimit)")
      } else {
        widest = max(widest, order)
      }
      if block.stateWidth > denseLimit { draft.omissions.add("spectral radius of the step", "block \(index)", "its whole state has \(block.stateWidth) rows and dense_limit is \(denseLimit)") }
    }
    let count = subject.layers.count
    return Frozen(
      eigenvalues: try draft.array("eigenvalues", [samples, count, widest, 2], "real and imaginary parts of the eigenvalues of each layer's frozen Jacobian J_j = ∂f/∂y at the sample's state, by falling real part; NaN beyond those of the layer"),
      radius: try draft.array("stability_radius", [samples, count], "largest |R(hλ)| over the eigenvalues λ of the frozen Jacobian, R being the scheme's stability function, or the spectral radius of its companion matrix: above 1 the scheme is not absolutely stable there; infinity at a pole", allowsInfinity: true),
      amplification: try draft.array("amplification", [samples, count], "spectral radius of the step's own Jacobian ∂Y_{j+1}/∂Y_j at the sample's state"),
      largestStep: try draft.array("largest_step", [samples, count], "largest step size for which the scheme is absolutely stable for the frozen Jacobian: 0 where none is, infinity where no limit was found", allowsInfinity: true),
      euclidean: try draft.array("log_norm_2", [samples, count], "logarithmic norm μ₂ of the frozen Jacobian; from states of more rows than dense_limit a lower bound by Lanczos' iteration"),
      maximum: try draft.array("log_norm_inf", [samples, count], "logarithmic norm μ_∞ of the frozen Jacobian"))
  }

  mutating func spectra(_ sample: Int, _ out: Frozen) throws(Failure) {
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
  mutating func regionOfLayer(_ layer: Subject.LayerPlace, _ eigenvalues: [ComplexNumber], _ matrix: [Double], _ sample: Int, _ row: Int, _ out: Frozen) throws(Failure) {
    let block = subject.plan.blocks[layer.block]
    let known = functions[layer.block] ?? StabilityFunctions(block)
    functions[layer.block] = known
    var list: [StabilityFunction] = []
    do throws(Failure) {
      list = try known.functions(block, layer.index, own(layer))
    } catch {
      guard error.status == .incompatible else { throw error }
      draft.omissions.add("stability_radius, largest_step, region", "block \(layer.block)", error.message)
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

  func notFinite(_ layer: Subject.LayerPlace, _ sample: Int) -> Failure {
    Failure(.notFinite, "row \(sample): the Jacobian of layer \(layer.index) of block \(layer.block) is not finite in float64")
  }
  func noConvergence(_ layer: Subject.LayerPlace, _ sample: Int) -> Failure {
    Failure(.notConverged, "row \(sample): the eigenvalues of the Jacobian of layer \(layer.index) of block \(layer.block) were not found")
  }

  /// The regions of the blocks' schemes, for plots: those of each block's last layer.
  mutating func regions(_ frozen: Frozen) throws(Failure) {
    let points = try options.integer("region_points")
    guard points > 1, functions.contains(where: { $0 != nil }) else { return }
    let region = try draft.array("region", [functions.count, points, points], "for each block the spectral radius of its scheme's companion matrix on a rectangle of z = hλ (or h²λ): rows ascend along the imaginary axis, columns along the real one; the region of absolute stability is where it is at most 1. A scheme with trained numbers has those of the block's last layer, the largest radius over channels; infinity at a pole", allowsInfinity: true)
    let extents = try draft.array("region_extent", [functions.count, 4], "the rectangle: least and largest real part, least and largest imaginary part")
    for (index, known) in functions.enumerated() {
      guard let known, let last = subject.layers[subject.rows[index]].last else { continue }
      let block = subject.plan.blocks[index]
      var list: [StabilityFunction] = []
      do throws(Failure) {
        list = try known.functions(block, last.index, own(last))
      } catch {
        // The omission is there already (`regionOfLayer`).
        guard error.status == .incompatible else { throw error }
      }
      guard let power = list.first?.power else { continue }
      var (left, right, high) = (-3.0, 1.0, 3.5)
      for row in subject.rows[index] {
        let h = block.stepSize(subject.layers[row].index)
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
}
