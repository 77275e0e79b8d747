import LinearAlgebra
import Settings
import VectorFields

/// The near-identity feed-forward layer, y₊ = 𝒉(Wy + B) with W = I + hw, B = hb and 𝒉(x) = x + h g(x), for f(y) = wy + b + g(y).
///
///     x̃ = y + h (wy + b),   y₊ = x̃ + h g(x̃)
///
/// Source: Ruseckas 2019: Euler on ẏ = f(y) with g evaluated at the shifted point x̃, that is a Lie splitting of the affine and the elementwise part. Order 1: it differs from `euler` with the same weights by
/// O(h²) a step and O(h) at the horizon. It needs a field that is such a sum (`SplitField`); nothing is claimed about stability. The record keeps x̃ and what g needs: one state more than `euler`.
package struct NearIdentity: Integrator {
  package init() {}
  package var order: Int { 1 }

  package func checkNoise() throws(Failure) {
    throw Failure(.incompatible, "integrator near_identity takes the field apart, wy + b and g; noise acts on the field as a whole: use euler with the same weights")
  }

  package func check(_ field: any VectorField) throws(Failure) {
    guard field.split != nil else {
      throw Failure(
        .incompatible,
        "integrator near_identity needs a field that is the sum of an affine and an elementwise part, wy + b + g(y): \(splitFieldNames); in other fields the weights are inside the activation"
      )
    }
  }

  /// x̃, then the field's record.
  package func recordWidth(_ field: any VectorField) -> Int { field.width + field.recordWidth }
  /// The field's scratch, then x̃ or its tangent.
  package func scratchWidth(_ field: any VectorField) -> Int { field.scratchWidth + field.width }

  private func split(_ field: any VectorField) -> any SplitField {
    guard let parts = field.split else { preconditionFailure("near_identity over a field that it refuses") }
    return parts
  }

  private func shifted(_ field: any VectorField, in scratch: Block) -> Block { scratch.rows(field.scratchWidth..<field.scratchWidth + field.width) }

  package func step(_ field: any VectorField, _ step: Step, from before: Block, into after: Block, record: Block?, scratch: Block) {
    let (parts, layer, h) = (split(field), step.layer(), step.stepSize)
    let width = parts.width
    let shifted = record?.rows(0..<width) ?? shifted(field, in: scratch)
    parts.evaluate(.affine, layer, at: before, scale: h, addingTo: before, into: shifted, record: nil, scratch: scratch)
    parts.evaluate(
      .elementwise, layer, at: shifted, scale: h, addingTo: shifted, into: after, record: record?.rows(width..<width + parts.recordWidth), scratch: scratch)
  }

  package func pushforward(
    _ field: any VectorField, _ step: Step, direction: StepWeights?, before: Block, after: Block, record: Block,
    tangent: Block, into out: Block, scratch: Block
  ) {
    let (parts, layer, h, direction) = (split(field), step.layer(), step.stepSize, direction?.layer())
    let width = parts.width
    let own = record.rows(width..<width + parts.recordWidth)
    let moved = shifted(field, in: scratch)
    parts.pushforward(
      .affine, layer, direction: direction, at: before, record: own, tangent: tangent, scale: h, addingTo: tangent, into: moved, scratch: scratch)
    parts.pushforward(
      .elementwise, layer, direction: direction, at: record.rows(0..<width), record: own, tangent: moved, scale: h, addingTo: moved, into: out, scratch: scratch)
  }

  package func pullback(
    _ field: any VectorField, _ step: Step, before: Block, after: Block, record: Block,
    cotangent: Block, gradient: StepWeights?, scratch: Block
  ) {
    let (parts, layer, h, gradient) = (split(field), step.layer(), step.stepSize, gradient?.layer())
    let width = parts.width
    let own = record.rows(width..<width + parts.recordWidth)
    parts.pullback(
      .elementwise, layer, at: record.rows(0..<width), record: own, scale: h, cotangent: cotangent, addingTo: cotangent, gradient: gradient, scratch: scratch)
    parts.pullback(
      .affine, layer, at: before, record: own, scale: h, cotangent: cotangent, addingTo: cotangent, gradient: gradient, scratch: scratch)
  }
}
