import LinearAlgebra
import TestSupport
import Testing

@Suite struct ConvolutionScalingTests {
  private func geometry(_ padding: Padding = .zero, stride: Int = 1, groups: Int = 1) throws -> ConvolutionGeometry {
    let extent = ConvolutionExtent(input: 6, kernel: 3, stride: stride, dilation: 1, before: 1, after: 1)
    return try ConvolutionGeometry(inputChannels: 2, outputChannels: 4, groups: groups, vertical: extent, horizontal: extent, padding: padding)
  }

  /// The norm of the whole matrix.
  @Test(arguments: [Padding.zero, .periodic], Precision.allCases) func theNormIsAtMostOne(_ padding: Padding, _ precision: Precision) throws {
    for (stride, groups) in [(1, 1), (2, 1), (1, 2)] {
      let geometry = try geometry(padding, stride: stride, groups: groups)
      for size in [1e-30, 1, 1e30] {
        let k = try TestSupport.Numbers.normal(geometry.weightCount, precision, seed: 3, deviation: size)
        let made = try ScalingCase(try ConvolutionScaling(geometry), count: k.count, precision).made(k)
        let norm = spectralNorm(RowSumsTests.matrix(geometry, made.values))
        #expect(norm <= 1 && (size < 1 || norm > 0.3), "\(stride) \(groups) \(size): \(norm)")
      }
    }
  }

  @Test func derivativesAreExact() throws {
    for (stride, groups) in [(1, 1), (2, 1), (1, 2)] {
      let geometry = try geometry(stride: stride, groups: groups)
      try ScalingCase(try ConvolutionScaling(geometry), count: geometry.weightCount).checkDerivatives()
    }
  }

  @Test func zerosTrainOn() throws {
    let geometry = try geometry()
    let (example, zeros) = (ScalingCase(try ConvolutionScaling(geometry), count: geometry.weightCount), try TestSupport.Numbers(geometry.weightCount, .float64))
    #expect(try example.made(zeros).values.allSatisfy { $0 == 0 })
    let cotangent = try TestSupport.Numbers.normal(zeros.count, .float64, seed: 1)
    #expect(try example.pulledBack(cotangent, at: zeros).values.allSatisfy(\.isFinite))
  }

  @Test func paddingByPixelsIsRefused() throws {
    let geometry = try geometry(.reflect)
    #expect(refusal { _ = try ConvolutionScaling(geometry) }?.status == .incompatible)
  }

  @Test func toriThatRepeatResultsAreRefused() throws {
    func geometry(_ margin: Int) throws -> ConvolutionGeometry {
      let extent = ConvolutionExtent(input: 6, kernel: 3, stride: 1, dilation: 1, before: margin, after: margin)
      return try ConvolutionGeometry(inputChannels: 2, outputChannels: 4, groups: 1, vertical: extent, horizontal: extent, padding: .periodic)
    }
    #expect(refusal { _ = try ConvolutionScaling(try geometry(2)) }?.message.contains("padding periodic is so wide") == true)
    #expect(refusal { _ = try ConvolutionScaling(try geometry(1)) } == nil)
  }
}
