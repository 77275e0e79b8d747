import Integrators
import Testing

@Suite struct Tsit5Tests {
  /// Tsitouras 2011, table 1: the nodes c.
  @Test func hasTheNodesOfTheTable() {
    for (i, node) in [0, 0.161, 0.327, 0.9, 0.9800255409045097, 1, 1].enumerated() {
      #expect(abs((0..<7).reduce(0) { $0 + AdaptiveTableau.tsit5.a(i, $1) } - node) < 1e-14)
    }
  }

  /// Tsitouras 2011, §4: the norm of the errors of order 6 is a small part of DOPRI5's; here by one step of h on ẏ = y, whose error is h⁶/720 of which the sixth-order weight takes a part.
  @Test func hasSmallerErrorsThanDopri5OnLongChains() {
    // b·A⁵·1 against 1/720, the tall tree of order 6.
    func tall(_ tableau: AdaptiveTableau) -> Double {
      var x = Array(repeating: 1.0, count: 7)
      for _ in 0..<5 { x = (0..<7).map { i in (0..<7).reduce(0) { $0 + tableau.a(i, $1) * x[$1] } } }
      return abs((0..<7).reduce(0) { $0 + tableau.b($1) * x[$1] } - 1.0 / 720)
    }
    #expect(tall(.tsit5) < tall(.dopri5))
  }
}
