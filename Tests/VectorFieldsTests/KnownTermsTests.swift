import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

@Suite struct KnownTermsTests {
  private func evaluate(_ place: KnownTermsPlace, states: Double = 0.5) -> [Double] {
    let field = KnownTermsField(ZeroField(), place)
    let (x, out, begins) = (Block.zeros(3, 16, .float64), Block.zeros(3, 16, .float64), Block.zeros(1, 16, .float64))
    fill(x, states)
    var layer = Layer()
    layer.driveBase = begins.base
    field.evaluate(0, layer, at: x, scale: 1, addingTo: nil, into: out, record: nil, scratch: .zeros(field.scratchWidth, 16, .float64))
    return out.values
  }

  @Test func aPlaceTakesOneFunction() throws {
    let place = KnownTermsPlace()
    #expect(!place.isSet)
    #expect(refusal { try place.guarding {} }?.status == .state)
    try place.set(SmoothTerms())
    #expect(place.isSet && refusal { try place.set(SmoothTerms()) }?.status == .state)
    try place.guarding {}
  }

  /// A failure is thrown by `guarding`, whatever came of the work; afterwards the function is called again.
  @Test func failuresEndTheWork() throws {
    let (place, terms) = (KnownTermsPlace(), SmoothTerms())
    try place.set(terms)
    terms.failingFrom = 1
    let failure = refusal {
      try place.guarding { () throws(Failure) in
        let results = (0..<3).map { _ in evaluate(place).prefix(32).filter(\.isNaN).count }
        #expect(results == [0, 32, 32])
        throw Failure(.notFinite, "the scores are not finite")
      }
    }
    #expect(failure?.message == "the test's terms fail" && failure?.status == .callbackFailed && terms.calls == 2)
    terms.failingFrom = .max
    let values = try place.guarding { evaluate(place) }
    #expect(values.filter(\.isFinite).count == values.count && terms.calls == 3)
  }

  /// A number that is not finite is named where it makes the work fail; not where the state was infinite before.
  @Test func numbersThatAreNotFiniteAreNamed() throws {
    let (place, terms) = (KnownTermsPlace(), SmoothTerms())
    try place.set(terms)
    terms.undefinedFrom = 0
    func failure(_ states: Double) -> String? {
      refusal {
        try place.guarding { () throws(Failure) in
          _ = evaluate(place, states: states)
          throw Failure(.notFinite, "the scores are not finite")
        }
      }?.message
    }
    #expect(failure(0.5)?.contains("the scores are not finite; the known terms' function gave nan as number 0 at time 0.5 and state (0.5, 0.5)") == true)
    #expect(failure(.infinity) == "the scores are not finite")
    #expect(refusal { try place.guarding { () throws(Failure) in throw Failure(.stepLimit, "too many steps") } }?.message == "too many steps")
  }

  /// Once the work must end, the function is no longer called.
  @Test func theWatchIsAsked() throws {
    let (place, terms) = (KnownTermsPlace(), SmoothTerms())
    try place.set(terms)
    let watch = Watch(isCancelled: { true })
    let failure = refusal { try watch.asCurrent { try place.guarding { _ = evaluate(place) } } }
    #expect(failure?.status == .cancelled && terms.calls == 0)
  }
}

/// f = 0 of two numbers.
private struct ZeroField: VectorField {
  var width: Int { 2 }
  var parameters: [ParameterShape] { [] }
  func evaluate(_ component: Int, _ layer: Layer, at x: Block, scale: Double, addingTo base: Block?, into out: Block, record: Block?, scratch: Block) {
    if let base { copy(base, into: out) } else { fill(out, 0) }
  }
  func pushforward(
    _ component: Int, _ layer: Layer, direction: Layer?, at x: Block, record: Block, tangent v: Block?, scale: Double, addingTo base: Block?, into out: Block, scratch: Block
  ) {}
  func pullback(_ component: Int, _ layer: Layer, at x: Block, record: Block, scale: Double, cotangent p: Block, addingTo q: Block, gradient: Layer?, scratch: Block) {}
}
