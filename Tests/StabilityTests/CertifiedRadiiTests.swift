import LinearAlgebra
import Networks
import Settings
import Stability
import TestSupport
import Testing

@Suite struct CertifiedRadiiTests {
  private static func classes(_ network: Network, _ x: Numbers, rows: Int) throws -> [Double] {
    let out = try Numbers(rows, .float64)
    _ = try Predictor(network, maximumBatch: rows, threads: 1).run(x.view(rows: rows, columns: network.plan.inputs), .classes, into: out.target(rows: rows, columns: 1), pool: nil)
    return out.values
  }

  /// Along a direction from x, the last place with the class of x: by bisection between x and a point beyond.
  private static func crossing(_ network: Network, _ x: [Double], _ direction: [Double], from radius: Double) throws -> Double? {
    func classAt(_ t: Double) throws -> Double {
      let point = try Numbers(zip(x, direction).map { $0 + t * $1 }, network.plan.precision)
      return try classes(network, point, rows: 1)[0]
    }
    let own = try classAt(0)
    var high = max(radius, 1e-6)
    for _ in 0..<30 where try classAt(high) == own { high *= 2 }
    guard try classAt(high) != own else { return nil }
    var low = 0.0
    for _ in 0..<60 {
      let middle = 0.5 * (low + high)
      if try classAt(middle) == own { low = middle } else { high = middle }
    }
    // The distance that the point has after rounding.
    let point = zip(x, direction).map { value, step in network.plan.precision == .float32 ? Double(Float(value + high * step)) : value + high * step }
    return norm(zip(point, x).map { $0 - $1 })
  }

  @Test(arguments: ["float32", "float64"], [#""field": "gradient_flow""#, #""field": "dense", "activation": "relu""#, #""field": "gradient_flow", "steps": "row_sums""#, #""field": "hamiltonian", "integrator": "verlet""#])
  func noClassChangesWithinARadius(_ precision: String, _ field: String) throws {
    var (crossings, positive) = (0, 0)
    for seed in 1...4 as ClosedRange<UInt64> {
      let made = try certified(#"{"inputs": 5, "outputs": 4, "precision": "\#(precision)", "width": 6, "opening": "dense", "layers": 3, "horizon": 0.5, \#(field)}"#, scale: 0.5, seed: seed)
      let rows = 20
      let x = try Numbers.normal(rows * 5, made.plan.precision, seed: seed + 20)
      let samples = try RadiusSamples(try CertifiedRadii(made, made.snapshot), made, x.view(rows: rows, columns: 5), threads: 1)
      let found = try Self.classes(made, x, rows: rows)
      for row in 0..<rows {
        let result = try samples.result(row)
        #expect(Double(result.predicted) == found[row])
        if result.radius > 0 { positive += 1 }
        let point = (0..<5).map { x[row * 5 + $0] }
        for k in 0..<5 as Range<UInt64> {
          let raw = try Numbers.normal(5, .float64, seed: 100 * seed + UInt64(row) * 7 + k).values
          let direction = raw.map { $0 / norm(raw) }
          if let crossing = try Self.crossing(made, point, direction, from: result.radius) {
            crossings += 1
            #expect(crossing > result.radius)
          }
        }
      }
    }
    #expect(crossings > 100 && positive > 40, "\(crossings) crossings, \(positive) radii")
  }

  /// A network that is linear: the radius is the distance to the plane between two classes, less the rounding.
  @Test(arguments: Precision.allCases) func aLinearNetworkGetsItsDistance(_ precision: Precision) throws {
    let made = try network(#"{"inputs": 2, "outputs": 2, "precision": "\#(precision.name)", "width": 2, "opening": "zero_padding", "field": "gradient_flow", "layers": 1, "horizon": 0.1}"#)
    let numbers = try Numbers(made.plan.parameterCount, precision)
    let readout = try #require(made.plan.tensors.first { $0.name == "readout.W" })
    (numbers[readout.range.lowerBound], numbers[readout.range.lowerBound + 3]) = (1, 1)
    _ = try made.replaceParameters(with: numbers.vector)
    let x = try Numbers([3, 1], precision)
    let result = try RadiusSamples(try CertifiedRadii(made, made.snapshot), made, x.view(rows: 1, columns: 2), threads: 1).result(0)
    let distance = 2.0.squareRoot()
    #expect(result.predicted == 0 && result.radius < distance && result.radius > distance * (1 - 1e-5), "\(result.radius)")
  }

  /// A network of one score has two classes and one row of its readout.
  @Test func bothClassesOfOneScoreHaveRadii() throws {
    let made = try network(#"{"inputs": 2, "outputs": 1, "loss": "logistic", "width": 2, "opening": "zero_padding", "field": "gradient_flow", "layers": 1, "horizon": 0.1}"#)
    let numbers = try Numbers(made.plan.parameterCount, .float32)
    let readout = try #require(made.plan.tensors.first { $0.name == "readout.W" })
    numbers[readout.range.lowerBound] = 1
    _ = try made.replaceParameters(with: numbers.vector)
    let x = try Numbers([3, 0, -3, 0], .float32)
    let samples = try RadiusSamples(try CertifiedRadii(made, made.snapshot), made, x.view(rows: 2, columns: 2), threads: 1)
    for (row, predicted) in [(0, 1), (1, 0)] {
      let result = try samples.result(row)
      #expect(result.predicted == predicted && result.radius > 2.9 && result.radius < 3)
    }
  }

  /// y₂ becomes h·2¹²⁵ (2¹⁰²⁰ in float64), h being below the smallest normal number: a stored h, or h times a number of the tableau, is wrong by up to all of it. No input within a radius has another class.
  @Test(arguments: [
    #""field": "dense""#, #""field": "two_layer""#, #""field": "dense", "integrator": "heun""#, #""field": "dense", "integrator": "ssprk3""#, #""field": "dense", "integrator": "rk4""#,
    #""field": "hamiltonian", "integrator": "verlet""#,
  ], [("float32", 0x1.8p-149), ("float32", 0x1p-140 * (1 + 0x1p-10)), ("float32", 0x1.99999ap-151), ("float64", 0x1p-1074)])
  func stepsBelowTheSmallestNormalNumber(_ field: String, _ step: (precision: String, size: Double)) throws {
    let made = try network(
      #"{"inputs": 2, "outputs": 2, "width": 2, "opening": "zero_padding", "layers": 1, "activation": "relu", "precision": "\#(step.precision)", "horizon": \#(step.size), \#(field)}"#)
    let numbers = try Numbers(made.plan.parameterCount, made.plan.precision)
    let readout = try made.tensor("readout.W").range
    (numbers[readout.lowerBound], numbers[readout.lowerBound + 3]) = (1, 1)
    // The bias of the sums that become y₂; those of two layers are added to the second product.
    let bias = try #require(made.plan.tensors.first { $0.name.hasPrefix("blocks.0.b") && !$0.name.hasSuffix("b1") && !$0.name.hasSuffix("bz") }).range
    numbers[bias.lowerBound + 1] = step.precision == "float32" ? 0x1p125 : 0x1p1020
    _ = try made.replaceParameters(with: numbers.vector)
    let scores = try Numbers(2, .float64)
    let zero = try Numbers([0, 0], made.plan.precision)
    _ = try Predictor(made, maximumBatch: 1, threads: 1).run(zero.view(rows: 1, columns: 2), .scores, into: scores.target(rows: 1, columns: 2), isPartial: true, pool: nil)
    let boundary = scores[1]
    let isNarrow = step.precision == "float32"
    let below = isNarrow ? Double(Float(boundary).nextDown) : boundary.nextDown
    let above = isNarrow ? Double(Float(boundary).nextUp) : boundary.nextUp
    let radii = try CertifiedRadii(made, made.snapshot)
    for (place, other) in [(boundary, below), (below, boundary), (above, below)] {
      let x = try Numbers([place, 0], made.plan.precision)
      let radius = try RadiusSamples(radii, made, x.view(rows: 1, columns: 2), threads: 1).result(0).radius
      #expect(radius < abs(place - other), "\(field), \(step), \(place): \(radius)")
    }
    // Far away there is a radius, which is not too short.
    let size = isNarrow ? 1.0 : 0x1p-40
    let far = try RadiusSamples(radii, made, try Numbers([size, 0], made.plan.precision).view(rows: 1, columns: 2), threads: 1).result(0)
    #expect(far.predicted == 0 && far.radius > 0.7 * size && far.radius < size, "\(far.radius)")
  }

  /// The factors 2/(hLr) of huge weights or steps lose their digits as they are stored; the reason says so. Factors of the smallest normal numbers have radii.
  @Test(arguments: [("float32", 3.08e22, 1.0), ("float32", 1.1e20, 1), ("float32", 1.1e16, 1e8), ("float64", 1e150, 1e9), ("float64", 3e150, 1e8)])
  func factorsBelowTheSmallestNormalNumberAreRefused(_ precision: String, _ weight: Double, _ horizon: Double) throws {
    func radii(_ weight: Double) throws -> (Network, CertifiedRadii) {
      let made = try network(
        #"{"inputs": 1, "outputs": 2, "width": 1, "opening": "zero_padding", "field": "gradient_flow", "steps": "row_sums", "layers": 1, "activation": "relu", "precision": "\#(precision)", "horizon": \#(horizon)}"#)
      let numbers = try Numbers(made.plan.parameterCount, made.plan.precision)
      numbers[try made.tensor("blocks.0.K").range.lowerBound] = weight
      numbers[try made.tensor("readout.W").range.lowerBound] = 1
      _ = try made.replaceParameters(with: numbers.vector)
      return (made, try CertifiedRadii(made, made.snapshot))
    }
    let failure = refusal { _ = try radii(weight) }
    #expect(failure?.status == .incompatible && failure?.message.contains("below the smallest normal number") == true, "\(failure?.message ?? "a bound")")
    // 2/(hK²) is 16 times the smallest normal number.
    let smallest = precision == "float32" ? 0x1p-126 : 0x1p-1022
    let (made, held) = try radii((2 / (16 * smallest) / horizon).squareRoot())
    let x = try Numbers([1], made.plan.precision)
    let result = try RadiusSamples(held, made, x.view(rows: 1, columns: 1), threads: 1).result(0)
    #expect(result.predicted == 1 && result.radius > 0.3 && result.radius < 1, "\(result.radius)")
  }

  @Test func tiesGetNothing() throws {
    let made = try network(#"{"inputs": 2, "outputs": 3, "width": 2, "field": "gradient_flow", "layers": 1}"#)
    let numbers = try Numbers(made.plan.parameterCount, .float32)
    _ = try made.replaceParameters(with: numbers.vector)
    let x = try Numbers([3, 1], .float32)
    #expect(try RadiusSamples(try CertifiedRadii(made, made.snapshot), made, x.view(rows: 1, columns: 2), threads: 1).result(0).radius == 0)
  }

  @Test func valuesHaveNoRadius() throws {
    let made = try network(#"{"inputs": 2, "outputs": 3, "loss": "least_squares", "layers": 1}"#)
    #expect(refusal { _ = try CertifiedRadii(made, made.snapshot) }?.status == .incompatible)
  }

  /// |w_i − w_j| for the predicted class i: bounds of the rows' distances, which are not much more. Without a readout the rows are those of the identity.
  @Test func distancesAreThoseOfTheRows() throws {
    let made = try certified(#"{"inputs": 3, "outputs": 5, "precision": "float64", "width": 6, "opening": "dense", "field": "gradient_flow", "layers": 1}"#)
    let weights = made.snapshot.parameters[try made.tensor("readout.W").range]
    let matrix = Matrix(weights.base, rows: 5, columns: 6, precision: .float64)
    let (predicted, margins) = try CertifiedRadii(made, made.snapshot).margins(CertifiedRadii.Scores(computed: [1, 2, 9, 3, 4], exact: [1, 2, 9, 3, 4]))
    #expect(predicted == 2 && margins.map(\.other) == [0, 1, 3, 4])
    for margin in margins {
      let other = try #require(margin.other)
      let exact = norm((0..<6).map { weights.load(12 + $0) - weights.load(6 * other + $0) })
      #expect(margin.distance.upper == rowDistanceBound(matrix, 2, other) && margin.distance.upper >= exact && margin.distance.upper < exact * (1 + 1e-6))
      #expect(margin.computed == Interval(9 - [1, 2, 9, 3, 4][other]))
    }
    let plain = try certified(#"{"inputs": 3, "outputs": 3, "width": 3, "readout": "identity", "field": "gradient_flow", "layers": 1}"#)
    let distances = try CertifiedRadii(plain, plain.snapshot).margins(CertifiedRadii.Scores(computed: [1, 0, 0], exact: [1, 0, 0])).margins.map(\.distance)
    #expect(distances == [Interval(2).squareRoot(), Interval(2).squareRoot()])
  }

  /// A table of the distances of 65 536 classes would take 64 GB. What is computed instead for each sample can be cancelled.
  @Test func manyClassesNeedNoTable() throws {
    let made = try certified(#"{"inputs": 2, "outputs": 65536, "width": 2, "opening": "zero_padding", "field": "gradient_flow", "layers": 1, "horizon": 0.1}"#, scale: 0.1)
    let numbers = try Numbers(made.plan.parameterCount, .float32)
    copy(made.snapshot.parameters, into: numbers.vector)
    numbers[try made.tensor("readout.b").range.lowerBound + 7] = 30
    _ = try made.replaceParameters(with: numbers.vector)
    let x = try Numbers([0.5, -0.25], .float32)
    let samples = try RadiusSamples(try CertifiedRadii(made, made.snapshot), made, x.view(rows: 1, columns: 2), threads: 1)
    let result = try samples.result(0)
    #expect(result.predicted == 7 && result.radius > 0)
    #expect(try questions { () throws(Failure) in _ = try samples.result(0) } > 4)
    #expect(refusal { try Watch(isCancelled: { true }).asCurrent { () throws(Failure) in _ = try samples.result(0) } }?.status == .cancelled)
  }
}
