import Gradients
import Integrators
import LinearAlgebra
import Settings

/// The stability functions of the layers of one block. Layers whose step differs only in its weights share them.
final class StabilityFunctions {
  private struct Key: Hashable {
    let index: Int
    let ratio: Double
    let own: [Double]
  }

  private var known: [Key: StabilityFunction] = [:]
  private var refusal: Failure?
  private let scheme: any Integrator
  private let count: Int
  /// The power of h in the variable; nil before a function was made.
  private(set) var power: Int?

  init(_ block: ODEBlock) {
    scheme = block.integrator
    count = StabilityFunction.ownCount(block.integrator)
  }

  /// The functions of a layer: one, or one for each value of the scheme's trained numbers where channels have their own.
  ///
  /// - Parameter own: the scheme's trained numbers in the layer.
  /// - Throws: `.incompatible` with the reason why there is none.
  func functions(_ block: ODEBlock, _ layer: Int, _ own: [Double]) throws(Failure) -> [StabilityFunction] {
    if let refusal { throw refusal }
    // From the fourth layer on every scheme has begun.
    let (index, ratio) = (min(layer, 4), layer == 0 ? 1 : block.stepSize(layer - 1) / block.stepSize(layer))
    var sets: [[Double]] = [own]
    // A first layer has no numbers of its own.
    if !own.isEmpty, own.count != count { sets = Set(own).sorted().map { value in Array(repeating: value, count: count) } }
    var found: [StabilityFunction] = []
    for set in sets {
      try Watch.check()
      let key = Key(index: index, ratio: ratio, own: set)
      if let before = known[key] {
        found.append(before)
        continue
      }
      do throws(Failure) {
        let made = try StabilityFunction(scheme, index: index, ratio: ratio, own: set)
        // Networks with trained numbers in every layer and channel have too many to keep.
        if known.count < 4096 { known[key] = made }
        power = made.power
        found.append(made)
      } catch {
        if error.status == .incompatible { refusal = error }
        throw error
      }
    }
    return found
  }
}
