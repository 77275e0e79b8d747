import Foundation
import LinearAlgebra
import Testing

/// Numbers of a test: owned memory with blocks, matrices and vectors cut from it, filled from a seeded stream.
final class Numbers {
  let buffer: Buffer
  let precision: Precision
  let count: Int
  init(_ count: Int, _ precision: Precision, seed: UInt64 = 1, low: Double = -1, high: Double = 1) throws {
    buffer = try Buffer(count: max(count, 1), precision: precision)
    self.precision = precision
    self.count = count
    var random = RandomStream(seed: seed)
    random.uniform(into: vector, low: low, high: high)
  }
  var vector: Vector { buffer.vector(count: count, precision: precision) }
  var values: [Double] { (0..<count).map { vector.load($0) } }
  subscript(i: Int) -> Double {
    get { vector.load(i) }
    set { vector.store(newValue, at: i) }
  }
  func block(rows: Int, columns: Int, stride: Int? = nil) -> Block {
    precondition((rows - 1) * (stride ?? columns) + columns <= count)
    return Block(buffer.base, rows: rows, columns: columns, stride: stride, precision: precision)
  }
}

/// The instruction sets that this machine can be forced to.
let levels = InstructionSet.allCases.filter { $0.rawValue <= InstructionSet.detected.rawValue }

/// σ and σ' by the system's library in Double.
func reference(_ activation: Activation, _ x: Double) -> (value: Double, slope: Double) {
  switch activation {
  case .identity: (x, 1)
  case .tanh: (Foundation.tanh(x), 1 - Foundation.tanh(x) * Foundation.tanh(x))
  case .relu: (max(x, 0), x > 0 ? 1 : 0)
  case .sigmoid: (1 / (1 + Foundation.exp(-x)), Foundation.exp(-x) / ((1 + Foundation.exp(-x)) * (1 + Foundation.exp(-x))))
  case .softplus: (max(x, 0) + Foundation.log1p(Foundation.exp(-abs(x))), 1 / (1 + Foundation.exp(-x)))
  case .sin: (Foundation.sin(x), Foundation.cos(x))
  }
}

/// The tests that run every kernel on every instruction set that this machine has.
@Suite struct KernelSweeps {}
