import COpenBLAS
import CShims
import Settings

/// The share of the targets' variance that ridge regression explains on samples it has not seen: 1 − V/(Σy²/n), where V is the generalized cross-validation at the strength λ that suits best; 0 if none does better than the mean.
///
/// With the centered features F, n × p, divided by √n, and the centered targets y, V(λ) = Σ(y − Hy)²/n / (1 − (tr H + 1)/n)², H = F(FᵀF + λI)⁻¹Fᵀ; λ is 0.03, 0.3 or 3 for features of deviation 1. V is about the mean squared error of
/// predicting each sample by all others, but needs one reduction to tridiagonal form for all λ, of FᵀF or FFᵀ, whichever is smaller. Source: Golub, Heath & Wahba (1979), "Generalized cross-validation as a method for choosing a good ridge
/// parameter".
/// - Parameters:
///   - features: float64, features × samples, each row with mean 0.
///   - targets: float64, targets × samples, each row with mean 0. Each counts by its variance.
/// - Throws: `memory`; why the work must end.
/// - Cost: n·p·r + ⁴⁄₃r³ multiplications for r = min(n, p), and 2r² for each target. The reduction is not interrupted: 50 ms for r = 384.
package func ridgeValidation(_ features: Matrix, targets: Matrix) throws(Failure) -> Double {
  let (samples, count) = (features.columns, targets.rows)
  precondition(targets.columns == samples && features.precision == .float64 && targets.precision == .float64, "as many samples of features as of targets")
  try requireProductMemory()
  let isPrimal = features.rows <= samples
  let order = isPrimal ? features.rows : samples
  guard order > 0, samples > 2, count > 0 else { return 0 }
  let memory = try Buffer(count: order * (order + count + 5), precision: .float64)
  let numbers = memory.base.bindMemory(to: Double.self, capacity: order * (order + count + 5))
  let right = numbers + order * order
  let inverse = 1 / Double(samples)
  var variance = 0.0
  forEachNumber(targets) { variance += $0 * $0 * inverse }
  guard variance > 0, variance.isFinite else { return 0 }
  let product = Matrix(numbers, rows: order, columns: order, precision: .float64)
  // Row k: the right-hand side of target k.
  let sides = Matrix(right, rows: count, columns: order, precision: .float64)
  if isPrimal {
    multiply(inverse, features, features.transposed, 0, addingTo: product)
    multiply(inverse, targets, features.transposed, 0, addingTo: sides)
  } else {
    multiply(inverse, features.transposed, features, 0, addingTo: product)
    assign(inverse.squareRoot(), targets, into: sides)
  }
  try Watch.check()
  guard (0..<order * (order + count)).allSatisfy({ numbers[$0].isFinite }) else { return 0 }
  let form = TridiagonalForm(numbers, order: order, right, columns: count, memory: right + order * count)
  var best = 0.0
  for strength in [0.03, 0.3, 3] {
    let (explained, squares, trace) = form.solve(shift: strength)
    // Of the normal equations x = (FᵀF + λI)⁻¹Fᵀy: Σ(y − Fx)² = Σy² − Σyᵀ(Fx) − λΣx². Of the dual ones x = (FFᵀ + λI)⁻¹y: y − Hy = λx.
    let residual = isPrimal ? max(variance - explained - strength * squares, 0) : strength * strength * squares
    let left = 1 - (Double(order) - strength * trace + 1) * inverse
    guard left > 0.1 else { continue }
    let mean = (1 - inverse) * (1 - inverse)
    best = max(best, 1 - residual / (left * left) / variance * mean)
  }
  withExtendedLifetime(memory) {}
  return best
}

private func forEachNumber(_ matrix: Matrix, _ body: (Double) -> Void) {
  for row in 0..<matrix.rows { for column in 0..<matrix.columns { body(matrix.element(row, column)) } }
}

/// A = QTQᵀ with tridiagonal T, and Qᵀb of right-hand sides b: (A + λI)⁻¹ for many λ at the cost of one reduction.
private struct TridiagonalForm {
  private let order: Int
  private let columns: Int
  private let diagonal: UnsafeMutablePointer<Double>
  private let beside: UnsafeMutablePointer<Double>
  /// The pivots of T + λI from its first row on, and a solution.
  private let pivots: UnsafeMutablePointer<Double>
  private let solution: UnsafeMutablePointer<Double>
  private let right: UnsafeMutablePointer<Double>

  /// - Parameters:
  ///   - a: symmetric, without gaps; overwritten.
  ///   - right: right-hand sides, one after the other; overwritten.
  ///   - memory: five numbers for each row.
  init(_ a: UnsafeMutablePointer<Double>, order: Int, _ right: UnsafeMutablePointer<Double>, columns: Int, memory: UnsafeMutablePointer<Double>) {
    (self.order, self.columns, self.right) = (order, columns, right)
    (diagonal, beside, pivots, solution) = (memory, memory + order, memory + 2 * order, memory + 3 * order)
    let tau = memory + 4 * order
    var (n, info, triangle) = (Int32(order), Int32(0), CChar(UInt8(ascii: "L")))
    sode_shim_blas_enter()
    defer { sode_shim_blas_leave() }
    dsytd2_(&triangle, &n, a, &n, diagonal, beside, tau, &info)
    // Q = H₁H₂…, Hᵢ = I − τvvᵀ, v = (0, …, 0, 1, a below the subdiagonal of column i).
    for i in 0..<max(order - 1, 0) {
      let below = order - i - 2
      let reflector = a + i * order + i + 2
      for column in 0..<columns {
        let side = right + column * order + i + 1
        let length = tau[i] * (side[0] + (below > 0 ? cblas_ddot(Int32(below), reflector, 1, side + 1, 1) : 0))
        side[0] -= length
        if below > 0 { cblas_daxpy(Int32(below), -length, reflector, 1, side + 1, 1) }
      }
    }
  }

  /// Σbᵀx and Σxᵀx over the right-hand sides b with x = (A + λI)⁻¹b, and the trace of (A + λI)⁻¹, for positive semidefinite A and λ > 0.
  func solve(shift: Double) -> (products: Double, squares: Double, trace: Double) {
    func entry(_ i: Int) -> Double { diagonal[i] + shift }
    // Pivots cannot fall below λ but by roundings.
    let least = 0.5 * shift
    pivots[0] = max(entry(0), least)
    for i in 1..<max(order, 1) { pivots[i] = max(entry(i) - beside[i - 1] * beside[i - 1] / pivots[i - 1], least) }
    // An entry of the inverse's diagonal is 1/(pivot from above + pivot from below − entry).
    var (trace, back) = (0.0, 0.0)
    for i in stride(from: order - 1, through: 0, by: -1) {
      back = i == order - 1 ? entry(i) : max(entry(i) - beside[i] * beside[i] / back, least)
      trace += 1 / max(pivots[i] + back - entry(i), least)
    }
    var (products, squares) = (0.0, 0.0)
    for column in 0..<columns {
      let side = right + column * order
      solution[0] = side[0]
      for i in 1..<max(order, 1) { solution[i] = side[i] - beside[i - 1] / pivots[i - 1] * solution[i - 1] }
      for i in stride(from: order - 1, through: 0, by: -1) {
        let next = i + 1 < order ? beside[i] * solution[i + 1] : 0
        solution[i] = (solution[i] - next) / pivots[i]
        products += side[i] * solution[i]
        squares += solution[i] * solution[i]
      }
    }
    return (products, squares, trace)
  }
}
