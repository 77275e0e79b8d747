import CStableODE
import Testing

/// Options can be read back, defaults included, but only in their own type.
struct TrainerOptionEntriesTests {
  @Test func optionsComeBack() throws {
    let network = try TestNetwork()
    var trainer: OpaquePointer?
    #expect(sode_trainer_create(network.handle, &trainer) == SODE_OK)
    defer { sode_trainer_free(trainer) }
    #expect(sode_trainer_set_json(trainer, #"{"epochs": 7, "learning_rate": 0.5, "optimizer": "sgd", "shuffle": false}"#, -1) == SODE_OK)

    var number: Int64 = -1
    #expect(sode_trainer_get_int(trainer, "epochs", &number) == SODE_OK && number == 7)
    #expect(sode_trainer_get_int(trainer, "shuffle", &number) == SODE_OK && number == 0)
    #expect(sode_trainer_get_int(trainer, "nesterov", &number) == SODE_OK && number == 0)
    var real = -1.0
    #expect(sode_trainer_get_real(trainer, "learning_rate", &real) == SODE_OK && real == 0.5)
    #expect(text { sode_trainer_get_text(trainer, "optimizer", $0, $1, $2) } == "sgd")
    let all = text { sode_trainer_json(trainer, $0, $1, $2) }
    #expect(all.contains(#""epochs":7"#) && all.contains(#""shuffle":false"#) && all.contains(#""batch_size":128"#))

    (number, real) = (-1, -1)
    #expect(sode_trainer_get_int(trainer, "learning_rate", &number) == SODE_ERR_UNSUPPORTED_TYPE && number == -1)
    #expect(sode_trainer_get_real(trainer, "epochs", &real) == SODE_ERR_UNSUPPORTED_TYPE && real == -1)
    #expect(sode_trainer_get_int(trainer, "epoch", &number) == SODE_ERR_UNKNOWN_NAME)
    #expect(sode_trainer_get_int(trainer, "epochs", nil) == SODE_ERR_NULL_POINTER)
  }

  /// If a buffer is too small, the call reports the size that is needed.
  @Test func neededIsSetWhenTheBufferIsTooSmall() throws {
    let network = try TestNetwork()
    var trainer: OpaquePointer?
    #expect(sode_trainer_create(network.handle, &trainer) == SODE_OK)
    defer { sode_trainer_free(trainer) }
    #expect(sode_trainer_set_text(trainer, "optimizer", "adam") == SODE_OK)
    var needed = 0
    var buffer = [CChar](repeating: 1, count: 4)
    #expect(sode_trainer_get_text(trainer, "optimizer", &buffer, 4, &needed) == SODE_ERR_BUFFER_TOO_SMALL)
    #expect(needed == 5 && buffer == [1, 1, 1, 1])
    #expect(sode_network_save_memory(network.handle, &buffer, 4, &needed) == SODE_ERR_BUFFER_TOO_SMALL && needed > 100)
  }

  /// The text that a call writes, after a query of its size.
  private func text(_ call: (UnsafeMutablePointer<CChar>?, Int, UnsafeMutablePointer<Int>?) -> sode_status) -> String {
    var needed = 0
    #expect(call(nil, 0, &needed) == SODE_OK)
    var buffer = [CChar](repeating: 0, count: needed)
    #expect(call(&buffer, needed, nil) == SODE_OK)
    return buffer.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
  }
}
