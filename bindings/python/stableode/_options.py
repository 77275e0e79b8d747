"""The types of the options that are keywords, for type checkers and editors. Made by `make tables` from the library."""
# ruff: noqa: E501

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, TypedDict

if TYPE_CHECKING:
    import numpy
    from numpy.typing import ArrayLike


class BlockOptions(TypedDict, total=False):
    """The options of one block, as keywords: field, activation, integrator, layers, horizon …

    `stableode.options("block")` describes each.
    """

    field: Literal["dense", "two_layer", "antisymmetric", "antisymmetric_damped", "negative_definite", "hamiltonian", "hamiltonian_two_weight", "hamiltonian_h", "gradient_flow", "second_order", "rotate_relax", "linear_cubic", "linear_activation", "continuous_rnn", "antisymmetric_rnn", "gated_antisymmetric_rnn", "neural_cde", "ode_rnn"] | str
    """the vector field f(y; θ)"""
    activation: Literal["identity", "tanh", "relu", "sigmoid", "softplus", "sin", "smooth_relu", "leaky_relu", "elu", "gelu", "silu"] | str
    """σ, elementwise"""
    bias: Literal["none", "scalar", "vector"] | str
    """none, one number a layer, or one a feature and layer"""
    integrator: Literal["euler", "verlet", "backward_euler", "implicit_midpoint", "cayley", "exponential", "imex", "heun", "ssprk3", "rk3", "rk4", "runge_kutta", "polynet", "fractal", "adams_bashforth2", "adams_bashforth3", "linear_multistep", "leapfrog", "midpoint", "revnet", "shake_shake", "euler_maruyama", "near_identity", "dopri5", "tsit5"] | str
    """the time integrator"""
    layers: int
    """steps N of the integrator, each with weights of its own; between 1 and 1000000"""
    horizon: float
    """final time T; the step size is T/N unless step_sizes are given; > 0.0 and <= 1000000000.0"""
    step_sizes: str | Sequence[float]
    """the N step sizes of a non-uniform grid, whose sum is then the horizon; empty = N equal steps; finite numbers separated by commas"""
    weights_in_time: Literal["layers", "shared", "piecewise_constant", "piecewise_linear", "polynomial", "b_spline"] | str
    """how the layers get their weights: each its own, or θ(t) in a basis"""
    memory: Literal["store_all", "store_every", "binomial", "automatic", "reversible"] | str
    """how training remembers the states"""
    noise: Literal["none", "stochastic_depth", "dropout", "gaussian", "uniform"] | str
    """random numbers in the layers while training; evaluation draws none"""
    initial_scale: float
    """factor of the initial weights' standard deviation, which makes f(y) as large as y at any width, hidden width and number of channels; between 0.0 and 1000000.0"""
    hidden_width: int
    """rows of the inner weights; 0 = as many as the state, or its part, has; between 0 and 65536; for field two_layer, negative_definite, hamiltonian_two_weight, hamiltonian_h, gradient_flow, second_order, rotate_relax"""
    gamma: float
    """damping γ of the antisymmetric fields; 0 keeps the eigenvalues of antisymmetric imaginary; between 0.0 and 1000000.0; for field antisymmetric, antisymmetric_damped, antisymmetric_rnn, gated_antisymmetric_rnn"""
    coupling: Literal["separable", "full"] | str
    """separable: K block-diagonal, for verlet; full: any K, for one-component schemes; for field hamiltonian_h"""
    form: Literal["plain", "gradient"] | str
    """plain: ÿ = σ(Ky+b); gradient: ÿ = −Kᵀσ(Ky+b); for field second_order"""
    cubic_rate: float
    """γ of the term −γy³; between 0.0 and 1000000.0; for field linear_cubic"""
    activation_rate: float
    """κ of the term κ(σ(y)−y) or κσ(y); relaxation at 1/h makes near_identity layers σ(Wy+B); > 0.0 and <= 1000000000.0; for field linear_activation"""
    activation_form: Literal["relaxation", "plain"] | str
    """relaxation: g(y) = κ(σ(y)−y); plain: g(y) = κσ(y); for field linear_activation"""
    symmetric: bool
    """whether the weights are ½(w+wᵀ); true or false (1 or 0); for field continuous_rnn"""
    solver_tolerance: float
    """implicit schemes: relative residual at which a step's equation is solved; 0 for one unit of rounding, which makes gradients exact to rounding; between 0.0 and 0.1; for integrator backward_euler, implicit_midpoint"""
    solver_iterations: int
    """implicit schemes: iterations after which a step that has not converged ends the run with a status; between 1 and 100000; for integrator backward_euler, implicit_midpoint"""
    tableau_a: str | Sequence[float]
    """a_ij of a Runge–Kutta method, row by row: the rows below the diagonal, or all rows; finite numbers separated by commas; for integrator runge_kutta"""
    tableau_b: str | Sequence[float]
    """weights b_i of a Runge–Kutta method; finite numbers separated by commas; for integrator runge_kutta"""
    tableau_order: int
    """order that the Runge–Kutta method has; its order conditions are checked; between 1 and 4; for integrator runge_kutta"""
    polynet_order: int
    """applications m of the field in a polynet layer; 1 is euler; between 1 and 16; for integrator polynet"""
    multistep_shape: Literal["scalar", "per_channel"] | str
    """trained k of linear_multistep: scalar (one number a layer) or per_channel (one a row of the state); for integrator linear_multistep"""
    start: Literal["neumann", "zero"] | str
    """state before the first layer of leapfrog: neumann (y itself, at rest) or zero; for integrator leapfrog"""
    relative_tolerance: float
    """error of a step allowed, relative to the state; float32 allows >= 1e-6; between 1e-13 and 1.0; for integrator dopri5, tsit5"""
    absolute_tolerance: float
    """error of a step allowed besides the relative one; between 1e-30 and 1000000.0; for integrator dopri5, tsit5"""
    first_step: float
    """first step size tried in each layer; 0 = chosen from the field; between 0.0 and 1000000000.0; for integrator dopri5, tsit5"""
    max_steps: int
    """the most steps of a sample in a layer, rejected ones among them; between 1 and 1000000; for integrator dopri5, tsit5"""
    recorded_steps: int
    """accepted steps of a layer that are kept for its gradient; never fewer than √(2·max_steps), with which no step is solved more than twice; between 1 and 10000; for integrator dopri5, tsit5"""
    basis_count: int
    """coefficients m of the weights as functions of time: pieces, nodes, polynomials or splines; between 1 and 1000000; for weights_in_time piecewise_constant, piecewise_linear, polynomial, b_spline"""
    spline_degree: int
    """degree of the B-splines; less than basis_count; between 1 and 10; for weights_in_time b_spline"""
    checkpoint_every: int
    """layers from one kept state to the next; 0 = ⌈√N⌉, which needs the least memory; between 0 and 1000000; for memory store_every"""
    checkpoints: int
    """kept states s of binomial; 0 = as many as memory_limit allows, or ⌈√N⌉ without a limit; between 0 and 4096; for memory binomial"""
    memory_limit: int
    """most bytes for what training remembers: the tapes of all blocks and threads of the network together; the smallest given by any block holds; 0 = no limit; >= 0; for memory binomial, automatic"""
    reconstruction_tolerance: float
    """largest error of a recovered first state, relative to its size, that reversible makes a gradient of; above it training and gradients end in an error; 0 = 1e-3 in float32, 1e-6 in float64; between 0.0 and 1e+300; for memory reversible"""
    survival: float
    """probability with which a sample keeps the last layer of stochastic_depth; > 0.0 and <= 1.0; for noise stochastic_depth"""
    survival_decay: Literal["linear", "none"] | str
    """how stochastic_depth gets from 1 to survival: linear in the layer's number, or none (survival in all layers); for noise stochastic_depth"""
    survival_scaling: Literal["inverted", "none"] | str
    """inverted divides kept layers by their probability in training; none multiplies by it in evaluation; for noise stochastic_depth"""
    dropout_rate: float
    """probability with which dropout drops a number that a layer adds; < 1; between 0.0 and 1.0; for noise dropout"""
    noise_scale: float
    """standard deviation that the noise of a unit of time adds to each number of the state; between 0.0 and 1000000.0; for noise gaussian, uniform"""


class NetworkChanges(BlockOptions, total=False):
    """The options of a network that may be left out: its own, those of its block, or several blocks."""

    blocks: Sequence[BlockOptions]
    """one dict a block"""
    precision: Literal["float32", "float64"] | str
    """precision of parameters, states and gradients"""
    opening: Literal["zero_padding", "dense", "sequence", "sequence_dense"] | str
    """how the inputs become a state of the given width"""
    width: int
    """features of the state; 0 = as many as inputs; between 0 and 65536"""
    readout: Literal["dense", "identity"] | str
    """how the final state becomes scores"""
    loss: Literal["softmax_cross_entropy", "logistic", "least_squares"] | str
    """the loss, with its link from scores to probabilities"""
    seed: int
    """seed of the initial parameters; >= 0"""
    channels: int
    """numbers of one observation of a sequence; between 1 and 1000000; for opening sequence, sequence_dense"""
    sequence_layout: Literal["values", "times_values", "times_values_mask"] | str
    """features of one step: its channels; its time and these; its time, these and a mask a channel, 1 for observed, 0 for not (a step of zeros is padding); for opening sequence, sequence_dense"""
    sequence_time: Literal["scaled", "absolute"] | str
    """scaled: each sample's span is mapped onto the horizon; absolute: its times are the blocks'; for opening sequence, sequence_dense"""
    interpolation: Literal["none", "linear", "hermite"] | str
    """none: one layer reads one observation; linear, hermite (backward differences): any number of layers along a path through them; for opening sequence, sequence_dense"""


class ProjectionOptions(NetworkChanges, total=False):
    """What `Network.project` takes: options to change, and the block that they are for."""

    block: int
    """the block whose options change; all blocks without it"""


class NetworkOptions(NetworkChanges):
    """The options of a network, as keywords: its own, and those of its blocks.

    `stableode.options("network")` and `stableode.options("block")` describe each.
    """

    inputs: int
    """features of a sample; between 1 and 1000000"""
    outputs: int
    """scores of a sample: classes, or target values; between 1 and 1000000"""


class TrainerOptions(TypedDict, total=False):
    """The options of training, as keywords: optimizer, learning_rate, epochs, batch_size …

    `stableode.options("trainer")` describes each. None stands for its default. Those whose help says so are fixed once training has begun.
    """

    epochs: int | None
    """passes over the training data in total, over all runs; between 1 and 1000000000"""
    batch_size: int | None
    """samples a step; the last batch of an epoch may be smaller; methods with a line search or a trust region take all samples unless this is set; fixed once training has begun; between 1 and 1000000000"""
    accumulate_batches: int | None
    """batches whose samples make one step, of their common mean; memory does not grow with it; fixed once training has begun; between 1 and 1000000"""
    seed: int | None
    """seed of the order of the samples and of the numbers that noise draws; fixed once training has begun; >= 0"""
    shuffle: bool | None
    """whether each epoch visits the samples in a new random order; fixed once training has begun; true or false (1 or 0)"""
    optimizer: Literal["sgd", "adam", "adamw", "lbfgs", "nonlinear_cg", "newton_pcg", "gauss_newton", "varpro", "block_coordinate"] | str | None
    """method that steps the parameters; fixed once training has begun"""
    metric: Literal["automatic", "loss", "accuracy", "balanced_accuracy", "macro_f1", "log_loss", "brier_score", "auc", "r2", "mean_absolute_error"] | str | Callable[[numpy.ndarray, numpy.ndarray], float] | None
    """validation figure that chooses the iterate to keep; automatic: accuracy, or loss for least_squares; fixed once training has begun"""
    class_weights: Literal["none", "balanced"] | str | ArrayLike | None
    """what the classes count in the training loss; balanced: samples/(classes·samples of the class)"""
    label_smoothing: float | None
    """part of each label that is spread over all classes alike in the training loss; between 0.0 and 0.9999999999999999"""
    patience: int | None
    """epochs without an improvement of the metric after which training ends; 0: never; needs validation data; between 0 and 1000000000"""
    min_delta: float | None
    """least change of the metric that patience counts as an improvement; fixed once training has begun; finite and >= 0.0"""
    num_threads: int | None
    """threads to train with; 0: the CPUs of the affinity mask; between 0 and 1024"""
    learning_rate: float | None
    """step length of a first-order optimizer before the schedule; finite and > 0.0; for optimizer sgd, adam, adamw"""
    momentum: float | None
    """share of the last step kept by sgd; between 0.0 and 0.9999999999999999; for optimizer sgd"""
    nesterov: bool | None
    """Nesterov's momentum in sgd; needs momentum > 0; true or false (1 or 0); for optimizer sgd"""
    clip_norm: float | None
    """largest norm of the gradient of all parameters together, which longer ones are scaled to; 0: none; finite and >= 0.0; for optimizer sgd, adam, adamw"""
    clip_value: float | None
    """largest magnitude of each number of the gradient, cut before clip_norm acts; 0: none; finite and >= 0.0; for optimizer sgd, adam, adamw"""
    beta1: float | None
    """decay of adam's running mean of the gradient; between 0.0 and 0.9999999999999999; for optimizer adam, adamw"""
    beta2: float | None
    """decay of adam's running mean of the squared gradient; between 0.0 and 0.9999999999999999; for optimizer adam, adamw"""
    epsilon: float | None
    """added to the root of adam's second moment; finite and > 0.0; for optimizer adam, adamw"""
    lbfgs_memory: int | None
    """pairs of steps and gradient differences that lbfgs keeps; fixed once training has begun; between 1 and 1000; for optimizer lbfgs"""
    gradient_tolerance: float | None
    """training has converged when the norm of the gradient over all samples is at most this part of what it was at the first step; finite and >= 0.0; for optimizer lbfgs, nonlinear_cg, newton_pcg, gauss_newton, varpro, block_coordinate"""
    cg_iterations: int | None
    """most products with the curvature a step; between 1 and 1000000; for optimizer newton_pcg, gauss_newton, varpro, block_coordinate"""
    cg_tolerance: float | None
    """the inner iteration ends when the residual's norm fell by this factor; between 0.0 and 0.9999999999999999; for optimizer newton_pcg, gauss_newton, varpro, block_coordinate"""
    curvature_fraction: float | None
    """products with the Gauss–Newton matrix take this part of the step's samples; > 0.0 and <= 1.0; for optimizer newton_pcg, gauss_newton, varpro, block_coordinate"""
    preconditioner_shift: float | None
    """γ of the preconditioner (αLᵀL + γI)⁻¹, which is used with smoothness α > 0; finite and > 0.0; for optimizer newton_pcg, gauss_newton, varpro, block_coordinate"""
    trust_radius: float | None
    """the trust region's first radius, in the norm of the preconditioner; finite and > 0.0; for optimizer gauss_newton, varpro"""
    readout_iterations: int | None
    """most Newton iterations on the readout's convex problem a solve; between 1 and 100000; for optimizer varpro, block_coordinate"""
    readout_tolerance: float | None
    """a solve of the readout's problem ends when its gradient's norm is at most this; finite and >= 0.0; for optimizer varpro, block_coordinate"""
    schedule: Literal["constant", "step", "cosine"] | str | None
    """how the learning rate changes over training"""
    schedule_interval: Literal["step", "epoch"] | str | None
    """whether the rate changes at each step or at each epoch"""
    warmup_epochs: int | None
    """epochs over which the rate rises linearly to learning_rate; fewer than epochs; between 0 and 1000000000"""
    warmup_steps: int | None
    """steps over which the rate rises linearly to learning_rate, instead of warmup_epochs; between 0 and 1000000000000"""
    step_epochs: int | None
    """epochs between two changes of the step schedule; between 1 and 1000000000; for schedule step"""
    step_factor: float | None
    """factor of each change of the step schedule; > 0.0 and <= 1.0; for schedule step"""
    minimum_learning_rate: float | None
    """rate the cosine schedule ends at; at most learning_rate; finite and >= 0.0; for schedule cosine"""
    kinetic_energy: float | None
    """α of (α/2) Σ‖y_{j+1} − y_j‖²/h_j, the mean over the samples, in the objective; finite and >= 0.0"""
    jacobian_penalty: float | None
    """α of (α/2) Σ h_j‖Jε_j‖², the mean over the samples, in the objective; J the field's Jacobian, ε_j fixed signs; finite and >= 0.0"""
    jacobian_step: float | None
    """δ of the difference quotients that jacobian_penalty charges; > 0.0 and <= 1.0"""
    parameter_min: float | None
    """least value of a weight, kept after every update; finite and >= -1.7976931348623157e+308"""
    parameter_max: float | None
    """largest value of a weight, kept after every update; finite and >= -1.7976931348623157e+308"""
    keep_stable: float | None
    """share of the integrator's stability limit that every layer's weights are scaled to keep, after every update; 0: not kept; between 0.0 and 1.0"""
    weight_decay: float | None
    """α of ½α‖weights‖² in the objective; with adamw the decoupled decay; biases are left alone; finite and >= 0.0"""
    smoothness: float | None
    """α of ½α∫‖dθ/dt‖² dt over the weights and biases of each block in the objective; for layers (α/2h) Σ‖θ_j − θ_{j−1}‖²; finite and >= 0.0"""
    classifier_smoothness: float | None
    """α of ½α‖LW‖² in the objective, W the readout's weights, L differences over its features; finite and >= 0.0"""
    classifier_grid: str | Sequence[float] | None
    """rows,columns of the grids that the readout's features are for classifier_smoothness; empty = one line; finite numbers separated by commas"""
    classifier_operator: Literal["differences", "laplacian"] | str | None
    """L of classifier_smoothness: differences between neighbors, or their sum at each feature (laplacian)"""
    smoothed_l1: float | None
    """α of α Σ(√(θ² + ε²) − ε) over the weights in the objective; biases are left alone; finite and >= 0.0"""
    l1_epsilon: float | None
    """ε of smoothed_l1: below it the absolute value is rounded to a parabola; finite and > 0.0"""


class TrainingKeywords(TrainerOptions, total=False):
    """What `Network.fit` takes: the options of training, and a loss of your own."""

    loss: Callable[[numpy.ndarray, numpy.ndarray], tuple[ArrayLike, ArrayLike]] | None
    """loss(scores, targets) → (losses [samples], gradient [samples, outputs])"""
    larger_is_better: bool
    """how a metric of your own chooses"""
