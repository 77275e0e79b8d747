import Foundation
import Networks
import Settings
import Stability
import TestSupport
import Testing

@Suite struct CertificateTests {
  @Test func theDigestIsThatOfTheText() throws {
    let made = try network(#"{"inputs": 3, "outputs": 2, "field": "gradient_flow", "layers": 2}"#)
    let text = try prove("lipschitz_l2", made).text(model: (String(repeating: "a", count: 64), 7), libraryVersion: "1.2.3")
    let read = try JSON.read(text, limit: 1 << 20)
    let digest = try #require(read["digest"]?.text)
    #expect(digest.count == 64 && SHA256.hexadecimal(Array(text.replacingOccurrences(of: digest, with: String(repeating: "0", count: 64)).utf8)) == digest)
    #expect(text.contains(#""sha256":"aaaa"#) && text.contains(#""bytes":7"#) && text.contains("1.2.3"))
  }

  @Test func hypothesesDecide() {
    var certificate = Certificate("s", "c", Theorem("E2", "source"))
    certificate.hypotheses = [Hypothesis("a", "x <= 1", Interval(1), .atMost, Interval(1))]
    certificate.conclude()
    #expect(certificate.verdict == .proved)
    certificate.verdict = .notProvable
    certificate.hypotheses.append(Hypothesis("b", "y < 1", block: 2, layer: 3, Interval(1), .less, Interval(1)))
    certificate.conclude()
    #expect(certificate.verdict == .notProvable && certificate.reason?.contains("blocks[2], layer 3") == true)
  }
}
