import CStableODE
import Testing

struct FailedRowsTests {
  private func failedRows() -> [(row: Int64, reason: sode_status, text: String)] {
    var count: Int64 = -1
    #expect(sode_failed_row_count(&count) == SODE_OK)
    return (0..<count).map { index in
      var (row, reason): (Int64, sode_status) = (-1, 0)
      var text: UnsafePointer<CChar>?
      #expect(sode_failed_row_at(index, &row, &reason, &text) == SODE_OK)
      return (row, reason, text.map { String(cString: $0) } ?? "")
    }
  }

  /// Three of 300 rows, which fill several tiles, have no result: they become NaN and class −1, and all other rows are as without them.
  @Test(arguments: [1, 2] as [Int64]) func rowsWithoutAResultAreLeftOut(_ threads: Int64) throws {
    let network = try TestNetwork(#"{"inputs": 2, "outputs": 3, "width": 64, "layers": 3}"#)
    var points: [Double] = (0..<600).map { Double($0 % 37) / 7 }
    var whole = [Float](repeating: 7, count: 900), partial = whole
    var classes = [Int64](repeating: 7, count: 300)
    withTensor(&points, [300, 2]) { x in
      withTensor(&whole, [300, 3]) { #expect(sode_network_predict(network.handle, x, Int32(SODE_SCORES), threads, $0) == SODE_OK) }
    }
    (points[2 * 5], points[2 * 150 + 1], points[2 * 299]) = (.nan, 1e39, -.infinity)
    let untouched = partial
    withTensor(&points, [300, 2]) { x in
      withTensor(&partial, [300, 3]) { #expect(sode_network_predict(network.handle, x, Int32(SODE_SCORES), threads, $0) == SODE_ERR_INVALID_DATA) }
      #expect(lastError() == "features holds NaN or infinity at row 5, column 0")
      #expect(partial == untouched)
      let what = Int32(SODE_SCORES) | Int32(SODE_ROWS_OR_NAN)
      withTensor(&partial, [300, 3]) { #expect(sode_network_predict(network.handle, x, what, threads, $0) == SODE_ROWS_WITHOUT_RESULT) }
      #expect(lastError().hasPrefix("row 5: ") && lastError().contains("column 0"))
      withTensor(&classes, [300]) {
        #expect(sode_network_predict(network.handle, x, Int32(SODE_CLASSES) | Int32(SODE_ROWS_OR_NAN), threads, $0) == SODE_ROWS_WITHOUT_RESULT)
      }
    }
    for row in 0..<300 {
      let missing = [5, 150, 299].contains(row)
      #expect(partial[3 * row..<3 * row + 3].allSatisfy { $0.isNaN == missing })
      #expect((classes[row] == -1) == missing)
      if !missing { #expect(partial[3 * row..<3 * row + 3] == whole[3 * row..<3 * row + 3]) }
    }
    let found = failedRows()
    #expect(found.map(\.row) == [5, 150, 299] && found.allSatisfy { $0.reason == SODE_ERR_INVALID_DATA })
    #expect(found.count == 3 && found[1].text.contains("1e+39") && found[1].text.contains("column 1"))
    #expect(sode_failed_row_at(3, nil, nil, nil) == SODE_ERR_OUT_OF_RANGE)
    points[0] = 1
    withTensor(&points, [1, 2]) { x in
      withTensor(&partial, [1, 3]) { #expect(sode_network_predict(network.handle, x, Int32(SODE_ROWS_OR_NAN), 1, $0) == SODE_OK) }
    }
    #expect(failedRows().isEmpty && sode_failed_row_at(0, nil, nil, nil) == SODE_ERR_OUT_OF_RANGE)
  }

  /// If finite parameters and features give scores that overflow, an error names the row instead of predicting class 0.
  @Test func scoresThatOverflowAreNoScores() throws {
    let network = try TestNetwork(#"{"inputs": 2, "outputs": 3, "width": 2, "layers": 1, "readout": "dense"}"#)
    var parameters = network.parameters.map { _ in Float(3e38) }
    withTensor(&parameters, [parameters.count]) { #expect(sode_network_set_parameters(network.handle, $0) == SODE_OK) }
    var points: [Float] = [0, 0, 3, 3]
    var classes: [Int32] = [7, 7]
    withTensor(&points, [2, 2]) { x in
      withTensor(&classes, [2]) { #expect(sode_network_predict(network.handle, x, Int32(SODE_CLASSES), 1, $0) == SODE_ERR_NOT_FINITE) }
      #expect(classes == [7, 7] && lastError().contains("row "))
    }
  }

  /// Each sample of a solve has its own reason.
  @Test func aSolveSaysWhyEachSampleFailed() throws {
    let network = try TestNetwork(#"{"inputs": 2, "outputs": 2, "width": 2, "integrator": "dopri5", "max_steps": 3, "horizon": 50}"#)
    var points: [Float] = [0, 0, 3, 1]
    var ends: [Int32] = [0, 0]
    withTensor(&points, [2, 2]) { x in
      withTensor(&ends, [2]) { #expect(sode_network_solve(network.handle, 0, x, nil, nil, nil, $0, nil, nil, nil) == SODE_OK) }
    }
    let found = failedRows()
    #expect(found.map(\.row) == ends.indices.filter { ends[$0] == 3 }.map(Int64.init) && !found.isEmpty)
    #expect(found.allSatisfy { $0.reason == SODE_ERR_STEP_LIMIT && $0.text.contains("max_steps = 3") })
  }
}
