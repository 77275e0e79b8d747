import Integrators
import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

@Suite struct ImageImexTests {
  private static func operators(_ shape: Shape, _ padding: Padding) -> OperatorKind {
    var form = ConvolutionForm(shape)
    form.padding = padding
    return .convolution(form)
  }

  private func example(
    _ field: String = "gradient_flow", _ shape: Shape = Shape(channels: 3, height: 3, width: 4), _ padding: Padding = .zero, h: Double = 0.3, columns: Int = 16, precision: Precision = .float64
  ) throws -> StepCase {
    try StepCase(field, "imex", width: shape.channels, columns: columns, h: h, operators: Self.operators(shape, padding), precision: precision, deviation: 0.3)
  }

  /// L y of one sample, or Lᵀ y, around the torus.
  private func filter(_ taps: Numbers, _ shape: Shape, _ y: [Double], transposed: Bool = false) -> [Double] {
    let (rows, columns) = (shape.height == 1 ? 1 : 3, shape.width == 1 ? 1 : 3)
    let sign = transposed ? -1 : 1
    var out = Array(repeating: 0.0, count: y.count)
    for c in 0..<shape.channels {
      for row in 0..<shape.height {
        for column in 0..<shape.width {
          for i in 0..<rows {
            for j in 0..<columns {
              let from = (row + sign * (i - rows / 2) + shape.height) % shape.height * shape.width + (column + sign * (j - columns / 2) + shape.width) % shape.width
              out[c * shape.pixels + row * shape.width + column] += taps[(c * rows + i) * columns + j] * y[c * shape.pixels + from]
            }
          }
        }
      }
    }
    return out
  }

  private static let shapes = [Shape(channels: 3, height: 3, width: 4), Shape(channels: 2, height: 1, width: 6), Shape(channels: 1, height: 5, width: 5), Shape(channels: 2, height: 2, width: 3)]

  /// (I + hLᵀL)y₊ = y + h f(y), with the explicit step made by Euler's method.
  @Test(arguments: shapes, Precision.allCases) func stepsByItsFormula(_ shape: Shape, _ precision: Precision) throws {
    let h = 0.7
    let example = try example("dense", shape, h: h, precision: precision)
    let euler = try StepCase("dense", "euler", width: shape.channels, h: h, operators: Self.operators(shape, .zero), precision: precision, deviation: 0.3)
    let taps = example.tensors[2]
    for index in 0..<taps.count { taps[index] = [0.3, -0.9, 1.2, -0.4, 0.8][index % 5] }
    example.prepare()
    let before = try example.normal(5)
    let (after, explicit) = (try example.run(before).after, try euler.run(before).after)
    for sample in [0, 9] {
      let y = after.column(sample, of: 16)
      let smoothed = zip(y, filter(taps, shape, filter(taps, shape, y), transposed: true)).map { $0 + h * $1 }
      #expect(largestDifference(smoothed, explicit.column(sample, of: 16)) < 400 * precision.epsilon)
    }
  }

  /// The sum of the differences along both axes.
  @Test func theStencilBeginsAsADifference() throws {
    func initial(_ shape: Shape) throws -> ParameterShape {
      let example = try example("dense", shape)
      return try #require(example.integrator.parameters(example.field).first)
    }
    let image = try initial(Shape(channels: 2, height: 4, width: 4))
    #expect(image.name == "L" && image.shape == [2, 9])
    #expect(image.initial == .values([0, -1, 0, -1, 2, 0, 0, 0, 0, 0, -1, 0, -1, 2, 0, 0, 0, 0]))
    #expect(try initial(Shape(channels: 1, height: 1, width: 4)).initial == .values([-1, 1, 0]))
    #expect(try initial(Shape(channels: 1, height: 4, width: 1)).initial == .values([-1, 1, 0]))
  }

  @Test(arguments: shapes, Precision.allCases) func adjointIsTheTranspose(_ shape: Shape, _ precision: Precision) throws {
    for padding in [Padding.zero, .periodic] {
      for h in [0.3, 30] { #expect(try example("antisymmetric", shape, padding, h: h, precision: precision).adjointDefect() < (precision == .float64 ? 1e-12 : 1e-5)) }
    }
  }

  @Test(arguments: shapes) func gradientPassesTheTaylorTest(_ shape: Shape) throws { #expect(try example(shape: shape, h: 0.6).taylorOrder() > 1.9) }

  private func example(shape: Shape, h: Double) throws -> StepCase { try example("gradient_flow", shape, h: h) }

  @Test func isOfOrderOne() throws {
    let order = try StepCase.observedOrder(visible: 36) { try example(h: $0) }
    #expect(abs(order - 1) < 0.15, "order \(order)")
  }

  /// In a hundred steps of h = 1000 the state stays below max ‖f‖/σ_min(L)²; Euler's method on the same equation overflows.
  @Test func isStableAtEveryStepSize() throws {
    let shape = Shape(channels: 3, height: 3, width: 4)
    let example = try example("dense", shape, h: 1000)
    let taps = example.tensors[2]
    // |L̂| ≥ 1.5 − 0.6 − 0.4.
    for index in 0..<taps.count { taps[index] = [0, -0.6, 0, -0.4, 1.5, 0, 0, 0, 0][index % 9] }
    example.prepare()
    var state = try example.normal(5)
    for _ in 0..<100 { state = try example.runPlainly(state) }
    for sample in 0..<16 { #expect(norm(state.column(sample, of: 16)) < 36.0.squareRoot() / 0.25) }
    let y = try example.normal(5).column(0, of: 16)
    var explicit = y
    for _ in 0..<100 { explicit = zip(explicit, filter(taps, shape, filter(taps, shape, explicit), transposed: true)).map { $0 - 1000 * $1 } }
    #expect(!(norm(explicit) < 1e200))
  }

  @Test(arguments: shapes, Precision.allCases) func aSampleAloneHasTheSameBits(_ shape: Shape, _ precision: Precision) throws {
    let (tile, alone) = (try example("dense", shape, precision: precision), try example("dense", shape, columns: 1, precision: precision))
    let before = try tile.normal(5)
    let after = try tile.run(before).after
    #expect(try tile.runPlainly(before).bits == after.bits, "with and without a record")
    let state = try Numbers(before.column(3, of: 16), precision)
    #expect(try alone.run(state).after.bits == (try Numbers(after.column(3, of: 16), precision)).bits)
  }
}
