import LinearAlgebra
import Settings
import Testing
import VectorFields

/// The quadratic form for coefficients that are single numbers: Σ_ik g_ik θ_i θ_k.
private func energy(_ roughness: TimeRoughness, _ theta: [Double]) throws -> Double {
  switch roughness {
  case .none: return 0
  case .even(let distance): return zip(theta, theta.dropFirst()).reduce(0) { $0 + ($1.1 - $1.0) * ($1.1 - $1.0) / distance }
  case .form(let form):
    let memory = try Buffer(count: theta.count, precision: .float64)
    let vector = memory.vector(count: theta.count, precision: .float64)
    for (i, value) in theta.enumerated() { vector.store(value, at: i) }
    return withExtendedLifetime(memory) { 2 * form.accumulate(vector, strength: 1, addingTo: nil) }
  }
}

/// Numbers of both signs without a pattern in time.
private func coefficients(_ count: Int) -> [Double] { (0..<count).map { Double(($0 * 37 + 11) % 23) / 7 - 1.5 } }

/// ∫(dθ/dt)² by Gauss quadrature of central differences, between the times where the function is not smooth. For these degrees it is exact up to the errors of the differences.
private func quadrature(of function: (Double) throws -> Double, between times: [Double]) throws -> Double {
  let rule = GaussLegendre(20)
  var total = 0.0
  for (start, end) in zip(times, times.dropFirst()) {
    let h = 1e-5 * (end - start)
    for (point, weight) in zip(rule.points, rule.weights) {
      let time = start + point * (end - start)
      let slope = (try function(time + h) - function(time - h)) / (2 * h)
      total += weight * (end - start) * slope * slope
    }
  }
  return total
}

struct TimeRoughnessTests {
  /// For every basis of differentiable functions and every grid, the form equals the integral, computed by quadrature of the functions.
  @Test(arguments: timeBases.names, 0..<3)
  func isTheIntegralOfTheSquaredDerivative(name: String, grid: Int) throws {
    let grid = testGrids[grid]
    for count in [4, 5, 7] {
      let basis = try standardBasis(name, count: count)
      guard basis.degree > 0 else { continue }
      let theta = coefficients(try basis.count(on: grid))
      let expected = try quadrature(of: { time in zip(try allValues(basis, time, grid), theta).reduce(0) { $0 + $1.0 * $1.1 } }, between: basis.breakpoints(on: grid))
      // The errors of the differences: h² for the piece, and rounding errors times 1/h.
      #expect(abs(try energy(try TimeRoughness(basis, on: grid), theta) / expected - 1) < 1e-7)
    }
  }

  /// For piecewise constant weights it is the integral of the function that is linear between the midpoints of the pieces, computed in the same way.
  @Test(arguments: ["layers", "piecewise_constant", "shared", "own tensors", "own tensors but the first"], 0..<3)
  func piecesAreJoinedByLines(name: String, grid: Int) throws {
    let grid = testGrids[grid]
    let middles: [Double]
    let roughness: TimeRoughness
    switch name {
    case "piecewise_constant":
      middles = (0..<4).map { grid.horizon * (Double($0) + 0.5) / 4 }
      roughness = try TimeRoughness(try standardBasis(name), on: grid)
    case "shared": (middles, roughness) = ([0], try TimeRoughness(SharedBasis(), on: grid))
    case "layers": (middles, roughness) = ((0..<grid.layers).map { grid.midpoint($0) }, try TimeRoughness(LayerwiseBasis(), on: grid))
    case "own tensors": (middles, roughness) = ((0..<grid.layers).map { grid.midpoint($0) }, try TimeRoughness(layersOf: grid, skippingFirst: false))
    default: (middles, roughness) = ((1..<grid.layers).map { grid.midpoint($0) }, try TimeRoughness(layersOf: grid, skippingFirst: true))
    }
    let theta = coefficients(middles.count)
    func line(_ time: Double) -> Double {
      let j = (middles.firstIndex { $0 >= time } ?? middles.count - 1)
      guard j > 0 else { return theta[0] }
      return theta[j - 1] + (theta[j] - theta[j - 1]) * (time - middles[j - 1]) / (middles[j] - middles[j - 1])
    }
    let expected = try quadrature(of: line, between: middles)
    let found = try energy(roughness, theta)
    #expect(expected == 0 ? found == 0 : abs(found / expected - 1) < 1e-8)
    if grid.isUniform, name == "layers" {
      guard case .even(let distance) = roughness else { throw Failure(.internal, "equal steps are at equal distances") }
      #expect(distance == grid.horizon / Double(grid.layers))
    }
  }

  /// Legendre polynomials: ∫P'_i P'_k = min(i, k)·(min(i, k) + 1) on [−1, 1] for even i + k, otherwise 0; up to the highest allowed degree.
  @Test func polynomialsHaveTheClosedForm() throws {
    let grid = TimeGrid(layers: 4, horizon: 3)
    for count in [2, 6, PolynomialBasis.maximumCount] {
      guard case .form(let form) = try TimeRoughness(try PolynomialBasis(count), on: grid) else { throw Failure(.internal, "polynomials mix") }
      for i in 0..<count {
        for k in 0...i {
          let expected = (i + k) % 2 == 0 ? 2 / grid.horizon * Double(k * (k + 1)) : 0
          // The rounding error of differentiation grows with the square of the degree.
          #expect(abs(form[i, k] - expected) < 1e-13 * Double(count * count) * Double(count * count))
        }
      }
    }
  }
}
