import CStableODE
import LinearAlgebra
import Settings
import VectorFields

/// Known terms of an equation that C functions compute, tile by tile, on the thread that called the library.
///
/// States and results are given where they lie, as tensors of samples × features with strides; making a tensor allocates nothing. Threads that use the network at the same time call the functions at the same time.
final class CallerTerms: KnownTerms, @unchecked Sendable {
  private let functions: sode_known_terms

  /// - Parameter functions: with `evaluate`. They stay the caller's until `own` is called.
  init(_ functions: sode_known_terms) { self.functions = functions }

  /// Whether `release` is the library's to call.
  private var isOwning = false
  /// From now on the functions are used, and released when this object is destroyed.
  func own() { isOwning = true }

  deinit {
    if isOwning, let release = functions.release { callRelease(release, functions.user_data) }
  }

  func evaluate(times: Block, states: Block, into values: Block) throws(Failure) {
    try call(functions.evaluate.map { unsafeBitCast($0, to: UnsafeRawPointer.self) }, "the known terms' function evaluate", [.row(times), .tile(states), .tile(values)])
  }

  func pushforward(times: Block, states: Block, timeTangents: Block, stateTangents: Block, into tangents: Block) throws(Failure) {
    try call(
      functions.pushforward.map { unsafeBitCast($0, to: UnsafeRawPointer.self) }, "the known terms' function pushforward",
      [.row(times), .tile(states), .row(timeTangents), .tile(stateTangents), .tile(tangents)])
  }

  func pullback(times: Block, states: Block, cotangents: Block, timeGradients: Block, stateGradients: Block) throws(Failure) {
    try call(
      functions.pullback.map { unsafeBitCast($0, to: UnsafeRawPointer.self) }, "the known terms' function pullback",
      [.row(times), .tile(states), .tile(cotangents), .row(timeGradients), .tile(stateGradients)])
  }

  /// A block as the functions get it: a tensor of samples × features, or of samples.
  private enum Argument {
    case tile(Block)
    case row(Block)

    /// The tensor, with its shape and strides in the four numbers at `place`.
    func tensor(_ place: UnsafeMutablePointer<Int64>) -> sode_tensor {
      let (block, axes): (Block, Int32) =
        switch self {
        case .tile(let block): (block, 2)
        case .row(let block): (block, 1)
        }
      (place[0], place[1], place[2], place[3]) = (Int64(block.columns), Int64(block.rows), 1, Int64(block.stride))
      return sode_tensor(
        data: block.base, device: sode_device(device_type: 1, device_id: 0), ndim: axes, dtype: dataType(ElementType(block.precision)), shape: place, strides: place + 2, byte_offset: 0)
    }
  }

  /// Calls a function with tensors that lie on the stack.
  private func call<let count: Int>(_ function: UnsafeRawPointer?, _ what: StaticString, _ blocks: InlineArray<count, Argument>) throws(Failure) {
    guard let function else {
      throw Failure(
        .state, "\(what) is NULL, but this call needs it: gradients need the pullback, tangents the pushforward, implicit integrators may need both. The library forms no differences, because it does not know on which scale the terms are smooth")
    }
    let outcome = withUnsafeTemporaryAllocation(of: Int64.self, capacity: 4 * count) { numbers in
      withUnsafeTemporaryAllocation(of: sode_tensor.self, capacity: count) { tensors in
        withUnsafeTemporaryAllocation(of: UnsafeMutableRawPointer?.self, capacity: count + 1) { arguments in
          for index in 0..<count {
            guard let numbers = numbers.baseAddress, let tensors = tensors.baseAddress else { break }
            (tensors + index).initialize(to: blocks[index].tensor(numbers + 4 * index))
            arguments[index] = UnsafeMutableRawPointer(tensors + index)
          }
          arguments[count] = functions.user_data
          return StableODE.call(function, UnsafeBufferPointer(arguments))
        }
      }
    }
    guard !outcome.hasThrown else { throw exception(of: what) }
    guard outcome.answer == 0 else { throw Failure(.callbackFailed, "\(what) returned \(outcome.answer); 0 means success") }
  }
}
