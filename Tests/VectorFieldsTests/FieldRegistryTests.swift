import Settings
import TestSupport
import Testing
import VectorFields

@Suite struct FieldRegistryTests {
  @Test func aMisspeltFieldIsAnsweredWithTheNearestName() {
    #expect { try fields("antisymetric") } throws: { error in
      (error as? Failure)?.status == .unknownName && "\(error)".contains("did you mean 'antisymmetric'?")
    }
  }

  /// theory §1, in dense form.
  private static let ofThePapers = [
    "dense", "two_layer", "antisymmetric", "antisymmetric_damped", "negative_definite", "hamiltonian", "hamiltonian_two_weight", "hamiltonian_h", "gradient_flow",
    "second_order", "rotate_relax", "linear_cubic", "linear_activation", "continuous_rnn",
  ]

  @Test func everyFieldOfThePapersIsThere() {
    #expect(Set(Self.ofThePapers).isSubset(of: fields.names))
  }

  /// The tensors of theory §1, by the letters used there, for 6 features.
  @Test(arguments: [
    ("dense", ["K": [6, 6], "b": [6]]), ("two_layer", ["K1": [6, 6], "b1": [6], "K2": [6, 6], "b2": [6]]), ("antisymmetric", ["K": [6, 6], "b": [6]]),
    ("antisymmetric_damped", ["K": [6, 6], "b": [6]]), ("negative_definite", ["C": [6, 6], "b": [6]]), ("hamiltonian", ["K": [6, 6], "b": [6]]),
    ("hamiltonian_two_weight", ["K1": [6, 6], "b1": [6], "K2": [6, 6], "b2": [6]]), ("hamiltonian_h", ["Kq": [3, 3], "bq": [3], "Kp": [3, 3], "bp": [3]]),
    ("gradient_flow", ["K": [6, 6], "b": [6]]), ("second_order", ["K": [6, 6], "b": [6]]), ("rotate_relax", ["A": [6, 6], "K": [6, 6], "b": [6]]),
    ("linear_cubic", ["w": [6, 6], "b": [6]]), ("linear_activation", ["w": [6, 6], "b": [6]]), ("continuous_rnn", ["w": [6, 6], "log_tau": [6], "theta": [6], "I": [6]]),
  ] as [(String, [String: [Int]])]) func tensorsHaveTheirLettersAndSizes(_ name: String, _ expected: [String: [Int]]) throws {
    let tensors = try fields(name).make(FieldConfiguration(width: 6)).parameters
    #expect(Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0.shape) }) == expected)
    #expect(tensors.allSatisfy { ($0.role == .weight) == ($0.shape.count == 2) })
    // Without a bias the weights stay, and the time constants.
    let bare = try fields(name).make(FieldConfiguration(width: 6, bias: .none)).parameters
    #expect(Set(bare.map(\.name)) == Set(expected.filter { $0.value.count == 2 }.keys).union(name == "continuous_rnn" ? ["log_tau"] : []))
    let scalar = try fields(name).make(FieldConfiguration(width: 6, bias: .scalar)).parameters
    #expect(scalar.filter { $0.role == .bias }.allSatisfy { $0.shape == ($0.name == "log_tau" ? [6] : [1]) })
  }

  @Test(arguments: [
    ("two_layer", ["K1": [9, 6], "b1": [9], "K2": [6, 9], "b2": [6]]), ("negative_definite", ["C": [9, 6], "b": [6]]), ("gradient_flow", ["K": [9, 6], "b": [9]]),
    ("hamiltonian_two_weight", ["K1": [9, 6], "b1": [9], "K2": [9, 6], "b2": [9]]), ("hamiltonian_h", ["Kq": [9, 3], "bq": [9], "Kp": [9, 3], "bp": [9]]),
    ("rotate_relax", ["A": [6, 6], "K": [9, 6], "b": [9]]),
  ] as [(String, [String: [Int]])]) func hiddenWidthIsThatOfTheInnerWeights(_ name: String, _ expected: [String: [Int]]) throws {
    let field = try FieldVariant(name, [("hidden_width", .integer(9))]).example().field
    #expect(Dictionary(uniqueKeysWithValues: field.parameters.map { ($0.name, $0.shape) }) == expected)
  }

  @Test func fieldsRefuseWhatMakesNoSense() throws {
    let odd = refusal { _ = try fields("hamiltonian_h").make(FieldConfiguration(width: 5)) }
    #expect(odd?.status == .incompatible && odd?.message.contains("width is 5") == true)
    let full = refusal { _ = try fields("hamiltonian_h").make(try FieldVariant("", [("coupling", .text("full"))]).configuration(width: 7)) }
    #expect(full?.status == .incompatible && full?.message.contains("width is 7") == true)
    let hidden = refusal { _ = try fields("second_order").make(try FieldVariant("", [("hidden_width", .integer(4))]).configuration()) }
    #expect(hidden?.status == .incompatible && hidden?.message.contains("hidden_width is 4") == true)
  }

  @Test func optionsBelongToTheFieldsThatTakeThem() {
    func takers(_ key: String) -> Set<String> { Set(fields.entries.filter { $0.entry.options.contains { $0.key == key } }.map(\.name)) }
    #expect(takers("gamma") == ["antisymmetric", "antisymmetric_damped", "antisymmetric_rnn", "gated_antisymmetric_rnn"])
    #expect(takers("cubic_rate") == ["linear_cubic"])
    #expect(takers("coupling") == ["hamiltonian_h"])
    #expect(takers("form") == ["second_order"])
    #expect(takers("symmetric") == ["continuous_rnn"])
  }

  /// Decay of their own is what schemes that are stable on the imaginary axis alone cannot take.
  @Test func fieldsSayWhetherTheyAreDamped() throws {
    func damped(_ options: [(key: String, value: OptionValue)] = []) throws -> Set<String> {
      Set(try Self.ofThePapers.filter { try FieldVariant($0, options).example().field.isDamped })
    }
    let decaying: Set = ["negative_definite", "gradient_flow", "rotate_relax", "linear_cubic", "linear_activation", "continuous_rnn"]
    #expect(try damped() == decaying)
    #expect(try damped([("activation_form", .text("plain"))]) == decaying.subtracting(["linear_activation"]))
    #expect(try damped([("gamma", .real(0.1)), ("cubic_rate", .real(0))]) == decaying.subtracting(["linear_cubic"]).union(["antisymmetric", "antisymmetric_damped"]))
  }
}
