import Foundation
import LinearAlgebra
import TestSupport
import Testing

/// Numbers for a test: memory that provides blocks, matrices and vectors and is filled from a seeded stream.
final class Numbers {
  let buffer: Buffer
  let precision: Precision
  let count: Int
  init(_ count: Int, _ precision: Precision, seed: UInt64 = 1, low: Double = -1, high: Double = 1) throws {
    buffer = try Buffer(count: max(count, 1), precision: precision)
    // A view in an expression may outlive the last use of its owner.
    TestMemory.keep(buffer)
    self.precision = precision
    self.count = count
    var random = RandomStream(seed: seed)
    random.uniform(into: vector, low: low, high: high)
  }
  convenience init(_ values: [Double], _ precision: Precision) throws {
    try self.init(values.count, precision)
    for (index, value) in values.enumerated() { self[index] = value }
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

/// The instruction sets that can be selected on this machine.
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
  case .smoothRelu: abs(x) < 0.1 ? ((x + 0.1) * (x + 0.1) / 0.4, (x + 0.1) / 0.2) : (max(x, 0), x > 0 ? 1 : 0)
  case .leakyRelu: x > 0 ? (x, 1) : (0.01 * x, 0.01)
  case .elu: x > 0 ? (x, 1) : (Foundation.expm1(x), Foundation.exp(x))
  case .gelu: (x * normal(x), normal(x) + x * Foundation.exp(-x * x / 2) / (2 * Double.pi).squareRoot())
  case .silu: (x / (1 + Foundation.exp(-x)), (1 + x / (1 + Foundation.exp(x))) / (1 + Foundation.exp(-x)))
  }
}

/// Φ(x) = ½ erfc(−x/√2).
private func normal(_ x: Double) -> Double { 0.5 * Foundation.erfc(-x * 0.5.squareRoot()) }

/// The tests that run every kernel on every instruction set that this machine has.
@Suite(.freesNumbers) struct KernelSweeps {}

/// A block with its own memory: rows × columns, with a gap after each row if `stride` is larger.
struct Tile {
  let numbers: Numbers
  let rows: Int
  let columns: Int
  let stride: Int

  /// The shapes for tests of block operations: one long row, gaps, every remainder of the lanes, one sample with and without gaps.
  static let shapes = [(1, 32, 32), (3, 16, 16), (5, 48, 64), (9, 80, 80), (7, 1, 1), (21, 1, 1), (5, 1, 3)]

  init(_ rows: Int, _ columns: Int, _ stride: Int, _ precision: Precision, seed: UInt64 = 1, low: Double = -1, high: Double = 1) throws {
    numbers = try Numbers(rows * stride, precision, seed: seed, low: low, high: high)
    self.rows = rows
    self.columns = columns
    self.stride = stride
  }

  var block: Block { numbers.block(rows: rows, columns: columns, stride: stride) }
  subscript(i: Int, j: Int) -> Double {
    get { numbers[i * stride + j] }
    nonmutating set { numbers[i * stride + j] = newValue }
  }

  /// Column `j` as a block of one column.
  func sample(_ j: Int) throws -> Tile {
    let one = try Tile(rows, 1, 1, numbers.precision)
    for i in 0..<rows { one[i, 0] = self[i, j] }
    return one
  }

  /// The largest error against a formula; infinite if the numbers between columns and stride have changed from `before`.
  func worstError(keeping before: [Double], _ formula: (_ i: Int, _ j: Int) -> Double) -> Double {
    var worst = 0.0
    for i in 0..<rows {
      for j in 0..<stride {
        let error = j < columns ? abs(self[i, j] - formula(i, j)) : self[i, j] == before[i * stride + j] ? 0 : .infinity
        if !(error <= worst) { worst = error }
      }
    }
    return worst
  }

  /// Whether column `j` has the bits of `one`.
  func column(_ j: Int, hasTheBitsOf one: Tile) -> Bool { (0..<rows).allSatisfy { self[$0, j].bitPattern == one[$0, 0].bitPattern } }
}
