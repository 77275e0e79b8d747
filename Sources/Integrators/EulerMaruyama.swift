import LinearAlgebra
import Settings
import VectorFields

/// Euler–Maruyama for dX = f(X) dt + g(X) dB with diagonal noise: X₊ = X + h f(X) + √h g(X)⊙ξ, ξ normal, new for each sample, row and layer.
///
/// Sources: Maruyama 1955; Kloeden & Platen 1992, §10.2; as the stochastic residual network, Lu et al. 2018, §3. The drift f and the diffusion g are two fields of the same kind with weights of their
/// own ("f.K", "g.K"); with the weights of g zero and its activation the identity, its bias is a constant diffusion. Weak order 1, strong order ½ (Itô).
///
/// Random numbers are drawn wherever `Draws` are given, as in training. Without them a step is Euler's on the drift alone, which is the mean path of a linear drift. The gradient is that of the path drawn.
package struct EulerMaruyama: Integrator {
  package init() {}
  /// The order of the mean path.
  package var order: Int { 1 }
  package var fieldCount: Int { 2 }
  package var drawsNumbers: Bool { true }
  package func recordWidth(_ field: any VectorField) -> Int { 2 * field.wholeRecordWidth }
  /// Rows for the diffusion's value or its cotangent, ξ, and a copy of the cotangent; then the field's scratch.
  package func scratchWidth(_ field: any VectorField) -> Int { 3 * field.stateWidth + field.scratchWidth }

  package func checkNoise() throws(Failure) {
    throw Failure(.incompatible, "integrator euler_maruyama draws noise of its own, by its diffusion g; set noise none")
  }

  private struct Parts {
    let diffusion: Block
    let xi: Block
    let copy: Block
    let inner: Block
    let isDrawn: Bool

    init(_ field: any VectorField, _ step: Step, _ scratch: Block) {
      var rows = Rows(scratch)
      diffusion = rows.next(field.stateWidth)
      xi = rows.next(field.stateWidth)
      copy = rows.next(field.stateWidth)
      inner = rows.next(field.scratchWidth)
      isDrawn = step.draws != nil
      if let draws = step.draws { drawNormal(draws, deviation: step.stepSize.squareRoot(), into: xi) }
    }
  }

  package func step(_ field: any VectorField, _ step: Step, from before: Block, into after: Block, record: Block?, scratch: Block) {
    let parts = Parts(field, step, scratch)
    field.evaluateWhole(
      step.layer(), at: before, scale: step.stepSize, addingTo: before, into: after, record: record?.slot(0, of: field.wholeRecordWidth), scratch: parts.inner)
    guard parts.isDrawn else { return }
    field.evaluateWhole(
      step.layer(field: 1), at: before, scale: 1, addingTo: nil, into: parts.diffusion, record: record?.slot(1, of: field.wholeRecordWidth), scratch: parts.inner)
    multiply(1, parts.xi, parts.diffusion, addingTo: after, into: after)
  }

  package func pushforward(
    _ field: any VectorField, _ step: Step, direction: StepWeights?, before: Block, after: Block, record: Block,
    tangent: Block, into out: Block, scratch: Block
  ) {
    let parts = Parts(field, step, scratch)
    field.pushforwardWhole(
      step.layer(), direction: direction?.layer(), at: before, record: record.slot(0, of: field.wholeRecordWidth), tangent: tangent, scale: step.stepSize,
      addingTo: tangent, into: out, scratch: parts.inner)
    guard parts.isDrawn else { return }
    field.pushforwardWhole(
      step.layer(field: 1), direction: direction?.layer(field: 1), at: before, record: record.slot(1, of: field.wholeRecordWidth), tangent: tangent, scale: 1,
      addingTo: nil, into: parts.diffusion, scratch: parts.inner)
    multiply(1, parts.xi, parts.diffusion, addingTo: out, into: out)
  }

  package func pullback(
    _ field: any VectorField, _ step: Step, before: Block, after: Block, record: Block,
    cotangent: Block, gradient: StepWeights?, scratch: Block
  ) {
    let parts = Parts(field, step, scratch)
    LinearAlgebra.copy(cotangent, into: parts.copy)
    field.pullbackWhole(
      step.layer(), at: before, record: record.slot(0, of: field.wholeRecordWidth), scale: step.stepSize, cotangent: parts.copy, addingTo: cotangent,
      gradient: gradient?.layer(), scratch: parts.inner)
    guard parts.isDrawn else { return }
    multiply(1, parts.xi, parts.copy, addingTo: nil, into: parts.diffusion)
    field.pullbackWhole(
      step.layer(field: 1), at: before, record: record.slot(1, of: field.wholeRecordWidth), scale: 1, cotangent: parts.diffusion, addingTo: cotangent,
      gradient: gradient?.layer(field: 1), scratch: parts.inner)
  }
}
