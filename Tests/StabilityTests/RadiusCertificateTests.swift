import Networks
import Settings
import Stability
import TestSupport
import Testing

@Suite struct RadiusCertificateTests {
  @Test func theLargestRadiusIsProvedAndMoreIsNot() throws {
    let made = try certified(#"{"inputs": 5, "outputs": 4, "width": 6, "opening": "dense", "field": "gradient_flow", "layers": 3, "horizon": 0.3}"#, scale: 0.5)
    let input = [0.5, -1, 2, 0.25, -0.75]
    let certificate = try prove("certified_radius", made, input: input)
    #expect(certificate.verdict == .proved && certificate.hypotheses.count == 3)
    let radius = try #require(certificate.results.first { $0.name == "radius" }?.value)
    #expect(radius > 0)
    #expect(try prove("certified_radius", made, #"{"radius": \#(radius * 0.5)}"#, input: input).verdict == .proved)
    let more = try prove("certified_radius", made, #"{"radius": \#(radius * 1.01)}"#, input: input)
    #expect(more.verdict == .notProvable && more.repair.first { $0.key == "radius" }?.value == .real(radius))
    // A ball that is too large for the numbers of the precision.
    let far = try prove("certified_radius", made, #"{"radius": 1e38}"#, input: input)
    #expect(far.verdict == .notProvable && far.reason?.contains("overflow") == true)
    let text = try JSON.read(try certificate.text(model: ("", 0), libraryVersion: "0"), limit: 1 << 20)
    #expect(text["options"]?["input"]?.elements?.compactMap(\.real) == input)
    #expect(text["result"]?["margins"]?.elements?.count == 3)
  }
}
