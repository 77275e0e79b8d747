import LinearAlgebra
import TestSupport
import Testing

@Suite(.freesNumbers) struct KernelRotationTests {
  /// Images with odd, even and single pixels; kernels that reach around the whole torus; groups; dilation.
  static let geometries = [
    periodic(2, 3, 4), periodic(2, 5, 5, groups: 2), periodic(2, 1, 6), periodic(3, 2, 3), periodic(2, 4, 4, kernel: 5), periodic(1, 5, 6, dilation: 2), periodic(4, 3, 3, kernel: 1, groups: 2),
  ].compactMap { $0 }

  private static func periodic(_ channels: Int, _ height: Int, _ width: Int, kernel: Int = 3, dilation: Int = 1, groups: Int = 1) -> ConvolutionGeometry? {
    func extent(_ pixels: Int) -> ConvolutionExtent {
      let kernel = pixels == 1 ? 1 : kernel
      return ConvolutionExtent(input: pixels, kernel: kernel, dilation: dilation, before: (kernel - 1) * dilation / 2, after: (kernel - 1) * dilation / 2)
    }
    return try? ConvolutionGeometry(inputChannels: channels, outputChannels: channels, groups: groups, vertical: extent(height), horizontal: extent(width), padding: .periodic)
  }

  private struct Made {
    let rotation: KernelRotation
    let weights: Numbers
    let prepared: Numbers
    let precision: Precision

    init(_ geometry: ConvolutionGeometry, _ h: Double, _ precision: Precision) throws {
      rotation = try KernelRotation(geometry, precision: precision)
      weights = try Numbers(geometry.weightCount, precision, seed: 2)
      prepared = try Numbers(rotation.preparedCount, precision, low: 0, high: 0)
      self.precision = precision
      rotation.make(weights.vector, angle: h, into: prepared.buffer.base)
    }

    func apply(_ x: Block, transposed: Bool = false) throws -> [Double] {
      let out = Block.zeros(x.rows, x.columns, precision)
      rotation.apply(prepared.buffer.base, transposed: transposed, to: x, into: out, scratch: .zeros(rotation.scratchRows, x.columns, precision))
      return out.values
    }
  }

  @Test func geometriesAreMade() { #expect(Self.geometries.count == 7) }

  /// Q and Qᵀ are those of the dense matrix of the convolution around the torus.
  @Test(arguments: geometries, Precision.allCases) func isTheRotationOfTheMatrix(_ geometry: ConvolutionGeometry, _ precision: Precision) throws {
    let (h, n) = (0.6, geometry.inputRows)
    let made = try Made(geometry, h, precision)
    let dense = try SampleNumbers(n * n, .float64).matrix(rows: n, columns: n)
    var rows = Array(repeating: Array(repeating: 0.0, count: n), count: n)
    ConvolutionReference(geometry: geometry).forEachProduct { output, input, weight in rows[output][input] += made.weights[weight] }
    let a = try SampleNumbers(rows.flatMap { $0 }, .float64).matrix(rows: n, columns: n)
    let cayley = Rotation(.cayley, size: n)
    cayley.make(a, angle: h, into: dense, memory: try SmallMemory(count: cayley.memoryCount(withDerivatives: false, precision: .float64), precision: .float64).base)
    let x = try Tile(n, 16, 16, precision, seed: 4)
    for transposed in [false, true] {
      let out = try made.apply(x.block, transposed: transposed)
      let q = transposed ? plainTranspose(dense.rowsOfNumbers) : dense.rowsOfNumbers
      for sample in [0, 11] {
        let expected = q.map { inner($0, (0..<n).map { x[$0, sample] }) }
        #expect(largestDifference((0..<n).map { out[$0 * 16 + sample] }, expected) < (precision == .float64 ? 1e-13 : 3e-6))
      }
    }
  }

  /// (I − ½hS)Qx = (I + ½hS)x by the convolution itself.
  @Test(arguments: geometries) func solvesCayleysEquation(_ geometry: ConvolutionGeometry) throws {
    let h = 1.3
    let made = try Made(geometry, h, .float64)
    let x = try Tile(geometry.inputRows, 16, 16, .float64, seed: 4)
    let turned = try Tile(geometry.inputRows, 16, 16, .float64)
    turned.block.store(try made.apply(x.block))
    let reference = ConvolutionReference(geometry: geometry)
    func difference(_ x: Tile) -> [Double] { zip(reference.product(.forward, made.weights, x), reference.product(.transposed, made.weights, x)).map { $0 - $1 } }
    let left = zip(turned.numbers.values, difference(turned)).map { $0 - h / 2 * $1 }
    let right = zip(x.numbers.values, difference(x)).map { $0 + h / 2 * $1 }
    #expect(largestDifference(left, right) < 1e-12)
  }

  /// Lengths are kept for every angle, and Qᵀ undoes Q.
  @Test(arguments: [0.01, 1, 100], Precision.allCases) func isOrthogonalToRounding(_ h: Double, _ precision: Precision) throws {
    for geometry in Self.geometries {
      let made = try Made(geometry, h, precision)
      let x = try Tile(geometry.inputRows, 16, 16, precision, seed: 4), turned = try Tile(geometry.inputRows, 16, 16, precision)
      turned.block.store(try made.apply(x.block))
      #expect(abs(norm(turned.numbers.values) - norm(x.numbers.values)) < 20 * precision.epsilon * norm(x.numbers.values))
      #expect(largestDifference(try made.apply(turned.block, transposed: true), x.numbers.values) < 20 * precision.epsilon)
    }
  }

  @Test(arguments: geometries, Precision.allCases) func oneSampleHasTheBitsOfATile(_ geometry: ConvolutionGeometry, _ precision: Precision) throws {
    let made = try Made(geometry, 0.7, precision)
    let x = try Tile(geometry.inputRows, 32, 32, precision)
    for transposed in [false, true] {
      let all = try made.apply(x.block, transposed: transposed)
      for sample in [0, 31] { #expect(try made.apply(try x.sample(sample).block, transposed: transposed) == (0..<x.rows).map { all[$0 * 32 + sample] }) }
    }
  }
}
