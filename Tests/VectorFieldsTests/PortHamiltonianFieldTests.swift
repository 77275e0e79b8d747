import Foundation
import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

@Suite struct PortHamiltonianFieldTests {
  private static let epsilon = 0.1

  private func energyGradient(_ tensors: PlainTensors, _ y: [Double]) -> [Double] {
    zip(tensors.gradient("W", "b", y), y).map { $0 + Self.epsilon * $1 }
  }

  /// Theory.md §2.14: (½(A − Aᵀ) − BᵀB)(Wᵀσ(Wy + b) + εy).
  @Test(arguments: Activation.allCases, [0, 3, 9]) func evaluatesItsFormula(_ activation: Activation, _ hidden: Int) throws {
    let options: [(key: String, value: OptionValue)] = [("hidden_width", .integer(Int64(hidden))), ("dissipation_width", .integer(Int64(hidden / 3)))]
    let defect = try FieldVariant("port_hamiltonian", options).largestDefect(activation, widths: [1, 5, 17]) { tensors, y in
      let (a, b, gradient) = (tensors("A"), tensors("B"), energyGradient(tensors, y))
      let (turned, back, lost) = (plainProduct(a, gradient), plainProduct(plainTranspose(a), gradient), plainProduct(plainTranspose(b), plainProduct(b,
        gradient)))
      return y.indices.map { 0.5 * (turned[$0] - back[$0]) - lost[$0] }
    }
    #expect(defect < 4000, "\(defect) ε")
  }

  /// H with Φ = log cosh.
  private func energy(_ tensors: PlainTensors, _ y: [Double]) -> Double {
    let inside = zip(plainProduct(tensors("W"), y), tensors.bias("b", tensors("W").count)).map { $0 + $1 }
    return inside.reduce(0) { $0 + log(cosh($1)) } + 0.5 * Self.epsilon * inner(y, y)
  }

  /// Theory.md §2.14: Ḣ = −|B∇H|² along the flow, here by RK4 with a step far below every time constant; so ½ε|y(t)|² ≤ H(y(0)).
  @Test func energyDecreasesByTheDissipation() throws {
    let h = 0.005
    for seed in 0..<4 {
      let example = try FieldVariant("port_hamiltonian", [("dissipation_width", .integer(2))]).example(seed: UInt64(3 + 10 * seed))
      let tensors = PlainTensors(example)
      var y = try normalVector(6, seed: UInt64(90 + seed), deviation: 2)
      let first = energy(tensors, y)
      var value = first
      func rate(_ y: [Double]) -> Double {
        let lost = plainProduct(tensors("B"), energyGradient(tensors, y))
        return -inner(lost, lost)
      }
      func moved(_ h: Double, _ k: [Double]) -> [Double] { zip(y, k).map { $0 + h * $1 } }
      for _ in 0..<400 {
        let before = rate(y)
        let k1 = try example.value(at: y)
        let k2 = try example.value(at: moved(h / 2, k1))
        let k3 = try example.value(at: moved(h / 2, k2))
        let k4 = try example.value(at: moved(h, k3))
        for index in y.indices { y[index] += h / 6 * (k1[index] + 2 * k2[index] + 2 * k3[index] + k4[index]) }
        let next = energy(tensors, y)
        #expect(next <= value)
        // The trapezoidal rule for the loss of energy.
        #expect(abs((next - value) / h - 0.5 * (before + rate(y))) < 1e-2 * (1 + abs(before)))
        value = next
      }
      #expect(value < first - 0.1 && 0.5 * Self.epsilon * inner(y, y) <= first)
    }
  }

  /// Over convolutions: ⟨∇H, f⟩ = −|B∇H|² ≤ 0 at every state, with ∇H by differences of H.
  @Test(arguments: [Padding.zero, .periodic]) func imagesLoseEnergyToo(_ padding: Padding) throws {
    var configuration = try FieldVariant("port_hamiltonian", [("hidden_width", .integer(3))]).configuration(width: 2)
    var form = ConvolutionForm(Shape(channels: 2, height: 3, width: 4))
    form.padding = padding
    configuration.operators = .convolution(form)
    let example = try FieldCase("port_hamiltonian", configuration)
    #expect(example.field.parameters.map(\.shape) == [[2, 2, 9], [2, 2, 9], [3, 2, 9], [3]])
    // ∇H is −f of the gradient flow with the same W and b, plus εy.
    configuration.options = OptionValues(scope: "block", fieldOptions)
    try configuration.options.set("hidden_width", .integer(3))
    let flow = try FieldCase("gradient_flow", configuration)
    copy(example.tensors[2].vector, into: flow.tensors[0].vector)
    copy(example.tensors[3].vector, into: flow.tensors[1].vector)
    flow.field.prepare(flow.layer(), stepSize: 1, for: .training)
    for seed in 0..<20 {
      let y = try normalVector(24, seed: UInt64(50 + seed))
      let gradient = zip(try flow.value(at: y), y).map { -$0 + Self.epsilon * $1 }
      #expect(inner(gradient, try example.value(at: y)) < 0)
    }
  }

  @Test func convolutionsThatHaveNoAntisymmetricPartAreRefused() throws {
    var configuration = try FieldVariant("port_hamiltonian").configuration(width: 2)
    var form = ConvolutionForm(Shape(channels: 2, height: 5, width: 4))
    form.padding = .reflect
    configuration.operators = .convolution(form)
    #expect(refusal { _ = try fields("port_hamiltonian").make(configuration) }?.message.contains("antisymmetric") == true)
  }

  @Test func isDamped() throws { #expect(try FieldVariant("port_hamiltonian").example().field.isDamped) }
}
