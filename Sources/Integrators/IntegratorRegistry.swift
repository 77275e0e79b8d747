import Settings

/// A registered integrator: the block options it takes beyond the common ones, and how it is made from their values.
package struct IntegratorEntry: Sendable {
  package let options: [OptionDescription]
  /// - Throws: for values that do not go together, with the reason.
  package let make: @Sendable (OptionValues) throws(Failure) -> any Integrator

  init(options: [OptionDescription] = [], _ make: @escaping @Sendable (OptionValues) throws(Failure) -> any Integrator) {
    self.options = options
    self.make = make
  }
}

/// The integrators by name. Adding one is one file, one line here and one test file.
package let integrators = Registry<IntegratorEntry>("integrator", [
  ("euler", "forward Euler, y₊ = y + h f(y): the residual network; order 1", IntegratorEntry { _ in Euler() }),
  ("verlet", "Störmer–Verlet for partitioned fields [Haber & Ruthotto 2017, eq. 4.4]; reversible, volume preserving", IntegratorEntry { _ in Verlet() }),
  ("backward_euler", "y₊ = y + h f(y₊), solved for each sample by itself [Lu et al. 2018]; order 1, stable at any step for decaying problems", IntegratorEntry(options: ImplicitStage.options) { (o) throws(Failure) in try BackwardEuler(o) }),
  ("implicit_midpoint", "y₊ = y + h f((y + y₊)/2), solved for each sample by itself; order 2, keeps ‖y‖ under rotation", IntegratorEntry(options: ImplicitStage.options) { (o) throws(Failure) in try ImplicitMidpoint(o) }),
])

/// The options that single integrators take, each once.
package let integratorOptions: [OptionDescription] = distinctOptions(integrators.entries.map(\.entry.options))

extension Registry where Entry == IntegratorEntry {
  /// The integrator of this name with its options at their defaults.
  package func standard(_ name: String) throws(Failure) -> any Integrator {
    try self(name).make(OptionValues(scope: "block", integratorOptions))
  }
}
