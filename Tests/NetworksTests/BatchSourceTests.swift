import Integrators
import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing

@Suite struct BatchSourceTests {
  @Test func rowsAreTheCallers() throws {
    let view = try Numbers(8, .float32).view(rows: 4, columns: 2)
    let failed = SampleFailure(sample: 1, Failure(.stepLimit, "too many steps"))
    #expect(BatchSource(features: view, normalization: nil).named(failed).message == "row 1: too many steps")
    #expect(BatchSource(features: view, firstRow: 1024, normalization: nil).named(failed).message == "row 1025: too many steps")
    let rows: [Int64] = [3, 2, 0]
    rows.withUnsafeBufferPointer { rows in
      #expect(BatchSource(features: view, rows: rows.baseAddress, normalization: nil).named(failed).message == "row 2: too many steps")
    }
    // If the failure does not concern a row, the error names none.
    #expect(BatchSource(features: view, normalization: nil).named(SampleFailure(Failure(.notFinite, "sum"))) == Failure(.notFinite, "sum"))
  }

  private func intake(_ values: [Double], _ type: Precision, _ network: Network, firstRow: Int = 0) throws -> Failure? {
    let view = try Numbers(values, type).view(rows: values.count / 2, columns: 2)
    return refusal { try network.plan.checkIntake(view, network.snapshot.normalization, firstRow: firstRow, called: "features") }
  }

  @Test func numbersThatThePrecisionCannotHoldAreNamed() throws {
    let (single, double) = (try network(#"{"inputs": 2, "outputs": 2}"#), try network(#"{"inputs": 2, "outputs": 2, "precision": "float64"}"#))
    #expect(try intake([1, 2, 3, 1e38], .float64, single) == nil && intake([1, 2, 3, 1e300], .float64, double) == nil)
    #expect(try intake([1, 2, 1e39, 4], .float64, single) == Failure(.invalidData, "features holds 1e+39 at row 1, column 0, too large for float32"))
    for value in [Double.nan, .infinity] {
      for type in Precision.allCases {
        #expect(try intake([1, 2, 3, value], type, single, firstRow: 5) == Failure(.invalidData, "features holds NaN or infinity at row 6, column 1"))
      }
    }
  }

  /// Normalization can make a number too large.
  @Test func numbersAreCheckedAsTheyEnter() throws {
    let single = try network(#"{"inputs": 2, "outputs": 2}"#)
    try single.replaceNormalization(
      with: Normalization(shift: try Numbers([0, 0], .float64).view(rows: 1, columns: 2), scale: try Numbers([1e30, 1], .float64).view(rows: 1, columns: 2), inputs: 2, precision: .float32))
    for type in Precision.allCases {
      #expect(try intake([1e8, 1e10], type, single) == nil)
      let failure = try #require(try intake([1, 2, 1e9, 1], type, single))
      #expect(failure.status == .invalidData && failure.message.contains("row 1, column 0") && failure.message.contains("normalized"))
    }
  }
}
