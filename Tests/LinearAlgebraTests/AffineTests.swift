import LinearAlgebra
import Testing

extension KernelSweeps {
  @Suite struct AffineTests {
    struct Shape { let outputs, inputs, columns: Int }
    /// Every remainder of the register tiles: outputs modulo 4, columns modulo 64 in steps of 16.
    static let shapes = [
      Shape(outputs: 1, inputs: 1, columns: 16), Shape(outputs: 3, inputs: 5, columns: 32), Shape(outputs: 4, inputs: 8, columns: 48), Shape(outputs: 8, inputs: 8, columns: 64),
      Shape(outputs: 10, inputs: 17, columns: 80), Shape(outputs: 21, inputs: 33, columns: 112), Shape(outputs: 65, inputs: 40, columns: 16),
    ]

    /// The result of the identity has the same bits with and without slopes, which are 1, also if it is base + Wx.
    @Test(arguments: Precision.allCases) func slopesDoNotChangeTheIdentity(_ precision: Precision) throws {
      for level in levels {
        for columns in [1, 16, 48] {
          let (w, x) = (try Numbers(7 * 9, precision, seed: 1), try Numbers(9 * columns, precision, seed: 2, low: -2, high: 2))
          let (base, slope) = (try Numbers(7 * columns, precision, seed: 4), try Numbers(7 * columns, precision, seed: 5))
          let (plain, sloped) = (try Numbers(7 * columns, precision), try Numbers(7 * columns, precision))
          for (scale, hasBase) in [(1.0, true), (1, false), (0.3, true)] {
            for (out, slope) in [(plain, nil), (sloped, slope)] as [(Numbers, Numbers?)] {
              withInstructionSet(level) {
                affine(
                  Matrix(w.buffer.base, rows: 7, columns: 9, precision: precision), bias: nil, activation: .identity, of: x.block(rows: 9, columns: columns, stride: columns), scale: scale,
                  addingTo: hasBase ? base.block(rows: 7, columns: columns, stride: columns) : nil, into: out.block(rows: 7, columns: columns, stride: columns),
                  slope: slope?.block(rows: 7, columns: columns, stride: columns))
              }
            }
            #expect(plain.values == sloped.values && slope.values.allSatisfy { $0 == 1 }, "\(level.name), \(columns) columns, scale \(scale)")
          }
        }
      }
    }

    /// The tile kernel agrees with sums and libm in Double, on every instruction set, with every kind of bias, base and stride.
    @Test(arguments: Precision.allCases, Activation.allCases)
    func agreesWithPlainSums(_ precision: Precision, _ activation: Activation) throws {
      for level in levels {
        for (number, shape) in Self.shapes.enumerated() {
          for transposed in [false, true] {
            let (m, n, c) = (shape.outputs, shape.inputs, shape.columns)
            let stride = c + (number % 2) * 16
            let w = try Numbers(m * n, precision, seed: 1)
            let x = try Numbers(n * stride, precision, seed: 2, low: -2, high: 2)
            let b = try Numbers(m, precision, seed: 3)
            let base = try Numbers(m * stride, precision, seed: 4)
            let before = base.values
            let slope = try Numbers(m * stride, precision, seed: 5)
            let biasKind = number % 3
            let weights = transposed ? Matrix(w.buffer.base, rows: n, columns: m, precision: precision).transposed : Matrix(w.buffer.base, rows: m, columns: n, precision: precision)
            let hasBase = number % 4 != 0
            let out = base.block(rows: m, columns: c, stride: stride)
            withInstructionSet(level) {
              affine(
                weights, bias: biasKind == 0 ? nil : Bias(b.buffer.base, stride: biasKind - 1), activation: activation, of: x.block(rows: n, columns: c, stride: stride), scale: 0.3,
                addingTo: hasBase ? out : nil, into: out, slope: number % 5 == 1 ? nil : slope.block(rows: m, columns: c, stride: stride))
            }
            var worst = 0.0
            for i in 0..<m {
              for j in 0..<c {
                var sum = biasKind == 0 ? 0 : b[i * (biasKind - 1)]
                for k in 0..<n { sum += w[transposed ? k * m + i : i * n + k] * x[k * stride + j] }
                let (value, derivative) = reference(activation, sum)
                worst = max(worst, abs(base[i * stride + j] - (hasBase ? before[i * stride + j] : 0) - 0.3 * value))
                if number % 5 != 1, !(activation == .relu && abs(sum) < 1e-4) { worst = max(worst, abs(slope[i * stride + j] - derivative)) }
              }
            }
            // n roundings of sums below 2n, through a slope of at most 1, and a few ulps of the activation.
            #expect(worst < precision.epsilon * Double(4 * n * n + 16), "\(level.name) \(m)×\(n)×\(c) transposed \(transposed)")
            // Memory between the columns and the stride is not touched.
            if stride > c { #expect(base[c] == before[c]) }
          }
        }
      }
    }
  }
}
