import LinearAlgebra
import Settings
import Stability
import TestSupport
import Testing

@Suite struct ReportTests {
  @Test func arraysAreFoundByName() throws {
    let network = try network(#"{"inputs": 2, "outputs": 2, "layers": 2}"#)
    let report = try StabilityReportTests.report(network, [0.5, 1])
    let layers = try report.array("layers")
    #expect(layers.shape == [2, 3] && (0..<6).map { layers.values.load($0) } == [0, 0, 0.5, 0, 1, 0.5])
    let failure = try #require(refusal { _ = try report.array("eigenvalue") })
    #expect(failure.status == .unknownName && failure.message.contains("eigenvalues"))
    #expect(report.arrays.allSatisfy { !$0.help.isEmpty })
    #expect(report.document["arrays"]?.members?.map(\.key) == report.arrays.map(\.name))
  }
}
