import Settings
import Testing
import VectorFields

/// The grids for tests of bases.
let testGrids = [TimeGrid(layers: 12, horizon: 3), TimeGrid(layers: 7, horizon: 0.5), (try? TimeGrid(stepSizes: [0.2, 0.1, 0.4, 0.4, 0.05, 0.3, 0.3, 0.2, 0.25])) ?? TimeGrid(layers: 1, horizon: 1)]

/// Each registered basis with default options.
func standardBasis(_ name: String, count: Int = 4) throws -> any TimeBasis {
  var options = OptionValues(scope: "block", timeBases.options)
  try options.set("basis_count", .integer(Int64(count)))
  return try timeBases(name).make(options)
}

/// All p_i(t), zeros included.
func allValues(_ basis: any TimeBasis, _ time: Double, _ grid: TimeGrid) throws -> [Double] {
  var (all, some) = (Array(repeating: 0.0, count: try basis.count(on: grid)), Array(repeating: 0.0, count: basis.support))
  let first = basis.evaluate(at: time, on: grid, into: &some)
  for (index, value) in some.enumerated() { all[first + index] = value }
  return all
}

@Suite struct TimeBasisTests {
  @Test func layersAndSharedSeeOneCoefficient() throws {
    for grid in testGrids {
      #expect(LayerwiseBasis().count(on: grid) == grid.layers && SharedBasis().count(on: grid) == 1)
      for layer in 0..<grid.layers {
        #expect(LayerwiseBasis().piece(of: layer, on: grid) == layer && SharedBasis().piece(of: layer, on: grid) == 0)
        #expect(try allValues(LayerwiseBasis(), grid.midpoint(layer), grid)[layer] == 1)
      }
      #expect(LayerwiseBasis().breakpoints(on: grid) == (0...grid.layers).map { grid.time($0) })
      #expect(SharedBasis().breakpoints(on: grid) == [0, grid.horizon])
    }
  }

  /// Every basis except the polynomials is a partition of unity with functions between 0 and 1; all bases contain the constant functions.
  @Test(arguments: timeBases.names) func sumsToOne(_ name: String) throws {
    let basis = try standardBasis(name)
    for grid in testGrids {
      for k in 0...100 {
        let values = try allValues(basis, grid.horizon * Double(k) / 100, grid)
        if name == "polynomial" {
          #expect(values[0] == 1)
        } else {
          #expect(abs(values.reduce(0, +) - 1) < 1e-14 && values.allSatisfy { $0 >= 0 && $0 <= 1 + 1e-14 }, "\(values)")
        }
      }
    }
  }

  /// Breakpoints run from 0 to T, and between two of them each function is a polynomial of the stated degree: its (degree + 1)-th difference vanishes.
  @Test(arguments: timeBases.names) func isPolynomialBetweenBreakpoints(_ name: String) throws {
    let basis = try standardBasis(name, count: 6)
    for grid in testGrids {
      let breakpoints = basis.breakpoints(on: grid)
      #expect(breakpoints.first == 0 && breakpoints.last == grid.horizon && zip(breakpoints, breakpoints.dropFirst()).allSatisfy { $0 < $1 })
      for (start, end) in zip(breakpoints, breakpoints.dropFirst()) {
        let points = basis.degree + 2
        var rows = try (0..<points).map { try allValues(basis, start + (end - start) * (Double($0) + 0.5) / Double(points), grid) }
        for _ in 0...basis.degree { rows = zip(rows, rows.dropFirst()).map { zip($1, $0).map { $0 - $1 } } }
        #expect(rows.count == 1 && rows[0].allSatisfy { abs($0) < 1e-13 * 256 })
      }
    }
  }
}
