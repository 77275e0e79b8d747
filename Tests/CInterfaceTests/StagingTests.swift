import CStableODE
import Testing

struct StagingTests {
  /// A call that is interrupted leaves the caller's arrays as they were; the same call under limits that do not end it fills them as without limits.
  @Test(arguments: ["scores", "states", "gradient", "tangent", "cotangent"]) func anInterruptedCallLeavesItsResults(_ what: String) throws {
    let network = try TestNetwork()
    var gradient: OpaquePointer?
    #expect(sode_gradient_create(network.handle, 70, nil, 1, &gradient) == SODE_OK)
    defer { sode_gradient_free(gradient) }
    var features = (0..<140).map { Float($0 % 11) / 10 }
    var targets = (0..<70).map { Int32($0 % 3) }
    var ones = [Float](repeating: 1, count: max(210, Int(network.info.parameters)))
    let parameters = Int(network.info.parameters)
    let (count, shape): (Int, [Int]) =
      switch what {
      case "states": (4 * 70 * 4, [4, 70, 4])
      case "gradient": (parameters, [parameters])
      case "cotangent": (140, [70, 2])
      default: (210, [70, 3])
      }
    func call() -> (status: sode_status, numbers: [Float]) {
      var numbers = [Float](repeating: 7, count: count)
      let status = withTensor(&features, [70, 2]) { features in
        withTensor(&numbers, shape) { result in
          switch what {
          case "scores": sode_network_predict(network.handle, features, Int32(SODE_SCORES.rawValue), 1, result)
          case "states": sode_network_states(network.handle, 0, features, result)
          case "gradient": withTensor(&targets, [70]) { sode_gradient_run(gradient, features, $0, nil, result) }
          case "tangent": withTensor(&ones, [parameters]) { sode_gradient_pushforward(gradient, features, $0, nil, nil, result) }
          default: withTensor(&ones, [70, 3]) { sode_gradient_pullback(gradient, features, $0, nil, result) }
          }
        }
      }
      return (status, numbers)
    }
    let free = call()
    #expect(free.status == SODE_OK && free.numbers.contains { $0 != 7 }, "\(lastError())")
    var token: OpaquePointer?
    #expect(sode_cancel_token_create(&token) == SODE_OK)
    defer { sode_cancel_token_free(token) }
    var limits = sode_limits()
    (limits.struct_size, limits.cancel) = (UInt32(MemoryLayout<sode_limits>.size), token)
    #expect(sode_set_thread_limits(&limits) == SODE_OK)
    defer { _ = sode_set_thread_limits(nil) }
    let limited = call()
    #expect(limited.status == SODE_OK && limited.numbers == free.numbers)
    #expect(sode_cancel_token_request(token) == SODE_OK)
    let ended = call()
    #expect(ended.status == SODE_CANCELLED && ended.numbers.allSatisfy { $0 == 7 })
  }
}
