import Settings

/// How a registered integrator is made from its block options.
package typealias IntegratorEntry = Factory<OptionValues, any Integrator>

/// The integrators by name. Sources/README.md says how to add one.
package let integrators = Registry<IntegratorEntry>("integrator", [
  ("euler", "forward Euler, y₊ = y + h f(y): the residual network; order 1", IntegratorEntry { _ in Euler() }),
  ("verlet", "Störmer–Verlet for partitioned fields [Haber & Ruthotto 2017, eq. 4.4]; reversible, volume preserving", IntegratorEntry { _ in Verlet() }),
  ("backward_euler", "implicit: y₊ = y + h f(y₊), solved sample by sample [Lu et al. 2018]; order 1, stable at any step for decaying problems", IntegratorEntry(options: ImplicitStage.options) { (o) throws(Failure) in try BackwardEuler(o) }),
  ("implicit_midpoint", "implicit: y₊ = y + h f((y + y₊)/2), solved sample by sample; order 2, keeps ‖y‖ constant if the field is a rotation", IntegratorEntry(options: ImplicitStage.options) { (o) throws(Failure) in try ImplicitMidpoint(o) }),
  ("cayley", "for field rotate_relax: its rotation by Cayley's formula, then an Euler step of the rest; order 1, non-expansive for the step sizes of gradient_flow", IntegratorEntry { _ in RotationSplitting(.cayley, name: "cayley") }),
  ("exponential", "for field rotate_relax: its rotation by exp(h(A−Aᵀ)), then an Euler step of the rest; order 1, non-expansive for the step sizes of gradient_flow", IntegratorEntry { _ in RotationSplitting(.exponential, name: "exponential") }),
  ("imex", "(I+hLᵀL)y₊ = y + h f(y), L a trained periodic stencil of three points, of 3 × 3 for each channel of an image [Haber et al. 2019]; order 1; the implicit smoothing is stable at any step size", IntegratorEntry { _ in Imex() }),
  ("heun", "Heun's method, also called rk2: explicit Runge–Kutta of order 2, two evaluations", IntegratorEntry { _ throws(Failure) in RungeKutta(try .heun()) }),
  ("ssprk3", "strong-stability-preserving Runge–Kutta of order 3 [Shu & Osher 1988], three evaluations", IntegratorEntry { _ throws(Failure) in RungeKutta(try .ssprk3()) }),
  ("rk3", "Kutta's method of order 3 [Kutta 1901], three evaluations", IntegratorEntry { _ throws(Failure) in RungeKutta(try .rk3()) }),
  ("rk4", "the classic Runge–Kutta method of order 4 [Kutta 1901], four evaluations", IntegratorEntry { _ throws(Failure) in RungeKutta(try .rk4()) }),
  ("runge_kutta", "explicit Runge–Kutta with your own Butcher tableau, checked against its order conditions",
  IntegratorEntry(options: ButcherTableau.options) { (o) throws(Failure) in try RungeKutta(o) }),
  ("reversible", "an explicit Runge–Kutta method made reversible by a second state: y₊ = λy + (1−λ)z + Ψ_h(z), z₊ = z − Ψ_{−h}(y₊) [McCallum & Foster 2024]; keeps the order of its base", IntegratorEntry(options: ReversibleRungeKutta.options) { (o) throws(Failure) in try ReversibleRungeKutta(o) }),
  ("polynet", "y₊ = y + hf(y) + hf(hf(y)) + … with polynet_order terms after y [Lu et al. 2018, PolyNet]", IntegratorEntry(options: PolyNet.options) { (o) throws(Failure) in try PolyNet(o) }),
  ("fractal", "a FractalNet block of two fields with trained coefficients, which begin as those of Heun's method [Lu et al. 2018]", IntegratorEntry { _ in Fractal() }),
  ("adams_bashforth2", "two-step Adams–Bashforth: order 2 with one evaluation per layer", IntegratorEntry { _ in AdamsBashforth(steps: 2) }),
  ("adams_bashforth3", "three-step Adams–Bashforth: order 3 with one evaluation per layer; needs equal step sizes", IntegratorEntry { _ in AdamsBashforth(steps: 3) }),
  ("linear_multistep", "y₊ = (1−k)y + k y₋ + hf(y), k trained [Lu et al. 2018, LM-ResNet]", IntegratorEntry(options: LinearMultistep.options) { (o) throws(Failure) in try LinearMultistep(o) }),
  ("leapfrog", "y₊ = 2y − y₋ + h²f(y) for ÿ = f(y) [Haber & Ruthotto 2017, eq. 4.5]; reversible", IntegratorEntry(options: Leapfrog.options) { (o) throws(Failure) in try Leapfrog(o) }),
  ("midpoint", "two-step midpoint y₊ = y₋ + 2hf(y) [Chang et al. 2017]; reversible, for undamped fields", IntegratorEntry { _ in Midpoint() }),
  ("revnet", "X₊ = X + hf(Y), Y₊ = Y + hg(X₊), two fields on half the features each [Lu et al. 2018, RevNet]; reversible", IntegratorEntry { _ in RevNet() }),
  ("shake_shake", "y₊ = y + h(ηf(y) + (1−η)g(y)), two fields with a random share η in training and η = ½ in evaluation [Gastaldi 2017; Lu et al. 2018]", IntegratorEntry { _ in ShakeShake() }),
  ("euler_maruyama", "X₊ = X + hf(X) + √h g(X)ξ for dX = f dt + g dB, f and g two fields; evaluation uses f alone [Lu et al. 2018]; weak order 1", IntegratorEntry { _ in EulerMaruyama() }),
  ("near_identity", "x̃ = y + h(wy + b), y₊ = x̃ + h g(x̃): feed-forward layers 𝒉(Wy+B) near the identity [Ruseckas 2019]; order 1", IntegratorEntry { _ in NearIdentity() }),
  ("dopri5", "Dormand–Prince 5(4), adaptive: each sample has steps of its own size [Hairer, Nørsett & Wanner 1993, table II.5.2]", IntegratorEntry(options: AdaptiveControl.options) { (o) throws(Failure) in AdaptiveRungeKutta(.dopri5, try AdaptiveControl(o)) }),
  ("tsit5", "Tsitouras 5(4), adaptive: each sample has steps of its own size [Tsitouras 2011, table 1]", IntegratorEntry(options: AdaptiveControl.options) { (o) throws(Failure) in AdaptiveRungeKutta(.tsit5, try AdaptiveControl(o)) }),
])
