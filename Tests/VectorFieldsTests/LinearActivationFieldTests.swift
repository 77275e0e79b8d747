import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

@Suite struct LinearActivationFieldTests {
  /// f(y) = wy + b + κ(σ(y) − y) with κ = 1, by default, in every configuration.
  @Test(arguments: Activation.allCases) func evaluatesItsFormula(_ activation: Activation) throws {
    let defect = try FieldCase.largestDefect("linear_activation", activation) { weights, bias, x in
      let affine = plainLayer(.identity, weights, bias, x).value
      let plain = x.map { plainActivation(activation, $0) }
      return (zip(zip(affine, plain), x).map { $0.0 + $0.1.value - $1 }, plain.map(\.slope))
    }
    // 33 rounded products and sums of numbers near one, and a few ulps of the activation.
    #expect(defect < 100, "\(defect) ε")
  }

  /// κ and both forms.
  @Test(arguments: ["relaxation", "plain"]) func takesItsOptions(_ form: String) throws {
    for precision in Precision.allCases {
      let configuration = FieldConfiguration(
        width: 5, gamma: 0, precision: precision, others: [("activation_rate", .real(2.5)), ("activation_form", .text(form))])
      let example = try FieldCase("linear_activation", configuration)
      let defect = try example.evaluationDefect(component: 0, columns: 16, purpose: .training) { weights, bias, x in
        let affine = plainLayer(.identity, weights, bias, x).value
        let plain = x.map { plainActivation(.tanh, $0) }
        return (zip(zip(affine, plain), x).map { $0.0 + 2.5 * ($0.1.value - (form == "plain" ? 0 : $1)) }, plain.map(\.slope))
      }
      #expect(defect < 50, "\(defect) ε")
    }
  }

  @Test func refusesARateThatIsNotPositive() {
    var options = OptionValues(scope: "block", fieldOptions)
    let failure = refusal { try options.set("activation_rate", .real(0)) }
    #expect(failure == Failure(.outOfRange, "activation_rate is 0.0; it must be > 0.0 and <= 1000000000.0"))
  }

  @Test func isDampedAsRelaxation() throws {
    #expect(try FieldVariant("linear_activation").example().field.isDamped)
    #expect(try !FieldVariant("linear_activation", [("activation_form", .text("plain"))]).example().field.isDamped)
  }
}
