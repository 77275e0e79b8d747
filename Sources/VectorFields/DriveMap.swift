import LinearAlgebra

/// The map u ↦ Vu + b, by which the outside input enters a driven field, and its derivatives with respect to V, b and u. V is a matrix, which needs no scratch.
struct DriveMap {
  private let place: OperatorPlace
  private let bias: BiasPlace

  init(_ place: OperatorPlace, bias: BiasPlace) {
    precondition(place.linearOperator.scratchWidth == 0, "a drive is multiplied by a matrix")
    self.place = place
    self.bias = bias
  }

  private func noScratch(_ x: Block) -> Block { x.rows(0..<0) }

  /// out = base + Vu + b.
  func evaluate(_ layer: Layer, at u: Block, addingTo base: Block?, into out: Block) {
    place.linearOperator.affine(
      place.weights(layer), bias: bias(layer), activation: .identity, of: u, scale: 1, addingTo: base, into: out, slope: nil, scratch: noScratch(u))
  }

  /// out = base + V·δu + δV·u + δb.
  func pushforward(_ layer: Layer, direction: Layer?, at u: Block, tangent: Block?, addingTo base: Block, into out: Block) {
    var base = base
    if let tangent {
      place.linearOperator.affine(place.weights(layer), bias: nil, activation: .identity, of: tangent, scale: 1, addingTo: base, into: out, slope: nil, scratch: noScratch(u))
      base = out
    }
    if let direction {
      place.linearOperator.affine(
        place.direction(direction), bias: bias(direction), activation: .identity, of: u, scale: 1, addingTo: base, into: out, slope: nil, scratch: noScratch(u))
    } else {
      settle(base, into: out)
    }
  }

  /// Accumulates g·uᵀ and Σg, and Vᵀg if the input's cotangent is wanted.
  func pullback(_ layer: Layer, at u: Block, cotangent g: Block, gradient: Layer, addingTo cotangent: Block?) {
    place.linearOperator.accumulateGradient(g, u, addingTo: place.gradient(gradient), scratch: noScratch(u))
    if let bias = bias(gradient) { place.linearOperator.accumulateBiasGradient(g, addingTo: bias, transposed: false) }
    if let cotangent {
      place.linearOperator.affine(
        place.weights(layer).transposed, bias: nil, activation: .identity, of: g, scale: 1, addingTo: cotangent, into: cotangent, slope: nil, scratch: noScratch(g))
    }
  }
}

/// The rows of the outside input of a field that reads observations: the observation, preceded by a row that says whether there is one, if samples have different lengths.
struct ObservedDrive {
  let presence: Block?
  let values: Block

  init(_ drive: Block, _ configuration: DriveConfiguration) {
    presence = configuration.hasPresence ? drive.rows(0..<1) : nil
    values = configuration.hasPresence ? drive.rows(1..<drive.rows) : drive
  }

  static func rows(_ configuration: DriveConfiguration) -> Int { configuration.channels + (configuration.hasPresence ? 1 : 0) }
}

/// out += scale·Σᵢ x[i,s]·y[i,s] in one row; `scratch` has a row.
func addColumnDots(_ scale: Double, _ x: Block, _ y: Block, to out: Block, scratch: Block) {
  columnDots(x, y, into: scratch)
  combine(scale, scratch, 1, out, into: out)
}
