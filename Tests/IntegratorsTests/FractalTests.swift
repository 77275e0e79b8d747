import Gradients
import Integrators
import LinearAlgebra
import TestSupport
import Testing
import VectorFields

@Suite struct FractalTests {
  private static let (width, columns) = (6, 16)

  /// Theory.md §3.3: with Heun's coefficients and g = f the block equals RK2 to 1e-14.
  @Test(arguments: fields.names) func withOneFieldItIsHeun(_ name: String) throws {
    let example = try FieldCase(name, FieldConfiguration(width: Self.width, precision: .float64))
    let start = try example.numbers(Self.width, Self.columns, seed: 5).values
    let fractal = try SchemeRun(Fractal(), example).run(start, steps: 10, 0.1)
    let heun = try SchemeRun(try integrators.standard("heun"), example).run(start, steps: 10, 0.1)
    #expect(largestDifference(fractal, heun) < 1e-14)
    #expect(largestDifference(fractal, start) > 0.1)
  }

  /// w = k₃y + h f(y), y₊ = k₁y + k₂w + ½h g(w) with two different fields and any k.
  @Test func stepsByItsFormula() throws {
    let example = try BlockCase(field: "dense", integrator: "fractal", width: Self.width, layers: 1, horizon: 0.3, offset: 0)
    #expect(example.block.layout.tensors.map(\.name) == ["f.K", "f.b", "g.K", "g.b", "k"])
    let (square, n) = (Self.width * Self.width, Self.width)
    func field(_ index: Int, _ y: [Double]) -> [Double] {
      let start = index * (square + n)
      let matrix = (0..<n).map { row in (0..<n).map { example.parameters[start + row * n + $0] } }
      return plainLayer(.tanh, matrix, (0..<n).map { example.parameters[start + square + $0] }, y).value
    }
    let k = (0..<3).map { example.parameters[2 * (square + n) + $0] }
    let start = try example.state(Self.columns)
    let end = try example.propagate(start, columns: Self.columns)
    for sample in 0..<Self.columns {
      let y = start.column(sample, of: Self.columns)
      let w = zip(y, field(0, y)).map { k[2] * $0 + 0.3 * $1 }
      let g = field(1, w)
      #expect(largestDifference(end.column(sample, of: Self.columns), y.indices.map { k[0] * y[$0] + k[1] * w[$0] + 0.15 * g[$0] }) < 1e-14)
    }
  }

  @Test func beginsWithHeunsCoefficients() throws {
    let field = try fields("dense").make(FieldConfiguration(width: 2))
    #expect(Fractal().parameters(field).map(\.initial) == [.values([0.5, 0.5, 1])])
  }
}
