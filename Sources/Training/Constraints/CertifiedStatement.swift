import Settings

/// A statement about the trained network that the option `certified` keeps true after every update, proved with upper bounds of norms.
enum CertifiedStatement: String, CaseIterable {
  case none
  /// Every layer's step is within the stability limit of its integrator, with frozen slopes (Theory.md §6.2 to §6.6).
  case stableSteps = "stable_steps"
  /// Every layer's step is non-expansive in ℓ₂ for all inputs (Theory.md §6.3, §6.4, §6.13, §6.15).
  case nonExpansive = "non_expansive"
  /// Linear multi-step schemes are zero-stable with |k| ≤ κ < 1 (Theory.md §6.7).
  case zeroStable = "zero_stable"

  static let option = OptionDescription(
    "certified", .choice(allCases.map(\.rawValue)), default: .text(none.rawValue),
    "a statement that every update keeps true. stable_steps: each step is within its integrator's stability limit; non_expansive: each step brings no two states further apart, so that a loss with margins may count the blocks with constant 1; zero_stable: |k| of linear_multistep is at most keep_stable, or 0.9 where that is 0")

  init(_ values: OptionValues) throws(Failure) { self = Self(rawValue: try values.text(Self.option.key)) ?? .none }
}
