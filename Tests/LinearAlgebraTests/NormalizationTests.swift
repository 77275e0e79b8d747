import Foundation
import LinearAlgebra
import Testing

/// A normalization as its formula says, in Double, of one column.
struct NormalizationReference {
  let geometry: NormalizationGeometry
  var epsilon = 1e-3

  /// The rows that are normalized together.
  var sets: [[Int]] {
    switch geometry.kind {
    case .groups(let groups): (0..<groups).map { g in Array(g * geometry.rows / groups..<(g + 1) * geometry.rows / groups) }
    case .pixels: (0..<geometry.pixels).map { pixel in (0..<geometry.channels).map { $0 * geometry.pixels + pixel } }
    }
  }

  private var isCentered: Bool { geometry.kind != .pixels }
  private func mean(_ x: [Double], _ set: [Int]) -> Double { isCentered ? set.map { x[$0] }.reduce(0, +) / Double(set.count) : 0 }
  /// Of the squares about the mean: their mean over a group, their sum over a pixel's channels.
  private func average(_ values: [Double]) -> Double { values.reduce(0, +) / (isCentered ? Double(values.count) : 1) }

  /// x̂ of a column.
  func normalized(_ x: [Double]) -> [Double] {
    var result = x
    for set in sets {
      let mean = mean(x, set)
      let deviation = (average(set.map { (x[$0] - mean) * (x[$0] - mean) }) + epsilon).squareRoot()
      for i in set { result[i] = (x[i] - mean) / deviation }
    }
    return result
  }

  /// The derivative of x̂ in the direction v, by that of the mean and of the variance.
  func tangent(_ x: [Double], _ v: [Double]) -> [Double] {
    var result = x
    for set in sets {
      let (mean, change) = (mean(x, set), mean(v, set))
      let variance = average(set.map { (x[$0] - mean) * (x[$0] - mean) }) + epsilon
      let varianceChange = 2 * average(set.map { (x[$0] - mean) * (v[$0] - change) })
      for i in set { result[i] = (v[i] - change) / variance.squareRoot() - 0.5 * (x[i] - mean) * varianceChange / (variance * variance.squareRoot()) }
    }
    return result
  }
}

/// A normalization with its parameters and memory.
struct NormalizationRun {
  let geometry: NormalizationGeometry
  let precision: Precision
  var epsilon = 1e-3
  let scale: Numbers
  let shift: Numbers

  init(_ geometry: NormalizationGeometry, _ precision: Precision) throws {
    self.geometry = geometry
    self.precision = precision
    scale = try Numbers(geometry.channels, precision, seed: 101, low: 0.5, high: 1.5)
    shift = try Numbers(geometry.channels, precision, seed: 102)
  }

  var factors: NormalizationFactors { NormalizationFactors(scale: Bias(scale.buffer.base, stride: 1), shift: Bias(shift.buffer.base, stride: 1)) }
  var reference: NormalizationReference { NormalizationReference(geometry: geometry, epsilon: epsilon) }

  func statistics(_ x: Tile) throws -> Tile {
    let statistics = try Tile(geometry.statisticsRows, x.columns, x.columns == 1 ? 1 : x.columns + 16, precision, seed: 103)
    normalizationStatistics(geometry, of: x.block, epsilon: epsilon, into: statistics.block)
    return statistics
  }

  func forward(_ x: Tile, activation: Activation = .identity, slope: Tile? = nil, scale: Double = 1, base: Tile? = nil, out: Tile) throws {
    let statistics = NormalizationRows(try statistics(x).block)
    normalize(geometry, statistics, factors, of: x.block, activation: activation, scale: scale, addingTo: base?.block, into: out.block, slope: slope?.block)
  }

  func push(_ x: Tile, _ v: Tile?, direction: NormalizationFactors? = nil, slope: Tile? = nil, scale: Double = 1, base: Tile? = nil, out: Tile) throws {
    let statistics = NormalizationRows(try statistics(x).block)
    let sums = try Tile(geometry.sumRows, x.columns, x.columns, precision)
    if let v { tangentSums(geometry, statistics, of: v.block, at: x.block, into: sums.block) }
    pushNormalization(
      geometry, statistics, factors, at: x.block, tangent: v?.block, sums: NormalizationRows(sums.block), direction: direction, slope: slope?.block,
      scale: scale, addingTo: base?.block, into: out.block)
  }

  func pull(_ x: Tile, _ p: Tile, gradient: NormalizationFactors? = nil, slope: Tile? = nil, scale: Double = 1, base: Tile? = nil, q: Tile) throws {
    let statistics = NormalizationRows(try statistics(x).block)
    let sums = try Tile(geometry.sumRows, x.columns, x.columns, precision)
    cotangentSums(geometry, statistics, factors, of: p.block, slope: slope?.block, at: x.block, into: sums.block, scale: scale, addingTo: gradient)
    pullNormalization(
      geometry, statistics, factors, at: x.block, cotangent: p.block, sums: NormalizationRows(sums.block), slope: slope?.block, scale: scale,
      addingTo: base?.block, into: q.block)
  }
}

extension Tile {
  func column(_ j: Int) -> [Double] { (0..<rows).map { self[$0, j] } }
}

extension KernelSweeps {
  @Suite struct NormalizationTests {
    /// Instance, group and layer normalization and that of pixels; one pixel, every remainder of the chunks and registers, as many groups as channels.
    static let geometries: [NormalizationGeometry] = {
      let shapes: [(Int, Int, NormalizationKind)] = [
        (1, 1, .groups(1)), (3, 1, .groups(3)), (4, 1, .groups(1)), (4, 35, .groups(4)), (6, 20, .groups(3)), (6, 49, .groups(1)), (2, 150, .groups(2)),
        (1, 64, .groups(1)), (3, 65, .groups(3)),
        (1, 1, .pixels), (3, 1, .pixels), (1, 7, .pixels), (6, 35, .pixels), (4, 130, .pixels), (2, 1100, .pixels),
      ]
      return shapes.compactMap { try? NormalizationGeometry(channels: $0.0, pixels: $0.1, $0.2) }
    }()

    /// Values with bases and slopes agree with the formula, for activations in registers and those behind them.
    @Test(arguments: Precision.allCases)
    func valuesAgreeWithTheFormula(_ precision: Precision) throws {
      for (number, geometry) in Self.geometries.enumerated() {
        let run = try NormalizationRun(geometry, precision)
        for (columns, stride) in PoolingTests.shapes {
          let activation = [Activation.identity, .relu, .tanh, .gelu][(number + columns) % 4]
          let (x, base) = (try Tile(geometry.rows, columns, stride, precision, seed: 1), try Tile(geometry.rows, columns, stride, precision, seed: 2))
          let expected = (0..<columns).map { j in
            run.reference.normalized(x.column(j)).enumerated().map { i, n in run.scale[i / geometry.pixels] * n + run.shift[i / geometry.pixels] }
          }
          for level in levels {
            let (out, slope) = (try Tile(geometry.rows, columns, stride, precision, seed: 3), try Tile(geometry.rows, columns, stride, precision, seed: 4))
            let (before, slopeBefore) = (out.numbers.values, slope.numbers.values)
            try withInstructionSet(level) { try run.forward(x, activation: activation, slope: slope, scale: -0.5, base: base, out: out) }
            // Numbers of a few units, after σ as small as √ε.
            let bound = 64 * precision.epsilon
            #expect(
              out.worstError(keeping: before) { base[$0, $1] - 0.5 * reference(activation, expected[$1][$0]).value } <= bound,
              "\(level.name) \(geometry) \(columns) \(activation)")
            let kink = activation == .relu && expected.joined().contains { abs($0) < bound }
            #expect(
              kink || slope.worstError(keeping: slopeBefore) { reference(activation, expected[$1][$0]).slope } <= bound,
              "\(level.name) \(geometry) \(columns) \(activation)")
            // In place, without a base.
            let place = try Tile(geometry.rows, columns, stride, precision, seed: 1)
            try withInstructionSet(level) { try run.forward(place, activation: .softplus, out: place) }
            #expect(place.worstError(keeping: x.numbers.values) { reference(.softplus, expected[$1][$0]).value } <= bound)
          }
        }
      }
    }

    /// Tangents in x and in the parameters and cotangents with the parameters' gradients agree with the formula, with a slope, added to a base and in place.
    @Test(arguments: Precision.allCases)
    func derivativesAgreeWithTheFormula(_ precision: Precision) throws {
      for geometry in Self.geometries {
        let run = try NormalizationRun(geometry, precision)
        let pixels = geometry.pixels
        for (columns, stride) in PoolingTests.shapes {
          func tile(_ seed: UInt64) throws -> Tile { try Tile(geometry.rows, columns, stride, precision, seed: seed) }
          let (x, v, p, slope) = (try tile(1), try tile(2), try tile(3), try tile(4))
          let (scaleChange, shiftChange) = (try Numbers(geometry.channels, precision, seed: 5), try Numbers(geometry.channels, precision, seed: 6))
          let direction = NormalizationFactors(scale: Bias(scaleChange.buffer.base, stride: 1), shift: Bias(shiftChange.buffer.base, stride: 1))
          let normalized = (0..<columns).map { run.reference.normalized(x.column($0)) }
          let tangents = (0..<columns).map { run.reference.tangent(x.column($0), v.column($0)) }
          // J is symmetric but for the channels' scales, so its transpose applies the formula of the tangent to g.
          let cotangents = (0..<columns).map { j in
            run.reference.tangent(x.column(j), (0..<geometry.rows).map { run.scale[$0 / pixels] * p[$0, j] * slope[$0, j] })
          }
          // Sums of as many terms, 1/σ at most 32.
          let bound = 64 * 32 * precision.epsilon
          for level in levels {
            let (out, q) = (try tile(7), try tile(8))
            let (before, start) = (out.numbers.values, q.numbers.values)
            try withInstructionSet(level) { try run.push(x, v, direction: direction, slope: slope, scale: 2, base: out, out: out) }
            let tangent = out.worstError(keeping: before) { i, j in
              let c = i / pixels
              return before[i * stride + j] + 2 * slope[i, j] * (run.scale[c] * tangents[j][i] + scaleChange[c] * normalized[j][i] + shiftChange[c])
            }
            #expect(tangent <= bound, "\(level.name) \(geometry) \(columns)")
            try withInstructionSet(level) { try run.push(x, nil, direction: direction, out: out) }
            #expect(out.worstError(keeping: before) { i, j in scaleChange[i / pixels] * normalized[j][i] + shiftChange[i / pixels] } <= bound)

            let (scaleGradient, shiftGradient) = (try Numbers(geometry.channels, precision, seed: 9), try Numbers(geometry.channels, precision, seed: 10))
            let (scaleStart, shiftStart) = (scaleGradient.values, shiftGradient.values)
            let gradient = NormalizationFactors(scale: Bias(scaleGradient.buffer.base, stride: 1), shift: Bias(shiftGradient.buffer.base, stride: 1))
            try withInstructionSet(level) { try run.pull(x, p, gradient: gradient, slope: slope, scale: -0.5, base: q, q: q) }
            #expect(q.worstError(keeping: start) { start[$0 * stride + $1] - 0.5 * cotangents[$1][$0] } <= bound, "\(level.name) \(geometry) \(columns)")
            for c in 0..<geometry.channels {
              var (scaleSum, shiftSum, size) = (0.0, 0.0, 1.0)
              for i in c * pixels..<(c + 1) * pixels {
                for j in 0..<columns {
                  scaleSum += p[i, j] * slope[i, j] * normalized[j][i]
                  shiftSum += p[i, j] * slope[i, j]
                  size += abs(p[i, j] * slope[i, j]) * max(1, abs(normalized[j][i]))
                }
              }
              #expect(abs(scaleGradient[c] - scaleStart[c] + 0.5 * scaleSum) <= 8 * size * precision.epsilon, "\(level.name) \(geometry) \(columns)")
              #expect(abs(shiftGradient[c] - shiftStart[c] + 0.5 * shiftSum) <= 8 * size * precision.epsilon, "\(level.name) \(geometry) \(columns)")
            }
            // In the memory of the cotangent.
            let place = try tile(3)
            try withInstructionSet(level) { try run.pull(x, place, slope: slope, q: place) }
            #expect(place.worstError(keeping: p.numbers.values) { cotangents[$1][$0] } <= bound)
          }
        }
      }
    }

    /// ⟨J(v, δθ), p⟩ = ⟨v, q⟩ + ⟨δθ, gradient⟩.
    @Test(arguments: Precision.allCases)
    func pullbackIsTheAdjoint(_ precision: Precision) throws {
      for geometry in Self.geometries {
        let run = try NormalizationRun(geometry, precision)
        func tile(_ seed: UInt64) throws -> Tile { try Tile(geometry.rows, 32, 32, precision, seed: seed) }
        let (x, v, p, slope, out, q) = (try tile(1), try tile(2), try tile(3), try tile(4), try tile(5), try tile(6))
        let (scaleChange, shiftChange) = (try Numbers(geometry.channels, precision, seed: 5), try Numbers(geometry.channels, precision, seed: 6))
        let (scaleGradient, shiftGradient) = (
          try Numbers(geometry.channels, precision, low: 0, high: 0), try Numbers(geometry.channels, precision, low: 0, high: 0)
        )
        for level in levels {
          fill(scaleGradient.vector, 0)
          fill(shiftGradient.vector, 0)
          try withInstructionSet(level) {
            try run.push(
              x, v, direction: NormalizationFactors(scale: Bias(scaleChange.buffer.base, stride: 1), shift: Bias(shiftChange.buffer.base, stride: 1)),
              slope: slope, scale: 0.7, out: out)
            try run.pull(
              x, p, gradient: NormalizationFactors(scale: Bias(scaleGradient.buffer.base, stride: 1), shift: Bias(shiftGradient.buffer.base, stride: 1)),
              slope: slope, scale: 0.7, q: q)
          }
          var back = dot(v.block, q.block)
          for c in 0..<geometry.channels { back += scaleChange[c] * scaleGradient[c] + shiftChange[c] * shiftGradient[c] }
          let size = (dot(out.block, out.block) * dot(p.block, p.block)).squareRoot() + (dot(q.block, q.block) * dot(v.block, v.block)).squareRoot()
          #expect(abs(dot(out.block, p.block) - back) <= (precision == .float64 ? 1e-12 : 1e-5) * (size + 1), "\(level.name) \(geometry)")
        }
      }
    }

    /// ‖F(x + hv, θ + hδθ) − F − h·J‖ decreases as h².
    @Test func tangentsAreOfFirstOrder() throws {
      for geometry in Self.geometries where geometry.rows > 3 {
        let run = try NormalizationRun(geometry, .float64)
        func tile(_ seed: UInt64) throws -> Tile { try Tile(geometry.rows, 16, 16, .float64, seed: seed) }
        let (x, v, value, slope, tangent) = (try tile(1), try tile(2), try tile(3), try tile(4), try tile(5))
        let (scaleChange, shiftChange) = (try Numbers(geometry.channels, .float64, seed: 5), try Numbers(geometry.channels, .float64, seed: 6))
        try run.forward(x, activation: .tanh, slope: slope, out: value)
        try run.push(
          x, v, direction: NormalizationFactors(scale: Bias(scaleChange.buffer.base, stride: 1), shift: Bias(shiftChange.buffer.base, stride: 1)), slope: slope,
          out: tangent)
        func remainder(_ h: Double) throws -> Double {
          let moved = try NormalizationRun(geometry, .float64)
          for c in 0..<geometry.channels {
            moved.scale.vector.store(run.scale[c] + h * scaleChange[c], at: c)
            moved.shift.vector.store(run.shift[c] + h * shiftChange[c], at: c)
          }
          let (point, result) = (try tile(1), try tile(6))
          combine(1, x.block, h, v.block, into: point.block)
          try moved.forward(point, activation: .tanh, out: result)
          combine(1, result.block, -1, value.block, into: result.block)
          combine(1, result.block, -h, tangent.block, into: result.block)
          return dot(result.block, result.block).squareRoot()
        }
        let order = Foundation.log2(try remainder(1e-3) / remainder(1e-3 / 8)) / 3
        #expect(order > 1.9, "\(geometry): \(order)")
      }
    }

    /// A sample has the same bits alone, with gaps and at any place in a tile: statistics, values, tangents and cotangents.
    @Test(arguments: Precision.allCases)
    func bitsDoNotDependOnTheBlock(_ precision: Precision) throws {
      for geometry in Self.geometries {
        let run = try NormalizationRun(geometry, precision)
        func tile(_ seed: UInt64) throws -> Tile { try Tile(geometry.rows, 48, 64, precision, seed: seed) }
        let (x, v, p) = (try tile(1), try tile(2), try tile(3))
        for level in levels {
          func results(_ x: Tile, _ v: Tile, _ p: Tile) throws -> [Tile] {
            var tiles = [try run.statistics(x)]
            for _ in 0..<4 { tiles.append(try Tile(geometry.rows, x.columns, x.stride, precision)) }
            try run.forward(x, activation: .relu, out: tiles[1])
            try run.forward(x, activation: .tanh, out: tiles[2])
            try run.push(x, v, out: tiles[3])
            try run.pull(x, p, q: tiles[4])
            return tiles
          }
          func spread(_ tile: Tile) throws -> Tile {
            let one = try Tile(tile.rows, 1, 3, precision)
            for i in 0..<tile.rows { one[i, 0] = tile[i, 37] }
            return one
          }
          let (all, one, gaps) = try withInstructionSet(level) {
            (try results(x, v, p), try results(try x.sample(37), try v.sample(37), try p.sample(37)), try results(try spread(x), try spread(v), try spread(p)))
          }
          for (number, tiles) in zip(all, zip(one, gaps)).enumerated() {
            #expect(tiles.0.column(37, hasTheBitsOf: tiles.1.0), "\(level.name) \(geometry) \(number)")
            #expect(tiles.0.column(37, hasTheBitsOf: tiles.1.1), "\(level.name) \(geometry) \(number)")
          }
        }
      }
    }

    /// A channel that is constant is normalized to zeros, and its derivatives are those of the formula: (v − mean v)/√ε.
    @Test(arguments: Precision.allCases)
    func constantChannels(_ precision: Precision) throws {
      guard let geometry = try? NormalizationGeometry(channels: 2, pixels: 70, .groups(2)) else { return }
      let run = try NormalizationRun(geometry, precision)
      for columns in [1, 16] {
        let (x, out, v) = (
          try Tile(140, columns, columns, precision, low: 0.1, high: 0.1), try Tile(140, columns, columns, precision),
          try Tile(140, columns, columns, precision, seed: 2)
        )
        for level in levels {
          try withInstructionSet(level) { try run.forward(x, out: out) }
          #expect(out.worstError(keeping: out.numbers.values) { i, _ in run.shift[i / 70] } == 0)
          try withInstructionSet(level) { try run.push(x, v, out: out) }
          let expected = run.reference.tangent(x.column(0), v.column(0))
          #expect((0..<140).allSatisfy { abs(out[$0, 0] - run.scale[$0 / 70] * expected[$0]) <= 1000 * precision.epsilon })
        }
      }
    }

    /// Numbers about 10⁴ with deviation 1 are normalized as accurately as those about 0: mean and variance of the numbers as they are stored, here of 3 × 1000 pixels.
    @Test(arguments: Precision.allCases)
    func largeMeans(_ precision: Precision) throws {
      guard let geometry = try? NormalizationGeometry(channels: 3, pixels: 1000, .groups(3)) else { return }
      var run = try NormalizationRun(geometry, precision)
      run.epsilon = 1e-5
      for columns in [1, 16] {
        let (x, out) = (try Tile(3000, columns, columns, precision), try Tile(3000, columns, columns, precision))
        var stream = RandomStream(seed: 3)
        stream.normal(into: x.numbers.vector, mean: 1e4, deviation: 1)
        // The differences from 10⁴ are exact, so the formula does not round here.
        let expected = run.reference.normalized(x.column(0).map { $0 - 1e4 })
        for level in levels {
          try withInstructionSet(level) { try run.forward(x, out: out) }
          let worst = (0..<3000).map { abs(out[$0, 0] - run.scale[$0 / 1000] * expected[$0] - run.shift[$0 / 1000]) }.max() ?? 0
          // In float64 the mean is rounded to 1e-12.
          #expect(worst <= (precision == .float32 ? 4e-6 : 1e-11), "\(level.name) \(columns)")
        }
      }
    }

    /// With constants for statistics, as in evaluation, the derivative is that of an affine map.
    @Test func constantStatistics() throws {
      guard let geometry = try? NormalizationGeometry(channels: 2, pixels: 9, .groups(2)) else { return }
      let run = try NormalizationRun(geometry, .float64)
      let (x, v, out, q) = (
        try Tile(18, 16, 16, .float64, seed: 1), try Tile(18, 16, 16, .float64, seed: 2), try Tile(18, 16, 16, .float64), try Tile(18, 16, 16, .float64)
      )
      let numbers = try Numbers(6, .float64, seed: 4, low: 0.5, high: 1)
      let statistics = NormalizationRows(shared: numbers.vector)
      pushNormalization(geometry, statistics, run.factors, at: x.block, tangent: v.block, sums: nil, into: out.block)
      pullNormalization(geometry, statistics, run.factors, at: x.block, cotangent: v.block, sums: nil, into: q.block)
      for tile in [out, q] { #expect(tile.worstError(keeping: tile.numbers.values) { i, j in run.scale[i / 9] * numbers[i / 9 * 3 + 2] * v[i, j] } <= 1e-15) }
    }
  }
}
