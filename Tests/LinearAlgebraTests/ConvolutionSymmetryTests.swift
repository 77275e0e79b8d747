import LinearAlgebra
import Settings
import Testing

extension KernelSweeps {
  @Suite struct ConvolutionSymmetryTests {
    static func geometries() -> [ConvolutionGeometry] {
      [
        convolutionGeometry(5, 5, 6, 7, kernel: 3, padding: 1), convolutionGeometry(4, 4, 6, 7, kernel: 5, padding: 2, .periodic), convolutionGeometry(6, 6, 5, 5, kernel: 3, padding: 1, groups: 2),
        convolutionGeometry(6, 6, 5, 4, kernel: 3, padding: 1, groups: 6), convolutionGeometry(3, 3, 4, 4, kernel: 1), convolutionGeometry(4, 4, 9, 8, kernel: 3, dilation: 2, padding: 2),
      ].compactMap { $0 }
    }

    /// ⟨Kx, y⟩ + ⟨x, Ky⟩ = −γ⟨x, y⟩ for antisymmetric kernels with damping γ, and ⟨Kx, y⟩ = ⟨x, Ky⟩ for symmetric ones; in place as well.
    @Test(arguments: Precision.allCases)
    func theMatrixIsAntisymmetricOrSymmetric(_ precision: Precision) throws {
      #expect(Self.geometries().count == 6)
      for geometry in Self.geometries() {
        try geometry.checkSquare()
        let run = ConvolutionRun(geometry: geometry, precision: precision)
        let (x, y) = (try Tile(geometry.inputRows, 16, 16, precision, seed: 2), try Tile(geometry.inputRows, 16, 16, precision, seed: 3))
        let scale = (dot(x.block, x.block) * dot(y.block, y.block)).squareRoot() * Double(geometry.weightCount).squareRoot() * (precision == .float64 ? 1e-14 : 1e-6)
        let k = try Numbers(geometry.weightCount, precision, seed: 1)
        for gamma in [0, 0.25] {
          let m = try Numbers(geometry.weightCount, precision, seed: 1)
          antisymmetrize(m.vector, geometry, damping: gamma, into: m.vector)
          let other = try Numbers(geometry.weightCount, precision)
          antisymmetrize(k.vector, geometry, damping: gamma, into: other.vector)
          #expect(m.values == other.values)
          let sum = dot(try run.product(.forward, m, x).block, y.block) + dot(x.block, try run.product(.forward, m, y).block)
          #expect(abs(sum + gamma * dot(x.block, y.block)) <= scale, "\(geometry)")
        }
        let m = try Numbers(geometry.weightCount, precision)
        symmetrize(k.vector, geometry, into: m.vector)
        let difference = dot(try run.product(.forward, m, x).block, y.block) - dot(x.block, try run.product(.forward, m, y).block)
        #expect(abs(difference) <= scale, "\(geometry)")
      }
    }

    /// The two parts sum to the kernel.
    @Test func thePartsSumToTheKernel() throws {
      for geometry in Self.geometries() {
        let k = try Numbers(geometry.weightCount, .float64, seed: 1)
        let (a, s) = (try Numbers(geometry.weightCount, .float64), try Numbers(geometry.weightCount, .float64))
        antisymmetrize(k.vector, geometry, damping: 0, into: a.vector)
        symmetrize(k.vector, geometry, into: s.vector)
        for i in 0..<k.count { #expect(abs(a[i] + s[i] - k[i]) < 1e-15) }
      }
    }

    /// Each refusal says what prevents it.
    @Test func whatIsNotSquareIsRefused() {
      let refused: [(ConvolutionGeometry?, String)] = [
        (convolutionGeometry(3, 4, 6, 6, kernel: 3, padding: 1), "as many"), (convolutionGeometry(3, 3, 6, 6, kernel: 3, stride: 2, padding: 1), "stride 1"),
        (convolutionGeometry(3, 3, 6, 6, kernel: 2), "odd"), (convolutionGeometry(3, 3, 6, 6, kernel: 3), "half"), (convolutionGeometry(3, 3, 6, 6, kernel: 3, padding: 1, .reflect), "reflect"),
      ]
      for (geometry, word) in refused {
        do throws(Failure) {
          try geometry?.checkSquare()
          Issue.record("accepted: \(word)")
        } catch {
          #expect(error.message.contains(word), "\(error.message)")
        }
      }
    }
  }
}
