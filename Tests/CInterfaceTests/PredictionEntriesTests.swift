import CStableODE
import Testing

struct PredictionEntriesTests {
  /// Prediction by a network, by a predictor with tensors and by a predictor with pointers gives the same bits, for single samples and batches.
  @Test func allWaysGiveTheSame() throws {
    let network = try TestNetwork()
    var points: [Float] = (0..<20).map { Float($0) / 7 }
    var predicted = [Float](repeating: 0, count: 30)
    var byTensor = predicted
    var alone = predicted
    var predictor: OpaquePointer?
    #expect(sode_predictor_create(network.handle, 10, 1, &predictor) == SODE_OK)
    defer { sode_predictor_free(predictor) }
    withTensor(&points, [10, 2]) { x in
      withTensor(&predicted, [10, 3]) { #expect(sode_network_predict(network.handle, x, Int32(SODE_PROBABILITIES), 2, $0) == SODE_OK) }
      withTensor(&byTensor, [10, 3]) { #expect(sode_predictor_run(predictor, x, Int32(SODE_PROBABILITIES), $0) == SODE_OK) }
    }
    for sample in 0..<10 {
      points.withUnsafeBufferPointer { points in
        alone.withUnsafeMutableBufferPointer { alone in
          guard let from = points.baseAddress, let to = alone.baseAddress else { return }
          #expect(sode_predictor_run_f32(predictor, from + 2 * sample, 1, Int32(SODE_PROBABILITIES), to + 3 * sample) == SODE_OK)
        }
      }
    }
    #expect(predicted == byTensor && predicted == alone)
    #expect(predicted.allSatisfy { $0 > 0 && $0 < 1 })
  }

  @Test func statesBeginWithTheInputs() throws {
    let network = try TestNetwork()
    var points: [Float] = [1, 2, 3, 4]
    var states = [Float](repeating: -1, count: 4 * 2 * 4)
    withTensor(&points, [2, 2]) { x in
      withTensor(&states, [4, 2, 4]) { #expect(sode_network_states(network.handle, 0, x, $0) == SODE_OK) }
      withTensor(&states, [4, 2, 4]) { #expect(sode_network_states(network.handle, 1, x, $0) == SODE_ERR_OUT_OF_RANGE) }
      withTensor(&states, [2, 4, 4]) { #expect(sode_network_states(network.handle, 0, x, $0) == SODE_ERR_SHAPE_MISMATCH) }
    }
    #expect(Array(states[0..<8]) == [1, 2, 0, 0, 3, 4, 0, 0])
  }

  @Test func densePointersAreChecked() throws {
    let network = try TestNetwork()
    var predictor: OpaquePointer?
    #expect(sode_predictor_create(network.handle, 4, 1, &predictor) == SODE_OK)
    defer { sode_predictor_free(predictor) }
    var points: [Float] = [1, 2, 3, 4]
    var classes: [Float] = [7, 7]
    #expect(sode_predictor_run_f32(predictor, &points, 5, 0, &classes) == SODE_ERR_OUT_OF_RANGE)
    #expect(sode_predictor_run_f32(predictor, &points, Int64.min, 0, &classes) == SODE_ERR_INVALID_DATA)
    #expect(sode_predictor_run_f32(predictor, &points, 2, Int32(SODE_CLASSES), &classes) == SODE_OK)
    #expect(classes.allSatisfy { [0, 1, 2].contains($0) })
    points[2] = .infinity
    #expect(sode_predictor_run_f32(predictor, &points, 2, Int32(SODE_CLASSES), &classes) == SODE_ERR_INVALID_DATA)
    points.withUnsafeBytes { bytes in
      let askew = bytes.baseAddress.map { ($0 + 1).assumingMemoryBound(to: Float.self) }
      #expect(sode_predictor_run_f32(predictor, askew, 1, Int32(SODE_CLASSES), &classes) == SODE_ERR_INVALID_ARGUMENT)
    }
  }

  /// All prediction functions check sequences in the same way.
  @Test func sequencesAreCheckedOnEveryWay() throws {
    let network = try TestNetwork(
      #"{"inputs": 6, "outputs": 2, "width": 4, "layers": 3, "opening": "sequence", "field": "neural_cde", "channels": 1, "sequence_layout": "times_values", "interpolation": "linear"}"#)
    var predictor: OpaquePointer?
    #expect(sode_predictor_create(network.handle, 2, 1, &predictor) == SODE_OK)
    defer { sode_predictor_free(predictor) }
    // Sample 1 has the times 0, 2, 1.
    var sequences: [Float] = [0, 1, 1, 1, 2, 1, 0, 1, 2, 1, 1, 1]
    var doubles = sequences.map(Double.init)
    var scores = [Float](repeating: 7, count: 4)
    var wide = scores.map(Double.init)
    var texts: [String] = []
    withTensor(&sequences, [2, 6]) { x in
      withTensor(&scores, [2, 2]) { #expect(sode_network_predict(network.handle, x, 0, 1, $0) == SODE_ERR_INVALID_DATA) }
      texts.append(lastError())
      withTensor(&scores, [2, 2]) { #expect(sode_predictor_run(predictor, x, 0, $0) == SODE_ERR_INVALID_DATA) }
      texts.append(lastError())
    }
    #expect(sode_predictor_run_f32(predictor, &sequences, 2, 0, &scores) == SODE_ERR_INVALID_DATA)
    texts.append(lastError())
    #expect(sode_predictor_run_f64(predictor, &doubles, 2, 0, &wide) == SODE_ERR_INVALID_DATA)
    texts.append(lastError())
    #expect(texts.allSatisfy { $0 == texts[0] && $0.contains("row 1, step 2") }, "\(texts)")
    #expect(scores.allSatisfy { $0 == 7 } && wide.allSatisfy { $0 == 7 })
  }
}
