import Settings

/// How a registered field is made. It throws `.incompatible`, with the reason, for a configuration that the field cannot have.
package typealias FieldEntry = Factory<FieldConfiguration, any VectorField>

/// The vector fields by name. Sources/README.md says how to add one.
package let fields = Registry<FieldEntry>("field", [
  ("dense", "σ(Ky+b), the residual network [Haber & Ruthotto 2017, eq. 2.1]; no guarantee", FieldEntry { (c) throws(Failure) in try DenseField(c) }),
  ("two_layer", "K₂σ(K₁y+b₁)+b₂, the residual block of two layers [Lu et al. 2018]; no guarantee", FieldEntry(options: [hiddenWidth]) { (c) throws(Failure) in try TwoLayerField(c) }),
  ("pre_activation", "K₂σ(N(K₁σ(N(y)))), N a normalization: the residual block of ResNets [He et al. 2016; Lu et al. 2018]; no guarantee", FieldEntry(options: [hiddenWidth] + normalizationOptions) { (c) throws(Failure) in try PreActivationField(c) }),
  ("bottleneck", "K₃σ(N(K₂σ(N(K₁σ(N(y)))))), K₁ and K₃ of one pixel: the block of ResNeXt [Xie et al. 2017; Lu et al. 2018]; no guarantee", FieldEntry(options: [hiddenWidth] + normalizationOptions) { (c) throws(Failure) in try BottleneckField(c) }),
  ("antisymmetric", "σ(½(K−Kᵀ−γI)y+b) [Haber & Ruthotto 2017, eq. 4.12]; frozen eigenvalues with real part ≤ 0", FieldEntry(options: [gamma]) { (c) throws(Failure) in try AntisymmetricField(c) }),
  ("antisymmetric_damped", "σ(½(K−Kᵀ)y+b) − γy; a contraction if γ > ½L‖½(K−Kᵀ)‖", FieldEntry(options: [gamma]) { (c) throws(Failure) in try DampedAntisymmetricField(c) }),
  ("negative_definite", "σ(−CᵀCy+b) [Haber & Ruthotto 2017, §4.2]; frozen eigenvalues real and ≤ 0", FieldEntry(options: [hiddenWidth]) { (c) throws(Failure) in try NegativeDefiniteField(c) }),
  ("hamiltonian", "ẏ=σ(Kz+b), ż=−σ(Kᵀy+b) [Haber & Ruthotto 2017, §4.3]; volume preserving with verlet", FieldEntry { (c) throws(Failure) in try HamiltonianField(c) }),
  ("hamiltonian_two_weight", "ẏ=K₁ᵀσ(K₁z+b₁), ż=−K₂ᵀσ(K₂y+b₂) [Chang et al. 2018]; symplectic with verlet", FieldEntry(options: [hiddenWidth] + innerNormalizationOptions) { (c) throws(Failure) in try hamiltonianTwoWeight(c) }),
  ("hamiltonian_h", "ẏ=𝒥Kᵀσ(Ky+b) [Galimberti et al. 2021]; with the separable coupling and verlet gradients cannot vanish", FieldEntry(options: [hiddenWidth, coupling] + innerNormalizationOptions) { (c) throws(Failure) in try hamiltonianH(c) }),
  ("gradient_flow", "−Kᵀσ(Ky+b), the parabolic network [Ruthotto & Haber 2018]; non-expansive for h ≤ 2/(L‖K‖²), with steps row_sums or tight for every K",
  FieldEntry(options: [hiddenWidth, flowSteps] + innerNormalizationOptions) { (c) throws(Failure) in try gradientFlow(c) }),
  ("port_hamiltonian", "(J−R)∇H(y), J antisymmetric, R = BᵀB, H convex [Cheng, Wang & Manchester 2024]; H does not grow along the flow",
  FieldEntry(options: [hiddenWidth, dissipationWidth, epsilon]) { (c) throws(Failure) in try PortHamiltonianField(c) }),
  ("second_order", "ÿ=σ(Ky+b) or ÿ=−Kᵀσ(Ky+b) [Haber & Ruthotto 2017, §4.2; Ruthotto & Haber 2018]; the state oscillates", FieldEntry(options: [hiddenWidth, form] + innerNormalizationOptions) { (c) throws(Failure) in try secondOrder(c) }),
  ("rotate_relax", "(A−Aᵀ)y − Kᵀσ(Ky+b); non-expansive with the integrators cayley and exponential", FieldEntry(options: [hiddenWidth, rotation]) { (c) throws(Failure) in try RotateRelaxField(c) }),
  ("linear_cubic", "wy + b − γy³ [Ruseckas 2019]; takes no activation", FieldEntry(options: [cubicRate]) { (c) throws(Failure) in try LinearCubicField(c) }),
  ("linear_activation", "wy + b + κ(σ(y)−y) or wy + b + κσ(y) [Ruseckas 2019]; with integrator near_identity a feed-forward network", FieldEntry(options: [activationRate, activationForm]) { (c) throws(Failure) in try LinearActivationField(c) }),
  ("continuous_rnn", "τᵢẏᵢ = −yᵢ + Σⱼwⱼᵢσ(yⱼ−θⱼ) + Iᵢ [Ruseckas 2019]; with symmetric w it has a Lyapunov function", FieldEntry(options: [symmetric]) { (c) throws(Failure) in try ContinuousRNNField(c) }),
  ("antisymmetric_rnn", "σ((W−Wᵀ−γI)h+Vu+b), driven by a sequence [Chang et al. 2019, eq. 9]; frozen eigenvalues with real part ≤ 0", FieldEntry(options: [gamma]) { (c) throws(Failure) in try AntisymmetricRNNField(c) }),
  ("gated_antisymmetric_rnn", "sigmoid(Mh+V_zu+b_z)⊙σ(Mh+Vu+b), M=W−Wᵀ−γI, driven by a sequence [Chang et al. 2019, eq. 11–13]", FieldEntry(options: [gamma]) { (c) throws(Failure) in try GatedAntisymmetricRNNField(c) }),
  ("neural_cde", "F(y)Ẋ(t), F=σ(Ky+b) as n×C, along a path through a sequence [Kidger et al. 2020]", FieldEntry { (c) throws(Failure) in try NeuralCDEField(c) }),
  ("ode_rnn", "δσ(Ky+b)+m tanh(Wy+Vx+c): a flow between observations, an update at each [Rubanova et al. 2019]", FieldEntry { (c) throws(Failure) in try ODERNNField(c) }),
])

/// The names of the fields that have a property with their default options, or only with another value of a choice ("second_order (form gradient)"): for messages that say which fields would do.
package func fieldNames(where isMeant: (any VectorField) -> Bool) -> [String] {
  fields.entries.flatMap { name, _, entry in
    func isMeantWith(_ choice: (key: String, value: String)? = nil) -> Bool {
      var configuration = FieldConfiguration(width: 4)
      do throws(Failure) {
        if let choice { try configuration.options.set(choice.key, .text(choice.value)) }
        return isMeant(try entry.make(configuration))
      } catch {
        return false
      }
    }
    if isMeantWith() { return [name] }
    return entry.options.flatMap { option in
      guard case .choice(let values) = option.kind else { return [] as [String] }
      return values.filter { option.standard != .text($0) && isMeantWith((option.key, $0)) }.map { "\(name) (\(option.key) \($0))" }
    }
  }
}

/// The options of all fields, each once.
package let fieldOptions: [OptionDescription] = fields.options

private let gamma = OptionDescription(
  "gamma", .real(0...1e6), default: .real(0), unit: "1/time", "damping γ; with 0 the frozen eigenvalues of field antisymmetric are imaginary")
private let hiddenWidth = OptionDescription(
  "hidden_width", .integer(0...65_536), default: .integer(0), unit: "features", "number of hidden values, the rows of the inner weights; 0: as many as the part of the state that they read has features")
private let innerNormalizationOptions =
  [
    OptionDescription(
      "inner_normalization", .choice(["none"] + normalizations.names), default: .text("none"),
      "the normalization N in Kᵀσ(N(Ky+b)) of fields that are gradients; with another than none, nothing is claimed about stability")
  ] + normalizationOptions.filter { $0.key != "normalization" }
private let rotation = OptionDescription(
  "rotation", .choice(["channels", "kernel"]), default: .text("channels"),
  "what A is over convolutions. channels: a matrix across the channels of each pixel; kernel: a convolution like K, with odd kernels and zero or periodic padding. Over matrices both are A of all features")
private let coupling = OptionDescription(
  "coupling", .choice(["separable", "full"]), default: .text("separable"),
  "separable: K is block-diagonal, so that verlet can be used; full: K is any matrix, for integrators that step the whole state at once")
private let flowSteps = OptionDescription(
  "steps", .choice(["plain", "row_sums", "tight"]), default: .text("plain"),
  "plain: −Kᵀσ(Ky+b), non-expansive up to a step size that depends on K; row_sums: −KᵀTσ(Ky+b), T = diag(2/(hLr)) with the row sums r of |KKᵀ| in trained scales, so that steps of euler, heun, ssprk3 and rk4 are non-expansive for every K; tight: K divided by a bound of its norm, so that these steps are non-expansive and nearly as long as they may be")
private let dissipationWidth = OptionDescription(
  "dissipation_width", .integer(0...65_536), default: .integer(0), unit: "features",
  "rows of B in R = BᵀB, the largest rank of the dissipation; 0: as many as the state has features")
private let epsilon = OptionDescription(
  "epsilon", .real(0...1e6, openBelow: true), default: .real(0.1), unit: "1", "ε of the term ½ε|y|² in H, which bounds the state by H")
private let form = OptionDescription(
  "form", .choice(["plain", "gradient"]), default: .text("plain"), "plain: ÿ = σ(Ky+b); gradient: ÿ = −Kᵀσ(Ky+b)")
private let cubicRate = OptionDescription("cubic_rate", .real(0...1e6), default: .real(1), unit: "1/time", "γ of the term −γy³")
private let activationRate = OptionDescription(
  "activation_rate", .real(0...1e9, openBelow: true), default: .real(1), unit: "1/time",
  "κ of the term κ(σ(y)−y) or κσ(y); with form relaxation, κ = 1/h and integrator near_identity the layers are σ(Wy+B)")
private let activationForm = OptionDescription(
  "activation_form", .choice(["relaxation", "plain"]), default: .text("relaxation"), "relaxation: g(y) = κ(σ(y)−y); plain: g(y) = κσ(y)")
private let symmetric = OptionDescription(
  "symmetric", .flag, default: .flag(false), "whether the field multiplies by the symmetric matrix ½(w+wᵀ) instead of w")

/// - Throws: `.incompatible` for an option of another normalization than the inner one.
private func isNormalized(_ configuration: FieldConfiguration) throws(Failure) -> Bool {
  try checkNormalizationOptions(configuration.options, by: "inner_normalization")
  return try configuration.options.text("inner_normalization") != "none"
}

/// - Throws: `.incompatible` for an option that does not go with an inner normalization.
private func refuse(_ key: String, _ value: String, _ configuration: FieldConfiguration) throws(Failure) {
  guard try configuration.options.text(key) == value else { return }
  throw Failure(.incompatible, "inner_normalization is \(try configuration.options.text("inner_normalization")); with \(key) \(value) it must be none")
}

private func gradientFlow(_ configuration: FieldConfiguration) throws(Failure) -> any VectorField {
  if try isNormalized(configuration) {
    for steps in ["row_sums", "tight"] { try refuse("steps", steps, configuration) }
    return try NormalizedGradientFlowField(configuration)
  }
  return switch try configuration.options.text("steps") {
  case "row_sums": try RowSumGradientFlowField(configuration)
  case "tight": try TightGradientFlowField(configuration)
  default: try GradientFlowField(configuration)
  }
}

private func hamiltonianTwoWeight(_ configuration: FieldConfiguration) throws(Failure) -> any VectorField {
  try isNormalized(configuration) ? try NormalizedHamiltonianField(twoWeight: configuration) : try SeparableHamiltonianField(twoWeight: configuration)
}

private func hamiltonianH(_ configuration: FieldConfiguration) throws(Failure) -> any VectorField {
  if try isNormalized(configuration) {
    try refuse("coupling", "full", configuration)
    return try NormalizedHamiltonianField(halves: configuration)
  }
  if try configuration.options.text("coupling") == "full" { return try FullHamiltonianField(configuration) }
  return try SeparableHamiltonianField(halves: configuration)
}

/// - Throws: `.incompatible` for a hidden width without hidden values.
private func secondOrder(_ configuration: FieldConfiguration) throws(Failure) -> any VectorField {
  if try isNormalized(configuration) {
    try refuse("form", "plain", configuration)
    return try NormalizedSecondOrderField(configuration)
  }
  if try configuration.options.text("form") == "gradient" { return try SecondOrderGradientField(configuration) }
  let hidden = try configuration.options.integer("hidden_width")
  guard hidden == 0 else {
    throw Failure(.incompatible, "hidden_width is \(hidden); field second_order has hidden values in form gradient alone, with form plain it must be 0")
  }
  return try SecondOrderField(configuration)
}
