"""The types of the options that are keywords, for type checkers and editors. Made by `make tables` from the library."""
# ruff: noqa: E501

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypedDict

if TYPE_CHECKING:
    import numpy
    from numpy.typing import ArrayLike


class BlockOptions(TypedDict, total=False):
    """The options of one block, as keywords: field, activation, integrator, layers, horizon …

    `stableode.options("block")` describes each.
    """

    field: Literal["dense", "two_layer", "pre_activation", "bottleneck", "antisymmetric", "antisymmetric_damped", "negative_definite", "hamiltonian", "hamiltonian_two_weight", "hamiltonian_h", "gradient_flow", "port_hamiltonian", "second_order", "rotate_relax", "linear_cubic", "linear_activation", "continuous_rnn", "antisymmetric_rnn", "gated_antisymmetric_rnn", "neural_cde", "ode_rnn"] | str
    """the vector field f(y; θ), which says how the state changes"""
    operator: Literal["dense", "convolution"] | str
    """the linear operators that the field multiplies by"""
    activation: Literal["identity", "tanh", "relu", "sigmoid", "softplus", "sin", "smooth_relu", "leaky_relu", "elu", "gelu", "silu"] | str
    """the activation function σ, applied to each number"""
    bias: Literal["none", "scalar", "vector"] | str
    """none: no bias; scalar: one number per layer; vector: one number per feature and layer"""
    integrator: Literal["euler", "verlet", "backward_euler", "implicit_midpoint", "cayley", "exponential", "imex", "heun", "ssprk3", "rk3", "rk4", "runge_kutta", "reversible", "polynet", "fractal", "adams_bashforth2", "adams_bashforth3", "linear_multistep", "leapfrog", "midpoint", "revnet", "shake_shake", "euler_maruyama", "near_identity", "dopri5", "tsit5"] | str
    """the time integrator; each of its steps is a layer"""
    layers: int | None
    """number N of layers, which are the integrator's steps. Automatic: 5 if opening, width, horizon and blocks are not set either; with opening trajectory as many as a sample has intervals; otherwise 10; between 1 and 1000000"""
    horizon: float | None
    """final time T of the block; each step has size T/N unless step_sizes is given. Automatic: 2 if opening, width, layers and blocks are not set either; with opening trajectory the number of a sample's intervals; otherwise 1; > 0.0 and <= 1000000000.0"""
    step_sizes: float | str | Sequence[float]
    """the step size of each layer, if they are not equal; their sum is then the horizon; empty: N equal steps; finite numbers separated by commas"""
    weights_in_time: Literal["layers", "shared", "piecewise_constant", "piecewise_linear", "polynomial", "b_spline"] | str | None
    """how the layers get their weights: each has its own, several share them, or they are functions of time θ(t). Automatic: shared with opening trajectory, otherwise layers"""
    memory: Literal["store_all", "store_every", "binomial", "automatic", "reversible"] | str
    """which states training keeps in memory for the gradient, and which it computes again"""
    noise: Literal["none", "stochastic_depth", "dropout", "gaussian", "uniform"] | str
    """random numbers in the layers during training; evaluation and prediction draw none"""
    initial_scale: float
    """factor of the standard deviation of the initial weights; with 1, f(y) is about as large as y, whatever the width, hidden_width and channels; between 0.0 and 1000000.0"""
    initial_bias: float | None
    """standard deviation of the initial biases of the layers. Where they begin as zeros and activation is odd, so is the network, and it is slow to learn what is even in the inputs. Automatic: 1 for a table, otherwise 0; between 0.0 and 1000000.0"""
    hidden_width: int
    """number of hidden values, the rows of the inner weights; 0: as many as the part of the state that they read has features; between 0 and 65536; for field two_layer, pre_activation, bottleneck, negative_definite, hamiltonian_two_weight, hamiltonian_h, gradient_flow, port_hamiltonian, second_order, rotate_relax"""
    normalization: Literal["batch", "instance", "group", "layer", "tv"] | str
    """what is normalized together; for field pre_activation, bottleneck"""
    normalization_epsilon: float
    """number that is added to the variance, or for tv to the sum of squares; > 0.0 and <= 1000000.0; for field pre_activation, bottleneck, hamiltonian_two_weight, hamiltonian_h, gradient_flow, second_order"""
    normalization_momentum: float
    """share by which each training step moves the running means and variances towards those of its batch; between 0.0 and 1.0; for field pre_activation, bottleneck, hamiltonian_two_weight, hamiltonian_h, gradient_flow, second_order"""
    normalization_batch: int
    """number of a batch's samples, in their order, that are normalized together, a multiple of 16; the last group of a batch may be smaller. 0: all samples of the batch; between 0 and 128; for field pre_activation, bottleneck, hamiltonian_two_weight, hamiltonian_h, gradient_flow, second_order"""
    normalization_groups: int
    """number of groups of neighboring channels that are normalized together; between 1 and 65536; for field pre_activation, bottleneck, hamiltonian_two_weight, hamiltonian_h, gradient_flow, second_order"""
    gamma: float
    """damping γ; with 0 the frozen eigenvalues of field antisymmetric are imaginary; between 0.0 and 1000000.0; for field antisymmetric, antisymmetric_damped, antisymmetric_rnn, gated_antisymmetric_rnn"""
    inner_normalization: Literal["none", "batch", "instance", "group", "layer", "tv"] | str
    """the normalization N in Kᵀσ(N(Ky+b)) of fields that are gradients; with another than none, nothing is claimed about stability; for field hamiltonian_two_weight, hamiltonian_h, gradient_flow, second_order"""
    coupling: Literal["separable", "full"] | str
    """separable: K is block-diagonal, so that verlet can be used; full: K is any matrix, for integrators that step the whole state at once; for field hamiltonian_h"""
    steps: Literal["plain", "row_sums", "tight"] | str
    """plain: −Kᵀσ(Ky+b), non-expansive up to a step size that depends on K; row_sums: −KᵀTσ(Ky+b), T = diag(2/(hLr)) with the row sums r of |KKᵀ| in trained scales, so that steps of euler, heun, ssprk3 and rk4 are non-expansive for every K; tight: K divided by a bound of its norm, so that these steps are non-expansive and nearly as long as they may be; for field gradient_flow"""
    dissipation_width: int
    """rows of B in R = BᵀB, the largest rank of the dissipation; 0: as many as the state has features; between 0 and 65536; for field port_hamiltonian"""
    epsilon: float
    """ε of the term ½ε|y|² in H, which bounds the state by H; > 0.0 and <= 1000000.0; for field port_hamiltonian"""
    form: Literal["plain", "gradient"] | str
    """plain: ÿ = σ(Ky+b); gradient: ÿ = −Kᵀσ(Ky+b); for field second_order"""
    rotation: Literal["channels", "kernel"] | str
    """what A is over convolutions. channels: a matrix across the channels of each pixel; kernel: a convolution like K, with odd kernels and zero or periodic padding. Over matrices both are A of all features; for field rotate_relax"""
    cubic_rate: float
    """γ of the term −γy³; between 0.0 and 1000000.0; for field linear_cubic"""
    activation_rate: float
    """κ of the term κ(σ(y)−y) or κσ(y); with form relaxation, κ = 1/h and integrator near_identity the layers are σ(Wy+B); > 0.0 and <= 1000000000.0; for field linear_activation"""
    activation_form: Literal["relaxation", "plain"] | str
    """relaxation: g(y) = κ(σ(y)−y); plain: g(y) = κσ(y); for field linear_activation"""
    symmetric: bool
    """whether the field multiplies by the symmetric matrix ½(w+wᵀ) instead of w; true or false (1 or 0); for field continuous_rnn"""
    kernel: int
    """extent of the kernels along the image's height and width; along an axis of one pixel it is 1; between 1 and 1024; for operator convolution"""
    padding: Literal["zero", "periodic", "reflect", "replicate"] | str
    """what lies outside of the image. zero: zeros; periodic: the image again; reflect: its mirror image, without the edge; replicate: its edge pixels; for operator convolution"""
    groups: int
    """number of groups of channels that are convolved by themselves; as many as channels: a depthwise convolution; between 1 and 65536; for operator convolution"""
    dilation: int
    """distance of neighboring taps of the kernel; between 1 and 1024; for operator convolution"""
    convolution: Literal["automatic", "direct", "winograd"] | str
    """how products are computed. direct: tap by tap, with the simplest bound of rounding errors; winograd: with fewer products, for 3×3 kernels in float32; automatic: winograd where it applies; for operator convolution"""
    solver_tolerance: float
    """largest relative residual with which the equation of an implicit step counts as solved; 0: as small as rounding allows, so that gradients are exact up to rounding; between 0.0 and 0.1; for integrator backward_euler, implicit_midpoint"""
    solver_iterations: int
    """most iterations for the equation of an implicit step; if it is not solved by then, the sample ends in an error; between 1 and 100000; for integrator backward_euler, implicit_midpoint"""
    tableau_a: float | str | Sequence[float]
    """coefficients a_ij of the Runge–Kutta method, row by row: either those below the diagonal alone, or all of them; finite numbers separated by commas; for integrator runge_kutta, reversible"""
    tableau_b: float | str | Sequence[float]
    """weights b_i of the Runge–Kutta method, one for each stage; finite numbers separated by commas; for integrator runge_kutta, reversible"""
    tableau_order: int
    """order of the Runge–Kutta method; coefficients that do not satisfy its order conditions are refused; between 1 and 4; for integrator runge_kutta, reversible"""
    base: Literal["euler", "heun", "ssprk3", "rk3", "rk4", "runge_kutta"] | str
    """the explicit Runge–Kutta method that is made reversible, by the name of its integrator; runge_kutta is your own tableau; for integrator reversible"""
    reversible_coupling: float
    """λ of y₊ = λy + (1−λ)z + Ψ_h(z): near 1 rounding errors grow little on the way back; smaller values keep y and z closer together; between 9.5367431640625e-07 and 0.9999990463256836; for integrator reversible"""
    polynet_order: int
    """number of terms after y in y + hf(y) + hf(hf(y)) + …; 1 is euler; between 1 and 16; for integrator polynet"""
    multistep_shape: Literal["scalar", "per_channel"] | str
    """shape of the trained coefficient k. scalar: one number per layer; per_channel: one number per layer and feature of the state, or channel of an image; for integrator linear_multistep"""
    multistep_start: Literal["euler", "given"] | str
    """how linear_multistep begins. euler: with a step of Euler; given: the state's first half is y, its second half the earlier y₋, such as connector residual with remember makes; for integrator linear_multistep"""
    start: Literal["neumann", "zero"] | str
    """state that leapfrog assumes before the first one. neumann: the same as the first, so that the motion begins at rest; zero: zeros; for integrator leapfrog"""
    relative_tolerance: float
    """error that one step may make, relative to the state; in float32 at least 1e-6; between 1e-13 and 1.0; for integrator dopri5, tsit5"""
    absolute_tolerance: float
    """error that one step may make in addition to the relative one; between 1e-30 and 1000000.0; for integrator dopri5, tsit5"""
    first_step: float
    """step size that is tried first in each layer; 0: it is estimated from the field; between 0.0 and 1000000000.0; for integrator dopri5, tsit5"""
    max_steps: int
    """most steps of a sample in one layer, rejected steps included; a sample that needs more ends in an error; between 1 and 1000000; for integrator dopri5, tsit5"""
    recorded_steps: int
    """steps of a layer that are kept for the gradient; earlier ones are computed again. At least √(2·max_steps) are kept in any case, so that no step is computed more than twice; between 1 and 10000; for integrator dopri5, tsit5"""
    basis_count: int
    """number of coefficients of the weights as functions of time: of the pieces, nodes, polynomials or splines; between 1 and 1000000; for weights_in_time piecewise_constant, piecewise_linear, polynomial, b_spline"""
    spline_degree: int
    """degree of the B-splines; it must be less than basis_count; between 1 and 10; for weights_in_time b_spline"""
    checkpoint_every: int
    """layers from one kept state to the next; 0: ⌈√N⌉ for N layers, which needs the least memory; between 0 and 1000000; for memory store_every"""
    checkpoints: int
    """number of states that binomial keeps; 0: as many as memory_limit allows, or ⌈√N⌉ for N layers without a limit; between 0 and 4096; for memory binomial"""
    memory_limit: int
    """most bytes that training may use for kept states, over all blocks and threads of the network; if blocks give different limits, the smallest is used; 0: no limit; >= 0; for memory binomial, automatic"""
    reconstruction_tolerance: float
    """largest relative error of the first state that reversible may recover; if the error is larger, training and gradients fail instead of using it; 0: 1e-3 in float32, 1e-6 in float64; between 0.0 and 1e+300; for memory reversible"""
    survival: float
    """probability that a sample keeps the field of the last layer; a field that is not kept counts as 0; > 0.0 and <= 1.0; for noise stochastic_depth"""
    survival_decay: Literal["linear", "network", "none"] | str
    """how the probability depends on the layer. linear: it decreases linearly from 1 before the block's first layer to survival in its last; network: from 1 before the first layer of the network to survival in its last, where each residual connector, which is always kept, counts as a layer; none: it is survival in all layers; for noise stochastic_depth"""
    survival_scaling: Literal["inverted", "none"] | str
    """how the mean is kept. inverted: training divides the field of a kept layer by its probability; none: evaluation multiplies the field of each layer by it; for noise stochastic_depth"""
    dropout_rate: float
    """probability with which each number that a layer adds to the state is dropped; less than 1; between 0.0 and 1.0; for noise dropout"""
    noise_scale: float
    """standard deviation that the noise adds to each number of the state over one unit of time; between 0.0 and 1000000.0; for noise gaussian, uniform"""


class ConnectorOptions(TypedDict, total=False):
    """The options of a map before, between or after blocks, which the key "connector" makes it: connector, channels, stride, window …

    `stableode.options("connector")` describes each.
    """

    connector: Literal["dense", "convolution", "average_pooling", "max_pooling", "global_average", "channel_padding", "normalization", "residual", "first_channels", "channel_copies", "spatial_shift", "activation", "dropout", "flatten"] | str
    """the map that stands at this place"""
    features: int
    """features of the output; between 1 and 1000000; for connector dense"""
    activation: Literal["identity", "tanh", "relu", "sigmoid", "softplus", "sin", "smooth_relu", "leaky_relu", "elu", "gelu", "silu"] | str
    """the activation function σ, applied to each number; for connector dense, convolution, normalization, residual, activation"""
    norm: Literal["free", "row_sums", "aol", "tight"] | str
    """the norm of the weights W = K. free: any; else they are scaled so that it is at most 1. row_sums: by the row sums of |KKᵀ|; aol: by the columns of |KᵀK| [Prach & Lampert 2022]; tight: by a bound of the norm, which leaves it near 1. For convolutions: free or row_sums; for connector dense, convolution"""
    bias: Literal["none", "scalar", "vector"] | str
    """none: no bias; scalar: one number; vector: one number per feature or channel of the output; for connector dense, convolution"""
    channels: int
    """channels of the output; 0: as many as of the input; between 0 and 65536; for connector convolution, channel_padding, residual, first_channels, channel_copies"""
    stride: int
    """distance of neighboring outputs in the image; between 1 and 1024; for connector convolution, channel_padding, residual"""
    margin: int
    """pixels of padding at each edge of the image; -1: as many as a convolution of stride 1 needs to keep the size; between -1 and 1024; for connector convolution"""
    kernel: int
    """extent of the kernels along the image's height and width; along an axis of one pixel it is 1; between 1 and 1024; for connector convolution, residual"""
    padding: Literal["zero", "periodic", "reflect", "replicate"] | str
    """what lies outside of the image. zero: zeros; periodic: the image again; reflect: its mirror image, without the edge; replicate: its edge pixels; for connector convolution, residual"""
    groups: int
    """number of groups of channels that are convolved by themselves; as many as channels: a depthwise convolution; between 1 and 65536; for connector convolution, residual"""
    dilation: int
    """distance of neighboring taps of the kernel; between 1 and 1024; for connector convolution, residual"""
    convolution: Literal["automatic", "direct", "winograd"] | str
    """how products are computed. direct: tap by tap, with the simplest bound of rounding errors; winograd: with fewer products, for 3×3 kernels in float32; automatic: winograd where it applies; for connector convolution, residual"""
    window: int
    """height and width of a window; along an axis of one pixel it is 1; between 1 and 1024; for connector average_pooling, max_pooling"""
    window_stride: int
    """distance of neighboring windows; 0: as large as the window, so that windows do not overlap; between 0 and 1024; for connector average_pooling, max_pooling"""
    window_margin: int
    """pixels of padding at each edge of the image, which no mean counts and which are never the largest; between 0 and 1024; for connector average_pooling, max_pooling"""
    normalization: Literal["batch", "instance", "group", "layer", "tv"] | str
    """what is normalized together; for connector normalization, residual"""
    normalization_epsilon: float
    """number that is added to the variance, or for tv to the sum of squares; > 0.0 and <= 1000000.0; for connector normalization, residual"""
    normalization_momentum: float
    """share by which each training step moves the running means and variances towards those of its batch; between 0.0 and 1.0; for connector normalization, residual"""
    normalization_batch: int
    """number of a batch's samples, in their order, that are normalized together, a multiple of 16; the last group of a batch may be smaller. 0: all samples of the batch; between 0 and 128; for connector normalization, residual"""
    normalization_groups: int
    """number of groups of neighboring channels that are normalized together; between 1 and 65536; for connector normalization, residual"""
    branch: Literal["two_layer", "bottleneck"] | str
    """the branch of a residual connector. two_layer: two convolutions, as in field pre_activation; bottleneck: of one pixel, of the kernel in groups and with the stride, and of one pixel, as in field bottleneck; for connector residual"""
    inner_channels: int
    """channels between the convolutions of a branch; 0: as many as of the output; between 0 and 65536; for connector residual"""
    shortcut: Literal["projection", "normalized_projection", "padding"] | str
    """S of a residual connector. projection: a convolution of one pixel; normalized_projection: the same of σ(N₀(u)) with a normalization of its own; padding: every k-th pixel, and channels of zeros; for connector residual"""
    remember: bool
    """whether S(u) follows as further channels, for integrator linear_multistep with multistep_start given; true or false (1 or 0); for connector residual"""
    dropout_rate: float
    """probability with which each number, or each channel, is dropped in training; less than 1; between 0.0 and 1.0; for connector dropout"""
    dropout_channels: bool
    """whether whole channels of a sample are dropped, instead of single numbers [Tompson et al. 2015]; true or false (1 or 0); for connector dropout"""


class NetworkChanges(BlockOptions, total=False):
    """The options of a network that may be left out: its own, those of its block, or several blocks."""

    blocks: Sequence[BlockOptions | ConnectorOptions]
    """one dict a block or connector"""
    precision: Literal["float32", "float64"] | str
    """precision of parameters, states and gradients"""
    inputs: int
    """features of one sample; may be left out where input_shape is given; between 1 and 1000000"""
    input_shape: float | str | Sequence[float]
    """extents of one sample that is an image, channels first: channels, height, width, such as 1, 28, 28; or channels, length; empty: a list of features; finite numbers separated by commas"""
    opening: Literal["zero_padding", "dense", "sequence", "sequence_dense", "trajectory"] | str | None
    """how the inputs become the first state. Automatic: dense, if width, layers, horizon and blocks are not set either"""
    width: int | None
    """features of the state, or channels of an image; 0: as many as the inputs have. Automatic: chosen by the numbers of inputs and outputs, if opening, layers, horizon and blocks are not set either; with opening trajectory its channels; between 0 and 65536"""
    readout: Literal["dense", "identity"] | str
    """how the final state becomes scores"""
    opening_norm: Literal["free", "row_sums", "aol", "tight"] | str
    """how the weights of opening dense are scaled, as by the option norm of connector dense"""
    readout_norm: Literal["free", "row_sums", "aol", "tight"] | str
    """how the weights of readout dense are scaled, as by the option norm of connector dense"""
    loss: Literal["softmax_cross_entropy", "margin_cross_entropy", "emma", "logistic", "multilabel_logistic", "least_squares", "huber", "quantile", "poisson"] | str
    """the loss that training minimizes; it also determines how scores become probabilities"""
    seed: int
    """seed of the random initial parameters; >= 0"""
    margin_radius: float
    """ε of the losses emma and margin_cross_entropy: the length of changes of the input, in ℓ₂ and in the unit of the inputs, against which predictions are trained; between 0.0 and 1e+150; for loss margin_cross_entropy, emma"""
    output_weights: float | str | Sequence[float]
    """weights of the outputs in the loss, one number >= 0 for each output; an output of weight 0 is not trained; empty: all are 1; finite numbers separated by commas; for loss multilabel_logistic, least_squares, huber, quantile, poisson"""
    huber_delta: float
    """distance δ of score and target up to which loss huber is quadratic; beyond, it is linear; > 0.0 and <= 1e+150; for loss huber"""
    quantiles: float | str | Sequence[float]
    """levels of loss quantile, each between 0 and 1. One level: that of all outputs. Several: as many consecutive outputs estimate the quantiles of one target, so that outputs is targets times levels; finite numbers separated by commas; for loss quantile"""
    channels: int
    """numbers in one observation of a sequence, or in the state of a trajectory; between 1 and 1000000; for opening sequence, sequence_dense, trajectory"""
    sequence_layout: Literal["values", "times_values", "times_values_mask"] | str
    """what the inputs hold for each step of a sequence. values: the observation; times_values: the time, then the observation; times_values_mask: also one number for each channel, 1 if it was observed and 0 if not, where steps of zeros at the end are padding; for opening sequence, sequence_dense"""
    sequence_time: Literal["scaled", "absolute", "intervals"] | str | None
    """scaled: the time from a sample's first to its last observation is mapped onto the block's time from 0 to the horizon; absolute: observation times are the block's times; intervals: each sample advances by its own intervals, in k layers from an observation to the next one. Automatic: intervals with opening trajectory, otherwise scaled; for opening sequence, sequence_dense, trajectory"""
    interpolation: Literal["none", "linear", "hermite"] | str
    """how layers read a sequence. none: each layer reads one observation; linear, hermite: the layers, of any number, read a path through the observations, which is piecewise linear, or cubic with backward differences as slopes; for opening sequence, sequence_dense"""
    outputs_at: Literal["end", "steps"] | str
    """where the readout reads the state. end: at the end of the sequence; steps: at each step, with the same weights, so that a sample has steps times outputs scores, step by step; those of a step depend on the observations up to it; for opening sequence, sequence_dense, trajectory"""
    known_terms: bool
    """whether the equation has known terms, dy/dt = f(y) + g(t, y) with a function g of yours, so that the network learns f. The function is not stored with a model (sode_network_set_known_terms); true or false (1 or 0); for opening trajectory"""


class ProjectionOptions(NetworkChanges, total=False):
    """What `Network.project` takes: options to change, and the block that they are for."""

    block: int
    """the block whose options change; all blocks without it"""


class ArchitectureOptions(NetworkChanges, total=False):
    """A network of the literature by name, and the options of single architectures.

    `stableode.architectures()` and `stableode.options("architecture")` describe each.
    """

    architecture: Literal["resnet_14", "resnet_20", "resnet_32", "resnet_44", "resnet_56", "resnet_110", "resnet_164", "lm_resnet_14", "lm_resnet_20", "lm_resnet_32", "lm_resnet_44", "lm_resnet_56", "lm_resnet_110", "lm_resnet_164", "polynet_20", "fractalnet_20", "revnet_38", "lm_resnext_29", "hr_resnet_cnn", "hr_antisymmetric_cnn", "hr_verlet_cnn", "hr_leapfrog_cnn", "pde_parabolic_cifar10", "pde_parabolic_cifar100", "pde_parabolic_stl10", "pde_hamiltonian_cifar10", "pde_hamiltonian_cifar100", "pde_hamiltonian_stl10", "pde_second_order_cifar10", "pde_second_order_cifar100", "pde_second_order_stl10", "reversible_hamiltonian_cnn", "reversible_midpoint_cnn", "reversible_leapfrog_cnn", "near_identity_cnn_20"] | str
    """a network of the literature, which becomes the list blocks"""
    cardinality: int
    """groups of the middle convolution of each bottleneck; between 1 and 1024; for architecture lm_resnext_29"""
    base_width: int
    """channels of each group in the first stage; it doubles from stage to stage; between 1 and 4096; for architecture lm_resnext_29"""


class NetworkOptions(ArchitectureOptions):
    """The options of a network, as keywords: its own, and those of its blocks.

    `stableode.options("network")` and `stableode.options("block")` describe each.
    """

    outputs: int
    """scores that the network computes for a sample: one for each class, or one for each target value; between 1 and 1000000"""


class TrainerOptions(TypedDict, total=False):
    """The options of training, as keywords: optimizer, learning_rate, epochs, batch_size …

    `stableode.options("trainer")` describes each. None stands for its default. Those whose help says so are fixed once training has begun.
    """

    epochs: int | None
    """passes over the training data, counted over all runs of the trainer; between 1 and 1000000000"""
    batch_size: int | None
    """samples in one step; the last batch of an epoch may be smaller. Optimizers with a line search or a trust region use all samples in each step unless this option is set; fixed once training has begun; between 1 and 1000000000"""
    accumulate_batches: int | None
    """batches whose gradients are averaged for one step, as if batch_size were that many times larger; memory does not grow with this number; fixed once training has begun; between 1 and 1000000"""
    seed: int | None
    """seed of the random order of the samples and of the noise; fixed once training has begun; >= 0"""
    shuffle: bool | None
    """whether each epoch visits the samples in a new random order; fixed once training has begun; true or false (1 or 0)"""
    optimizer: Literal["sgd", "adam", "adamw", "lbfgs", "nonlinear_cg", "newton_pcg", "gauss_newton", "varpro", "block_coordinate"] | str | None
    """method that updates the parameters. Automatic: adamw, with all that is not set chosen to suit the data; a method that is named has fixed defaults for the rest; fixed once training has begun"""
    metric: Literal["automatic", "loss", "accuracy", "balanced_accuracy", "macro_f1", "micro_f1", "weighted_f1", "subset_accuracy", "hamming_loss", "log_loss", "brier_score", "auc", "average_precision", "mean_squared_error", "root_mean_squared_error", "mean_absolute_error", "median_absolute_error", "r2", "explained_variance", "huber_loss", "pinball_loss", "poisson_deviance"] | str | Callable[[numpy.ndarray, numpy.ndarray], float] | None
    """figure on the validation data by which the best parameters are chosen; automatic: accuracy, or loss if the network's loss has no classes; fixed once training has begun"""
    weighted_validation: bool | None
    """whether the samples of the validation data count by their weights in loss, accuracy and metric; otherwise each counts once; fixed once training has begun; true or false (1 or 0)"""
    class_weights: Literal["none", "balanced"] | str | ArrayLike | Mapping[Any, float] | None
    """weights of the classes in the training loss. none: all samples count alike; balanced: a sample counts samples/(classes · samples of its class), so that all classes count alike"""
    label_smoothing: float | None
    """label smoothing of the training loss: the part of each label that is spread evenly over all classes; between 0.0 and 0.9999999999999999"""
    patience: int | None
    """epochs without an improvement of the metric after which training ends; it needs validation data, given or held out; 0: training never ends early; between 0 and 1000000000"""
    validation_fraction: float | None
    """part of the training rows that is held out for validation if no validation data is given, drawn by seed, of each class alike; 0: none; fixed once training has begun; between 0.0 and 0.9"""
    normalization: Literal["by_tails", "standardize", "none"] | str | None
    """standardize: the first run of a new network shifts and scales its inputs by the mean and standard deviation of the training data, unless a normalization has been set; by_tails: the same, but inputs with heavy tails enter as asinh of their distance from the median, in units of the distance of the nearer quartile; none: it leaves them; fixed once training has begun"""
    screening: bool | None
    """whether the first run of a new network that normalizes its inputs leaves out, with the scale 0, those of a table with at least 16 columns and fewer than 10000 rows on which the targets do not depend, as far as tests of single columns and of pairs can tell, if only a part of them counts. Automatic: true for data in memory if optimizer is not set; fixed once training has begun; true or false (1 or 0)"""
    target_scaling: Literal["standardize", "none"] | str | None
    """standardize: the first run of a new network shifts and scales target values: those of least_squares by their mean and standard deviation, of huber and quantile by their median and quartiles, of poisson by the logarithm of their mean and their relative deviation, unless a scaling has been set, and results are scaled back; none: it leaves them; fixed once training has begun"""
    min_delta: float | None
    """smallest change of the metric that counts as an improvement for patience; fixed once training has begun; finite and >= 0.0"""
    num_threads: int | None
    """threads that training uses; 0: one for each CPU that the process may use; between 0 and 1024"""
    check_derivatives: bool | None
    """whether the end of training tests the network's derivatives link by link, at the first four samples of the data set that the run was given (validation_fraction may hold some of them out), or that a stream had read when the run began: the training is kept, and an error names the layer whose pullback is not the transpose of its pushforward; true or false (1 or 0)"""
    crop_margin: int | None
    """training images are cut at random from the image with this many pixels of padding at each edge; 0: they are not moved; fixed once training has begun; between 0 and 1024"""
    crop_padding: Literal["zero", "reflect"] | str | None
    """the padding of crop_margin. zero: zeros, after normalization; reflect: the image reflected at its outermost pixels; fixed once training has begun"""
    flip: bool | None
    """whether training images are mirrored, left and right, with probability ½; fixed once training has begun; true or false (1 or 0)"""
    cutout: int | None
    """side of a square of zeros around a random pixel of each training image; 0: none; fixed once training has begun; between 0 and 1024"""
    learning_rate: float | None
    """step length of the optimizer, which the schedule and the warm-up change during training; finite and > 0.0; for optimizer sgd, adam, adamw"""
    momentum: float | None
    """part of the last step that is added to the next one; 0: no momentum; between 0.0 and 0.9999999999999999; for optimizer sgd"""
    nesterov: bool | None
    """whether momentum is that of Nesterov; it needs momentum > 0; true or false (1 or 0); for optimizer sgd"""
    gradient_smoothing: float | None
    """share s of the neighbors when gradients are averaged over layers, g_j ← (1−2s)g_j + s·g_{j−1} + s·g_{j+1}, against oscillations of multi-step and leapfrog schemes; the result is not the exact gradient, and for s > 0.25 it may ascend; 0: the exact gradient; between 0.0 and 0.5; for optimizer sgd, adam, adamw"""
    clip_norm: float | None
    """largest norm of the gradient over all parameters; a longer gradient is scaled down to it; 0: no limit; finite and >= 0.0; for optimizer sgd, adam, adamw"""
    clip_value: float | None
    """largest magnitude of a number in the gradient; larger numbers are cut to it, before clip_norm is applied; 0: no limit; finite and >= 0.0; for optimizer sgd, adam, adamw"""
    beta1: float | None
    """decay rate β₁ of the running mean of the gradient; between 0.0 and 0.9999999999999999; for optimizer adam, adamw"""
    beta2: float | None
    """decay rate β₂ of the running mean of the squared gradient; between 0.0 and 0.9999999999999999; for optimizer adam, adamw"""
    epsilon: float | None
    """ε, which is added to the square root of the running mean of the squared gradient; finite and > 0.0; for optimizer adam, adamw"""
    lbfgs_memory: int | None
    """number of the latest steps, with their gradient differences, from which lbfgs estimates the curvature; fixed once training has begun; between 1 and 1000; for optimizer lbfgs"""
    gradient_tolerance: float | None
    """training has converged when the norm of the gradient over all samples is at most this fraction of its norm at the first step; finite and >= 0.0; for optimizer lbfgs, nonlinear_cg, newton_pcg, gauss_newton, varpro, block_coordinate"""
    cg_iterations: int | None
    """most products with the curvature matrix in one step, the limit of the inner conjugate gradient iteration; between 1 and 1000000; for optimizer newton_pcg, gauss_newton, varpro, block_coordinate"""
    cg_tolerance: float | None
    """the inner conjugate gradient iteration ends when the norm of its residual is at most this fraction of the first; between 0.0 and 0.9999999999999999; for optimizer newton_pcg, gauss_newton, varpro, block_coordinate"""
    curvature_fraction: float | None
    """fraction of the step's samples that is used for products with the curvature matrix; 1: all of them; > 0.0 and <= 1.0; for optimizer newton_pcg, gauss_newton, varpro, block_coordinate"""
    preconditioner_shift: float | None
    """γ of the preconditioner (αLᵀL + γI)⁻¹, which is used if the option smoothness, its α, is above 0; finite and > 0.0; for optimizer newton_pcg, gauss_newton, varpro, block_coordinate"""
    trust_radius: float | None
    """first radius of the trust region, in the norm of the preconditioner; finite and > 0.0; for optimizer gauss_newton, varpro"""
    readout_iterations: int | None
    """most Newton iterations when the optimum of the readout is computed; between 1 and 100000; for optimizer varpro, block_coordinate"""
    readout_tolerance: float | None
    """the readout counts as optimal when the norm of its gradient is at most this; finite and >= 0.0; for optimizer varpro, block_coordinate"""
    schedule: Literal["constant", "step", "milestones", "cosine"] | str | None
    """how the learning rate changes over training"""
    schedule_interval: Literal["step", "epoch"] | str | None
    """when the rate changes: after each step, or after each epoch"""
    warmup_epochs: int | None
    """length of the warm-up, in which the rate rises linearly to learning_rate; it must be less than epochs; 0: no warm-up; between 0 and 1000000000"""
    warmup_steps: int | None
    """length of the warm-up in steps; only one of this and warmup_epochs may be set; 0: no warm-up; between 0 and 1000000000000"""
    step_epochs: int | None
    """epochs, counted from the end of the warm-up, after which the step schedule changes the rate; between 1 and 1000000000; for schedule step"""
    step_factor: float | None
    """factor by which the schedules step and milestones multiply the rate at each change; > 0.0 and <= 1.0; for schedule step, milestones"""
    milestones: float | str | Sequence[float] | None
    """increasing epochs, counted from the end of the warm-up, at which the milestones schedule multiplies the rate by step_factor, such as 80,120; finite numbers separated by commas; for schedule milestones"""
    minimum_learning_rate: float | None
    """rate at which the cosine schedule ends; at most learning_rate; finite and >= 0.0; for schedule cosine"""
    kinetic_energy: float | None
    """strength α of the term (α/2) Σ_j ‖y_{j+1} − y_j‖²/h_j in the objective, averaged over the samples, which favors short trajectories; y_j is the state in layer j and h_j its step size; 0: no term; finite and >= 0.0"""
    jacobian_penalty: float | None
    """strength α of the term (α/2) Σ_j h_j‖Jε_j‖² in the objective, averaged over the samples, which favors fields that vary slowly; J is the Jacobian of the field and ε_j a fixed vector of random signs; 0: no term; finite and >= 0.0"""
    jacobian_step: float | None
    """step δ of the difference quotients by which jacobian_penalty approximates Jε; > 0.0 and <= 1.0"""
    parameter_min: float | None
    """smallest value that a weight may have; smaller weights are set to it after every update; finite and >= -1.7976931348623157e+308"""
    parameter_max: float | None
    """largest value that a weight may have; larger weights are set to it after every update; finite and >= -1.7976931348623157e+308"""
    keep_stable: float | None
    """fraction of the integrator's stability limit that no layer may exceed; the weights of a layer that does are scaled down after every update; 0: no limit; between 0.0 and 1.0"""
    certified: Literal["none", "stable_steps", "non_expansive", "zero_stable"] | str | None
    """a statement that every update keeps true. stable_steps: each step is within its integrator's stability limit; non_expansive: each step brings no two states further apart, so that a loss with margins may count the blocks with constant 1; zero_stable: |k| of linear_multistep is at most keep_stable, or 0.9 where that is 0"""
    weight_decay: float | None
    """strength α of the term ½α‖weights‖² in the objective; adamw instead shrinks the weights directly at this rate; biases are not included; 0: no decay; finite and >= 0.0"""
    smoothness: float | None
    """strength α of the term ½α∫‖dθ/dt‖² dt in the objective, over the weights and biases θ of each block, which favors parameters that vary slowly from layer to layer; if layers have their own, it is (α/2h) Σ_j ‖θ_j − θ_{j−1}‖²; 0: no term; finite and >= 0.0"""
    classifier_smoothness: float | None
    """strength α of the term ½α‖LW‖² in the objective; W are the weights of the readout and L takes differences between neighboring features; 0: no term; finite and >= 0.0"""
    classifier_grid: float | str | Sequence[float] | None
    """rows and columns of the grid on which the features of the readout lie, for classifier_smoothness; several grids may follow one another; empty: the features lie on one line; finite numbers separated by commas"""
    classifier_operator: Literal["differences", "laplacian"] | str | None
    """the operator L of classifier_smoothness. differences: those between neighbors; laplacian: at each feature the sum of its differences from all neighbors"""
    smoothed_l1: float | None
    """strength α of the term α Σ (√(θ² + ε²) − ε) over all weights θ in the objective, which makes many weights nearly zero; biases are not included; 0: no term; finite and >= 0.0"""
    l1_epsilon: float | None
    """ε of smoothed_l1: for |θ| well below ε the term is nearly a parabola, for |θ| well above ε nearly |θ|; finite and > 0.0"""


class TrainingKeywords(TrainerOptions, total=False):
    """What `Network.fit` takes: the options of training, and a loss of your own."""

    loss: Callable[[numpy.ndarray, numpy.ndarray], tuple[ArrayLike, ArrayLike]] | None
    """loss(scores, targets) → (losses [samples], gradient [samples, outputs])"""
    larger_is_better: bool
    """how a metric of your own chooses"""


class TrajectoryFitOptions(TypedDict, total=False):
    """What `Network.fit_trajectories` takes besides the trajectories.

    `stableode.options("trajectory_fit")` describes each.
    """

    segment: int
    """intervals between observations that one segment of multiple shooting spans; the state at the start of each segment is fitted with the parameters; 0: whole trajectories, which is single shooting; between 0 and 1000000"""
    rounds: int
    """rounds of multiple shooting, each with a stronger continuity; single shooting has one; between 1 and 100"""
    continuity: float
    """weight of a squared gap between the end of a segment and the start of the next in the first round; a squared residual has the weight 1; > 0.0 and <= 1000000000000.0"""
    continuity_growth: float
    """factor of this weight from round to round; between 1.0 and 1000000.0"""
    initial_states: Literal["fitted", "given"] | str
    """fitted: the states at the first times are fitted too, beginning with the given ones; given: they are exact"""
    optimizer: Literal["sgd", "adam", "lbfgs", "nonlinear_cg"] | str
    """method that minimizes the objective, with all trajectories in each step"""
    epochs: int
    """most steps of the optimizer in a round; between 1 and 1000000000"""
    num_threads: int
    """threads that the fit uses; 0: one for each CPU that the process may use; between 0 and 1024"""
    learning_rate: float | None
    """step length of the optimizer, which the schedule and the warm-up change during training; finite and > 0.0; for optimizer sgd, adam"""
    momentum: float
    """part of the last step that is added to the next one; 0: no momentum; between 0.0 and 0.9999999999999999; for optimizer sgd"""
    nesterov: bool
    """whether momentum is that of Nesterov; it needs momentum > 0; true or false (1 or 0); for optimizer sgd"""
    gradient_smoothing: float
    """share s of the neighbors when gradients are averaged over layers, g_j ← (1−2s)g_j + s·g_{j−1} + s·g_{j+1}, against oscillations of multi-step and leapfrog schemes; the result is not the exact gradient, and for s > 0.25 it may ascend; 0: the exact gradient; between 0.0 and 0.5; for optimizer sgd, adam"""
    clip_norm: float
    """largest norm of the gradient over all parameters; a longer gradient is scaled down to it; 0: no limit; finite and >= 0.0; for optimizer sgd, adam"""
    clip_value: float
    """largest magnitude of a number in the gradient; larger numbers are cut to it, before clip_norm is applied; 0: no limit; finite and >= 0.0; for optimizer sgd, adam"""
    beta1: float
    """decay rate β₁ of the running mean of the gradient; between 0.0 and 0.9999999999999999; for optimizer adam"""
    beta2: float
    """decay rate β₂ of the running mean of the squared gradient; between 0.0 and 0.9999999999999999; for optimizer adam"""
    epsilon: float
    """ε, which is added to the square root of the running mean of the squared gradient; finite and > 0.0; for optimizer adam"""
    lbfgs_memory: int
    """number of the latest steps, with their gradient differences, from which lbfgs estimates the curvature; fixed once training has begun; between 1 and 1000; for optimizer lbfgs"""
    gradient_tolerance: float
    """training has converged when the norm of the gradient over all samples is at most this fraction of its norm at the first step; finite and >= 0.0; for optimizer lbfgs, nonlinear_cg"""
    schedule: Literal["constant", "step", "milestones", "cosine"] | str | None
    """how the learning rate changes over training"""
    schedule_interval: Literal["step", "epoch"] | str
    """when the rate changes: after each step, or after each epoch"""
    warmup_epochs: int
    """length of the warm-up, in which the rate rises linearly to learning_rate; it must be less than epochs; 0: no warm-up; between 0 and 1000000000"""
    warmup_steps: int | None
    """length of the warm-up in steps; only one of this and warmup_epochs may be set; 0: no warm-up; between 0 and 1000000000000"""
    step_epochs: int
    """epochs, counted from the end of the warm-up, after which the step schedule changes the rate; between 1 and 1000000000; for schedule step"""
    step_factor: float
    """factor by which the schedules step and milestones multiply the rate at each change; > 0.0 and <= 1.0; for schedule step, milestones"""
    milestones: float | str | Sequence[float]
    """increasing epochs, counted from the end of the warm-up, at which the milestones schedule multiplies the rate by step_factor, such as 80,120; finite numbers separated by commas; for schedule milestones"""
    minimum_learning_rate: float
    """rate at which the cosine schedule ends; at most learning_rate; finite and >= 0.0; for schedule cosine"""


class StabilityReportOptions(TypedDict, total=False):
    """What `Network.stability_report` takes besides the samples.

    `stableode.options("stability_report")` describes each.
    """

    dense_limit: int
    """largest state whose Jacobians are assembled as matrices, for their eigenvalues and logarithmic norms; larger states are analyzed by products with vectors alone; between 0 and 160"""
    singular_values: int
    """how many of the largest singular values of ∂Y_N/∂Y_j are kept for each depth; 0: none are computed; between 0 and 160"""
    lanczos_steps: int
    """most steps of the bidiagonalization that finds singular values; with as many as the state has rows all of them are exact. States of more rows than dense_limit take at most 24, unless this is set; between 1 and 512"""
    depths: int
    """at how many depths j, evenly spread from the first state to the last, the singular values of ∂Y_N/∂Y_j are computed; between 2 and 1024"""
    lyapunov_exponents: int
    """how many finite-time Lyapunov exponents of each block are computed; 0: none; between 0 and 160"""
    region_points: int
    """points along each side of the rectangle on which the scheme's stability region is sampled for plots; 0: no region; between 0 and 512"""


class MechanicsOptions(TypedDict, total=False):
    """What `Network.mechanics` takes besides the samples.

    `stableode.options("mechanics")` describes each.
    """

    dense_limit: int
    """largest state whose Jacobians are assembled as matrices, for divergences, determinants and the symplectic defect; between 0 and 160"""
    momenta: bool
    """whether the momenta of all layers are kept; they are as large as the states; true or false (1 or 0)"""


class CertificateOptions(TypedDict, total=False):
    """What `Network.certify` takes besides the statement and the input.

    `stableode.options("certificate")` describes each.
    """

    limit: float
    """the largest Λ for which the statement counts as proved; 0: any; between 0.0 and 1e+300; for statement lipschitz_l2, lipschitz_linf"""
    lower: float | str | Sequence[float]
    """the least inputs of a box on which the bound shall hold, one number for each or one for all; empty: all inputs; finite numbers separated by commas; for statement lipschitz_l2"""
    upper: float | str | Sequence[float]
    """the largest inputs of that box; finite numbers separated by commas; for statement lipschitz_l2"""
    radius: float
    """the radius to be proved, in the caller's units; 0: the largest that can be proved; between 0.0 and 1e+300; for statement certified_radius"""
