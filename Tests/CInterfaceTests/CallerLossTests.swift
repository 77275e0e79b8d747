import CStableODE
import Testing

/// The arguments that the callback received, tile by tile.
private final class Seen {
  var samples: [Int] = []
  var outputs: Set<Int64> = []
  var gradients = 0
  var answer: Int32 = 0
}

/// The loss ½‖s‖², which ignores the targets.
private let halfSquares: sode_loss_function = { scores, targets, losses, gradient, user in
  guard let scores = scores?.pointee, let losses = losses?.pointee, let shape = scores.shape, let strides = scores.strides, let user else { return -1 }
  let seen = Unmanaged<Seen>.fromOpaque(user).takeUnretainedValue()
  seen.samples.append(Int(shape[0]))
  seen.outputs.insert(shape[1])
  if gradient != nil { seen.gradients += 1 }
  for row in 0..<Int(shape[0]) {
    var sum = 0.0
    for column in 0..<Int(shape[1]) {
      let place = 4 * (row * Int(strides[0]) + column * Int(strides[1]))
      let score = scores.data.load(fromByteOffset: place, as: Float.self)
      sum += 0.5 * Double(score) * Double(score)
      if let out = gradient?.pointee, let steps = out.strides {
        out.data.storeBytes(of: score, toByteOffset: 4 * (row * Int(steps[0]) + column * Int(steps[1])), as: Float.self)
      }
    }
    losses.data.storeBytes(of: sum, toByteOffset: 8 * row, as: Double.self)
  }
  return seen.answer
}

/// A loss of 0, except where the first score is above 1: there it is NaN, or its derivative is infinite.
private let undefinedWhereLarge: sode_loss_function = { scores, _, losses, gradient, _ in large(scores, losses, gradient, .nan, 0) }
private let infiniteSlopeWhereLarge: sode_loss_function = { scores, _, losses, gradient, _ in large(scores, losses, gradient, 0, .infinity) }

private func large(
  _ scores: UnsafePointer<sode_tensor>?, _ losses: UnsafeMutablePointer<sode_tensor>?, _ gradient: UnsafeMutablePointer<sode_tensor>?, _ loss: Double, _ slope: Float
) -> Int32 {
  guard let scores = scores?.pointee, let losses = losses?.pointee, let shape = scores.shape, let strides = scores.strides else { return -1 }
  for row in 0..<Int(shape[0]) {
    let isLarge = scores.data.load(fromByteOffset: 4 * row * Int(strides[0]), as: Float.self) > 1
    losses.data.storeBytes(of: isLarge ? loss : 0, toByteOffset: 8 * row, as: Double.self)
    guard let out = gradient?.pointee, let steps = out.strides else { continue }
    for column in 0..<Int(shape[1]) {
      out.data.storeBytes(of: isLarge ? slope : 0, toByteOffset: 4 * (row * Int(steps[0]) + column * Int(steps[1])), as: Float.self)
    }
  }
  return 0
}

struct CallerLossTests {
  /// The callback receives 300 samples in tiles, in the network's precision, with a gradient only if one is requested. The mean loss is that of the scores.
  @Test func tilesMakeUpTheBatch() throws {
    let network = try TestNetwork()
    let seen = Seen()
    var gradient: OpaquePointer?
    #expect(sode_gradient_create(network.handle, 300, nil, 2, &gradient) == SODE_OK)
    defer { sode_gradient_free(gradient) }
    #expect(sode_gradient_set_loss(gradient, halfSquares, Unmanaged.passUnretained(seen).toOpaque()) == SODE_OK)
    var points = (0..<600).map { Float($0 % 17) / 5 }
    var labels = (0..<300).map { Int32($0 % 3) }
    var scores = [Float](repeating: 0, count: 900)
    var derivative = [Float](repeating: 0, count: network.parameters.count)
    var (loss, alone) = (0.0, 0.0)
    withTensor(&points, [300, 2]) { x in
      withTensor(&scores, [300, 3]) { #expect(sode_network_predict(network.handle, x, Int32(SODE_SCORES), 1, $0) == SODE_OK) }
      withTensor(&labels, [300]) { y in
        withTensor(&derivative, [derivative.count]) { #expect(sode_gradient_run(gradient, x, y, &loss, $0) == SODE_OK) }
        #expect(seen.samples.reduce(0, +) == 300 && seen.gradients == seen.samples.count && seen.outputs == [3])
        #expect(sode_gradient_run(gradient, x, y, &alone, nil) == SODE_OK)
        #expect(seen.samples.reduce(0, +) == 600 && seen.gradients == seen.samples.count / 2)
      }
    }
    // Sums of 900 squares of float32 numbers, in Double.
    #expect(alone == loss && abs(loss - scores.map { 0.5 * Double($0) * Double($0) }.reduce(0, +) / 300) < 1e-12)
    #expect(derivative.contains { $0 != 0 } && derivative.allSatisfy(\.isFinite))
  }

  /// After a failure the callback is not called for further tiles.
  @Test func aFailureEndsTheCall() throws {
    let network = try TestNetwork()
    let seen = Seen()
    seen.answer = 5
    var gradient: OpaquePointer?
    #expect(sode_gradient_create(network.handle, 300, nil, 1, &gradient) == SODE_OK)
    defer { sode_gradient_free(gradient) }
    #expect(sode_gradient_set_loss(gradient, halfSquares, Unmanaged.passUnretained(seen).toOpaque()) == SODE_OK)
    var points = (0..<600).map { Float($0 % 17) / 5 }
    var labels = (0..<300).map { Int32($0 % 3) }
    var loss = 0.0
    withTensor(&points, [300, 2]) { x in
      withTensor(&labels, [300]) { y in
        #expect(sode_gradient_run(gradient, x, y, &loss, nil) == SODE_ERR_CALLBACK_FAILED)
        #expect(lastError().contains("the loss callback returned 5") && seen.samples.count == 1)
        seen.answer = 0
        #expect(sode_gradient_run(gradient, x, y, &loss, nil) == SODE_OK)
      }
    }
  }

  /// If a loss or a gradient is not finite, the error names the row of the caller's batch, also for several tiles.
  @Test(arguments: [false, true]) func whatIsNotFiniteIsNamedByTheCallersRow(_ inGradient: Bool) throws {
    let network = try TestNetwork(#"{"inputs": 2, "outputs": 2, "width": 2, "layers": 1, "readout": "identity"}"#)
    var zeros = network.parameters.map { _ in Float(0) }
    withTensor(&zeros, [zeros.count]) { #expect(sode_network_set_parameters(network.handle, $0) == SODE_OK) }
    var gradient: OpaquePointer?
    #expect(sode_gradient_create(network.handle, 300, nil, 1, &gradient) == SODE_OK)
    defer { sode_gradient_free(gradient) }
    #expect(sode_gradient_set_loss(gradient, inGradient ? infiniteSlopeWhereLarge : undefinedWhereLarge, nil) == SODE_OK)
    var points = [Float](repeating: 0, count: 600)
    (points[2 * 277], points[2 * 281]) = (9, 9)
    var labels = [Int32](repeating: 0, count: 300)
    var derivative = [Float](repeating: 7, count: zeros.count)
    var loss = 7.0
    withTensor(&points, [300, 2]) { x in
      withTensor(&labels, [300]) { y in
        withTensor(&derivative, [derivative.count]) { #expect(sode_gradient_run(gradient, x, y, &loss, $0) == SODE_ERR_CALLBACK_FAILED) }
      }
    }
    #expect(lastError().hasPrefix("row 277: the loss callback gave"), "\(lastError())")
    #expect(loss == 7 && derivative.allSatisfy { $0 == 7 })
  }

  /// On a network whose own loss has margins, a loss of the caller's is computed without them, and the network's says which samples are right.
  @Test(arguments: ["emma", "margin_cross_entropy"]) func aLossWithMarginsIsReplaced(_ loss: String) throws {
    let network = try TestNetwork(#"{"inputs": 2, "outputs": 3, "width": 4, "layers": 3, "field": "gradient_flow", "steps": "tight", "loss": "\#(loss)"}"#)
    let seen = Seen()
    var gradient: OpaquePointer?
    #expect(sode_gradient_create(network.handle, 300, nil, 1, &gradient) == SODE_OK)
    defer { sode_gradient_free(gradient) }
    var points = (0..<600).map { Float($0 % 17) / 5 }
    var labels = (0..<300).map { Int32($0 % 3) }
    var scores = [Float](repeating: 0, count: 900)
    var derivative = [Float](repeating: 0, count: network.parameters.count)
    var (own, loss) = (0.0, 0.0)
    withTensor(&points, [300, 2]) { x in
      withTensor(&scores, [300, 3]) { #expect(sode_network_predict(network.handle, x, Int32(SODE_SCORES), 1, $0) == SODE_OK) }
      withTensor(&labels, [300]) { y in
        withTensor(&derivative, [derivative.count]) {
          #expect(sode_gradient_run(gradient, x, y, &own, $0) == SODE_OK)
          #expect(sode_gradient_set_loss(gradient, halfSquares, Unmanaged.passUnretained(seen).toOpaque()) == SODE_OK)
          #expect(sode_gradient_run(gradient, x, y, &loss, $0) == SODE_OK, "\(lastError())")
        }
      }
    }
    #expect(abs(loss - scores.map { 0.5 * Double($0) * Double($0) }.reduce(0, +) / 300) < 1e-12 && loss != own)
    #expect(derivative.contains { $0 != 0 } && derivative.allSatisfy(\.isFinite))
    let dataset = try TestDataset()
    var trainer: OpaquePointer?
    #expect(sode_trainer_create(network.handle, &trainer) == SODE_OK)
    defer { sode_trainer_free(trainer) }
    #expect(sode_trainer_set_json(trainer, #"{"optimizer": "adam", "epochs": 2}"#, -1) == SODE_OK)
    #expect(sode_trainer_set_loss(trainer, halfSquares, Unmanaged.passUnretained(seen).toOpaque()) == SODE_OK)
    #expect(sode_trainer_run(trainer, dataset.handle, dataset.handle, nil) == SODE_OK, "\(lastError())")
  }
}
