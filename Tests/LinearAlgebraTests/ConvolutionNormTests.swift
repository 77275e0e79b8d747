import LinearAlgebra
import TestSupport
import Testing

/// ConvolutionOperatorTests compare the bound with the matrix's norm for every padding.
@Suite struct ConvolutionNormTests {
  private func geometry(_ padding: Padding, groups: Int = 1) throws -> ConvolutionGeometry {
    let extent = ConvolutionExtent(input: 5, kernel: 3, before: 1, after: 1)
    return try ConvolutionGeometry(inputChannels: 2, outputChannels: 2, groups: groups, vertical: extent, horizontal: extent, padding: padding)
  }

  /// The mean of the largest sums of an output and of an input channel.
  @Test func isTheMeanOfTwoSums() throws {
    var numbers = Array(repeating: 0.0, count: 36)
    (numbers[4], numbers[13], numbers[22]) = (2, -3, 5)
    let weights = try SampleNumbers(numbers, .float64)
    // Output 0 sums to 5, output 1 to 5; input 0 to 7, input 1 to 3.
    #expect(abs(boundConvolutionNorm(weights.vector, try geometry(.zero)) - 6) < 1e-11)
  }

  @Test func paddingThatRepeatsPixelsCountsThem() throws {
    #expect(try Padding.allCases.map { convolutionPaddingNorm(try geometry($0)) } == [1, 1, 2, 2])
  }

  @Test func whatIsNotFiniteStaysSo() throws {
    var numbers = Array(repeating: 1.0, count: 36)
    numbers[7] = .nan
    #expect(boundConvolutionNorm(try SampleNumbers(numbers, .float64).vector, try geometry(.zero)).isNaN)
    numbers[7] = .infinity
    #expect(boundConvolutionNorm(try SampleNumbers(numbers, .float64).vector, try geometry(.zero)) == .infinity)
  }
}
