import Settings

/// Sums of magnitudes and squares that are never below the exact value: the parts that bounds of norms are made of.
///
/// Sums are Doubles. A sum of n numbers ≥ 0, each rounded at most three times, is below the exact one by less than the factor 1 − (n + 4)·2⁻⁵³; the result is increased by twice as much. Squares are taken of numbers that a power of two has scaled to
/// less than one, so that they cannot overflow; those that vanish count as the smallest normal number. NaN or infinity gives NaN or infinity. Between rows this thread's watch is asked; if the work must end, the result is infinity.

/// An upper bound of |x|₂.
package func euclideanNormBound(_ x: Vector) -> Double {
  guard x.count > 1 << 20 else { return euclideanNormBound(x, 0, 1, x.count) }
  // The norm of the pieces' norms.
  let watch = Watch.current
  let pieces = stride(from: 0, to: x.count, by: 1 << 20).map { watch.isOver ? .infinity : euclideanNormBound(x, $0, 1, min(1 << 20, x.count - $0)) }
  return norm(pieces.count) { pieces[$0] }
}

/// An upper bound of the Euclidean norm of each row of a matrix.
package func rowNormBounds(_ matrix: Matrix) -> [Double] {
  let numbers = Vector(matrix.base, count: reach(matrix), precision: matrix.precision)
  let watch = Watch.current
  return (0..<matrix.rows).map { watch.isOver ? .infinity : euclideanNormBound(numbers, $0 * matrix.rowStride, matrix.columnStride, matrix.columns) }
}

/// An upper bound of |w_i − w_j|₂ for two rows of a matrix.
package func rowDistanceBound(_ matrix: Matrix, _ i: Int, _ j: Int) -> Double {
  switch matrix.precision {
  case .float32: distance(matrix, i, j, as: Float.self)
  case .float64: distance(matrix, i, j, as: Double.self)
  }
}

/// An upper bound of the largest sum of magnitudes in a row: ‖W‖_∞, or of the transpose ‖W‖₁.
package func largestRowSumBound(_ matrix: Matrix) -> Double {
  switch matrix.precision {
  case .float32: rowSums(matrix, as: Float.self)
  case .float64: rowSums(matrix, as: Double.self)
  }
}

/// An upper bound of the ℓ∞ Lipschitz constant of y ↦ y + hσ(Wy + b) for slopes in [low, high], 0 ≤ low: max_i max_{d∈{low, high}} (|1 + h d w_ii| + h d Σ_{j≠i}|w_ij|).
///
/// - Parameter antisymmetry: nil for W itself; γ for ½(W − Wᵀ − γI).
package func largestStepRowSumBound(_ matrix: Matrix, stepSize h: Double, slopes: ClosedRange<Double>, antisymmetry gamma: Double?) -> Double {
  switch matrix.precision {
  case .float32: stepRowSums(matrix, h, slopes, gamma, as: Float.self)
  case .float64: stepRowSums(matrix, h, slopes, gamma, as: Double.self)
  }
}

/// Upper bounds of ‖K‖_∞ and ‖K‖₁ of a convolution: the largest sum of |weights| of an output channel and of an input channel.
/// - Parameter factors: a number ≥ 0 for each output channel, by which its weights are multiplied; nil for 1.
package func convolutionSumBounds(_ weights: Vector, _ geometry: ConvolutionGeometry, factors: [Double]? = nil) -> (outputs: Double, inputs: Double) {
  let (inputs, outputs, taps) = (geometry.inputChannels / geometry.groups, geometry.outputChannels / geometry.groups, geometry.taps)
  let sums = Matrix(weights.base, rows: geometry.outputChannels, columns: inputs * taps, precision: weights.precision)
  var (largest, ofOutputs) = (0.0, 0.0)
  let watch = Watch.current
  for group in 0..<geometry.groups {
    for input in 0..<inputs where !watch.isOver {
      var sum = 0.0
      for output in group * outputs..<(group + 1) * outputs {
        var channel = 0.0
        for tap in 0..<taps { channel += abs(weights.load((output * inputs + input) * taps + tap)) }
        sum += (factors?[output] ?? 1) * channel
      }
      largest = larger(largest, outward(sum, outputs * taps + 1))
    }
  }
  guard let factors else { return (largestRowSumBound(sums), largest) }
  for output in 0..<geometry.outputChannels where !watch.isOver {
    var sum = 0.0
    for place in 0..<inputs * taps { sum += abs(weights.load(output * inputs * taps + place)) }
    ofOutputs = larger(ofOutputs, outward(factors[output] * sum, inputs * taps + 1))
  }
  return watch.isOver ? (.infinity, .infinity) : (ofOutputs, largest)
}

/// The same of the sums of magnitudes of Winograd's F(2×2, 3×3), |Aᵀ|((|G||g||Gᵀ|) ⊙ (|Bᵀ||d||B|))|A| as a map of images d with zero or periodic padding, for kernels of 3 × 3 taps.
///
/// Along an axis an output sums elements 0 to 2 or 1 to 3, of two inputs each; an input is in two squares, in whose outputs it appears twice by each of elements 0 to 2, or of 1 to 3. |G| makes of the taps of such three elements the
/// sums with the weights (2, 1, 1) or (1, 1, 2). So both bounds are those of 4·max Σ a_i b_j |g_ij| over the four pairs of weights a and b. Around a torus of odd length the last square ends behind the first row, which is in
/// three squares: the weights (4, 3, 4), in place of twice those above, bound the sums for every length.
package func winogradSumBounds(_ weights: Vector, _ geometry: ConvolutionGeometry, factors: [Double]? = nil) -> (outputs: Double, inputs: Double) {
  precondition(geometry.taps == 9, "a kernel of 3 × 3 taps")
  let (inputs, outputs) = (geometry.inputChannels / geometry.groups, geometry.outputChannels / geometry.groups)
  let isPeriodic = geometry.padding == .periodic
  func size(_ output: Int, _ input: Int) -> Double {
    var (left, right, around) = ((0.0, 0.0), (0.0, 0.0), 0.0)
    for row in 0..<3 {
      let first = (output * inputs + input) * 9 + 3 * row
      let (x, y, z) = (abs(weights.load(first)), abs(weights.load(first + 1)), abs(weights.load(first + 2)))
      around += (row == 1 ? 3 : 4) * (4 * x + 3 * y + 4 * z)
      let sums = (2 * x + y + z, x + y + 2 * z)
      left = (left.0 + (row == 0 ? 2 : 1) * sums.0, left.1 + (row == 2 ? 2 : 1) * sums.0)
      right = (right.0 + (row == 0 ? 2 : 1) * sums.1, right.1 + (row == 2 ? 2 : 1) * sums.1)
    }
    return isPeriodic ? around : [left.0, left.1, right.0, right.1].reduce(0) { larger($0, 4 * $1) }
  }
  var (ofOutputs, ofInputs) = (0.0, 0.0)
  let watch = Watch.current
  for group in 0..<geometry.groups {
    var sums = Array(repeating: 0.0, count: inputs)
    for output in group * outputs..<(group + 1) * outputs where !watch.isOver {
      var sum = 0.0
      for input in 0..<inputs {
        let size = (factors?[output] ?? 1) * size(output, input)
        sum += size
        sums[input] += size
      }
      ofOutputs = larger(ofOutputs, outward(sum, 16 * inputs + 8))
    }
    for sum in sums { ofInputs = larger(ofInputs, outward(sum, 16 * outputs + 8)) }
  }
  return watch.isOver ? (.infinity, .infinity) : (ofOutputs, ofInputs)
}

/// out = W·diag(scale) in Double, each product rounded once.
package func scaleColumns(of matrix: Matrix, by scale: Vector, into out: Matrix) {
  precondition(scale.count == matrix.columns && out.precision == .float64 && out.columnStride == 1, "scaleColumns: shapes")
  let numbers = Vector(matrix.base, count: reach(matrix), precision: matrix.precision)
  let target = Vector(out.base, count: reach(out), precision: .float64)
  let watch = Watch.current
  for i in 0..<matrix.rows where !watch.isOver {
    for j in 0..<matrix.columns { target.store(numbers.load(i * matrix.rowStride + j * matrix.columnStride) * scale.load(j), at: i * out.rowStride + j) }
  }
}

/// x plus an error bound of a sum of so many numbers.
private func outward(_ x: Double, _ count: Int) -> Double { (x * (1 + Double(count + 4) * 0x1p-52)).nextUp }
private func larger(_ a: Double, _ b: Double) -> Double { b > a || b.isNaN ? b : a }
private func reach(_ matrix: Matrix) -> Int { matrix.rows == 0 || matrix.columns == 0 ? 0 : (matrix.rows - 1) * matrix.rowStride + (matrix.columns - 1) * matrix.columnStride + 1 }

private func euclideanNormBound(_ x: Vector, _ first: Int, _ stride: Int, _ count: Int) -> Double {
  switch x.precision {
  case .float32: norm(UnsafeRawPointer(x.base).assumingMemoryBound(to: Float.self) + first, stride, count)
  case .float64: norm(UnsafeRawPointer(x.base).assumingMemoryBound(to: Double.self) + first, stride, count)
  }
}

private func norm<Number: BinaryFloatingPoint>(_ x: UnsafePointer<Number>, _ stride: Int, _ count: Int) -> Double { norm(count) { Double(x[$0 * stride]) } }

/// An upper bound of the Euclidean norm of `count` numbers, which `number` gives.
@inline(__always) private func norm(_ count: Int, _ number: (Int) -> Double) -> Double {
  var largest = 0.0
  for i in 0..<count { largest = larger(largest, abs(number(i))) }
  guard largest > 0, largest.isFinite else { return largest }
  let exponent = Int(largest.exponent) + 1
  // Two factors, because 2⁻ᵉ of a subnormal number is no Double.
  let (half, rest) = (Double(sign: .plus, exponent: -(exponent / 2), significand: 1), Double(sign: .plus, exponent: -(exponent - exponent / 2), significand: 1))
  var sum = 0.0
  for i in 0..<count {
    let scaled = number(i) * half * rest
    sum += scaled * scaled
  }
  // Squares that vanish: less than 2⁻¹⁰²² each.
  let root = outward(outward(sum, count).nextUp.squareRoot() + Double(count).squareRoot() * 0x1p-510, 0)
  return (root / half / rest).nextUp
}

private func distance<Number: BinaryFloatingPoint>(_ matrix: Matrix, _ i: Int, _ j: Int, as number: Number.Type) -> Double {
  let values = UnsafeRawPointer(matrix.base).assumingMemoryBound(to: Number.self)
  let (a, b) = (values + i * matrix.rowStride, values + j * matrix.rowStride)
  // A difference of two Doubles is rounded once.
  return norm(matrix.columns) { Double(a[$0 * matrix.columnStride]) - Double(b[$0 * matrix.columnStride]) }
}

private func rowSums<Number: BinaryFloatingPoint>(_ matrix: Matrix, as number: Number.Type) -> Double {
  let values = UnsafeRawPointer(matrix.base).assumingMemoryBound(to: Number.self)
  var largest = 0.0
  let watch = Watch.current
  for i in 0..<matrix.rows {
    if watch.isOver { return .infinity }
    var sum = 0.0
    for j in 0..<matrix.columns { sum += abs(Double(values[i * matrix.rowStride + j * matrix.columnStride])) }
    largest = larger(largest, outward(sum, matrix.columns))
  }
  return largest
}

private func stepRowSums<Number: BinaryFloatingPoint>(_ matrix: Matrix, _ h: Double, _ slopes: ClosedRange<Double>, _ gamma: Double?, as number: Number.Type) -> Double {
  let values = UnsafeRawPointer(matrix.base).assumingMemoryBound(to: Number.self)
  func entry(_ i: Int, _ j: Int) -> Double { Double(values[i * matrix.rowStride + j * matrix.columnStride]) }
  var largest = 0.0
  let watch = Watch.current
  for i in 0..<matrix.rows {
    if watch.isOver { return .infinity }
    var sum = 0.0
    for j in 0..<matrix.columns where j != i { sum += abs(gamma == nil ? entry(i, j) : 0.5 * (entry(i, j) - entry(j, i))) }
    sum = outward(sum, matrix.columns)
    let diagonal = gamma.map { -0.5 * $0 } ?? entry(i, i)
    for slope in [slopes.lowerBound, slopes.upperBound] {
      // The product is rounded twice, the sum of both parts once each.
      let step = h * slope
      let own = abs(1 + step * diagonal) + 4 * 0x1p-53 * (1 + abs(step * diagonal))
      largest = larger(largest, outward(own + outward(step * sum, 2), 4))
    }
  }
  return largest
}
