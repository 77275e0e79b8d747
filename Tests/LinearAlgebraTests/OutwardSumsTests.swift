import LinearAlgebra
import TestSupport
import Testing

/// The exact sum of magnitudes or squares needs more digits than a Double has; these tests use numbers whose sums are known.
@Suite struct OutwardSumsTests {
  @Test(arguments: Precision.allCases) func normsAreNeverBelow(_ precision: Precision) throws {
    // 3, 4 and zeros: the norm is 5.
    for scale in [1, 0x1p-100, 0x1p+100, 0x1p-140] as [Double] {
      let x = try Numbers([3 * scale, 0, -4 * scale, 0], precision)
      let bound = euclideanNormBound(x.vector)
      #expect(bound >= 5 * scale && bound <= 5 * scale * (1 + 1e-14))
    }
    #expect(euclideanNormBound(try Numbers([0, 0], precision).vector) == 0)
    #expect(euclideanNormBound(try Numbers([.infinity, 1], precision).vector) == .infinity)
    #expect(euclideanNormBound(try Numbers([.nan, 1], precision).vector).isNaN)
  }

  @Test func doublesNearTheEndsOfTheirRange() throws {
    for scale in [0x1p-1072, 0x1p-700, 0x1p+700, 0x1p+1020] as [Double] {
      let bound = euclideanNormBound(try Numbers([3 * scale, 4 * scale], .float64).vector)
      #expect(bound >= 5 * scale && bound <= max(5 * scale * (1 + 1e-14), 5 * scale + 0x1p-1073))
    }
  }

  @Test(arguments: Precision.allCases) func rowsAndDistances(_ precision: Precision) throws {
    let w = try Numbers([1, -2, 3, -4, 5, 6], precision)
    let matrix = w.matrix(rows: 2, columns: 3)
    #expect(largestRowSumBound(matrix) >= 15 && largestRowSumBound(matrix) < 15 + 1e-12)
    #expect(largestRowSumBound(matrix.transposed) >= 9 && largestRowSumBound(matrix.transposed) < 9 + 1e-12)
    let norms = rowNormBounds(matrix)
    #expect(norms[0] * norms[0] >= 14 && norms[0] * norms[0] < 14 + 1e-12)
    let distance = rowDistanceBound(matrix, 0, 1)
    #expect(distance * distance >= 83 && distance * distance < 83 + 1e-12)
  }

  @Test(arguments: Precision.allCases) func stepsInTheLargestNorm(_ precision: Precision) throws {
    let w = try Numbers([-1, 2, 0.5, -3], precision)
    let matrix = w.matrix(rows: 2, columns: 2)
    // d = 0 gives 1; d = 1, h = ½: |1 − ½| + 1 and |1 − 3/2| + ¼.
    let bound = largestStepRowSumBound(matrix, stepSize: 0.5, slopes: 0...1, antisymmetry: nil)
    #expect(bound >= 1.5 && bound < 1.5 + 1e-12)
    // ½(W − Wᵀ − 2I) = [[−1, ¾], [−¾, −1]].
    let part = largestStepRowSumBound(matrix, stepSize: 0.5, slopes: 0...1, antisymmetry: 2)
    #expect(part >= 1 && part < 1 + 1e-12)
  }

  @Test func convolutionSums() throws {
    let k = try Numbers([1, -2, 3, 0.5, -1, 1], .float32)
    let axis = ConvolutionExtent(input: 5, kernel: 3, before: 1, after: 1)
    let geometry = try ConvolutionGeometry(inputChannels: 1, outputChannels: 2, vertical: ConvolutionExtent(input: 1, kernel: 1), horizontal: axis)
    let sums = convolutionSumBounds(k.vector, geometry)
    #expect(sums.outputs >= 6 && sums.outputs < 6 + 1e-12 && sums.inputs >= 8.5 && sums.inputs < 8.5 + 1e-12)
    let scaled = convolutionSumBounds(k.vector, geometry, factors: [0.5, 4])
    #expect(scaled.outputs >= 10 && scaled.outputs < 10 + 1e-12 && scaled.inputs >= 13 && scaled.inputs < 13 + 1e-12)
  }

  /// 4·max Σ a_i b_j |g_ij| over a, b in {(2, 1, 1), (1, 1, 2)}: 64 for nine ones, 16 for a corner, 4 for the middle. That it bounds the norm is tested with the matrix in `test_certified_radius.py`.
  @Test func sumsOfWinogradsAlgorithm() throws {
    let ones = Array(repeating: -1.0, count: 9), corner = [0, 0, 1] + Array(repeating: 0.0, count: 6), middle = [0, 0, 0, 0, 1, 0, 0, 0, 0.0]
    let axis = ConvolutionExtent(input: 5, kernel: 3, before: 1, after: 1)
    let geometry = try ConvolutionGeometry(inputChannels: 2, outputChannels: 2, vertical: axis, horizontal: axis)
    // The outputs see 64 + 16 and 4 + 64, the inputs 64 + 4 and 16 + 64.
    let sums = winogradSumBounds(try Numbers(ones + corner + middle + ones, .float32).vector, geometry)
    #expect(sums.outputs >= 80 && sums.outputs < 80 + 1e-11 && sums.inputs >= 80 && sums.inputs < 80 + 1e-11)
    let one = winogradSumBounds(try Numbers(middle + corner + Array(repeating: 0.0, count: 18), .float32).vector, geometry)
    #expect(one.outputs >= 20 && one.outputs < 20 + 1e-11 && one.inputs >= 16 && one.inputs < 16 + 1e-11)
    let endless = winogradSumBounds(try Numbers(Array(repeating: Double.infinity, count: 36), .float32).vector, geometry)
    #expect(endless.outputs == .infinity && endless.inputs == .infinity)
    // Output channels times 2 and 1; and around a torus Σ a_i a_j |g_ij| with a = (4, 3, 4): 121, 16 and 9.
    let scaled = winogradSumBounds(try Numbers(ones + corner + middle + ones, .float32).vector, geometry, factors: [2, 1])
    #expect(scaled.outputs >= 160 && scaled.outputs < 160 + 1e-11 && scaled.inputs >= 132 && scaled.inputs < 132 + 1e-11)
    let torus = try ConvolutionGeometry(inputChannels: 2, outputChannels: 2, vertical: axis, horizontal: axis, padding: .periodic)
    let around = winogradSumBounds(try Numbers(ones + corner + middle + ones, .float32).vector, torus)
    #expect(around.outputs >= 137 && around.outputs < 137 + 1e-10 && around.inputs >= 137 && around.inputs < 137 + 1e-10)
  }
}

extension Numbers {
  /// The numbers as a matrix, row by row.
  func matrix(rows: Int, columns: Int) -> Matrix { Matrix(vector.base, rows: rows, columns: columns, precision: precision) }
}
