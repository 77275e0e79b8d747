import LinearAlgebra
import Settings
import Testing
import Training
import VectorFields

/// Two tensors of three layers and a readout of two outputs and three features; biases at [12, 18) and [24, 26).
let testLayout = ParameterLayout([
  .init(range: 0..<12, isWeight: true, entries: 3, roughness: .even(distance: 0.25)),
  .init(range: 12..<18, isWeight: false, entries: 3, roughness: .even(distance: 0.25)),
  .init(range: 18..<24, isWeight: true),
  .init(range: 24..<26, isWeight: false),
], classifier: .init(range: 18..<24, inputs: 3))

/// The same with unequal steps: the midpoints of the layers are 0.1 and 0.5 apart.
let unevenLayout: ParameterLayout = {
  let grid = try? TimeGrid(stepSizes: [0.05, 0.15, 0.85])
  let roughness = grid.flatMap { try? TimeRoughness(LayerwiseBasis(), on: $0) } ?? .none
  return ParameterLayout([
    .init(range: 0..<12, isWeight: true, entries: 3, roughness: roughness), .init(range: 12..<18, isWeight: false, entries: 3, roughness: roughness),
    .init(range: 18..<26, isWeight: true),
  ])
}()

/// The same with cubic splines and with polynomials, both of four coefficients.
let mixedLayouts: [ParameterLayout] = [try? SplineBasis(4, degree: 3, name: "b_spline"), try? PolynomialBasis(4)].map { (basis: (any TimeBasis)?) in
  let roughness = basis.flatMap { try? TimeRoughness($0, on: TimeGrid(layers: 3, horizon: 2)) } ?? .none
  return ParameterLayout([.init(range: 0..<16, isWeight: true, entries: 4, roughness: roughness), .init(range: 16..<26, isWeight: false)])
}

/// Every term with default options and in other forms. The smoothed corner is wider than the steps of the difference quotients.
let testTerms: [any Regularizer] = {
  let terms = regularizers.entries.filter { $0.name != "smoothed_l1" }.map { $0.entry.init(strength: 0.7) as any Regularizer }
  return terms + [SmoothedL1(strength: 0.7, epsilon: 0.5), ClassifierSmoothness(strength: 0.7, grid: (3, 1), .laplacian), ClassifierSmoothness(strength: 0.7, grid: (1, 1), .laplacian)]
}()

/// Taylor test: |R(θ+ε·d) − R(θ) − ε·∇R·d| decreases like ε². For quadratic terms it is exactly ε²·½dᵀHd, so the order is 2 up to rounding.
@Test(arguments: testTerms.indices)
func everyRegularizersGradientIsItsDerivative(index: Int) throws {
  let term = testTerms[index]
  let theta = try Numbers(normal: 26, seed: 1)
  let direction = try Numbers(normal: 26, seed: 2)
  let gradient = try Numbers([Double](repeating: 0, count: 26))
  let energy = term.accumulate(theta.vector, layout: testLayout, addingTo: gradient.vector)
  let slope = zip(gradient.values, direction.values).map(*).reduce(0, +)
  var remainders: [Double] = []
  for power in 3...6 {
    let step = 1 / Double(1 << power)
    let moved = try Numbers(zip(theta.values, direction.values).map { $0 + step * $1 })
    remainders.append(abs(term.accumulate(moved.vector, layout: testLayout, addingTo: nil) - energy - step * slope))
  }
  // For a term that is constant here the remainder is zero.
  for (coarse, fine) in zip(remainders, remainders.dropFirst()) { #expect(coarse / fine > (term is SmoothedL1 ? 3.4 : 3.9) || coarse < 1e-14) }
}

/// The gradient is added to the present contents of the result.
@Test(arguments: testTerms.indices, Precision.allCases)
func everyRegularizerAddsToTheGradient(index: Int, precision: Precision) throws {
  let term = testTerms[index]
  let theta = try Numbers(normal: 26, seed: 1, precision)
  let fresh = try Numbers([Double](repeating: 0, count: 26), precision)
  let added = try Numbers([Double](repeating: 8, count: 26), precision)
  _ = term.accumulate(theta.vector, layout: testLayout, addingTo: fresh.vector)
  _ = term.accumulate(theta.vector, layout: testLayout, addingTo: added.vector)
  // Sums between 8 and 16 in the given precision have a few rounding errors.
  #expect(zip(added.values, fresh.values).allSatisfy { abs($0 - 8 - $1) < 64 * precision.epsilon })
}

/// The Hessian product agrees with central differences (∇R(θ+εd) − ∇R(θ−εd))/2ε: up to 1e-7 for ε = 1e-4 and third derivatives of magnitude 1, and up to rounding if R is quadratic. It is
/// added to the present contents of the result; the Hessian is symmetric and positive semidefinite.
@Test(arguments: testTerms.indices)
func everyRegularizersCurvatureIsTheDerivativeOfItsGradient(index: Int) throws {
  let term = testTerms[index]
  let theta = try Numbers(normal: 26, seed: 1)
  let (direction, other) = (try Numbers(normal: 26, seed: 2), try Numbers(normal: 26, seed: 3))
  func gradient(_ step: Double) throws -> [Double] {
    let moved = try Numbers(zip(theta.values, direction.values).map { $0 + step * $1 })
    let gradient = try Numbers([Double](repeating: 0, count: 26))
    _ = term.accumulate(moved.vector, layout: testLayout, addingTo: gradient.vector)
    return gradient.values
  }
  func product(_ direction: Numbers) throws -> [Double] {
    let product = try Numbers([Double](repeating: 1, count: 26))
    term.accumulateCurvature(direction.vector, at: theta.vector, layout: testLayout, addingTo: product.vector)
    return product.values.map { $0 - 1 }
  }
  let (found, step) = (try product(direction), 1e-4)
  for (value, (after, before)) in zip(found, zip(try gradient(step), try gradient(-step))) { #expect(abs(value - (after - before) / (2 * step)) < 1e-7) }
  let (mixed, mirrored) = (zip(found, other.values).map(*).reduce(0, +), zip(try product(other), direction.values).map(*).reduce(0, +))
  #expect(abs(mixed - mirrored) < 1e-12 * 26)
  #expect(zip(found, direction.values).map(*).reduce(0, +) >= 0)
}
