import CStableODE
import Testing

struct BatchesTests {
  /// Errors of a batch name the place of the wrong number.
  @Test func badBatchesAreNamed() throws {
    let network = try TestNetwork()
    var points: [Float] = [1, 2, 3, .nan]
    var scores = [Float](repeating: 0, count: 6)
    withTensor(&scores, [2, 3]) { out in
      withTensor(&points, [2, 2]) { #expect(sode_network_predict(network.handle, $0, 0, 1, out) == SODE_ERR_INVALID_DATA) }
      #expect(lastError() == "features holds NaN or infinity at row 1, column 1")
      withTensor(&points, [1, 4]) { #expect(sode_network_predict(network.handle, $0, 0, 1, out) == SODE_ERR_SHAPE_MISMATCH) }
      #expect(lastError() == "features has shape [1, 4]; it must be [samples, 2] (inputs of the network)")
      withTensor(&points, [1, 2]) { #expect(sode_network_predict(network.handle, $0, 0, 1, out) == SODE_ERR_SHAPE_MISMATCH) }
      #expect(lastError() == "result has shape [2, 3]; it must be [1, 3] (outputs of the network)")
    }
  }

  @Test(arguments: [-1, 1025, Int64.max]) func threadsAreCounted(_ threads: Int64) throws {
    let network = try TestNetwork()
    var predictor: OpaquePointer?
    #expect(sode_predictor_create(network.handle, 1, threads, &predictor) == SODE_ERR_OUT_OF_RANGE)
    #expect(lastError() == "num_threads is \(threads); it must be between 0 and 1024")
  }

  @Test(arguments: [-1, 3, Int32.max]) func whatIsOneOfThree(_ what: Int32) throws {
    let network = try TestNetwork()
    #expect(sode_network_predict(network.handle, nil, what, 1, nil) == SODE_ERR_OUT_OF_RANGE)
    #expect(lastError().contains("what is \(what)"))
  }
}
