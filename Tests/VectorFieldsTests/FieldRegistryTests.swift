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

  /// Parameter layouts, model files and bindings rely on this for every field: names are distinct, and `bias` only removes biases or reduces them to one number.
  @Test(arguments: fields.names) func tensorsFollowTheirRoles(_ name: String) throws {
    func tensors(_ bias: BiasKind) throws -> [ParameterShape] { try fields(name).make(FieldConfiguration(width: 6, bias: bias)).parameters }
    let (all, scalar, bare) = (try tensors(.vector), try tensors(.scalar), try tensors(.none))
    #expect(Set(all.map(\.name)).count == all.count && !all.isEmpty)
    #expect(all.allSatisfy { ($0.role == .weight) == ($0.shape.count == 2 && !$0.role.isNormalization) && $0.count > 0 })
    #expect(scalar.map(\.name) == all.map(\.name))
    for (full, one) in zip(all, scalar) {
      let isConfigured = !bare.contains { $0.name == full.name }
      #expect(one.shape == (isConfigured ? [1] : full.shape), "\(full.name)")
      #expect(full.role == .bias || full.role.isNormalization || !isConfigured, "\(full.name) is a weight")
    }
  }

  @Test func fieldsRefuseWhatMakesNoSense() throws {
    let odd = refusal { _ = try fields("hamiltonian_h").make(FieldConfiguration(width: 5)) }
    #expect(odd?.status == .incompatible && odd?.message.contains("width is 5") == true)
    let full = refusal { _ = try fields("hamiltonian_h").make(try FieldVariant("", [("coupling", .text("full"))]).configuration(width: 7)) }
    #expect(full?.status == .incompatible && full?.message.contains("width is 7") == true)
    let hidden = refusal { _ = try fields("second_order").make(try FieldVariant("", [("hidden_width", .integer(4))]).configuration()) }
    #expect(hidden?.status == .incompatible && hidden?.message.contains("hidden_width is 4") == true)
  }

  /// Every option that an entry lists is used: another value changes the tensors or f, or is refused by name.
  @Test(arguments: fields.entries.flatMap { field in field.entry.options.map { "\(field.name) \($0.key)" } }) func listedOptionsAreRead(_ names: String) throws {
    let names = names.split(separator: " ").map(String.init)
    let option = try #require(try fields(names[0]).options.first { $0.key == names[1] })
    func numbers(_ options: [(key: String, value: OptionValue)]) throws -> [UInt64] {
      let example = try FieldVariant(names[0], options).example()
      let x = try example.numbers(example.field.stateWidth, 16, seed: 21)
      let out = try (0..<example.field.componentCount).map { component in
        let (read, written) = (example.field.rowsRead(by: component), example.field.rowsWritten(by: component))
        let out = try example.zeros(written.count, 16)
        example.field.evaluate(
          component, example.layer(), at: x.block(rows: example.field.stateWidth, columns: 16).rows(read), scale: 1, addingTo: nil,
          into: out.block(rows: written.count, columns: 16), record: nil)
        return out.bits
      }
      return out.flatMap(\.self)
    }
    // Momentum and groups of samples are those of training steps.
    guard !["normalization_momentum", "normalization_batch"].contains(option.key) else { return }
    // Over matrices both values mean the same.
    guard option.key != "rotation" else { return }
    // Options of normalizations belong to some of them, and inner normalizations to one form of a field.
    var needed: [(key: String, value: OptionValue)] = []
    if let (chooser, _) = FieldVariant(names[0]).normalization {
      if option.key == "normalization_groups" { needed.append((chooser, .text("group"))) }
      if option.key == "normalization_epsilon" { needed.append((chooser, .text("layer"))) }
      if chooser == "inner_normalization", names[0] == "second_order", option.key.contains("normalization") { needed.append(("form", .text("gradient"))) }
    }
    let standard = try numbers(needed)
    for value in FieldVariant.otherValues(option) {
      do { #expect(try numbers(needed + [(option.key, value)]) != standard, "\(value.shown)") } catch let failure as Failure { #expect(failure.message.contains(option.key) || failure.message.contains("groups")) }
    }
  }
}
