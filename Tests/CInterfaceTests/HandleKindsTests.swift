import CStableODE
import Testing

struct HandleKindsTests {
  /// A handle is refused where another kind is required, and the error names the required kind.
  @Test func kindsAreNotMixedUp() throws {
    let network = try TestNetwork()
    let dataset = try TestDataset()
    var trainer: OpaquePointer?
    var predictor: OpaquePointer?
    var gradient: OpaquePointer?
    var specification: OpaquePointer?
    var token: OpaquePointer?
    #expect(sode_trainer_create(network.handle, &trainer) == SODE_OK)
    #expect(sode_predictor_create(network.handle, 1, 1, &predictor) == SODE_OK)
    #expect(sode_gradient_create(network.handle, 1, nil, 1, &gradient) == SODE_OK)
    #expect(sode_specification_create(&specification) == SODE_OK)
    #expect(sode_cancel_token_create(&token) == SODE_OK)
    defer {
      sode_trainer_free(trainer)
      sode_predictor_free(predictor)
      sode_gradient_free(gradient)
      sode_specification_free(specification)
      sode_cancel_token_free(token)
    }
    let all = [network.handle, dataset.handle, trainer, predictor, gradient, specification, token]
    let takers: [(OpaquePointer?, noun: String, (OpaquePointer?) -> sode_status)] = [
      (network.handle, "network", { sode_network_initialize($0, 1) }),
      (dataset.handle, "dataset", { sode_dataset_get($0, nil, nil) }),
      (trainer, "trainer", { sode_trainer_set_callback($0, nil, nil) }),
      (gradient, "gradient", { sode_gradient_bytes($0, nil) }),
      (specification, "specification", { sode_specification_add_block($0) }),
      (token, "cancel token", { sode_cancel_token_reset($0) }),
    ]
    for (own, noun, take) in takers {
      for handle in all where handle != own {
        // A few functions check a second argument first; they report it for every handle alike.
        let status = take(handle)
        #expect(status == SODE_ERR_INVALID_HANDLE || status == SODE_ERR_NULL_POINTER)
        if status == SODE_ERR_INVALID_HANDLE { #expect(lastError().contains("another kind") && lastError().contains(noun)) }
      }
    }
  }
}
