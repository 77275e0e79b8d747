import Gradients
import Glibc
import VectorFields

/// log|det A| and the determinant's sign, by Gaussian elimination with row exchanges: no overflow for determinants of any size.
struct LogDeterminant {
  /// −∞ for a singular matrix.
  private(set) var logarithm = 0.0
  /// 1, −1, or 0 for a singular matrix.
  private(set) var sign = 1.0

  init(_ matrix: [Double], order n: Int) {
    var a = matrix
    for k in 0..<n {
      var pivot = k
      for i in k..<n where abs(a[i * n + k]) > abs(a[pivot * n + k]) { pivot = i }
      let value = a[pivot * n + k]
      guard value != 0 else {
        (logarithm, sign) = (-.infinity, 0)
        return
      }
      if pivot != k {
        for j in 0..<n { a.swapAt(k * n + j, pivot * n + j) }
        sign = -sign
      }
      if value < 0 { sign = -sign }
      logarithm += log(abs(value))
      for i in stride(from: k + 1, to: n, by: 1) {
        let factor = a[i * n + k] / value
        guard factor != 0 else { continue }
        for j in k..<n { a[i * n + j] -= factor * a[k * n + j] }
      }
    }
  }
}

/// How far a Jacobian is from being symplectic.
enum Symplectic {
  /// The number of positions of a block whose whole state is positions and as many momenta; nil for other blocks.
  static func half(_ block: ODEBlock) -> Int? {
    let field = block.plainField
    guard block.stateWidth == field.stateWidth, block.stateWidth.isMultiple(of: 2) else { return nil }
    if field.isPartitioned { return field.rowsWritten(by: 0).count * 2 == block.stateWidth ? block.stateWidth / 2 : nil }
    return field is FullHamiltonianField ? block.stateWidth / 2 : nil
  }

  /// ‖MᵀΩM − Ω‖_F with Ω = [[0, I], [−I, 0]].
  static func defect(_ m: [Double], half: Int) -> Double {
    let n = 2 * half
    var sum = 0.0
    for i in 0..<n {
      for j in 0..<n {
        var value = 0.0
        for k in 0..<half { value += m[k * n + i] * m[(k + half) * n + j] - m[(k + half) * n + i] * m[k * n + j] }
        if j == i + half { value -= 1 }
        if i == j + half { value += 1 }
        sum += value * value
      }
    }
    return sum.squareRoot()
  }
}
