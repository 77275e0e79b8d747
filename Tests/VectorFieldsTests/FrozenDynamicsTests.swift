import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

@Suite struct FrozenDynamicsTests {
  private func field(_ name: String, _ activation: Activation = .tanh, gamma: Double = 0) throws -> any VectorField {
    let options = OptionValues(scope: "block", fieldOptions)
    var chosen = options
    let entry = try fields(name)
    if entry.options.contains(where: { $0.key == "gamma" }) { try chosen.set("gamma", .real(gamma)) }
    return try entry.make(FieldConfiguration(width: 4, activation: activation, bias: .vector, precision: .float64, options: chosen))
  }

  /// The tensors whose norms are used are weights; the slope is the activation's largest.
  @Test(arguments: fields.names) func namesWeights(_ name: String) throws {
    let field = try field(name)
    guard let dynamics = field.frozenDynamics else { return }
    #expect(!dynamics.norms.isEmpty && dynamics.norms.allSatisfy { field.parameters[$0.place.tensor].role == .weight })
    #expect(dynamics.slope == 1)
    #expect(try self.field(name, .sigmoid).frozenDynamics?.slope == 0.25)
  }

  /// Negative slopes invalidate every statement; fields with arbitrary matrices make no statement.
  @Test func nothingIsClaimedWithoutACondition() throws {
    for name in ["antisymmetric", "hamiltonian", "gradient_flow"] {
      #expect(try field(name).frozenDynamics != nil)
      for activation in [Activation.gelu, .silu, .sin] { #expect(try field(name, activation).frozenDynamics == nil) }
    }
    for name in ["dense", "two_layer", "second_order", "linear_cubic"] { #expect(try field(name).frozenDynamics == nil) }
  }

  /// A reason names what must be another: the activation where it is to blame, else the field.
  @Test func theObstacleIsNamed() throws {
    let (dense, flow) = (try field("dense"), try field("gradient_flow", .gelu))
    #expect(FrozenDynamics.obstacle(dense, name: "dense", .tanh).contains("field dense"))
    let negative = FrozenDynamics.obstacle(flow, name: "gradient_flow", .gelu)
    #expect(negative.contains("activation gelu") && negative.contains("tanh") && !negative.contains("gradient_flow") && !negative.contains("silu"))
  }

  @Test func dampingIsHalfOfGamma() throws {
    guard case .rotation(let damping) = try field("antisymmetric", gamma: 0.5).frozenDynamics?.kind else {
      Issue.record("antisymmetric is a rotation")
      return
    }
    #expect(damping == 0.25)
  }
}
