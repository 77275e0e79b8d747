import Integrators
import Settings
import Testing

@Suite struct SampleFailureTests {
  @Test func theFirstSampleComesFirst() {
    let (three, five) = (SampleFailure(sample: 3, Failure(.notFinite, "3")), SampleFailure(sample: 5, Failure(.stepLimit, "5")))
    #expect(SampleFailure.first(three, five) == three && SampleFailure.first(five, three) == three)
    #expect(SampleFailure.first(nil, five) == five && SampleFailure.first(three, nil) == three && SampleFailure.first(nil, nil) == nil)
  }
}
