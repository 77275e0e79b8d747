import LinearAlgebra
import Testing

@Suite struct LargestMagnitudeTests {
  @Test(arguments: Precision.allCases) func isTheLargestOfTheMagnitudes(_ precision: Precision) throws {
    let numbers = try Numbers(5, precision)
    for (index, value) in [1, -7.5, 0, 7, -0.25].enumerated() { numbers[index] = value }
    #expect(largestMagnitude(numbers.vector) == 7.5)
    #expect(largestMagnitude(numbers.vector[2..<3]) == 0)
    #expect(largestMagnitude(numbers.vector[0..<0]) == 0)
  }

  /// Wherever it stands: a comparison with NaN is false, which must not lose it.
  @Test(arguments: Precision.allCases, 0..<3) func nanIsKept(_ precision: Precision, _ place: Int) throws {
    let numbers = try Numbers(3, precision)
    for index in 0..<3 { numbers[index] = index == place ? .nan : .infinity }
    #expect(largestMagnitude(numbers.vector).isNaN)
    numbers[place] = 1
    #expect(largestMagnitude(numbers.vector) == .infinity)
  }
}
