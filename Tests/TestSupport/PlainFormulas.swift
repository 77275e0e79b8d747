import Foundation
import LinearAlgebra

/// The formulas of Theory.md §2 in plain Double arithmetic, with which tests compare the kernels of blocks.

/// σ(x) and σ'(x), written from their definitions.
package func plainActivation(_ activation: Activation, _ x: Double) -> (value: Double, slope: Double) {
  switch activation {
  case .identity: return (x, 1)
  case .tanh: return (Foundation.tanh(x), 1 / (Foundation.cosh(x) * Foundation.cosh(x)))
  case .relu: return x > 0 ? (x, 1) : (0, 0)
  case .sigmoid: return (1 / (1 + Foundation.exp(-x)), Foundation.exp(-x) / ((1 + Foundation.exp(-x)) * (1 + Foundation.exp(-x))))
  case .softplus: return (Foundation.log1p(Foundation.exp(x)), 1 / (1 + Foundation.exp(-x)))
  case .sin: return (Foundation.sin(x), Foundation.cos(x))
  case .smoothRelu: return abs(x) < 0.1 ? ((x + 0.1) * (x + 0.1) / 0.4, (x + 0.1) / 0.2) : (max(x, 0), x > 0 ? 1 : 0)
  case .leakyRelu: return x > 0 ? (x, 1) : (x / 100, 0.01)
  case .elu: return x > 0 ? (x, 1) : (Foundation.expm1(x), Foundation.exp(x))
  case .gelu:
    let probability = Foundation.erfc(-x / 2.0.squareRoot()) / 2
    return (x * probability, probability + x * Foundation.exp(-x * x / 2) / (2 * Double.pi).squareRoot())
  case .silu:
    let sigmoid = 1 / (1 + Foundation.exp(-x))
    return (x * sigmoid, sigmoid * (1 + x * (1 - sigmoid)))
  }
}

/// σ(Wx + b) and σ'(Wx + b), elementwise.
package func plainLayer(_ activation: Activation, _ weights: [[Double]], _ bias: [Double], _ x: [Double]) -> (value: [Double], slope: [Double]) {
  let all = zip(weights, bias).map { row, bias in plainActivation(activation, inner(row, x) + bias) }
  return (all.map(\.value), all.map(\.slope))
}

/// Wx.
package func plainProduct(_ matrix: [[Double]], _ x: [Double]) -> [Double] { matrix.map { inner($0, x) } }

package func plainTranspose(_ matrix: [[Double]]) -> [[Double]] {
  matrix[0].indices.map { column in matrix.map { $0[column] } }
}

extension Numbers {
  /// Column `sample` of the numbers, read as features × samples.
  package func column(_ sample: Int, of columns: Int) -> [Double] { stride(from: sample, to: count, by: columns).map { self[$0] } }

  /// The numbers as rows of `columns`.
  package func rows(of columns: Int) -> [[Double]] { stride(from: 0, to: count, by: columns).map { row in (0..<columns).map { self[row + $0] } } }
}

/// The largest |xᵢ − yᵢ| / (1 + |yᵢ|).
package func largestDifference(_ x: [Double], _ y: [Double]) -> Double {
  precondition(x.count == y.count, "lists of different length")
  return zip(x, y).map { $0 == $1 ? 0 : abs($0 - $1) / (1 + abs($1)) }.reduce(0) { $1.isNaN ? .infinity : Swift.max($0, $1) }
}
