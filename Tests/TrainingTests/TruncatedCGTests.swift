import LinearAlgebra
import Settings
import Testing
import Training

struct TruncatedCGTests {
  private let matrix: [[Double]] = [[4, 1, 0, 0.5], [1, 3, -1, 0], [0, -1, 2, 0.2], [0.5, 0, 0.2, 1]]
  private let gradient = [1.0, -2, 0.5, 3]
  private let metric = [2.0, 1, 0.5, 3]

  private func minimize(_ matrix: [[Double]], radius: Double, tolerance: Double = 1e-14, isPreconditioned: Bool = true) throws -> (x: [Double], result: TruncatedCG.Result) {
    let memory = try Numbers([Double](repeating: 0, count: 20))
    let vectors = (0..<5).map { memory.vector[4 * $0..<4 * $0 + 4] }
    let g = try Numbers(gradient)
    func store(_ values: [Double], _ out: Vector) { for (i, value) in values.enumerated() { out.store(value, at: i) } }
    let result = try TruncatedCG(mostIterations: 40, tolerance: tolerance).minimize(
      gradient: g.vector, radius: radius, scratch: vectors[...],
      product: { d, q throws(Failure) in store(matrix.map { inner($0, d.values) }, q) },
      precondition: { r, z in store(zip(r.values, metric).map { isPreconditioned ? $0 / $1 : $0 }, z) })
    return (vectors[0].values, result)
  }

  private func model(_ matrix: [[Double]], _ x: [Double]) -> Double { inner(gradient, x) + 0.5 * inner(x, matrix.map { inner($0, x) }) }
  private func norm(_ x: [Double]) -> Double { zip(x, metric).map { $0 * $0 * $1 }.reduce(0, +).squareRoot() }

  /// Within the radius the result is the solution of Bx = −g, computed here by elimination.
  @Test(arguments: [true, false])
  func solvesTheSystem(isPreconditioned: Bool) throws {
    let (x, result) = try minimize(matrix, radius: 100, isPreconditioned: isPreconditioned)
    #expect(zip(x, solve(matrix, gradient)).allSatisfy { abs($0 + $1) < 1e-12 })
    #expect(!result.isOnBoundary && result.iterations <= 5 && abs(result.model - model(matrix, x)) < 1e-12)
    if isPreconditioned { #expect(abs(result.norm - norm(x)) < 1e-12) }
  }

  /// If the radius ends the iteration, the result lies on the boundary, and its value is lower than that of the best multiple of the steepest descent direction (the Cauchy point).
  @Test(arguments: [0.1, 1, 2])
  func staysWithinTheRadius(radius: Double) throws {
    let (x, result) = try minimize(matrix, radius: radius)
    #expect(result.isOnBoundary && abs(norm(x) - radius) < 1e-12 && abs(result.norm - radius) < 1e-12)
    #expect(abs(result.model - model(matrix, x)) < 1e-12)
    let steepest = zip(gradient, metric).map { -$0 / $1 }
    let multiple = min(radius / norm(steepest), -inner(gradient, steepest) / inner(steepest, matrix.map { inner($0, steepest) }))
    #expect(result.model <= model(matrix, steepest.map { multiple * $0 }) + 1e-12)
  }

  /// For negative curvature the iteration goes to the boundary; without a boundary it returns a descent direction.
  @Test func leavesWhereTheCurvatureIsNegative() throws {
    var indefinite = matrix
    indefinite[3][3] = -5
    let bounded = try minimize(indefinite, radius: 2)
    #expect(bounded.result.isOnBoundary && abs(norm(bounded.x) - 2) < 1e-12 && bounded.result.model < 0)
    let free = try minimize(matrix.map { $0.map { -$0 } }, radius: .infinity)
    #expect(zip(free.x, zip(gradient, metric).map { -$0 / $1 }).allSatisfy { abs($0 - $1) < 1e-15 })
  }

  /// The residual has decreased by the tolerance, and not much further.
  @Test func endsAtTheTolerance() throws {
    let few = try minimize(matrix, radius: 100, tolerance: 0.5).result.iterations
    let more = try minimize(matrix, radius: 100, tolerance: 1e-10).result.iterations
    #expect(few < more)
  }
}
