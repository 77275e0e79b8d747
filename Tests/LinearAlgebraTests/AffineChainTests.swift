import LinearAlgebra
import Testing

extension KernelSweeps {
  @Suite struct AffineChainTests {
    /// A chain gives the bits of single calls: with one map per layer between two blocks, and with two maps per layer in place.
    @Test(arguments: Precision.allCases, [1, 2, 5])
    func givesTheBitsOfSingleCalls(_ precision: Precision, _ layers: Int) throws {
      for level in levels {
        for n in [3, 8, 20] {
          let (w, b) = (try Numbers(layers * n * n, precision, seed: 1), try Numbers(layers * n, precision, seed: 2))
          func weights(_ j: Int) -> Matrix { Matrix(w.buffer.base + j * n * n * precision.byteCount, rows: n, columns: n, precision: precision).transposed }
          func bias(_ j: Int) -> Bias { Bias(b.buffer.base + j * n * precision.byteCount, stride: 1) }
          func start(_ seed: UInt64) throws -> Numbers { try Numbers(n, precision, seed: seed) }
          let last = layers > 1 ? 1 : 0

          // y ← y + 0.1·tanh(W y + b), alone and chained.
          let (y, next) = (try start(3), try start(4))
          var (from, to) = (y, next)
          withInstructionSet(level) {
            for j in 0..<layers {
              affine(
                weights(j), bias: bias(j), activation: .tanh, of: from.block(rows: n, columns: 1), scale: 0.1, addingTo: from.block(rows: n, columns: 1),
                into: to.block(rows: n, columns: 1), slope: nil)
              (from, to) = (to, from)
            }
          }
          let (x, out) = (try start(3), try start(4))
          withInstructionSet(level) {
            let first = AffineStage(
              weights(0), bias: bias(0), next: (weights(last), bias(last)), activation: .tanh, of: x.block(rows: n, columns: 1), scale: 0.1,
              addingTo: x.block(rows: n, columns: 1), into: out.block(rows: n, columns: 1))
            affineChain(first, nil, layers: layers, precision: precision)
          }
          #expect((layers % 2 == 1 ? out : x).values == from.values, "\(level.name) \(n)")

          // z ← z − 0.1·tanh(W y + b); y ← y + 0.1·tanh(Wᵀ z + b).
          let (p, q, chainedP, chainedQ) = (try start(5), try start(6), try start(5), try start(6))
          func maps(_ y: Numbers, _ z: Numbers, _ j: Int) -> (AffineStage, AffineStage) {
            let (state, momenta) = (y.block(rows: n, columns: 1), z.block(rows: n, columns: 1))
            let following = min(j + 1, layers - 1)
            return (
              AffineStage(weights(j), bias: bias(j), next: (weights(following), bias(following)), activation: .tanh, of: state, scale: -0.1, addingTo: momenta, into: momenta),
              AffineStage(
                weights(j).transposed, bias: bias(j), next: (weights(following).transposed, bias(following)), activation: .tanh, of: momenta, scale: 0.1, addingTo: state, into: state)
            )
          }
          withInstructionSet(level) {
            for j in 0..<layers {
              let (state, momenta) = (p.block(rows: n, columns: 1), q.block(rows: n, columns: 1))
              affine(weights(j), bias: bias(j), activation: .tanh, of: state, scale: -0.1, addingTo: momenta, into: momenta, slope: nil)
              affine(weights(j).transposed, bias: bias(j), activation: .tanh, of: momenta, scale: 0.1, addingTo: state, into: state, slope: nil)
            }
            let (first, second) = maps(chainedP, chainedQ, 0)
            affineChain(first, second, layers: layers, precision: precision)
          }
          #expect(p.values == chainedP.values && q.values == chainedQ.values, "\(level.name) \(n)")
        }
      }
    }
  }
}
