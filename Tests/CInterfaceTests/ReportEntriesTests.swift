import CStableODE
import Testing

struct ReportEntriesTests {
  private func report(_ options: String? = nil, _ body: (OpaquePointer) throws -> Void) throws {
    let network = try TestNetwork()
    var made: OpaquePointer?
    var points: [Float] = [0.5, -1, 2, 0.25]
    withTensor(&points, [2, 2]) { #expect(sode_network_stability_report(network.handle, $0, options, -1, &made) == SODE_OK, "\(lastError())") }
    let report = try #require(made)
    defer { sode_report_free(report) }
    try body(report)
  }

  @Test func documentsAndArraysAreRead() throws {
    try report { report in
      var needed = 0
      #expect(sode_report_json(report, nil, 0, &needed) == SODE_OK && needed > 100)
      var text = [CChar](repeating: 1, count: needed)
      #expect(sode_report_json(report, &text, needed, nil) == SODE_OK)
      #expect(String(cString: text).hasPrefix(#"{"report":"stability","samples":2"#))
      var count: Int64 = 0
      #expect(sode_report_array_count(report, &count) == SODE_OK && count > 8)
      var (name, axes, shape, help): (UnsafePointer<CChar>?, Int32, [Int64], UnsafePointer<CChar>?) = (nil, 0, [9, 9, 9, 9], nil)
      #expect(sode_report_array_at(report, 0, &name, &axes, &shape, &help) == SODE_OK)
      let found = String(cString: try #require(name))
      #expect(found == "layers" && axes == 2 && shape == [3, 3, 9, 9])
      #expect(sode_report_array_at(report, count, &name, &axes, &shape, &help) == SODE_ERR_OUT_OF_RANGE)
      var layers = [Double](repeating: -1, count: 9)
      withTensor(&layers, [3, 3]) { #expect(sode_report_get_array(report, "layers", $0) == SODE_OK) }
      let third = 1.0 / 3
      let expected: [Double] = [0, 0, third, 0, 1, third, 0, 2, third]
      #expect(layers == expected)
      withTensor(&layers, [9]) { #expect(sode_report_get_array(report, "layers", $0) == SODE_ERR_SHAPE_MISMATCH) }
      withTensor(&layers, [3, 3]) { #expect(sode_report_get_array(report, "layer", $0) == SODE_ERR_UNKNOWN_NAME) }
      #expect(lastError().contains("layers"))
      var singles = [Float](repeating: 0, count: 9)
      withTensor(&singles, [3, 3]) { #expect(sode_report_get_array(report, "layers", $0) == SODE_ERR_UNSUPPORTED_TYPE) }
    }
  }

  @Test func optionsAreChecked() throws {
    try report(#"{"singular_values": 0, "region_points": 0}"#) { report in
      var numbers = [Double](repeating: 0, count: 1)
      withTensor(&numbers, [1]) { #expect(sode_report_get_array(report, "singular_values", $0) == SODE_ERR_UNKNOWN_NAME) }
    }
    let network = try TestNetwork()
    var (points, made): ([Float], OpaquePointer?) = ([0, 0], nil)
    withTensor(&points, [1, 2]) { x in
      for (options, status) in [(#"{"dense_limit": 1000}"#, SODE_ERR_OUT_OF_RANGE), (#"{"dense_limits": 1}"#, SODE_ERR_UNKNOWN_NAME), ("[]", SODE_ERR_UNSUPPORTED_TYPE)] {
        #expect(sode_network_stability_report(network.handle, x, options, -1, &made) == status, "\(lastError())")
      }
      #expect(made == nil)
    }
  }

  @Test func mechanicsTakesTargetsOrACotangent() throws {
    let network = try TestNetwork()
    var (points, labels, cotangent, made): ([Float], [Int32], [Double], OpaquePointer?) = ([0.5, -1], [2], [1, 0, -1], nil)
    withTensor(&points, [1, 2]) { x in
      withTensor(&labels, [1]) { y in
        withTensor(&cotangent, [1, 3]) { w in
          #expect(sode_network_mechanics(network.handle, x, y, w, nil, nil, 0, &made) == SODE_ERR_INVALID_ARGUMENT)
          #expect(sode_network_mechanics(network.handle, x, nil, nil, nil, nil, 0, &made) == SODE_ERR_NULL_POINTER)
          for (targets, weights) in [(y, nil), (nil, w)] as [(UnsafeMutablePointer<sode_tensor>?, UnsafeMutablePointer<sode_tensor>?)] {
            #expect(sode_network_mechanics(network.handle, x, targets, weights, nil, nil, 0, &made) == SODE_OK, "\(lastError())")
            var hamiltonian = [Double](repeating: .nan, count: 4)
            withTensor(&hamiltonian, [1, 4]) { #expect(sode_report_get_array(made, "hamiltonian", $0) == SODE_OK) }
            #expect(hamiltonian.allSatisfy { $0.isFinite })
            sode_report_free(made)
          }
        }
        var labels: [Int32] = [3]
        withTensor(&labels, [1]) { #expect(sode_network_mechanics(network.handle, x, $0, nil, nil, nil, 0, &made) == SODE_ERR_INVALID_DATA) }
      }
    }
  }

  @Test func derivativesAreTested() throws {
    let network = try TestNetwork()
    var (points, made): ([Float], OpaquePointer?) = ([0.5, -1], nil)
    withTensor(&points, [1, 2]) { #expect(sode_network_check_derivatives(network.handle, $0, &made) == SODE_OK) }
    defer { sode_report_free(made) }
    var needed = 0
    #expect(sode_report_json(made, nil, 0, &needed) == SODE_OK)
    var text = [CChar](repeating: 0, count: needed)
    #expect(sode_report_json(made, &text, needed, nil) == SODE_OK)
    #expect(String(cString: text).contains(#""holds":true"#))
  }
}
