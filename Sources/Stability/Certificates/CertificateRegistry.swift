import LinearAlgebra
import Networks
import Settings

/// What a statement is to be proved of: one version of a network's parameters, the caller's choices, and for statements about one input that input.
package struct CertificateRequest {
  package let network: Network
  package let snapshot: ParameterSnapshot
  package let options: OptionValues
  /// One row of `inputs` numbers; nil if none was given.
  package let input: TensorView?

  package init(_ network: Network, _ snapshot: ParameterSnapshot, _ options: OptionValues, input: TensorView?) {
    (self.network, self.snapshot, self.options, self.input) = (network, snapshot, options, input)
  }

  package var plan: NetworkPlan { network.plan }
}

/// How a statement is proved, and what makes it provable. What cannot be proved is thrown as `incompatible` with the reason, and becomes a certificate with the verdict `not_provable`.
package struct CertificateEntry: FactoryEntry {
  package let options: [OptionDescription]
  /// Which networks the statement is proved of: what is said where a network is not one of them.
  package let subject: String
  /// Why no change of the weights makes it provable, and what does; nil where `Certificate.repaired` changes the weights.
  package let withoutRepair: String?
  package let make: @Sendable (CertificateRequest) throws(Failure) -> Certificate

  package init(options: [OptionDescription] = [], of subject: String, withoutRepair: String? = nil, _ make: @escaping @Sendable (CertificateRequest) throws(Failure) -> Certificate) {
    (self.options, self.subject, self.withoutRepair, self.make) = (options, subject, withoutRepair, make)
  }
}

/// The statements that can be certified, by name.
package let certificates = Registry<CertificateEntry>("statement", [
  ("lipschitz_l2", "distances of scores are at most Λ times those of inputs, in ℓ₂", CertificateEntry(options: [limit, lower, upper], of: ofBounds) { (r) throws(Failure) in try proveLipschitz(r, .euclidean) }),
  ("lipschitz_linf", "distances of scores are at most Λ times those of inputs, in ℓ∞", CertificateEntry(options: [limit], of: "fields dense, two_layer, antisymmetric, antisymmetric_damped, negative_definite and gradient_flow with plain steps have bounds in ℓ∞, with explicit Runge–Kutta methods and weights as they are stored; lipschitz_l2 has them of more") { (r) throws(Failure) in try proveLipschitz(r, .largest) }),
  ("non_expansive", "no layer of any block increases a distance of two states in ℓ₂", CertificateEntry(of: "field gradient_flow with euler, heun, ssprk3, rk3 or rk4, rotate_relax with cayley or exponential, and antisymmetric_damped with euler can be non-expansive, with weights as they are stored") { (r) throws(Failure) in try proveNonExpansive(r) }),
  ("step_size", "with weights and slopes held fixed, no eigenvalue of a layer's step lies outside the unit circle", CertificateEntry(of: "limits of steps are known of antisymmetric, antisymmetric_damped, gradient_flow (with steps row_sums by euler, heun, ssprk3 and rk4), negative_definite, rotate_relax, the Hamiltonian fields and second_order, with the integrators that the article on certificates names and weights as they are stored") { (r) throws(Failure) in try proveStepSize(r) }),
  ("contraction", "every layer of every block brings any two states closer in ℓ₂, by a factor", CertificateEntry(of: "field antisymmetric_damped with integrator euler contracts, with a gamma that is large enough and weights as they are stored") { (r) throws(Failure) in try proveContraction(r) }),
  ("certified_radius", "the class of one input is the same for all inputs within a radius in ℓ₂, as this library computes it", CertificateEntry(options: [radius], of: "radii are of networks with classes and \(ofBounds), with explicit Runge–Kutta methods or verlet", withoutRepair: "it is about one input, and smaller weights make its margin as small as its bound; training with a loss of margins (margin_cross_entropy, emma) and a limit of lipschitz_l2 make radii larger") { (r) throws(Failure) in try proveRadius(r) }),
  ("zero_stability", "the linear multistep recurrence is bounded for h → 0", CertificateEntry(of: "integrator linear_multistep has this recurrence") { (r) throws(Failure) in try proveZeroStability(r) }),
  ("absolute_stability", "the linear multistep recurrence is bounded at the layers' real frozen eigenvalues", CertificateEntry(of: "integrator linear_multistep with field gradient_flow (plain steps) or negative_definite, and multistep_shape scalar, has such eigenvalues") { (r) throws(Failure) in try proveAbsoluteStability(r) }),
  ("volume", "every layer's map of whole states keeps volumes", CertificateEntry(of: "fields hamiltonian, hamiltonian_two_weight, hamiltonian_h and second_order with integrator verlet keep volumes", withoutRepair: "it rests on the field and the integrator alone, whatever the weights are: fields hamiltonian, hamiltonian_two_weight, hamiltonian_h and second_order with integrator verlet have it") { (r) throws(Failure) in try proveVolume(r) }),
  ("energy", "with constant weights Euler's step of a damped rotation (γ > 0) does not increase an energy", CertificateEntry(of: "field antisymmetric with integrator euler and a gamma above 0 has this energy, with weights as they are stored") { (r) throws(Failure) in try proveEnergy(r) }),
  ("port_hamiltonian", "with constant weights the energy H of field port_hamiltonian does not increase along the flow", CertificateEntry(of: "field port_hamiltonian with an activation whose slopes are at least 0 and an integrator of ẏ = f(y) has this energy", withoutRepair: "it rests on the field, its activation and epsilon, and the integrator, whatever the weights are: field port_hamiltonian with an activation whose slopes are at least 0 and an integrator of ẏ = f(y) has it") { (r) throws(Failure) in try provePortHamiltonian(r) }),
])

/// The options of scope "certificate": the statement, then those that single statements take.
package let certificateOptions: [OptionDescription] = [
  OptionDescription("statement", .choice(certificates.names), default: .text("lipschitz_l2"), "what is to be proved of the network")
] + certificates.options

private let ofBounds = "bounds of distances are known of fields dense, two_layer, antisymmetric, antisymmetric_damped, negative_definite, gradient_flow, rotate_relax and the Hamiltonian ones, over matrices or convolutions with zero or periodic padding, and of weights as they are stored"
private let limit = OptionDescription(
  "limit", .real(0...1e300), default: .real(0), unit: "1", "the largest Λ for which the statement counts as proved; 0: any")
private let lower = OptionDescription("lower", .reals, default: .text(""), unit: "input", "the least inputs of a box on which the bound shall hold, one number for each or one for all; empty: all inputs")
private let upper = OptionDescription("upper", .reals, default: .text(""), unit: "input", "the largest inputs of that box")
private let radius = OptionDescription(
  "radius", .real(0...1e300), default: .real(0), unit: "input", "the radius to be proved, in the caller's units; 0: the largest that can be proved")

extension Certificate {
  /// Proves a statement of one version of a network's parameters.
  ///
  /// - Parameters:
  ///   - name: in the registry `certificates`.
  ///   - json: an object with the statement's options; nil for their defaults.
  ///   - measuresRepair: whether `repair` gets the distance to the nearest weights, where that is soon computed.
  /// - Throws: `unknownName`, `outOfRange`, `unsupportedType` for options; `invalidArgument` for an input that is missing or not asked for; `memory`; the reason why the work must end.
  package static func prove(_ name: String, of network: Network, _ snapshot: ParameterSnapshot, _ json: JSON? = nil, input: TensorView? = nil, measuresRepair: Bool = true) throws(Failure) -> Certificate {
    let entry = try certificates(name)
    var options = OptionValues(scope: "certificate", certificateOptions)
    if let json {
      guard let members = json.members else { throw Failure(.invalidArgument, "the options of a certificate are a JSON object; given: \(json.kindName)") }
      for (key, value) in members { try options.set(key, OptionValue(value)) }
      if options.isSet("statement"), try options.text("statement") != name {
        throw Failure(.incompatible, "the options name statement \(try options.text("statement")), but \(name) is asked for")
      }
    }
    for option in certificates.options where options.isSet(option.key) && !entry.options.contains(where: { $0.key == option.key }) {
      throw Failure(.incompatible, "statement \(name) has no option \(option.key)")
    }
    guard (input != nil) == (name == "certified_radius") else {
      throw Failure(.invalidArgument, input == nil ? "statement certified_radius is about one input, which is missing" : "statement \(name) is about all inputs; input must be left out")
    }
    var certificate: Certificate
    do throws(Failure) {
      certificate = try withExtendedLifetime(snapshot) { () throws(Failure) in try entry.make(CertificateRequest(network, snapshot, options, input: input)) }
    } catch {
      guard error.status == .incompatible else { throw error }
      certificate = Certificate(name, certificates.entries.first { $0.name == name }?.help ?? name, Theorem("none", "none"))
      certificate.reason = error.message
    }
    if certificate.verdict != .proved, !certificate.repair.contains(where: { $0.key == "text" }) { certificate.repair.append(("text", .text(entry.subject))) }
    if measuresRepair { try withExtendedLifetime(snapshot) { () throws(Failure) in try certificate.measureRepair(network.plan, snapshot.parameters) } }
    try Watch.check()
    certificate.options = [("statement", .text(name))]
    for option in entry.options { certificate.options.append((option.key, try options.value(option.key).json)) }
    certificate.options += certificate.extraOptions
    return certificate
  }
}
