import CStableODE
import Foundation
import Testing

@Suite struct CertificateEntriesTests {
  private static func network() throws -> OpaquePointer {
    var network: OpaquePointer?
    let json = #"{"inputs": 3, "outputs": 3, "width": 4, "opening": "dense", "field": "gradient_flow", "layers": 2, "horizon": 0.2, "seed": 3}"#
    #expect(sode_network_create_json(json, json.utf8.count, &network) == SODE_OK)
    return try #require(network)
  }

  private func text(_ certificate: OpaquePointer?) -> String {
    var needed = 0
    #expect(sode_certificate_json(certificate, nil, 0, &needed) == SODE_OK)
    var buffer = [CChar](repeating: 1, count: max(needed, 1))
    #expect(sode_certificate_json(certificate, &buffer, needed, &needed) == SODE_OK)
    return String(cString: buffer)
  }

  @Test func aStatementIsProved() throws {
    let network = try Self.network()
    defer { sode_network_free(network) }
    var certificate: OpaquePointer?
    #expect(sode_network_certify(network, "lipschitz_l2", nil, 0, nil, &certificate) == SODE_OK)
    defer { sode_certificate_free(certificate) }
    var verdict: Int32 = 0
    #expect(sode_certificate_verdict(certificate, &verdict) == SODE_OK && verdict == SODE_PROVED)
    var value = 0.0
    #expect(sode_certificate_number(certificate, "lipschitz", &value) == SODE_OK && value > 0)
    #expect(sode_certificate_number(certificate, "lipschit", &value) == SODE_ERR_UNKNOWN_NAME && lastError().contains("lipschitz"))
    let record = try JSONSerialization.jsonObject(with: Data(text(certificate).utf8)) as? [String: Any]
    let written = try #require((record?["result"] as? [String: Any])?["lipschitz"] as? Double)
    // Foundation's parser may round the last digit.
    #expect(record?["verdict"] as? String == "proved" && abs(written - value) <= 1e-15 * value)
    // The parameters are those of the moment of the call.
    #expect(sode_network_initialize(network, 99) == SODE_OK)
    #expect(sode_certificate_number(certificate, "lipschitz", &value) == SODE_OK)
  }

  @Test func radiiOfABatch() throws {
    let network = try Self.network()
    defer { sode_network_free(network) }
    var features: [Float] = [1, 2, 3, -1, 0.5, 2]
    var (classes, radii) = ([Int64](repeating: -5, count: 2), [Float](repeating: -5, count: 2))
    var (shape, rows): ([Int64], [Int64]) = ([2, 3], [2])
    let status = features.withUnsafeMutableBufferPointer { features in
      classes.withUnsafeMutableBufferPointer { classes in
        radii.withUnsafeMutableBufferPointer { radii in
          shape.withUnsafeMutableBufferPointer { shape in
            rows.withUnsafeMutableBufferPointer { rows -> sode_status in
              let x = sode_tensor_f32(features.baseAddress, 2, shape.baseAddress)
              var (c, r) = (sode_tensor_i64(classes.baseAddress, 1, rows.baseAddress), sode_tensor_f32(radii.baseAddress, 1, rows.baseAddress))
              return withUnsafePointer(to: x) { sode_network_certified_radius(network, $0, 1, &c, &r) }
            }
          }
        }
      }
    }
    #expect(status == SODE_OK && classes.allSatisfy { 0...2 ~= $0 } && radii.allSatisfy { $0 >= 0 && $0.isFinite } && radii.max() ?? 0 > 0)
  }

  @Test func aLimitIsKeptByTheRepairedNetwork() throws {
    let network = try Self.network()
    defer { sode_network_free(network) }
    var (repaired, certificate) = (OpaquePointer?.none, OpaquePointer?.none)
    let options = "{\"limit\": 0.01}"
    var distance = 0.0
    #expect(sode_network_repair(network, "lipschitz_l2", options, options.utf8.count, &distance, &repaired) == SODE_OK && distance > 0)
    defer { sode_network_free(repaired) }
    #expect(sode_network_certify(repaired, "lipschitz_l2", options, options.utf8.count, nil, &certificate) == SODE_OK)
    defer { sode_certificate_free(certificate) }
    var verdict: Int32 = 0
    #expect(sode_certificate_verdict(certificate, &verdict) == SODE_OK && verdict == Int32(SODE_PROVED))
    // What is proved is copied; the distance may be left out.
    var again: OpaquePointer?
    #expect(sode_network_repair(repaired, "lipschitz_l2", options, options.utf8.count, nil, &again) == SODE_OK)
    sode_network_free(again)
  }

  @Test func wrongArgumentsLeaveTheOutputs() throws {
    let network = try Self.network()
    defer { sode_network_free(network) }
    var certificate: OpaquePointer?
    #expect(sode_network_certify(network, "lipschitz", nil, 0, nil, &certificate) == SODE_ERR_UNKNOWN_NAME && certificate == nil)
    #expect(sode_network_certify(network, "certified_radius", nil, 0, nil, &certificate) == SODE_ERR_INVALID_ARGUMENT && certificate == nil)
    #expect(sode_network_certify(network, nil, nil, 0, nil, &certificate) == SODE_ERR_NULL_POINTER)
    #expect(sode_network_certify(network, "volume", "{\"limit\": 3}", 12, nil, &certificate) == SODE_ERR_INCOMPATIBLE)
    #expect(sode_network_certify(network, "volume", nil, 0, nil, nil) == SODE_ERR_NULL_POINTER)
    var (repaired, distance) = (OpaquePointer?.none, 7.0)
    #expect(sode_network_repair(network, "lipschitz", nil, 0, &distance, &repaired) == SODE_ERR_UNKNOWN_NAME && repaired == nil)
    #expect(sode_network_repair(network, "volume", nil, 0, &distance, &repaired) == SODE_ERR_INCOMPATIBLE && repaired == nil)
    #expect(sode_network_repair(network, nil, nil, 0, &distance, &repaired) == SODE_ERR_NULL_POINTER && distance == 7)
    #expect(sode_network_repair(nil, "step_size", nil, 0, &distance, &repaired) == SODE_ERR_NULL_POINTER)
    #expect(sode_network_repair(network, "step_size", nil, 0, &distance, nil) == SODE_ERR_NULL_POINTER)
    #expect(sode_certificate_verdict(nil, nil) == SODE_ERR_NULL_POINTER)
    var verdict: Int32 = 7
    #expect(sode_certificate_verdict(network, &verdict) == SODE_ERR_INVALID_HANDLE && verdict == 7)
  }
}
