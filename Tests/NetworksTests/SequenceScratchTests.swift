import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing

/// Sequences in whole networks.
@Suite struct SequenceScratchTests {
  /// Steps and layers of a network of each kind, and its further options.
  private static let kinds: [String: (field: String, options: String)] = [
    "rnn": ("antisymmetric_rnn", #""gamma": 0.1"#),
    "gated": ("gated_antisymmetric_rnn", #""gamma": 0.1, "weights_in_time": "shared""#),
    "path": ("antisymmetric_rnn", #""interpolation": "hermite", "weights_in_time": "shared""#),
    "cde": ("neural_cde", #""interpolation": "linear""#),
    "ode": ("ode_rnn", #""weights_in_time": "shared""#),
  ]
  private static let names = ["rnn", "gated", "path", "cde", "ode"]

  private func sequences(
    _ kind: String, _ layout: String, steps: Int, layers: Int? = nil, opening: String = "sequence_dense", precision: Precision = .float64, others: String = ""
  ) throws -> Network {
    guard let (field, options) = Self.kinds[kind] else { throw Failure(.internal, kind) }
    let width = layout == "values" ? 2 : layout == "times_values" ? 3 : 5
    let layers = layers ?? (kind == "ode" ? 3 * steps : kind == "rnn" || kind == "gated" ? steps : 8)
    let made = try network(
      #"{"opening": "\#(opening)", "inputs": \#(steps * width), "channels": 2, "sequence_layout": "\#(layout)", "width": 5, "outputs": 3, "horizon": 2, "seed": 3, "layers": \#(layers), "precision": "\#(precision.name)", "field": "\#(field)", \#(options)\#(others)}"#)
    let noise = try Numbers.normal(made.plan.parameterCount, precision, seed: 17, deviation: 0.4)
    try made.replaceParameters(with: noise.vector)
    return made
  }

  private func scores(_ network: Network, _ rows: [[Double]]) throws -> Numbers {
    let features = try Numbers(rows.flatMap { $0 }, network.plan.precision)
    let out = try Numbers(rows.count * network.plan.outputs, network.plan.precision)
    let predictor = try Predictor(network, maximumBatch: rows.count, threads: 1)
    try withExtendedLifetime(predictor) {
      try predictor.run(features.view(rows: rows.count, columns: network.plan.inputs), .scores, into: out.target(rows: rows.count, columns: network.plan.outputs), pool: nil)
    }
    return out
  }

  /// In a float32 network float64 Unix times give the same bits as times that start at 0, because times are measured from the first observation before they are rounded.
  @Test(arguments: ["cde", "ode", "path"], ["times_values", "times_values_mask"]) func scaledTimesMayBeginAnywhere(_ kind: String, _ layout: String) throws {
    let made = try sequences(kind, layout, steps: 6, precision: .float32)
    let masks: [Double] = layout == "times_values" ? [] : [1, 1]
    func step(_ origin: Double, _ s: Int, _ j: Int) -> [Double] {
      let elapsed = Self.times[s][j] - Self.times[s][0]
      return [origin + elapsed] + Self.values[s][j] + masks
    }
    func rows(_ origin: Double) -> [[Double]] { (0..<20).map { s in (0..<6).flatMap { j in step(origin, s, j) } } }
    func scores(_ origin: Double) throws -> [Double] {
      let (features, out) = (try Numbers(rows(origin).flatMap { $0 }, .float64), try Numbers(20 * made.plan.outputs, .float32))
      let predictor = try Predictor(made, maximumBatch: 20, threads: 1)
      try withExtendedLifetime(predictor) {
        try predictor.run(features.view(rows: 20, columns: made.plan.inputs), .scores, into: out.target(rows: 20, columns: made.plan.outputs), pool: nil)
      }
      return out.values
    }
    // float64 times near 1.7e9 give differences of 0.3 up to 2⁻²² s, in spans of 5 s.
    #expect(largestDifference(try scores(1.7e9), try scores(0)) < 1e-5)
  }

  /// 20 samples of six observations of two channels, and their times.
  private static let values: [[[Double]]] = (0..<20).map { s in (0..<6).map { j in observation(s, j) } }
  private static let times: [[Double]] = (0..<20).map { s in (0..<6).map { j in time(s, j) } }
  private static func observation(_ s: Int, _ j: Int) -> [Double] {
    let (a, b) = ((s * 5 + j * 3) % 11, (s + j * 7) % 13)
    return [Double(a) / 5 - 1, Double(b) / 6 - 1]
  }
  private static func time(_ s: Int, _ j: Int) -> Double {
    let unevenness = 0.3 * Double((s + j * j) % 3)
    return Double(s + j) + unevenness
  }
  /// One step with its time and masks.
  private static func step(_ s: Int, _ j: Int, _ first: Bool, _ second: Bool) -> [Double] {
    [times[s][j], values[s][j][0], values[s][j][1], first ? 1 : 0, second ? 1 : 0]
  }
  private static func sample(_ s: Int, _ isObserved: (_ j: Int, _ channel: Int) -> Bool) -> [Double] {
    (0..<6).flatMap { j in step(s, j, isObserved(j, 0), isObserved(j, 1)) }
  }

  @Test(arguments: names) func regularIsIrregularWithEqualTimes(_ kind: String) throws {
    let regular = try scores(try sequences(kind, "values", steps: 6), Self.values.map { $0.flatMap { $0 } })
    let irregular = try scores(try sequences(kind, "times_values", steps: 6), Self.values.map { $0.enumerated().flatMap { [Double($0)] + $1 } })
    #expect(regular.bits == irregular.bits)
    let masked = try scores(try sequences(kind, "times_values_mask", steps: 6), Self.values.map { $0.enumerated().flatMap { [Double($0)] + $1 + [1, 1] } })
    // With a row of presence the same number is computed with more roundings.
    #expect(largestDifference(masked.values, regular.values) < 1e-14)
    #expect(kind == "rnn" || kind == "gated" || masked.bits == regular.bits)
  }

  /// Padded steps change no bit, whatever they contain: at the end of every sequence, and anywhere in paths and events.
  @Test(arguments: names, [true, false]) func paddingChangesNothing(_ kind: String, _ isScaled: Bool) throws {
    let time = isScaled ? "" : #", "sequence_time": "absolute""#
    func rows(_ places: [Int], _ steps: Int) -> [[Double]] {
      (0..<20).map { s in
        (0..<steps).flatMap { step -> [Double] in
          guard let j = places.firstIndex(of: step) else { return [-5, 1e20, 3, 0, 0] }
          let isSeen = j == 0 || j == 5 || (s + j) % 2 == 0
          var row = Self.step(s, j, true, isSeen)
          row[0] = (row[0] - Self.times[s][0]) / 4
          return row
        }
      }
    }
    let layers = kind == "path" || kind == "cde" ? 8 : nil
    let short = try sequences(kind, "times_values_mask", steps: 6, layers: layers, others: time)
    let long = try sequences(kind, "times_values_mask", steps: 9, layers: layers, others: time)
    // If each layer has its own weights, the first tensors are the same.
    if kind == "rnn" {
      for (name, count) in [("blocks.0.W", 25), ("blocks.0.V", 10), ("blocks.0.b", 5)] {
        let (from, to) = (try short.tensor(name), try long.tensor(name))
        let all = try Numbers(long.plan.parameterCount, .float64)
        copy(long.snapshot.parameters, into: all.vector)
        copy(short.snapshot.parameters[from.range], into: all.vector[to.range.lowerBound..<to.range.lowerBound + 6 * count])
        try long.replaceParameters(with: all.vector)
      }
      for name in ["opening.W", "opening.b", "readout.W", "readout.b"] {
        let (from, to) = (try short.tensor(name), try long.tensor(name))
        let all = try Numbers(long.plan.parameterCount, .float64)
        copy(long.snapshot.parameters, into: all.vector)
        copy(short.snapshot.parameters[from.range], into: all.vector[to.range])
        try long.replaceParameters(with: all.vector)
      }
    }
    // The step size is horizon/layers. It must stay the same if there are more layers for more steps.
    let places = kind == "rnn" ? [0, 1, 2, 3, 4, 5] : [0, 2, 3, 4, 6, 7]
    let stretched = kind == "rnn" || kind == "gated" ? try withHorizon(long, 3) : long
    let (plain, padded) = (try scores(short, rows([0, 1, 2, 3, 4, 5], 6)), try scores(stretched, rows(places, 9)))
    // The flow's step size times its factor is the elapsed time, which is rounded twice if the numbers of layers differ.
    if kind == "ode" { #expect(largestDifference(plain.values, padded.values) < 1e-14) } else { #expect(plain.bits == padded.bits) }
    #expect(norm(plain.values) > 0.1)
  }

  private func withHorizon(_ other: Network, _ horizon: Double) throws -> Network {
    var specification = other.plan.specification
    try specification.set("horizon", .real(horizon))
    let made = try Network(specification)
    let snapshot = other.snapshot
    try withExtendedLifetime(snapshot) { try made.replaceParameters(with: snapshot.parameters) }
    return made
  }

  @Test(arguments: names, Precision.allCases) func aSampleAloneHasTheSameBits(_ kind: String, _ precision: Precision) throws {
    let made = try sequences(kind, "times_values_mask", steps: 6, precision: precision)
    let rows = (0..<20).map { s in Self.sample(s) { j, channel in channel == 1 || (s + j) % 4 != 0 } }
    let all = try scores(made, rows).bits
    for s in [0, 7, 19] { #expect(try scores(made, [rows[s]]).bits == Array(all[3 * s..<3 * s + 3])) }
  }

  /// Derivatives through masks and times keep the contracts, transpose and Taylor, in parameters and observations.
  @Test(arguments: names, ["sequence", "sequence_dense"]) func derivativesAreExact(_ kind: String, _ opening: String) throws {
    for precision in Precision.allCases {
      let made = try sequences(kind, "times_values_mask", steps: 6, opening: opening, precision: precision)
      let example = try DerivativeCase(made.plan.specification)
      for s in 0..<7 {
        let row = Self.sample(s) { j, channel in channel == 0 ? (s + j) % 4 != 0 : (s + j) % 3 != 0 }
        for (index, value) in row.enumerated() { example.features[s * 30 + index] = value }
      }
      #expect(try example.adjointDefect() < (precision == .float64 ? 1e-12 : 1e-5))
      #expect(try example.taylorOrder() > 1.9)
    }
  }

  /// The gradient with respect to features is the same without a gradient of parameters; that of times and masks is zero.
  @Test(arguments: names) func featuresHaveAGradientOfTheirOwn(_ kind: String) throws {
    let made = try sequences(kind, "times_values", steps: 6)
    let features: [Double] = (0..<20).flatMap { s in (0..<6).flatMap { j in Array(Self.step(s, j, true, true).prefix(3)) } }
    let rows = try Numbers(features, .float64)
    let cotangent = try Numbers.normal(20 * 3, .float64, seed: 4)
    let sweep = try Sweep(made.plan, batch: 20, derivative: true, threads: 1)
    let pool = try WorkerPool(threads: 1)
    let snapshot = made.snapshot
    let (with, without) = (try Numbers(20 * 18, .float64), try Numbers(20 * 18, .float64))
    let gradient = try Numbers(made.plan.parameterCount, .float64)
    try withExtendedLifetime((snapshot, sweep, pool)) {
      for (target, wanted) in [(with, gradient.vector), (without, nil)] {
        try sweep.pullback(
          snapshot.parameters, BatchSource(features: rows.view(rows: 20, columns: 18), normalization: nil), cotangent: cotangent.view(rows: 20, columns: 3), count: 20,
          gradient: wanted, featureGradient: target.target(rows: 20, columns: 18), pool: pool)
      }
    }
    #expect(with.bits == without.bits)
    #expect((0..<20 * 6).allSatisfy { with[3 * $0] == 0 })
    #expect(norm(with.values) > 0.01)
  }

  /// Another parametrization of the same path gives the same result up to Euler's error of order 1, which halves with the step.
  @Test func neuralCDEFollowsThePathNotTheClock() throws {
    // The four knots lie on the grids of both parametrizations. The second one is slow in the middle and fast at both ends.
    let points = [[0.0, 1], [0.8, -0.5], [-0.6, 0.3], [1, 0.9]]
    func row(_ clock: [Double]) -> [Double] { zip(clock, points).flatMap { [$0] + $1 } }
    func difference(_ layers: Int) throws -> Double {
      let network = try sequences("cde", "times_values", steps: 4, layers: layers, others: #", "weights_in_time": "shared""#)
      let (even, uneven) = (try scores(network, [row([0, 1, 2, 3])]).values, try scores(network, [row([0, 0.5, 2.5, 3])]).values)
      return norm(zip(even, uneven).map { $0 - $1 })
    }
    let (coarse, fine, finest) = (try difference(96), try difference(192), try difference(384))
    #expect(finest < 5e-3, "\(finest)")
    #expect(abs(coarse / fine - 2) < 0.1 && abs(fine / finest - 2) < 0.05, "\(coarse) \(fine) \(finest)")
  }

  /// Only observations are normalized; times and masks stay unchanged, whatever normalization is given.
  @Test func normalizationLeavesTimesAndMasks() throws {
    let made = try sequences("path", "times_values_mask", steps: 6)
    let rows = (0..<20).map { s in Self.sample(s) { j, channel in channel == 1 || (s + j) % 4 != 0 } }
    let raw: [[Double]] = rows.map { row in row.indices.map { i in i % 5 == 1 || i % 5 == 2 ? row[i] / 4 + 3 : row[i] } }
    let expected = try scores(made, rows)
    let (shift, scale) = (try Numbers(Array(repeating: 3, count: 30), .float64), try Numbers(Array(repeating: 4, count: 30), .float64))
    try made.replaceNormalization(
      with: Normalization(shift: shift.view(rows: 1, columns: 30), scale: scale.view(rows: 1, columns: 30), inputs: 30, precision: .float64))
    #expect(largestDifference(try scores(made, raw).values, expected.values) < 1e-13)
    let kept = made.snapshot.normalization
    let shown: [Double] = kept.map { [$0.shift.load(0), $0.scale.load(0), $0.shift.load(1), $0.scale.load(2), $0.scale.load(3)] } ?? []
    #expect(shown == [0, 1, 3, 4, 1])
  }

  /// Drives are stored for each layer, but their cotangents only if gradients of features are requested.
  @Test func scratchWithoutFeatureGradientsIsSmaller() throws {
    let plan = try sequences("cde", "times_values", steps: 6, layers: 100).plan
    let (full, lean) = (try Sweep(plan, batch: 64, derivative: true, threads: 1), try Sweep(plan, batch: 64, derivative: true, features: false, threads: 1))
    // 100 layers of two channels and 18 features, 64 samples, 8 bytes.
    #expect(full.byteCount - lean.byteCount >= (100 * 2 + 18) * 64 * 8)
  }
}
