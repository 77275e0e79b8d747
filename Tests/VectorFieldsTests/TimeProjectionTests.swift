import Settings
import Testing
import VectorFields

@Suite struct TimeProjectionTests {
  private static let grid = TimeGrid(layers: 12, horizon: 3)

  private func apply(_ matrix: [Double], _ x: [Double]) -> [Double] {
    stride(from: 0, to: matrix.count, by: x.count).map { row in x.indices.reduce(0) { $0 + matrix[row + $1] * x[$1] } }
  }

  private func value(_ functions: TimeFunctions, _ coefficients: [Double], at time: Double) throws -> Double {
    zip(try allValues(functions.basis, time * functions.grid.horizon, functions.grid), coefficients).reduce(0) { $0 + $1.0 * $1.1 }
  }

  private func coefficients(_ count: Int) -> [Double] { (0..<count).map { Double(($0 * 5 + 3) % 7) - 2.5 } }

  /// Functions in the target space are projected exactly: they keep their values at all times, with another basis, degree or horizon, or with finer pieces.
  @Test func isExactWithinTheTargetsSpace() throws {
    let grid = Self.grid
    let pairs: [(any TimeBasis, any TimeBasis)] = [
      (SharedBasis(), try PolynomialBasis(3)), (SharedBasis(), LayerwiseBasis()), (PiecewiseConstantBasis(4), LayerwiseBasis()), (PiecewiseConstantBasis(3), PiecewiseConstantBasis(12)),
      (try PolynomialBasis(4), try PolynomialBasis(6)), (try PolynomialBasis(4), try SplineBasis(9, degree: 3, name: "")), (try PolynomialBasis(2), try SplineBasis(2, degree: 1, name: "")),
      (try SplineBasis(5, degree: 1, name: ""), try SplineBasis(9, degree: 1, name: "")), (try SplineBasis(6, degree: 3, name: ""), try SplineBasis(9, degree: 3, name: "")),
      (try PolynomialBasis(32), try PolynomialBasis(32)),
    ]
    for (from, to) in pairs {
      let (source, target) = (try TimeFunctions(from, on: grid), try TimeFunctions(to, on: TimeGrid(layers: 12, horizon: 7)))
      let old = coefficients(source.count)
      let new = apply(try source.projection(onto: target), old)
      for k in 0..<50 {
        let time = (Double(k) + 0.5) / 50.5
        let (wanted, found) = (try value(source, old, at: time), try value(target, new, at: time))
        #expect(abs(found - wanted) < 1e-12 * (1 + old.reduce(0) { $0 + abs($1) }), "\(from) to \(to)")
      }
    }
  }

  /// Piecewise linear weights at N + 1 nodes become those at 2N + 1 nodes exactly, with means in between.
  @Test func prolongsLinearWeightsByTheirMeans() throws {
    let (coarse, fine) = (try TimeFunctions(SplineBasis(5, degree: 1, name: ""), on: Self.grid), try TimeFunctions(SplineBasis(9, degree: 1, name: ""), on: Self.grid))
    let old = coefficients(5)
    let new = apply(try coarse.projection(onto: fine), old)
    for node in 0..<9 { #expect(abs(new[node] - (node % 2 == 0 ? old[node / 2] : 0.5 * (old[node / 2] + old[node / 2 + 1]))) < 1e-13) }
  }

  /// With twice as many layers the weights of each old layer appear twice, without rounding; the projection back takes their means.
  @Test func layersAreCopiedAndAveraged() throws {
    let (coarse, fine) = (try TimeFunctions(LayerwiseBasis(), on: TimeGrid(layers: 3, horizon: 1.1)), try TimeFunctions(LayerwiseBasis(), on: TimeGrid(layers: 6, horizon: 1.1)))
    #expect(try coarse.projection(onto: fine) == (0..<6).flatMap { row in (0..<3).map { $0 == row / 2 ? 1 : 0 } })
    let back = try fine.projection(onto: coarse)
    #expect(zip(back, (0..<3).flatMap { row in (0..<6).map { $0 / 2 == row ? 0.5 : 0 } }).allSatisfy { abs($0 - $1) < 1e-15 })
  }

  /// Projecting there, back and there again changes nothing more. The error is orthogonal to the target space, so the projection is the nearest function.
  @Test(arguments: timeBases.names) func projectionIsIdempotentAndOrthogonal(_ name: String) throws {
    for grid in [Self.grid, try TimeGrid(stepSizes: [0.2, 0.1, 0.4, 0.4, 0.05, 0.3, 0.3, 0.2, 0.25])] {
      let fine = try TimeFunctions(SplineBasis(15, degree: 3, name: ""), on: grid)
      let target = try TimeFunctions(standardBasis(name), on: grid)
      let old = coefficients(15)
      let once = apply(try fine.projection(onto: target), old)
      let twice = apply(try target.projection(onto: target), once)
      #expect(zip(once, twice).allSatisfy { abs($0 - $1) < 1e-12 })
      let rule = GaussLegendre(6)
      var products = Array(repeating: 0.0, count: target.count)
      let breakpoints = (fine.basis.breakpoints(on: grid) + target.basis.breakpoints(on: grid)).sorted()
      for (start, end) in zip(breakpoints, breakpoints.dropFirst()) where end - start > 1e-12 {
        for (point, weight) in zip(rule.points, rule.weights) {
          let time = (start + point * (end - start)) / grid.horizon
          let error = try value(target, once, at: time) - value(fine, old, at: time)
          for (i, p) in try allValues(target.basis, time * grid.horizon, grid).enumerated() { products[i] += weight * (end - start) * error * p }
        }
      }
      #expect(products.allSatisfy { abs($0) < 1e-12 }, "\(name): \(products)")
    }
  }

  @Test func knowsItsLike() throws {
    let functions = try TimeFunctions(standardBasis("b_spline"), on: Self.grid)
    #expect(functions.isSame(as: try TimeFunctions(standardBasis("b_spline"), on: Self.grid)))
    #expect(!functions.isSame(as: try TimeFunctions(standardBasis("b_spline", count: 5), on: Self.grid)))
    #expect(!functions.isSame(as: try TimeFunctions(standardBasis("polynomial"), on: Self.grid)))
    #expect(!functions.isSame(as: try TimeFunctions(standardBasis("piecewise_linear"), on: Self.grid)))
    #expect(!functions.isSame(as: try TimeFunctions(standardBasis("b_spline"), on: TimeGrid(layers: 13, horizon: 3))))
  }

  @Test func refusesMoreThanItCanHold() throws {
    let many = try TimeFunctions(LayerwiseBasis(), on: TimeGrid(layers: 10_000, horizon: 1))
    #expect { try many.projection(onto: TimeFunctions(SharedBasis(), on: Self.grid)) } throws: { ($0 as? Failure)?.status == .outOfRange && "\($0)".contains("10000") }
    #expect { try TimeFunctions(PiecewiseConstantBasis(13), on: Self.grid) } throws: { ($0 as? Failure)?.status == .incompatible }
  }
}
