import LinearAlgebra
import Settings
import VectorFields

/// Leapfrog for the second-order equation ÿ = f(y): y₊ = 2y − y₋ + h² f(y).
///
/// Source: Haber & Ruthotto 2017, eq. 4.5. For a constant linear f with eigenvalues λ ≤ 0 bounded iff h²|λ| ≤ 4. The inverse is the same formula with y₊ and y₋ exchanged. Unequal steps take
/// y₊ = y + (h_n/h_{n−1})(y − y₋) + ½h_n(h_n + h_{n−1}) f(y), the velocity form with the velocity between the layers.
///
/// The state before the first one is y₋ = y with start `neumann`: the motion begins at rest, and the order is 1. With start `zero`, which is that of [HR], it is y₋ = 0: the initial velocity is then y/h, which grows
/// as the step shrinks, so that no differential equation is approximated.
package struct Leapfrog: TwoStepIntegrator {
  /// The state that precedes the first one.
  package enum Start: String, CaseIterable, Sendable { case neumann, zero }
  private let begin: Start

  package init(start: Start = .neumann) { begin = start }

  package init(_ options: OptionValues) throws(Failure) {
    self.init(start: Start(rawValue: try options.text("start")) ?? .neumann)
  }

  package static let options = [
    OptionDescription(
      "start", .choice(Start.allCases.map(\.rawValue)), default: .text(Start.neumann.rawValue), "state that leapfrog assumes before the first one. neumann: the same as the first, so that the motion begins at rest; zero: zeros")
  ]

  package var order: Int { 1 }

  package func check(_ field: any VectorField) throws(Failure) {
    guard let component = field.accelerationComponent, field.rowsRead(by: component).count == field.width else {
      throw Failure(.incompatible, "integrator leapfrog needs a field that can be read as an acceleration of the visible state; this partitioned field cannot: use verlet")
    }
  }

  /// Bounded for h²|λ| ≤ 4 at frozen weights with eigenvalues λ ≤ 0 of the acceleration (Haber & Ruthotto 2017, §4.2; Theory.md §6.6).
  package func largestStableSize(_ dynamics: FrozenDynamics, stepSize h: Double) -> StableSize {
    stableSize(of: "leapfrog", dynamics.kind) { kind in
      switch kind {
      case .descent, .decay, .potential: .atMost(4 / (h * h))
      default: nil
      }
    }
  }

  package func component(_ field: any VectorField) -> Int? { field.accelerationComponent }

  package func coefficients(_ step: Step) -> TwoStepCoefficients {
    let ratio = step.stepSize / step.previousStepSize
    return TwoStepCoefficients(current: 1 + ratio, previous: -ratio, slope: step.stepSize * (step.stepSize + step.previousStepSize) / 2)
  }

  package func start(_ field: any VectorField, _ state: Block) {
    switch begin {
    case .neumann: copy(state.slot(0, of: field.width), into: state.slot(1, of: field.width))
    case .zero: fill(state.slot(1, of: field.width), 0)
    }
  }

  package func startPullback(_ field: any VectorField, _ cotangent: Block) {
    guard begin == .neumann else { return }
    let y = cotangent.slot(0, of: field.width)
    combine(1, y, 1, cotangent.slot(1, of: field.width), into: y)
  }
}
