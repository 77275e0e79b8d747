import LinearAlgebra
import Networks
import Settings
import VectorFields

/// |x|₂ in Double.
private func length(_ x: [Double]) -> Double { x.reduce(0) { $0 + $1 * $1 }.squareRoot() }

/// By how much a ratio that was computed in Double must exceed its limit to count as larger: far more than its rounding errors.
private let margin = 1 + 1e-9

/// The largest matrix whose vectors are searched for: the search reads it some hundred times.
private let mostNumbers = 1 << 22

/// A vector that a layer with fixed slopes makes grow: all slopes are L, which the statement allows.
enum FrozenWitness {
  /// The witness as JSON; nil if none is found.
  static func find(_ frozen: FrozenCondition) throws(Failure) -> JSON? {
    guard let matrix = frozen.weights.matrix, matrix.rows * matrix.columns <= mostNumbers else { return nil }
    let products = try PlainProducts(matrix, isAntisymmetric: frozen.isAntisymmetric)
    let v = try products.stretched()
    let (h, slope) = (frozen.stepSize, frozen.dynamics.slope)
    let stretch = length(products.apply(v)) / length(v)
    let ratio: Double
    switch frozen.hypothesis.name {
    case "euler_step":
      guard case .euler = frozen.scheme else { return nil }
      let change = products.applyTransposed(products.apply(v))
      ratio = length(zip(v, change).map { $0 - h * slope * $1 }) / length(v)
    case "rotation_step":
      guard case .rotation(let g) = frozen.dynamics.kind else { return nil }
      ratio = length(zip(v, products.apply(v)).map { $0 + h * slope * ($1 - g * $0) }) / length(v)
    case "midpoint_step": ratio = h * slope * stretch
    case "verlet_step" where frozen.power == 1: ratio = h * slope * stretch / 2
    case "leapfrog_step" where frozen.power == 2: ratio = h * h * slope * stretch * stretch / 4
    default: return nil
    }
    guard ratio > margin, ratio.isFinite else { return nil }
    return .object([
      ("block", .integer(Int64(frozen.hypothesis.block ?? 0))), ("layer", .integer(Int64(frozen.hypothesis.layer ?? 0))), ("slope", .real(slope)), ("vector", .array(v.map { .real($0) })),
      ("ratio", .real(ratio)),
    ])
  }
}

/// Two states of a layer that its step moves apart: for Euler's step of gradient flows over matrices.
enum ExpansionWitness {
  /// The witness, and the hypothesis that fails there.
  static func find(_ reading: NetworkReading, _ hypotheses: [Hypothesis]) throws(Failure) -> (json: JSON, failed: Hypothesis)? {
    for failed in hypotheses where !failed.holds {
      guard let index = failed.block, let j = failed.layer else { continue }
      let layer = try reading.layer(j, ofBlock: index, try reading.scheme(ofBlock: index))
      guard case .descent(let map) = layer.field, case .euler = layer.scheme, let matrix = map.weights.matrix, matrix.rows * matrix.columns <= mostNumbers else { continue }
      let products = try PlainProducts(matrix)
      let bias = (0..<products.rows).map { map.bias?.number($0) ?? 0 }
      let v = try products.stretched()
      func step(_ y: [Double]) throws(Failure) -> [Double] {
        let hidden = try activated(map.activation, zip(products.apply(y), bias).map { $0 + $1 })
        return zip(y, products.applyTransposed(hidden)).map { $0 - layer.stepSize * $1 }
      }
      // The slopes of tanh are largest where Ky + b = 0, those of others where it is large.
      for target in [0.0, 10, 1000] {
        let center = try products.leastSquares(bias.map { target - $0 })
        let distance = 1e-3 * (1 + target)
        let (x, y) = (zip(center, v).map { $0 + distance * $1 }, zip(center, v).map { $0 - distance * $1 })
        let (before, after) = (zip(x, y).map { $0 - $1 }, zip(try step(x), try step(y)).map { $0 - $1 })
        let ratio = length(after) / length(before)
        guard ratio > margin, ratio.isFinite, (x + y).allSatisfy(\.isFinite) else { continue }
        let json = JSON.object([
          ("block", .integer(Int64(index))), ("layer", .integer(Int64(j))), ("x", .array(x.map { .real($0) })), ("y", .array(y.map { .real($0) })), ("ratio", .real(ratio)),
        ])
        return (json, failed)
      }
    }
    return nil
  }
}

/// Two inputs whose scores are further apart than a limit allows, by the library's own scores less the bounds of their rounding errors.
enum LipschitzWitness {
  static func find(_ request: CertificateRequest, _ reading: NetworkReading, _ bound: NetworkBound, _ ledger: NormLedger, limit: Double) throws(Failure) -> JSON? {
    let plan = request.plan
    guard plan.inputs <= 1 << 16, plan.loss.outputKind == .classes || request.snapshot.targetScaling == nil else { return nil }
    let pass: RoundingPass
    do throws(Failure) { pass = try RoundingPass(reading, bound, ledger) } catch {
      guard error.status == .incompatible else { throw error }
      return nil
    }
    // The direction that the first matrix stretches most; the distances reach from small ones to large ones.
    var direction = Array(repeating: 1 / Double(plan.inputs).squareRoot(), count: plan.inputs)
    if case .affine(let map, _) = reading.stages.first?.form, let matrix = map.weights.matrix, matrix.rows * matrix.columns <= mostNumbers { direction = try PlainProducts(matrix).stretched() }
    let distances = [1e-2, 1e-1, 1, 10]
    let memory = try Buffer(count: 2 * distances.count * plan.inputs, precision: .float64)
    let all = memory.vector(count: 2 * distances.count * plan.inputs, precision: .float64)
    for (k, distance) in distances.enumerated() {
      for i in 0..<plan.inputs {
        let center = reading.normalization.map { $0.shift.load(i) } ?? 0
        // Numbers that both precisions hold.
        all.store(Double(Float(center + distance * direction[i])), at: (2 * k) * plan.inputs + i)
        all.store(Double(Float(center - distance * direction[i])), at: (2 * k + 1) * plan.inputs + i)
      }
    }
    let features = TensorView(UnsafeRawPointer(memory.base), type: .float64, rows: 2 * distances.count, columns: plan.inputs)
    let scoreMemory = try Buffer(count: 2 * distances.count * plan.outputs, precision: .float64)
    let predictor = try Predictor(request.network, request.snapshot, maximumBatch: 2 * distances.count, threads: 1)
    _ = try predictor.run(features, .scores, into: MutableTensorView(scoreMemory.base, type: .float64, rows: 2 * distances.count, columns: plan.outputs), isPartial: true, pool: nil)
    let scores = scoreMemory.vector(count: 2 * distances.count * plan.outputs, precision: .float64)
    defer { withExtendedLifetime((memory, scoreMemory, predictor)) {} }
    for k in distances.indices {
      func row(_ r: Int, _ vector: Vector, _ width: Int) -> [Double] { (0..<width).map { vector.load((2 * k + r) * width + $0) } }
      let (x, y) = (row(0, all, plan.inputs), row(1, all, plan.inputs))
      let (s, t) = (row(0, scores, plan.outputs), row(1, scores, plan.outputs))
      guard let errors = try wrong(pass, reading, x, y, outputs: plan.outputs) else { continue }
      let apart = length(zip(s, t).map { $0 - $1 }) - errors
      let ratio = apart / length(zip(x, y).map { $0 - $1 })
      guard ratio > limit * margin, ratio.isFinite else { continue }
      return .object([("x", .array(x.map { .real($0) })), ("y", .array(y.map { .real($0) })), ("ratio", .real(ratio))])
    }
    return nil
  }

  /// A bound of how wrong the difference of both scores is, in ℓ₂.
  private static func wrong(_ pass: RoundingPass, _ reading: NetworkReading, _ x: [Double], _ y: [Double], outputs: Int) throws(Failure) -> Double? {
    var sum = 0.0
    for input in [x, y] {
      let scaled = input.enumerated().map { i, value in reading.normalization.map { (value - $0.shift.load(i)) * $0.scale.load(i) } ?? value }
      var entered = scaled
      for feature in reading.normalization?.squashed ?? [] { entered[feature] = squashed(scaled[feature]) }
      let ball = InputBall(center: .upTo(length(entered) * margin), plain: .upTo(length(scaled) * margin), radius: Interval(0), isExact: true)
      guard let features = try pass.features(ball) else { return nil }
      for score in 0..<outputs {
        guard let error = pass.error(features, score, nil, distance: pass.rowNorm(score)) else { return nil }
        sum += error.upper
      }
    }
    return sum * margin
  }
}
