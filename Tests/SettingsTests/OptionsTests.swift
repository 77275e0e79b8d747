import Settings
import Testing

@Suite struct OptionsTests {
  private let options = OptionValues(
    scope: "trainer",
    [
      OptionDescription("epochs", .integer(1...1000), default: .integer(10), unit: "epochs", "passes over the training data"),
      OptionDescription("seed", .integer(0...Int64.max), default: .integer(0), "seed of the shuffling"),
      OptionDescription("learning_rate", .real(0...Double.greatestFiniteMagnitude, openBelow: true), default: .real(0.001), unit: "1", "step of the optimizer"),
      OptionDescription("momentum", .real(0...0.999), default: .real(0.9), unit: "1", "share of the last step that is kept"),
      OptionDescription("optimizer", .choice(["sgd", "adam"]), default: .text("adam"), "which optimizer"),
      OptionDescription("note", .text, default: .text(""), "any remark"),
      OptionDescription("shuffle", .flag, default: .flag(true), "whether the order is new in each epoch"),
      OptionDescription("times", .reals, default: .text(""), "when"),
    ])

  @Test func defaultsHoldUntilSet() throws {
    var values = options
    #expect(try values.integer("epochs") == 10)
    #expect(!values.isSet("epochs"))
    try values.set("epochs", .integer(1000))
    #expect(try values.integer("epochs") == 1000)
    #expect(values.isSet("epochs"))
    #expect(try values.text("optimizer") == "adam")
  }

  @Test func resetGivesTheDefaultAgain() throws {
    var values = options
    try values.set("epochs", .integer(3))
    values.reset("epochs")
    #expect(try values.integer("epochs") == 10 && !values.isSet("epochs"))
  }

  /// A truth value has one kind in every notation: true and false, 1 and 0, and the texts in older files.
  @Test(arguments: [(OptionValue.flag(false), false), (.integer(0), false), (.integer(1), true), (.text("false"), false), (.text("true"), true)])
  func aTruthValueIsSaidInOneWay(_ given: OptionValue, _ wanted: Bool) throws {
    var values = options
    #expect(try values.flag("shuffle"))
    try values.set("shuffle", given)
    #expect(try values.flag("shuffle") == wanted && values.value("shuffle") == .flag(wanted))
  }

  @Test func anIntegerIsAcceptedForAReal() throws {
    var values = options
    try values.set("learning_rate", .integer(2))
    #expect(try values.real("learning_rate") == 2)
    #expect(try values.value("learning_rate") == .real(2))
  }

  @Test(arguments: [(OptionValue.integer(3), [3.0]), (.real(0.25), [0.25]), (.real(1e300), [1e300]), (.text("1,2"), [1, 2])])
  func oneNumberIsAListOfOne(_ given: OptionValue, _ wanted: [Double]) throws {
    var values = options
    try values.set("times", given)
    #expect(try values.reals("times") == wanted)
  }

  @Test(arguments: [
    ("epochs", .integer(0), .outOfRange, "epochs is 0; it must be between 1 and 1000"),
    ("epochs", .real(3), .unsupportedType, "epochs takes an integer, between 1 and 1000; given: 3.0"),
    ("shuffle", .integer(2), .outOfRange, "shuffle is 2; it must be true or false (1 or 0)"),
    ("shuffle", .text("yes"), .outOfRange, "shuffle is 'yes'; it must be true or false (1 or 0)"),
    ("shuffle", .real(1), .unsupportedType, "shuffle takes a truth value, true or false (1 or 0); given: 1.0"),
    ("epochs", .flag(true), .unsupportedType, "epochs takes an integer, between 1 and 1000; given: true"),
    ("seed", .integer(-1), .outOfRange, "seed is -1; it must be >= 0"),
    ("learning_rate", .real(0), .outOfRange, "learning_rate is 0.0; it must be finite and > 0.0"),
    ("learning_rate", .real(.infinity), .outOfRange, "learning_rate is inf; it must be finite and > 0.0"),
    ("learning_rate", .real(.nan), .outOfRange, "learning_rate is nan; it must be finite and > 0.0"),
    ("momentum", .integer(1), .outOfRange, "momentum is 1.0; it must be between 0.0 and 0.999"),
    ("optimizer", .text("adm"), .unknownName, "unknown value of optimizer 'adm'; did you mean 'adam'? allowed: sgd, adam"),
    ("optimizer", .integer(1), .unsupportedType, "optimizer takes a text, one of sgd, adam; given: 1"),
    ("note", .real(0.5), .unsupportedType, "note takes a text, any text; given: 0.5"),
    ("epochs", .structure(.null), .unsupportedType, "epochs takes an integer, between 1 and 1000; given: null"),
    ("epochs", .structure(.array([.text("a")])), .unsupportedType, "epochs takes an integer, between 1 and 1000; given: the list [\"a\"]"),
    ("optimizer", .structure(.object([("a", .null)])), .unsupportedType, "optimizer takes a text, one of sgd, adam; given: the object {\"a\":null}"),
    ("note", .structure(.array(Array(repeating: .integer(7), count: 90))), .unsupportedType, "note takes a text, any text; given: the list [\(String(repeating: "7,", count: 31))7…"),
    ("times", .real(.infinity), .invalidData, "times: entry 0 is 'inf'; it must be finite numbers separated by commas, such as 0.5, -1e-3"),
    ("times", .flag(true), .unsupportedType, "times takes a list of numbers, finite numbers separated by commas; given: true"),
    ("times", .structure(.array([.integer(1), .text("a")])), .unsupportedType, "times takes a list of numbers, finite numbers separated by commas; entry 1 is 'a'"),
    (
      "epoch", .integer(1), .unknownName,
      "unknown trainer option 'epoch'; did you mean 'epochs'? allowed: epochs, seed, learning_rate, momentum, optimizer, note, shuffle, times"
    ),
  ] as [(String, OptionValue, Status, String)])
  func aRefusedValueChangesNothing(key: String, value: OptionValue, status: Status, message: String) throws {
    var values = options
    #expect(throws: Failure(status, message)) { try values.set(key, value) }
    for description in options.descriptions {
      #expect(try values.value(description.key) == description.standard)
      #expect(!values.isSet(description.key))
    }
  }

  @Test func everyDefaultIsAllowed() throws {
    for option in options.descriptions { #expect(try option.checked(option.standard) == option.standard) }
  }

  @Test func halfOpenBoundsSaySo() {
    #expect(OptionKind.real(0...1, openBelow: true).allowed == "> 0.0 and <= 1.0")
    #expect(OptionKind.real(1...Double.infinity).allowed == "finite and >= 1.0")
  }
}
