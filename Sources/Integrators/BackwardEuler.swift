import Settings
import VectorFields

/// Backward Euler, y₊ = y + h f(y₊): order 1, stable for every step size on decaying linear problems.
///
/// Source: Lu et al. 2018, §2 (PolyNet as its approximation); Hairer & Wanner 1996, IV.3 (A- and L-stable). The weights and the drive of a step are those at its end. Each sample's equation is
/// solved separately, first by fixed-point iteration, then by Newton–Krylov. A sample whose equation is not solved keeps its state and fails with `.notConverged`.
package struct BackwardEuler: OneStageIntegrator {
  package let stage: ImplicitStage

  package init(_ options: OptionValues) throws(Failure) { stage = try ImplicitStage("backward_euler", theta: 1, options) }

  package var order: Int { 1 }
  package var treatsSamplesApart: Bool { true }
}
