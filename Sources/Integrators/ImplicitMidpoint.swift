import Settings
import VectorFields

/// The implicit midpoint rule, y₊ = y + h f((y + y₊)/2): order 2, stable for every step size on decaying linear problems, and it keeps quadratic invariants such as ‖y‖ under rotation.
///
/// Source: Hairer, Lubich & Wanner 2006, II.1 and IV.2 (symplectic, symmetric, A-stable). The weights and the drive of a step are those at its middle. Each sample's equation is
/// solved separately, first by fixed-point iteration, then by Newton–Krylov. A sample whose equation is not solved keeps its state and fails with `.notConverged`.
package struct ImplicitMidpoint: OneStageIntegrator {
  package let stage: ImplicitStage

  package init(_ options: OptionValues) throws(Failure) { stage = try ImplicitStage("implicit_midpoint", theta: 0.5, options) }

  package var order: Int { 2 }
  package var treatsSamplesApart: Bool { true }
}
