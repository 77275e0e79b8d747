import Settings
import Testing

@Suite struct NearestNameTests {
  private let fields = ["dense", "antisymmetric", "hamiltonian"]

  @Test(arguments: [
    ("antisymetric", "antisymmetric"), ("Dense", "dense"), ("dnese", "dense"), ("hamiltonain", "hamiltonian"), ("dens", "dense"), ("", nil), ("convolution", nil),
    ("xyzzy", nil),
  ] as [(String, String?)])
  func suggestsWhatWasMeant(given: String, expected: String?) {
    #expect(nearestName(to: given, among: fields) == expected)
  }

  @Test func namesAreListedAsInASentence() {
    #expect(enumeration([]) == "" && enumeration(["a"]) == "a" && enumeration(["a", "b"]) == "a and b" && enumeration(["a", "b", "c"]) == "a, b and c")
  }

  @Test func theNearestOfSeveralWins() {
    #expect(nearestName(to: "adamww", among: ["adam", "sgd", "adamw"]) == "adamw")
    #expect(nearestName(to: "ada", among: ["sgd", "adamw", "adam"]) == "adam")
    #expect(nearestName(to: "x", among: []) == nil)
  }

  @Test func messagesNameWhatWasGivenAndWhatIsAllowed() {
    #expect(
      unknownName("antisymetric", what: "field", allowed: fields)
        == Failure(.unknownName, "unknown field 'antisymetric'; did you mean 'antisymmetric'? allowed: dense, antisymmetric, hamiltonian"))
    #expect(unknownName("q", what: "field", allowed: fields) == Failure(.unknownName, "unknown field 'q'; allowed: dense, antisymmetric, hamiltonian"))
  }

  @Test func aHugeNameIsCutInTheMessage() {
    let failure = unknownName(String(repeating: "a", count: 1_000_000), what: "field", allowed: fields)
    #expect(failure.message.utf8.count < 200)
  }
}
