import CStableODE
import Testing

struct GradientEntriesTests {
  /// The gradient of the mean loss with respect to the readout's bias is the mean of p − onehot. For zero parameters it is ⅓ − the class frequency.
  @Test func theBiasGradientIsKnown() throws {
    let network = try TestNetwork()
    var zeros = [Float](repeating: 0, count: network.parameters.count)
    withTensor(&zeros, [zeros.count]) { #expect(sode_network_set_parameters(network.handle, $0) == SODE_OK) }
    var gradient: OpaquePointer?
    #expect(sode_gradient_create(network.handle, 4, nil, 1, &gradient) == SODE_OK)
    defer { sode_gradient_free(gradient) }
    var points: [Float] = [1, 2, 3, 4, 5, 6, 7, 8]
    var labels: [Int32] = [0, 0, 0, 2]
    var result = [Double](repeating: 9, count: zeros.count)
    var loss = 0.0
    withTensor(&points, [4, 2]) { x in
      withTensor(&labels, [4]) { y in
        withTensor(&result, [result.count]) { #expect(sode_gradient_run(gradient, x, y, &loss, $0) == SODE_OK) }
      }
    }
    #expect(abs(loss - 1.0986122886681098) < 1e-6)
    for (given, expected) in zip(result.suffix(3), [1.0 / 3 - 0.75, 1.0 / 3, 1.0 / 3 - 0.25]) { #expect(abs(given - expected) < 1e-6) }
  }

  /// The bits are the same for a result that is aligned to a cache line, unaligned, or strided.
  @Test func theGradientDoesNotDependOnWhereItGoes() throws {
    let network = try TestNetwork()
    let count = network.parameters.count
    var gradient: OpaquePointer?
    #expect(sode_gradient_create(network.handle, 4, nil, 1, &gradient) == SODE_OK)
    defer { sode_gradient_free(gradient) }
    var points: [Float] = [1, 2, 3, 4, 5, 6, 7, 8]
    var labels: [Int32] = [0, 1, 0, 2]
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 4 * (2 * count + 1), alignment: 64)
    defer { memory.deallocate() }
    let numbers = memory.bindMemory(to: Float.self, capacity: 2 * count + 1)
    func run(_ offset: Int, _ stride: Int) throws -> [Float] {
      numbers.initialize(repeating: 9, count: 2 * count + 1)
      var (shape, strides) = (Int64(count), Int64(stride))
      withUnsafeMutablePointer(to: &shape) { shape in
        withUnsafeMutablePointer(to: &strides) { strides in
          var target = sode_tensor_dense(numbers + offset, 2, 32, 1, shape)
          target.strides = strides
          withTensor(&points, [4, 2]) { x in
            withTensor(&labels, [4]) { y in #expect(sode_gradient_run(gradient, x, y, nil, &target) == SODE_OK) }
          }
        }
      }
      return (0..<count).map { numbers[offset + stride * $0] }
    }
    let direct = try run(0, 1)
    #expect(try run(1, 1) == direct && run(0, 2) == direct)
    #expect(direct.contains { $0 != 0 })
  }

  @Test func largerBatchesAndOtherTargetsAreRefused() throws {
    let network = try TestNetwork()
    var gradient: OpaquePointer?
    #expect(sode_gradient_create(network.handle, 1, "store_all", 1, &gradient) == SODE_OK)
    defer { sode_gradient_free(gradient) }
    var points: [Float] = [1, 2, 3, 4]
    var labels: [Int32] = [0, 0]
    var loss = 0.0
    withTensor(&points, [2, 2]) { x in
      withTensor(&labels, [2]) { #expect(sode_gradient_run(gradient, x, $0, &loss, nil) == SODE_ERR_OUT_OF_RANGE) }
      #expect(lastError().contains("at most 1"))
    }
    withTensor(&points, [1, 2]) { x in
      #expect(sode_gradient_run(gradient, x, x, &loss, nil) == SODE_ERR_INCOMPATIBLE)
      withTensor(&labels, [2]) { #expect(sode_gradient_run(gradient, x, $0, &loss, nil) == SODE_ERR_SHAPE_MISMATCH) }
    }
    var other: OpaquePointer?
    #expect(sode_gradient_create(network.handle, 1, "reversible", 1, &other) == SODE_ERR_INCOMPATIBLE)
    #expect(other == nil)
  }
}
