import Foundation
import LinearAlgebra
import Settings
import Training

/// φ(x) = Σ ½aᵢxᵢ² + Σ u⁴/120 with u = xᵢ − xᵢ₊₁ − 1, and its derivatives in plain Double. φ is strictly convex but not quadratic, and full Newton steps decrease it.
final class AnalyticObjective: Objective {
  let count: Int
  let precision: Precision
  var repeats = true
  /// The number of evaluations before one fails.
  var callsLeft = Int.max
  private(set) var gradients = 0
  /// The factor by which the Gauss–Newton matrix is wrong.
  var curvatureFactor = 1.0

  init(count: Int, _ precision: Precision) {
    self.count = count
    self.precision = precision
  }

  /// The iterate at which a method starts: numbers of both signs and magnitude 1.
  func iterate(of method: any Optimizer) throws -> Iterate {
    func zeros(_ vectors: Int) throws -> [Vector] { try (0..<vectors).map { _ in Self.keep(try Numbers([Double](repeating: 0, count: count), precision)) } }
    let start = Self.keep(try Numbers((0..<count).map { 2 * sin(3 * Double($0) + 1) }, precision))
    return Iterate(
      parameters: start, gradient: try zeros(1)[0], state: try zeros(method.stateNames.count), scalars: method.scalarNames.map { _ in 0 },
      scratch: try zeros(method.scratchCount))
  }

  private static var kept: [Numbers] = []
  private static let lock = NSLock()
  fileprivate static func keep(_ numbers: Numbers) -> Vector {
    lock.withLock { kept.append(numbers) }
    return numbers.vector
  }

  func value(_ x: [Double]) -> Double {
    (0..<count).map { 0.5 * weight($0) * x[$0] * x[$0] }.reduce(0, +) + (0..<count - 1).map { pow(x[$0] - x[$0 + 1] - 1, 4) / 120 }.reduce(0, +)
  }

  func gradient(_ x: [Double]) -> [Double] {
    var g = (0..<count).map { weight($0) * x[$0] }
    for i in 0..<count - 1 {
      let t = pow(x[i] - x[i + 1] - 1, 3) / 30
      g[i] += t
      g[i + 1] -= t
    }
    return g
  }

  func hessian(_ x: [Double]) -> [[Double]] {
    var h = (0..<count).map { i in (0..<count).map { i == $0 ? weight(i) : 0 } }
    for i in 0..<count - 1 {
      let c = pow(x[i] - x[i + 1] - 1, 2) / 10
      h[i][i] += c
      h[i + 1][i + 1] += c
      h[i][i + 1] -= c
      h[i + 1][i] -= c
    }
    return h
  }

  private func weight(_ i: Int) -> Double { 0.3 + 0.2 * Double(i) }

  private func use() throws(Failure) {
    guard callsLeft > 0 else { throw Failure(.notConverged, "a call too many") }
    callsLeft -= 1
  }

  func value(at parameters: Vector) throws(Failure) -> Double {
    try use()
    return value(parameters.values)
  }

  func gradient(at parameters: Vector, into gradient: Vector) throws(Failure) -> Double {
    try use()
    gradients += 1
    store(self.gradient(parameters.values), into: gradient)
    return value(parameters.values)
  }

  func gaussNewtonProduct(_ direction: Vector, at parameters: Vector, fraction: Double, into product: Vector) throws(Failure) {
    try hessianProduct(direction, at: parameters, into: product)
    scale(curvatureFactor, product)
  }

  func hessianProduct(_ direction: Vector, at parameters: Vector, into product: Vector) throws(Failure) {
    try use()
    let (h, v) = (hessian(parameters.values), direction.values)
    store(h.map { row in zip(row, v).map(*).reduce(0, +) }, into: product)
  }

  func precondition(_ residual: Vector, into result: Vector) { copy(residual, into: result) }
  func forEachPiece(_ body: (Range<Int>, Double) -> Void) { body(0..<count, 0) }
  func readoutProblem() throws(Failure) -> any ReadoutProblem { try AnalyticReadout(self) }

  private func store(_ values: [Double], into vector: Vector) {
    for (i, value) in values.enumerated() { vector.store(value, at: i) }
  }
}

/// The problem in the last two variables of the analytic objective, with the others fixed.
final class AnalyticReadout: ReadoutProblem {
  let whole: AnalyticObjective
  let range: Range<Int>
  let iterate: Iterate
  private let point: Vector
  private let gradient: Vector

  init(_ whole: AnalyticObjective) throws(Failure) {
    self.whole = whole
    range = whole.count - 2..<whole.count
    func zeros(_ count: Int) throws(Failure) -> Vector {
      guard let numbers = try? Numbers([Double](repeating: 0, count: count), whole.precision) else { throw Failure(.memory, "test") }
      return AnalyticObjective.keep(numbers)
    }
    var scratch: [Vector] = []
    for _ in 0..<TruncatedCG.scratchCount + 1 { scratch.append(try zeros(2)) }
    iterate = Iterate(parameters: try zeros(2), gradient: try zeros(2), state: [], scalars: [], scratch: scratch)
    point = try zeros(whole.count)
    gradient = try zeros(whole.count)
  }

  var repeats: Bool { true }
  func fixStates(at parameters: Vector) throws(Failure) -> Bool {
    copy(parameters, into: point)
    copy(parameters[range], into: iterate.parameters)
    iterate.known = nil
    return true
  }
  func value(at parameters: Vector) throws(Failure) -> Double {
    copy(parameters, into: point[range])
    return try whole.value(at: point)
  }
  func gradient(at parameters: Vector, into out: Vector) throws(Failure) -> Double {
    copy(parameters, into: point[range])
    let value = try whole.gradient(at: point, into: gradient)
    copy(gradient[range], into: out)
    return value
  }
  func gaussNewtonProduct(_ direction: Vector, at parameters: Vector, fraction: Double, into product: Vector) throws(Failure) {
    try hessianProduct(direction, at: parameters, into: product)
  }
  func hessianProduct(_ direction: Vector, at parameters: Vector, into product: Vector) throws(Failure) {
    copy(parameters, into: point[range])
    let h = whole.hessian(point.values)
    for (i, row) in range.enumerated() { product.store(h[row][range.lowerBound] * direction.load(0) + h[row][range.lowerBound + 1] * direction.load(1), at: i) }
  }
  func precondition(_ residual: Vector, into result: Vector) { copy(residual, into: result) }
  func forEachPiece(_ body: (Range<Int>, Double) -> Void) { body(0..<2, 0) }
  func readoutProblem() throws(Failure) -> any ReadoutProblem { self }
}

/// The solution of a small dense linear system, by elimination with pivoting.
func solve(_ matrix: [[Double]], _ right: [Double]) -> [Double] {
  var (a, b) = (matrix, right)
  let n = b.count
  for k in 0..<n {
    let pivot = (k..<n).max { abs(a[$0][k]) < abs(a[$1][k]) } ?? k
    a.swapAt(k, pivot)
    b.swapAt(k, pivot)
    for i in k + 1..<max(n, k + 1) {
      let factor = a[i][k] / a[k][k]
      for j in k..<n { a[i][j] -= factor * a[k][j] }
      b[i] -= factor * b[k]
    }
  }
  for k in (0..<n).reversed() {
    for j in k + 1..<max(n, k + 1) { b[k] -= a[k][j] * b[j] }
    b[k] /= a[k][k]
  }
  return b
}
