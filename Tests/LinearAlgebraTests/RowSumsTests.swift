import Foundation
import LinearAlgebra
import Settings
import TestSupport
import Testing

@Suite struct RowSumsTests {
  /// A convolution for which row sums are known.
  struct Case: Sendable, CustomStringConvertible {
    var inputs = 2
    var outputs = 3
    var groups = 1
    var kernel = 3
    var stride = 1
    var dilation = 1
    var margin = 1
    var padding = Padding.zero
    var description: String { "\(inputs)→\(outputs), groups \(groups), kernel \(kernel), stride \(stride), dilation \(dilation), margin \(margin), \(padding.name)" }

    func geometry(_ size: Int) throws -> ConvolutionGeometry {
      func extent(_ input: Int) -> ConvolutionExtent { ConvolutionExtent(input: input, kernel: kernel, stride: stride, dilation: dilation, before: margin,
        after: margin) }
      return try ConvolutionGeometry(inputChannels: inputs, outputChannels: outputs, groups: groups, vertical: extent(size), horizontal: extent(size + 1),
        padding: padding)
    }
  }

  static let cases = [
    Case(), Case(padding: .periodic), Case(inputs: 4, outputs: 6, groups: 2), Case(inputs: 3, outputs: 3, groups: 3), Case(stride: 2), Case(stride: 2,
    dilation: 2, margin: 2), Case(stride: 3, dilation: 2, margin: 2),
    Case(kernel: 1, margin: 0), Case(kernel: 2, margin: 0), Case(kernel: 5, margin: 2, padding: .periodic), Case(inputs: 1, outputs: 4, kernel: 3),
  ]

  /// The convolution as a matrix, by its definition.
  static func matrix(_ g: ConvolutionGeometry, _ k: [Double]) -> [[Double]] {
    func source(_ index: Int, _ extent: ConvolutionExtent) -> Int? {
      if 0..<extent.input ~= index { return index }
      return g.padding == .periodic ? ((index % extent.input) + extent.input) % extent.input : nil
    }
    var matrix = Array(repeating: Array(repeating: 0.0, count: g.inputRows), count: g.outputRows)
    let (inputs, outputs) = (g.inputChannels / g.groups, g.outputChannels / g.groups)
    for o in 0..<g.outputChannels {
      for y in 0..<g.vertical.output {
        for x in 0..<g.horizontal.output {
          for c in 0..<inputs {
            for i in 0..<g.vertical.kernel {
              for j in 0..<g.horizontal.kernel {
                let row = source(y * g.vertical.stride + i * g.vertical.dilation - g.vertical.before, g.vertical)
                let column = source(x * g.horizontal.stride + j * g.horizontal.dilation - g.horizontal.before, g.horizontal)
                guard let row, let column else { continue }
                matrix[(o * g.vertical.output + y) * g.horizontal.output + x][((o / outputs * inputs + c) * g.vertical.input + row) * g.horizontal.input + column] +=
                  k[((o * inputs + c) * g.vertical.kernel + i) * g.horizontal.kernel + j]
              }
            }
          }
        }
      }
    }
    return matrix
  }

  /// r_i + ε from the matrix: the row in the middle of the image, which no edge shortens.
  private static func plainSums(_ w: [[Double]], _ s: [Double], pixels: Int, middle: Int) -> [Double] {
    s.indices.map { i in
      RowSums.floor + w.indices.reduce(0) { $0 + abs(inner(w[i * pixels + middle], w[$1])) * exp(s[$1 / pixels] - s[i]) }
    }
  }

  private struct Run {
    let sums: RowSums
    let (weights, scales, factors, memory): (TestSupport.Numbers, TestSupport.Numbers, TestSupport.Numbers, TestSupport.Numbers)
    let c = 1.7

    init(_ sums: RowSums, weights: Int, _ precision: Precision = .float64, seed: UInt64 = 1) throws {
      self.sums = sums
      self.weights = try TestSupport.Numbers.normal(weights, precision, seed: seed)
      scales = try TestSupport.Numbers.normal(sums.rows, precision, seed: seed + 1, deviation: 0.6)
      factors = try TestSupport.Numbers(sums.rows, precision)
      memory = try TestSupport.Numbers(sums.memoryCount, precision)
      make()
    }

    func make() { sums.make(weights.vector, logScales: scales.vector, numerator: c, into: factors.vector, memory: memory.vector) }
  }

  @Test(arguments: Precision.allCases) func factorsOfAMatrixAreThoseOfTheFormula(_ precision: Precision) throws {
    let run = try Run(RowSums(outputs: 5, inputs: 7), weights: 35, precision)
    let plain = Self.plainSums(run.weights.rows(of: 7), run.scales.values, pixels: 1, middle: 0).map { run.c / $0 }
    #expect(largestDifference(run.factors.values, plain) < 8 * precision.epsilon)
  }

  /// On an image so large that shifts neither meet an edge nor wrap around, the sums are those of the convolution's matrix.
  @Test(arguments: cases) func factorsOfAConvolutionAreThoseOfItsMatrix(_ test: Case) throws {
    let geometry = try test.geometry(6 * test.margin + 3 * test.stride + 6)
    let run = try Run(try RowSums(geometry), weights: geometry.weightCount)
    let (rows, columns) = (geometry.vertical.output, geometry.horizontal.output)
    let plain = Self.plainSums(
      Self.matrix(geometry, run.weights.values), run.scales.values, pixels: geometry.outputPixels, middle: rows / 2 * columns + columns / 2)
    #expect(largestDifference(run.factors.values, plain.map { run.c / $0 }) < 1e-13, "\(test)")
  }

  /// ‖diag(r)^{−½}W‖ ≤ 1 on images of every size, also those smaller than the kernel: by power iteration, a lower bound of the norm, which comes close to 1 for some.
  @Test(arguments: cases) func normIsAtMostOne(_ test: Case) throws {
    for size in [1, 2, 3, 5, 8] {
      guard let geometry = try? test.geometry(size) else { continue }
      for seed in 0..<3 {
        let run = try Run(try RowSums(geometry), weights: geometry.weightCount, seed: 40 + UInt64(seed))
        let scaled = Self.matrix(geometry, run.weights.values).enumerated().map { index, row in
          row.map { $0 * (run.factors[index / geometry.outputPixels] / run.c).squareRoot() }
        }
        var x = try TestSupport.Numbers.normal(geometry.inputRows, .float64, seed: 9).values
        for _ in 0..<50 {
          let y = plainProduct(scaled, x)
          #expect(norm(y) <= norm(x) * (1 + 1e-12), "\(test), \(size)")
          x = plainProduct(plainTranspose(scaled), y)
        }
      }
    }
  }

  /// The tangent agrees with central differences, and the gradient is its transpose.
  @Test(arguments: cases) func derivativesAgree(_ test: Case) throws {
    let geometry = try test.geometry(6)
    try checkDerivatives(try RowSums(geometry), geometry.weightCount)
  }
  @Test func derivativesOfAMatrixAgree() throws { try checkDerivatives(RowSums(outputs: 6, inputs: 5), 30) }

  private func checkDerivatives(_ sums: RowSums, _ count: Int) throws {
    let run = try Run(sums, weights: count)
    let (dw, ds) = (try TestSupport.Numbers.normal(count, .float64, seed: 11), try TestSupport.Numbers.normal(sums.rows, .float64, seed: 12))
    let tangent = try TestSupport.Numbers(sums.rows, .float64)
    sums.makeDirection(
      dw.vector, logScaleDirection: ds.vector, at: run.weights.vector, logScales: run.scales.vector, factors: run.factors.vector, numerator: run.c,
      into: tangent.vector,
      memory: try TestSupport.Numbers(sums.memoryCount, .float64).vector)
    let epsilon = 1e-6
    func moved(_ sign: Double) throws -> [Double] {
      let there = try Run(sums, weights: count)
      axpy(sign * epsilon, dw.vector, addingTo: there.weights.vector)
      axpy(sign * epsilon, ds.vector, addingTo: there.scales.vector)
      there.make()
      return there.factors.values
    }
    let difference = zip(try moved(1), try moved(-1)).map { ($0 - $1) / (2 * epsilon) }
    #expect(largestDifference(tangent.values, difference) < 1e-8 * max(1, norm(difference)))
    let start = try TestSupport.Numbers.normal(count, .float64, seed: 13)
    let (cotangent, weightGradient) = (try TestSupport.Numbers.normal(sums.rows, .float64, seed: 14), try TestSupport.Numbers(start.values, .float64))
    let gradient = try TestSupport.Numbers(cotangent.values, .float64)
    sums.pullBack(
      gradient.vector, addingTo: weightGradient.vector, at: run.weights.vector, logScales: run.scales.vector, factors: run.factors.vector, numerator: run.c,
      memory: run.memory.vector)
    let back = inner(ds.values, gradient.values) + inner(dw.values, zip(weightGradient.values, start.values).map { $0 - $1 })
    #expect(abs(inner(tangent.values, cotangent.values) - back) < 1e-12 * norm(tangent.values) * norm(cotangent.values))
  }

  /// Rows of zeros have the factor c/ε; huge rows and huge scales have finite factors and derivatives, in both precisions.
  @Test(arguments: Precision.allCases) func nothingOverflows(_ precision: Precision) throws {
    let sums = RowSums(outputs: 4, inputs: 3)
    let run = try Run(sums, weights: 12, precision)
    for index in 0..<3 { run.weights[index] = 0 }
    for index in 3..<6 { run.weights[index] = precision == .float32 ? 3e38 : 1e308 }
    (run.scales[2], run.scales[3]) = (1e30, -1e30)
    run.make()
    #expect(run.factors[0] == (precision == .float32 ? Double(Float(1.7 * 1024)) : 1.7 * 1024))
    #expect(run.factors.values.allSatisfy { $0.isFinite && $0 >= 0 } && run.factors[1] < 1e-30)
    let (gradient, weightGradient, tangent) = (try TestSupport.Numbers([1, 1, 1, 1], precision), try TestSupport.Numbers(12, precision),
      try TestSupport.Numbers(4, precision))
    let (dw, ds) = (try TestSupport.Numbers.normal(12, precision, seed: 3), try TestSupport.Numbers.normal(4, precision, seed: 4))
    sums.makeDirection(
      dw.vector, logScaleDirection: ds.vector, at: run.weights.vector, logScales: run.scales.vector, factors: run.factors.vector, numerator: run.c,
      into: tangent.vector,
      memory: run.memory.vector)
    sums.pullBack(
      gradient.vector, addingTo: weightGradient.vector, at: run.weights.vector, logScales: run.scales.vector, factors: run.factors.vector, numerator: run.c,
      memory: run.memory.vector)
    for numbers in [gradient, weightGradient, tangent] { #expect(numbers.values.allSatisfy { $0.isFinite }, "\(numbers.values)") }
    // Beyond the largest scale nothing depends on it.
    #expect(gradient[2] == 0 && gradient[3] == 0)
  }

  @Test func paddingByPixelsIsRefused() throws {
    for padding in [Padding.reflect, .replicate] {
      let refused = refusal { _ = try RowSums(try Case(padding: padding).geometry(5)) }
      #expect(refused?.status == .incompatible && refused?.message.contains("padding \(padding.name)") == true)
      _ = try RowSums(try Case(margin: 0, padding: padding).geometry(5))
    }
  }

  /// A torus whose margin is wider than the size needs repeats results: there the norm of the scaled operator exceeds 1.
  @Test func toriThatRepeatResultsAreRefused() throws {
    for (margin, size) in [(2, 5), (4, 6), (1, 1)] {
      let geometry = try Case(margin: margin, padding: .periodic).geometry(size)
      let refused = refusal { _ = try RowSums(geometry) }
      #expect((refused?.status == .incompatible && refused?.message.contains("padding periodic is so wide") == true) == (margin > 1), "\(margin): \(refused?.message ?? "")")
    }
    let keeping = try Case(inputs: 1, outputs: 1, padding: .periodic).geometry(5)
    let run = try Run(try RowSums(keeping), weights: 9)
    for index in 0..<9 { run.weights[index] = 1 }
    run.make()
    let ones = Array(repeating: 1.0, count: 9)
    func norm(_ geometry: ConvolutionGeometry) -> Double { spectralNorm(Self.matrix(geometry, ones)) * (run.factors[0] / run.c).squareRoot() }
    let repeating = try Case(inputs: 1, outputs: 1, margin: 3, padding: .periodic).geometry(5)
    #expect(norm(keeping) <= 1 && norm(repeating) > 1.2)
  }
}
