import Gradients
import Integrators
import LinearAlgebra
import Settings
import VectorFields

/// The parts of one block of a specification, made from checked options: everything except the places of its numbers in memory.
struct BlockRecipe {
  let field: any VectorField
  let integrator: any Integrator
  let grid: TimeGrid
  let basis: any TimeBasis
  let memory: any MemoryPolicy
  let noise: (any LayerNoise)?
  private let initialScale: Double
  private let precision: Precision

  /// - Parameters:
  ///   - shape: that of the visible state.
  ///   - depth: the block's layers among those of the network; nil for a block alone.
  ///   - sequence: the sequences or trajectories of the network, which drive the field if it is a driven one.
  ///   - knownTerms: the place of known terms of the equation, if it has some.
  /// - Throws: a failure that names the options that do not go together.
  init(_ options: OptionValues, shape: Shape, precision: Precision, depth: BlockDepth? = nil, sequence: SequencePlan? = nil, knownTerms: KnownTermsPlace? = nil) throws(Failure) {
    try checkElementOptions(options)
    self.precision = precision
    integrator = try integrators(try options.text("integrator")).make(options)
    if shape.pixels > 1, !options.isSet("operator") {
      throw Failure(
        .incompatible, "the state is an image of \(shape) numbers: set operator to convolution; or to dense, for matrices between all \(shape.features) numbers")
    }
    let operators = try operators(try options.text("operator")).make((options, shape))
    let width = shape.features / operators.pixels
    var configuration = FieldConfiguration(
      width: try integrator.fieldWidth(visible: width), activation: try activations(try options.text("activation")),
      bias: try biases(try options.text("bias")), precision: precision, options: options)
    configuration.drive = sequence?.configuration ?? DriveConfiguration()
    configuration.operators = operators
    configuration.initialBias = try options.real("initial_bias")
    let equation = try fields(try options.text("field")).make(configuration)
    grid = try Self.grid(options)
    basis = try timeBases(try options.text("weights_in_time")).make(options)
    memory = try memoryPolicies(try options.text("memory")).make(options)
    noise = try layerNoises(try options.text("noise")).make((options, grid, depth ?? BlockDepth(layers: grid.layers)))
    if let intervals = sequence?.ownIntervals(equation) {
      let own = try Self.inOwnTimes(equation, intervals, integrator, noise, options)
      field = if let knownTerms { try Self.adding(knownTerms, to: equation, intervals, integrator, options) } else { own }
    } else {
      field = equation
    }
    initialScale = try options.real("initial_scale")
  }

  /// The field for samples with times of their own.
  /// - Throws: `.incompatible` for a field, an integrator or a noise that depends on the step size in another way than by h·f.
  private static func inOwnTimes(_ field: any VectorField, _ intervals: Int, _ integrator: any Integrator, _ noise: (any LayerNoise)?, _ options: OptionValues) throws(Failure) -> OwnTimeField {
    let cause = "each sample has steps of its own size (sequence_time intervals)"
    guard integrator.takesOwnSteps else {
      let takers = integrators.entries.filter { (try? $0.entry.make(OptionValues(scope: "block", blockOptions)))?.takesOwnSteps == true }.map(\.name)
      throw Failure(
        .incompatible, "integrator \(try options.text("integrator")) depends on the step size in other ways than by h·f, but \(cause); integrators that take them: \(takers.joined(separator: ", "))")
    }
    guard !field.preparesForStepSize else {
      throw Failure(.incompatible, "field \(try options.text("field")) makes its operators for one step size (steps \(try options.text("steps"))), but \(cause)")
    }
    guard noise?.action != .adds else {
      throw Failure(.incompatible, "noise \(try options.text("noise")) moves states by the block's step size, but \(cause); noises that multiply the field go with them: dropout, stochastic_depth")
    }
    return OwnTimeField(field, intervals: intervals)
  }

  /// The field with known terms, for samples with times of their own.
  /// - Throws: `.incompatible` for an integrator that does not step the whole state by one field.
  private static func adding(_ terms: KnownTermsPlace, to field: any VectorField, _ intervals: Int, _ integrator: any Integrator, _ options: OptionValues) throws(Failure) -> OwnTimeField {
    // A driven field goes on as it is: that it takes no trajectories is said where its drive is made.
    guard field.driveWidth == 0 else { return OwnTimeField(field, intervals: intervals) }
    try integrator.check(field)
    let own = OwnTimeField(KnownTermsField(field, terms), intervals: intervals)
    func takes(_ integrator: any Integrator) -> Bool { integrator.takesOwnSteps && integrator.fieldCount == 1 && (try? integrator.check(own)) != nil }
    guard takes(integrator) else {
      let takers = integrators.entries.filter { (try? $0.entry.make(OptionValues(scope: "block", blockOptions))).map(takes) ?? false }.map(\.name)
      throw Failure(
        .incompatible,
        "integrator \(try options.text("integrator")) steps \(integrator.fieldCount == 1 ? "the parts of a state" : "two fields") in turn, but known_terms belong to one field of the whole state; integrators that take them: \(takers.joined(separator: ", "))")
    }
    return own
  }

  /// The time grid that `step_sizes`, or `layers` and `horizon`, give.
  /// - Throws: `.incompatible` if they contradict one another; `.outOfRange` for an invalid step size.
  static func grid(_ options: OptionValues) throws(Failure) -> TimeGrid {
    let layers = try options.integer("layers")
    let stepSizes = try options.reals("step_sizes")
    guard !stepSizes.isEmpty else { return TimeGrid(layers: layers, horizon: try options.real("horizon")) }
    guard !options.isSet("layers") || layers == stepSizes.count else {
      throw Failure(.incompatible, "step_sizes has \(stepSizes.count) numbers but layers is \(layers); give one step size per layer")
    }
    let grid = try TimeGrid(stepSizes: stepSizes)
    if options.isSet("horizon") {
      let horizon = try options.real("horizon")
      // The step sizes are decimal texts, so that their sum may differ from the horizon by rounding.
      guard abs(grid.horizon - horizon) <= 1e-9 * horizon else {
        throw Failure(.incompatible, "step_sizes sum to \(grid.horizon) but horizon is \(horizon); leave horizon out or make them agree")
      }
    }
    return grid
  }

  func block(offset: Int, expandedOffset: Int) throws(Failure) -> ODEBlock {
    try ODEBlock(
      field: field, integrator: integrator, grid: grid, basis: basis, offset: offset, expandedOffset: expandedOffset, noise: noise, precision: precision)
  }

  /// The initial values of a tensor of the block; those of weights are scaled by the option `initial_scale`.
  func initial(of tensor: BlockTensor) -> ParameterShape.Initial {
    tensor.role == .bias ? tensor.initial : tensor.initial.scaled(by: initialScale)
  }
}
