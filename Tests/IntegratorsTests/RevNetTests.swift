import Gradients
import Integrators
import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

@Suite struct RevNetTests {
  private static let (width, columns) = (6, 16)

  /// X₊ = X + h f(Y), Y₊ = Y + h g(X₊), where f and g have separate weights.
  @Test func stepsByItsFormula() throws {
    let example = try BlockCase(field: "dense", integrator: "revnet", width: Self.width, layers: 1, horizon: 0.3, offset: 0)
    let n = Self.width / 2
    #expect(example.block.width == Self.width)
    #expect(example.block.field.width == n)
    func field(_ index: Int, _ y: [Double]) -> [Double] {
      let start = index * (n * n + n)
      let matrix = (0..<n).map { row in (0..<n).map { example.parameters[start + row * n + $0] } }
      return plainLayer(.tanh, matrix, (0..<n).map { example.parameters[start + n * n + $0] }, y).value
    }
    let start = try example.state(Self.columns)
    let end = try example.propagate(start, columns: Self.columns)
    for sample in 0..<Self.columns {
      let state = start.column(sample, of: Self.columns)
      let (x, y) = (Array(state[..<n]), Array(state[n...]))
      let first = zip(x, field(0, y)).map { $0 + 0.3 * $1 }
      let second = zip(y, field(1, first)).map { $0 + 0.3 * $1 }
      #expect(largestDifference(end.column(sample, of: Self.columns), first + second) < 1e-14)
    }
  }

  @Test func refusesWhatItCannotSplit() throws {
    #expect(refusal { _ = try RevNet().fieldWidth(visible: 5) }?.message.contains("it must be even") == true)
    #expect(try RevNet().fieldWidth(visible: 6) == 3)
    let partitioned = try fields("hamiltonian").make(FieldConfiguration(width: 2))
    #expect(refusal { try RevNet().check(partitioned) }?.message.contains("use verlet") == true)
  }

  /// Theory.md §3.15: algebraic inverse; 1000 tanh layers forward and back in float64.
  @Test func a1000LayersThereAndBackAreTheIdentity() throws {
    let example = try BlockCase(field: "dense", integrator: "revnet", width: 8, layers: 1000, horizon: 10)
    #expect(try roundTripDefect(example) < 1e-12)
  }
}
