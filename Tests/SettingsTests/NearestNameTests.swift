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

  /// Other libraries' names have words in common with ours.
  @Test(arguments: [("random_crop", "crop_margin"), ("horizontal_flip", "flip"), ("crop_zero_padding", "crop_padding"), ("stem_width", nil), ("crops", nil), ("an_of", nil)] as [(String, String?)])
  func aNameThatSharesAWordIsSuggested(given: String, expected: String?) {
    #expect(nearestName(to: given, among: ["epochs", "crop_margin", "crop_padding", "flip", "an_of_margin_and_more"]) == expected)
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

  /// Names of any length are compared by their beginnings, so that none takes long.
  @Test func longNamesAreComparedByTheirBeginnings() {
    let long = String(repeating: "a", count: 100_000)
    #expect(nearestName(to: long + "b", among: ["c", long]) == long)
    #expect(nearestName(to: long, among: Array(repeating: long + "c", count: 1000)) == long + "c")
  }

  @Test func noSuggestionIsMadeOnceTheWorkMustEnd() {
    let names = (0..<1000).map { "name\($0)" }
    #expect(nearestName(to: "name99", among: names) != nil)
    Watch(isCancelled: { true }).asCurrent { #expect(nearestName(to: "nime999", among: names) == nil) }
  }

  /// A message has room for so many.
  @Test func manyNamesAreCut() {
    #expect(listed(["a", "b"]) == "a, b" && listed([]) == "")
    let many = listed((0..<100_000).map { "name\($0)" })
    #expect(many.utf8.count < 5000 && many.hasPrefix("name0, name1, ") && many.hasSuffix(" more"))
    #expect(listed([String(repeating: "x", count: 10_000), "y"]).utf8.count < 300)
  }
}
