import LinearAlgebra
import Settings
import TestSupport
import Testing

/// The bound of a convolution's norm against the norm of its matrix.
@Suite(.freesNumbers) struct ConvolutionSpectrumTests {
  private struct Case: Sendable, CustomStringConvertible {
    let geometry: ConvolutionGeometry
    var description: String {
      let (g, v, h) = (geometry, geometry.vertical, geometry.horizontal)
      return "\(g.inputChannels)→\(g.outputChannels) groups \(g.groups) on \(v.input)×\(h.input) kernel \(v.kernel)×\(h.kernel) stride \(v.stride) dilation \(v.dilation) margins \(v.before),\(v.after) \(g.padding.name)"
    }
  }

  private static let cases: [Case] = Padding.allCases.flatMap { padding in
    [
      convolutionGeometry(2, 3, 4, 5, kernel: 3, padding: 1, padding), convolutionGeometry(3, 2, 4, 4, kernel: 3, padding: 1, padding), convolutionGeometry(2, 2, 5, 6, kernel: 3, stride: 2, padding: 1, padding),
      convolutionGeometry(4, 2, 4, 4, kernel: 3, padding: 1, groups: 2, padding), convolutionGeometry(3, 3, 4, 4, kernel: 3, padding: 1, groups: 3, padding), convolutionGeometry(2, 2, 6, 5, kernel: 3, dilation: 2, padding: 2, padding),
      convolutionGeometry(1, 2, 6, 6, kernel: 5, padding: 2, padding), convolutionGeometry(2, 2, 3, 3, kernel: 3, padding: 2, padding), convolutionGeometry(3, 4, 3, 3, kernel: 1, padding), convolutionGeometry(2, 2, 4, 4, kernel: 2, padding: 1, padding),
      convolutionGeometry(2, 2, 4, 5, kernel: 3, padding: 0, padding), convolutionGeometry(2, 1, 4, 5, kernel: 4, padding: 3, padding), convolutionGeometry(2, 2, 5, 4, kernel: 3, stride: 3, padding: 1, padding),
      // Longer than the points that are enough.
      try? ConvolutionGeometry(
        inputChannels: 2, outputChannels: 2, vertical: ConvolutionExtent(input: 1, kernel: 1), horizontal: ConvolutionExtent(input: 37, kernel: 3, before: 1, after: 1), padding: padding),
      try? ConvolutionGeometry(
        inputChannels: 1, outputChannels: 1, vertical: ConvolutionExtent(input: 1, kernel: 1), horizontal: ConvolutionExtent(input: 40, kernel: 2, dilation: 3, before: 1, after: 2), padding: padding),
    ].compactMap { $0 }.map { Case(geometry: $0) }
  }

  private func bound(_ geometry: ConvolutionGeometry, _ weights: Vector, isAntisymmetric: Bool = false) throws -> Double {
    let spectrum = ConvolutionSpectrum(geometry)
    let bound = try NormBound(rows: spectrum.extents.rows, columns: spectrum.extents.columns, numbers: spectrum.numbers)
    return bound.bound(weights, spectrum, isAntisymmetric: isAntisymmetric, below: boundConvolutionNorm(weights, geometry))
  }

  private func matrix(_ geometry: ConvolutionGeometry, _ weights: Numbers) -> [[Double]] {
    var rows = Array(repeating: Array(repeating: 0.0, count: geometry.inputRows), count: geometry.outputRows)
    ConvolutionReference(geometry: geometry).forEachProduct { output, input, weight in rows[output][input] += weights[weight] }
    return rows
  }

  /// Random kernels; smooth ones, whose largest norm is at low frequencies, where padding adds most; and alternating ones.
  private func kernels(_ geometry: ConvolutionGeometry, _ precision: Precision) throws -> [Numbers] {
    let random = try (1...3).map { try Numbers(geometry.weightCount, precision, seed: $0) }
    let (smooth, alternating) = (try Numbers(geometry.weightCount, precision, low: 0.5, high: 1), try Numbers(geometry.weightCount, precision, low: 0.5, high: 1))
    for index in 0..<alternating.count where index % 2 == 1 { alternating[index] = -alternating[index] }
    return random + [smooth, alternating]
  }

  @Test func thereAreCasesForEveryPadding() { #expect(Self.cases.count >= 50) }

  @Test(arguments: cases, Precision.allCases) private func isAnUpperBound(_ test: Case, _ precision: Precision) throws {
    let geometry = test.geometry
    for weights in try kernels(geometry, precision) {
      let (bound, norm) = (try bound(geometry, weights.vector), spectralNorm(matrix(geometry, weights)))
      #expect(bound >= norm * (1 - 1e-13), "\(bound) \(norm)")
      #expect(bound <= boundConvolutionNorm(weights.vector, geometry))
      // Nowhere is it far from the norm: a few times as far for small images with padding that repeats pixels, and for strides, which leave pixels out that the bound has.
      let spread = Double(max(geometry.vertical.stride, geometry.horizontal.stride))
      #expect(bound < norm * (geometry.padding == .zero || geometry.padding == .periodic ? 1.7 * spread : 6 * spread), "\(bound / norm)")
    }
  }

  /// Around the torus of the image itself the bound is the norm, up to 1 %; up to 2 % where fewer points than pixels are enough.
  @Test(arguments: cases.filter { $0.geometry.padding == .periodic && $0.geometry.inputRows / $0.geometry.inputChannels == $0.geometry.outputRows / $0.geometry.outputChannels && $0.geometry.vertical.stride == 1 })
  private func isTheNormAroundATorus(_ test: Case) throws {
    let geometry = test.geometry
    let looseness = ConvolutionSpectrum(geometry).looseness * (geometry.horizontal.input > 32 ? 1.005 : 1)
    #expect(looseness < 1.016)
    for weights in try kernels(geometry, .float64) {
      let (bound, norm) = (try bound(geometry, weights.vector), spectralNorm(matrix(geometry, weights)))
      #expect(bound <= norm * looseness * (1 + 1e-12), "\(bound / norm)")
    }
  }

  /// ½(K − Kᵀ).
  @Test(arguments: [Padding.zero, .periodic], [1, 2]) func antisymmetricPartsAreBounded(_ padding: Padding, _ groups: Int) throws {
    for size in [(4, 5), (1, 36)] {
      let extents = [size.0, size.1].map { $0 == 1 ? ConvolutionExtent(input: 1, kernel: 1) : ConvolutionExtent(input: $0, kernel: 3, before: 1, after: 1) }
      let geometry = try ConvolutionGeometry(inputChannels: 2, outputChannels: 2, groups: groups, vertical: extents[0], horizontal: extents[1], padding: padding)
      for weights in try kernels(geometry, .float64) {
        let rows = matrix(geometry, weights)
        let part = rows.indices.map { i in rows.indices.map { j in 0.5 * (rows[i][j] - rows[j][i]) } }
        let (bound, norm) = (try bound(geometry, weights.vector, isAntisymmetric: true), spectralNorm(part))
        #expect(bound >= norm * (1 - 1e-13))
        #expect(bound < norm * (padding == .periodic ? 1.016 : 1.7) + 1e-13, "\(bound / norm)")
      }
    }
  }

  /// A change of the weights changes the bound by no more than it says.
  @Test(arguments: cases) private func growsNoFasterThanItSays(_ test: Case) throws {
    let geometry = test.geometry
    let spectrum = ConvolutionSpectrum(geometry)
    let weights = try Numbers(geometry.weightCount, .float64, seed: 5), change = try Numbers(geometry.weightCount, .float64, seed: 6, low: -0.1, high: 0.1)
    let before = try bound(geometry, weights.vector)
    for index in 0..<weights.count { weights[index] += change[index] }
    #expect(try bound(geometry, weights.vector) <= (before + spectrum.growth * norm(change.values)) * spectrum.looseness)
  }

  /// Kernels of any size: squares of the largest would overflow, those of the smallest vanish.
  @Test(arguments: [1e-300, 1e-160, 1e160, 1e300]) func anyScaleIsBounded(_ scale: Double) throws {
    let geometry = try #require(convolutionGeometry(2, 2, 4, 4, kernel: 3, padding: 1))
    let weights = try Numbers(geometry.weightCount, .float64, seed: 5)
    let plain = try bound(geometry, weights.vector)
    for index in 0..<weights.count { weights[index] *= scale }
    #expect(abs(try bound(geometry, weights.vector) / scale / plain - 1) < 1e-9)
    for index in 0..<weights.count { weights[index] = 0 }
    #expect(try bound(geometry, weights.vector) == 0)
  }

  /// The watch is asked at every frequency. Work that must end gives the bound that was known.
  @Test func asksTheWatch() throws {
    let geometry = try #require(convolutionGeometry(2, 2, 4, 4, kernel: 3, padding: 1))
    let weights = try Numbers(geometry.weightCount, .float64, seed: 5)
    #expect(try questions { _ = try bound(geometry, weights.vector) } >= 18)
    #expect(try Watch(isCancelled: { true }).asCurrent { try bound(geometry, weights.vector) } == boundConvolutionNorm(weights.vector, geometry))
  }
}
