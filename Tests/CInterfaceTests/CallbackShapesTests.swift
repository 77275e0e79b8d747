import CStableODE
import Testing

/// The tensors of one call keep their own shapes: scores [samples, 3], targets [samples], losses [samples], gradient [samples, 3].
private let shapesOfOneCall: sode_loss_function = { scores, targets, losses, gradient, user in
  guard let s = scores?.pointee, let t = targets?.pointee, let l = losses?.pointee, let g = gradient?.pointee, let user else { return 1 }
  guard s.ndim == 2, t.ndim == 1, l.ndim == 1, g.ndim == 2 else { return 2 }
  guard s.shape[0] == t.shape[0], s.shape[0] == l.shape[0], s.shape[0] == g.shape[0], s.shape[1] == 3, g.shape[1] == 3 else { return 3 }
  guard s.strides[0] == 1, s.strides[1] >= s.shape[0], g.strides[0] == 1, t.strides[0] == 1, l.strides[0] == 1 else { return 4 }
  guard s.device.device_type == 1, t.dtype.code == 0, t.dtype.bits == 32, l.dtype.code == 2, l.dtype.bits == 64, s.dtype.bits == 32, g.dtype.bits == 32 else { return 5 }
  for row in 0..<Int(s.shape[0]) {
    l.data.storeBytes(of: 0, toByteOffset: 8 * row, as: Double.self)
    for column in 0..<3 { g.data.storeBytes(of: 0, toByteOffset: 4 * (row + column * Int(g.strides[1])), as: Float.self) }
  }
  user.storeBytes(of: Int32(s.shape[0]), as: Int32.self)
  return 0
}

struct CallbackShapesTests {
  @Test(arguments: [1, 6]) func tensorsOfACall(_ samples: Int) throws {
    let network = try TestNetwork()
    let dataset = try TestDataset(labels: (0..<Int32(samples)).map { $0 % 3 })
    var trainer: OpaquePointer?
    #expect(sode_trainer_create(network.handle, &trainer) == SODE_OK)
    defer { sode_trainer_free(trainer) }
    var seen: Int32 = 0
    #expect(sode_trainer_set_int(trainer, "epochs", 1) == SODE_OK)
    withUnsafeMutablePointer(to: &seen) {
      #expect(sode_trainer_set_loss(trainer, shapesOfOneCall, $0) == SODE_OK)
      #expect(sode_trainer_run(trainer, dataset.handle, nil, nil) == SODE_OK, "\(lastError())")
    }
    #expect(seen == Int32(samples))
  }
}
