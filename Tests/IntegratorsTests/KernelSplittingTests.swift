import Integrators
import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

/// cayley over convolutions: with rotation kernel `KernelSplitting` steps, with rotation channels `RotationSplitting`.
@Suite struct KernelSplittingTests {
  private static let shape = Shape(channels: 4, height: 3, width: 4)

  private static func operators(_ padding: Padding = .periodic, groups: Int = 1, kernel: Int = 3) -> OperatorKind {
    var form = ConvolutionForm(shape)
    (form.padding, form.groups, form.kernel) = (padding, groups, kernel)
    return .convolution(form)
  }

  private func example(
    _ scheme: String = "cayley", rotation: String = "kernel", _ operators: OperatorKind = KernelSplittingTests.operators(), h: Double = 0.3, columns: Int = 16, precision: Precision = .float64,
    deviation: Double = 0.3
  ) throws -> StepCase {
    try StepCase(
      "rotate_relax", scheme, width: Self.shape.channels, columns: columns, h: h, fieldOptions: ["rotation": .text(rotation)], operators: operators, precision: precision, deviation: deviation)
  }

  /// K ⋆ y of one sample around the torus, with the kernel as [output, input in its group, row, column].
  private func convolve(_ kernel: Numbers, _ y: [Double], groups: Int = 1) -> [Double] {
    let (channels, height, width) = (Self.shape.channels, Self.shape.height, Self.shape.width)
    let inputs = channels / groups
    let side = kernel.count / (channels * inputs) == 9 ? 3 : 1
    var out = Array(repeating: 0.0, count: y.count)
    for o in 0..<channels {
      for c in 0..<inputs {
        for row in 0..<height {
          for column in 0..<width {
            for i in 0..<side {
              for j in 0..<side {
                let pixel = (row + i + height - side / 2) % height * width + (column + j + width - side / 2) % width
                out[(o * height + row) * width + column] += kernel[((o * inputs + c) * side + i) * side + j] * y[(o / inputs * inputs + c) * height * width + pixel]
              }
            }
          }
        }
      }
    }
    return out
  }

  /// S y = (A − Aᵀ)y, as ⟨e, S y⟩ for the unit images e of every row, by A alone.
  private func rotate(_ a: Numbers, _ y: [Double], groups: Int) -> [Double] {
    let forward = convolve(a, y, groups: groups)
    return y.indices.map { row in
      var unit = Array(repeating: 0.0, count: y.count)
      unit[row] = 1
      return forward[row] - inner(convolve(a, unit, groups: groups), y)
    }
  }

  /// (I − ½hS)y* = (I + ½hS)y by the convolution itself; then y₊ = y* − hKᵀσ(K ⋆ y* + b), where the field's own step gives the relaxation.
  @Test(arguments: ["kernel", "channels"], Precision.allCases) func stepsByItsFormula(_ rotation: String, _ precision: Precision) throws {
    for groups in [1, 2] { try checkFormula(rotation, groups, precision) }
  }

  private func checkFormula(_ rotation: String, _ groups: Int, _ precision: Precision) throws {
    let h = 0.4
    let example = try example(rotation: rotation, Self.operators(groups: groups), h: h, precision: precision)
    let before = try example.normal(5)
    let record = try example.run(before).record
    for sample in [0, 9] {
      let (y, turned) = (before.column(sample, of: 16), Array(record.column(sample, of: 16)[0..<48]))
      let a = example.tensors[0], blocks = rotation == "kernel" ? groups : 1
      let left = zip(turned, rotate(a, turned, groups: blocks)).map { $0 - h / 2 * $1 }, right = zip(y, rotate(a, y, groups: blocks)).map { $0 + h / 2 * $1 }
      #expect(largestDifference(left, right) < 40 * precision.epsilon)
    }
  }

  /// The two forms agree where a kernel has one pixel.
  @Test(arguments: Precision.allCases) func kernelsOfOnePixelRotateChannels(_ precision: Precision) throws {
    let (kernel, channels) = (try example(rotation: "kernel", Self.operators(kernel: 1), precision: precision), try example(rotation: "channels", Self.operators(kernel: 1), precision: precision))
    let before = try kernel.normal(5)
    #expect(largestDifference(try kernel.run(before).after.values, try channels.run(before).after.values) < 20 * precision.epsilon)
  }

  @Test(arguments: ["kernel", "channels"], Precision.allCases) func adjointIsTheTranspose(_ rotation: String, _ precision: Precision) throws {
    for h in [0.3, 3] {
      for groups in [1, 2] { #expect(try example(rotation: rotation, Self.operators(groups: groups), h: h, precision: precision).adjointDefect() < (precision == .float64 ? 1e-12 : 1e-5)) }
    }
    guard rotation == "channels" else { return }
    for padding in Padding.allCases {
      for scheme in ["cayley", "exponential"] {
        #expect(try example(scheme, rotation: rotation, Self.operators(padding), precision: precision).adjointDefect() < (precision == .float64 ? 1e-12 : 1e-5))
      }
    }
  }

  @Test(arguments: ["kernel", "channels"]) func gradientPassesTheTaylorTest(_ rotation: String) throws {
    for groups in [1, 2] { #expect(try example(rotation: rotation, Self.operators(groups: groups), h: 0.6).taylorOrder() > 1.9) }
  }

  @Test(arguments: ["kernel", "channels"]) func isOfOrderOne(_ rotation: String) throws {
    let order = try StepCase.observedOrder(visible: 48) { try example(rotation: rotation, h: $0) }
    #expect(abs(order - 1) < 0.15, "order \(order)")
  }

  /// A hundred rotations without relaxation (K = 0) conserve lengths up to rounding.
  @Test(arguments: ["kernel", "channels"]) func rotationsKeepTheLength(_ rotation: String) throws {
    let example = try example(rotation: rotation, h: 2)
    for index in 0..<example.tensors[1].count { example.tensors[1][index] = 0 }
    example.prepare()
    let start = try example.normal(5)
    var state = start
    for _ in 0..<100 { state = try example.run(state).after }
    for sample in 0..<16 {
      let (now, then) = (norm(state.column(sample, of: 16)), norm(start.column(sample, of: 16)))
      #expect(abs(now - then) < 1e-13 * then)
    }
    #expect(largestDifference(state.values, start.values) > 0.1)
  }

  @Test(arguments: ["kernel", "channels"], Precision.allCases) func aSampleAloneHasTheSameBits(_ rotation: String, _ precision: Precision) throws {
    let (tile, alone) = (try example(rotation: rotation, precision: precision), try example(rotation: rotation, columns: 1, precision: precision))
    let before = try tile.normal(5)
    let after = try tile.run(before).after
    #expect(try tile.runPlainly(before).bits == after.bits, "with and without a record")
    let state = try Numbers(before.column(3, of: 16), precision)
    #expect(try alone.run(state).after.bits == (try Numbers(after.column(3, of: 16), precision)).bits)
  }

  @Test func whatHasNoExactRotationIsRefusedWithTheReason() throws {
    #expect(refusal { _ = try example(Self.operators(.zero)) }?.message.contains("padding must be periodic; it is zero") == true)
    #expect(refusal { _ = try example("exponential") }?.message.contains("use cayley") == true)
    #expect(refusal { _ = try example(Self.operators(.reflect)) }?.message.contains("zero or periodic padding; it has reflect") == true)
  }

  private func example(_ operators: OperatorKind) throws -> StepCase { try example("cayley", rotation: "kernel", operators) }
}
