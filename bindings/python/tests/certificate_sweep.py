"""Random networks for each statement of the registry of certificates.

Networks have any field, integrator, activation, width, number of layers, way of sharing weights, normalization and precision, over features, images, or images of one row, column or pixel, with any strides, dilations, paddings and windows; half of them are made hostile: weights scaled by 1e±30, biases of millions, subnormal numbers, zero rows, or a step next to the
theorem's limit.
"""

import numpy

import reference_network
import stableode

ACTIVATIONS = list(reference_network.ACTIVATIONS)
MONOTONE = [name for name in ACTIVATIONS if name not in ("sin", "gelu", "silu")]
RUNGE_KUTTA = ["euler", "heun", "ssprk3", "rk3", "rk4", "runge_kutta"]
FIELDS = [name for name in stableode.registry("fields") if name not in ("antisymmetric_rnn", "gated_antisymmetric_rnn", "neural_cde", "ode_rnn")]

#: Statement → (fields and integrators that its theorems are about).
SUBJECTS = {
    "lipschitz_l2": [(field, integrator) for field in ("dense", "two_layer", "antisymmetric", "antisymmetric_damped", "negative_definite", "gradient_flow") for integrator in RUNGE_KUTTA]
    + [("gradient_flow", "euler"), ("antisymmetric_damped", "euler"), ("rotate_relax", "cayley"), ("rotate_relax", "exponential"), ("rotate_relax", "euler")]
    + [(field, "verlet") for field in ("hamiltonian", "hamiltonian_two_weight", "hamiltonian_h")],
    "non_expansive": [("gradient_flow", integrator) for integrator in RUNGE_KUTTA] + [("gradient_flow", "euler"), ("antisymmetric_damped", "euler"), ("rotate_relax", "cayley"), ("rotate_relax", "exponential")],
    "step_size": [("antisymmetric", "euler"), ("antisymmetric", "midpoint"), ("antisymmetric", "rk4"), ("antisymmetric", "ssprk3"), ("antisymmetric_damped", "euler"), ("antisymmetric_damped", "rk4"), ("antisymmetric_damped", "midpoint")]
    + [("gradient_flow", "euler"), ("gradient_flow", "rk3"), ("gradient_flow", "rk4"), ("gradient_flow", "leapfrog"), ("negative_definite", "euler"), ("negative_definite", "rk4"), ("negative_definite", "leapfrog")]
    + [("rotate_relax", "cayley"), ("hamiltonian", "verlet"), ("hamiltonian_two_weight", "verlet"), ("hamiltonian_h", "verlet"), ("second_order", "leapfrog"), ("second_order", "verlet")],
    "contraction": [("antisymmetric_damped", "euler")],
    "zero_stability": [(field, "linear_multistep") for field in ("dense", "gradient_flow", "two_layer", "antisymmetric", "negative_definite")],
    "absolute_stability": [("gradient_flow", "linear_multistep"), ("negative_definite", "linear_multistep")],
    "volume": [(field, "verlet") for field in ("hamiltonian", "hamiltonian_two_weight", "hamiltonian_h", "second_order")],
    "energy": [("antisymmetric", "euler")],
    "port_hamiltonian": [("port_hamiltonian", integrator) for integrator in ("euler", "rk4", "implicit_midpoint", "heun")],
}  # fmt: skip
SUBJECTS["lipschitz_linf"] = SUBJECTS["lipschitz_l2"][:36]
SUBJECTS["certified_radius"] = [pair for pair in SUBJECTS["lipschitz_l2"] if pair[0] != "rotate_relax"]

#: Coefficients of Runge–Kutta methods that have no name here: the 3/8 rule, Ralston's method, and one of a single stage that is used twice.
TABLEAUS = [
    dict(tableau_a="0.5", tableau_b="0,1", tableau_order=2), dict(tableau_a="0.6666666666666666", tableau_b="0.25,0.75", tableau_order=2),
    dict(tableau_a="0.3333333333333333,-0.3333333333333333,1,1,-1,1", tableau_b="0.125,0.375,0.375,0.125", tableau_order=4), dict(tableau_a="1", tableau_b="0.75,0.25", tableau_order=1),
]  # fmt: skip


def block_options(random, statement):
    """The options of a random block over matrices, of which the statement may be true; one in eight is of any kind."""
    if random.random() < 0.125:
        field, integrator = str(random.choice(FIELDS)), str(random.choice(list(stableode.registry("integrators"))))
    else:
        field, integrator = SUBJECTS[statement][random.integers(len(SUBJECTS[statement]))]
    pick = random.choice
    layers = int(random.integers(1, 7))
    block = dict(field=field, integrator=integrator, activation=str(pick(MONOTONE if random.random() < 0.8 else ACTIVATIONS)), bias=str(pick(["none", "scalar", "vector", "vector"])))
    block.update(layers=layers, horizon=float(layers * 10 ** random.uniform(-2, 0.7)))
    if random.random() < 0.1:
        block["horizon"] = float(layers)  # steps of 1, which are computed with one rounding less
    if random.random() < 0.2 and integrator not in ("midpoint", "leapfrog"):
        del block["layers"], block["horizon"]
        block["step_sizes"] = [float(h) for h in random.uniform(0.02, 0.5, layers)]
    block["weights_in_time"] = str(pick(["layers", "shared", "piecewise_constant", "piecewise_linear"], p=[0.6, 0.2, 0.17, 0.03]))
    if block["weights_in_time"].startswith("piecewise"):
        block["basis_count"] = int(random.integers(2, 4))
    if field in ("two_layer", "negative_definite", "gradient_flow", "hamiltonian_two_weight", "rotate_relax", "port_hamiltonian") and random.random() < 0.5:
        block["hidden_width"] = int(random.integers(1, 13))
    if field in ("antisymmetric", "antisymmetric_damped"):
        undamped = integrator != "euler" and statement == "step_size"
        block["gamma"] = 0.0 if undamped or random.random() < 0.15 else float(10 ** random.uniform(-1, 1.3 if field == "antisymmetric_damped" else 0.5))
    if field == "gradient_flow" and statement != "absolute_stability":
        block["steps"] = str(pick(["plain", "row_sums", "tight"], p=[0.65, 0.3, 0.05]))
    if field == "second_order":
        block["form"] = str(pick(["gradient", "plain"], p=[0.8, 0.2]))
    if random.random() < 0.08:
        block.update(noise="stochastic_depth", survival_scaling=str(pick(["inverted", "none"])))
    if random.random() < 0.04:
        block["inner_normalization"] = str(pick(["batch", "layer", "tv"]))
    if integrator == "runge_kutta":
        block.update(TABLEAUS[random.integers(len(TABLEAUS))])
    if integrator == "linear_multistep":
        block["multistep_shape"] = str(pick(["scalar", "per_channel"], p=[0.7, 0.3]))
    return block


#: What may stand before a block: over lists of features, over images, and from an image to a list.
OF_FEATURES = [lambda pick: dict(connector="dense", features=int(pick(range(1, 9))), activation=str(pick(ACTIVATIONS))), lambda pick: dict(connector="activation", activation=str(pick(ACTIVATIONS))), lambda pick: dict(connector="dropout")]
OF_IMAGES = [
    lambda pick: dict(connector="convolution", channels=int(pick([1, 2, 4])), kernel=int(pick([1, 2, 3])), stride=int(pick([1, 1, 2])), dilation=int(pick([1, 1, 2])), margin=int(pick([0, 1])), activation=str(pick(ACTIVATIONS)), convolution=str(pick(["direct", "automatic"]))),
    lambda pick: dict(connector="convolution", padding=str(pick(["zero", "periodic", "periodic", "replicate"])), stride=int(pick([1, 2, 3])), dilation=int(pick([1, 1, 2])), kernel=int(pick([2, 3, 3])), convolution=str(pick(["direct", "automatic"]))),
    lambda pick: dict(connector="activation", activation=str(pick(ACTIVATIONS))),
    lambda pick: dict(connector="average_pooling", window=2), lambda pick: dict(connector="average_pooling", window=2, window_stride=int(pick([1, 2, 3]))), lambda pick: dict(connector="max_pooling", window=2),
    lambda pick: dict(connector="max_pooling", window=3, window_margin=1, window_stride=int(pick([0, 2]))), lambda pick: dict(connector="max_pooling", window=2, window_stride=int(pick([1, 3]))), lambda pick: dict(connector="spatial_shift"),
    lambda pick: dict(connector="channel_copies", channels=4), lambda pick: dict(connector="channel_padding", channels=5, stride=int(pick([1, 2]))), lambda pick: dict(connector="first_channels", channels=1),
]  # fmt: skip
TO_FEATURES = [lambda pick: dict(connector="flatten"), lambda pick: dict(connector="global_average")]


def with_connectors(random, blocks, is_image):
    """The blocks with a connector before some of them."""
    found = []
    for block in blocks:
        if random.random() < (0.6 if is_image else 0.25):
            found.append(OF_IMAGES[random.integers(len(OF_IMAGES))](random.choice) if is_image else OF_FEATURES[random.integers(len(OF_FEATURES))](random.choice))
        if is_image and random.random() < 0.1:
            found.append(TO_FEATURES[random.integers(len(TO_FEATURES))](random.choice))
            is_image = False
        found.append(block if is_image else {key: value for key, value in block.items() if key not in ("operator", "kernel", "padding", "groups", "dilation", "convolution")})
    return found


def specification(random, statement):
    """The options of a random network: one block or two, over matrices or convolutions."""
    pick = random.choice
    blocks = [block_options(random, statement) for _ in range(2 if random.random() < 0.2 else 1)]
    made = dict(seed=int(random.integers(1 << 30)), precision=str(pick(["float32", "float64"])), outputs=int(random.integers(1, 6)), opening=str(pick(["dense", "zero_padding"])), blocks=blocks)
    made["loss"] = "softmax_cross_entropy" if statement == "certified_radius" or random.random() < 0.5 else "least_squares"
    if statement == "certified_radius" and made["outputs"] == 1:
        made["loss"] = "logistic"
    if random.random() < 0.25:
        groups = int(pick([1, 1, 2]))
        channels = groups * int(random.integers(1, 3)) * (2 if any(block["field"] == "hamiltonian_h" for block in blocks) else 1)
        (first, second), images = random.integers(3, 6, 2), {"image": 0.6, "list": 0.15, "row": 0.1, "column": 0.1, "pixel": 0.05}
        extents = {"image": [first, second], "list": [first], "row": [1, first], "column": [first, 1], "pixel": [1, 1]}[str(pick(list(images), p=list(images.values())))]
        made.update(input_shape=[int(n) for n in (random.integers(1, channels + 1), *extents)], width=channels, opening="zero_padding")
        for block in blocks:
            if "hidden_width" in block:
                block["hidden_width"] = groups * int(random.integers(1, 3))
            block.update(operator="convolution", kernel=int(pick([1, 3])), padding=str(pick(["zero", "periodic", "reflect", "replicate"], p=[0.6, 0.34, 0.03, 0.03])), groups=groups, dilation=int(pick([1, 1, 2])), convolution=str(pick(["direct", "automatic"])))
    else:
        width = int(random.integers(11, 65)) if random.random() < 0.05 else int(random.integers(1, 11))
        width += width % 2 if any(block["field"] == "hamiltonian_h" for block in blocks) else 0
        made.update(inputs=int(random.integers(1, width + 1)) if made["opening"] == "zero_padding" else int(random.integers(1, 9)), width=width)
    if random.random() < 0.05:
        made[str(pick(["opening_norm", "readout_norm"]))] = str(pick(["row_sums", "aol", "tight"]))
    if "lipschitz" in statement or statement == "certified_radius":
        blocks[:] = with_connectors(random, blocks, "input_shape" in made)
    elif random.random() < 0.15:
        made["readout"], made["loss"] = "identity", "softmax_cross_entropy" if statement == "certified_radius" else "least_squares"
        made["outputs"] = int(made["width"] * (numpy.prod(made["input_shape"][1:]) if "input_shape" in made else 1))
        if statement == "certified_radius" and made["outputs"] == 1:
            made["readout"], made["loss"] = "dense", "logistic"
    return made


#: What is done to the weights.
TREATMENTS = ["none"] * 6 + ["scaled", "huge", "tiny", "large_bias", "opposite_bias", "subnormal", "zero_rows", "one_rank", "wide"]


def random_network(statement, index, seed=0):
    """(network, what was done to its weights) number `index` of a statement; the same one whenever it is asked for."""
    random = numpy.random.default_rng([seed, list(SUBJECTS).index(statement), index])
    while True:
        try:
            network = stableode.Network(**specification(random, statement))
            break
        except (stableode.IncompatibleError, stableode.OutOfRangeError, stableode.ShapeMismatchError, stableode.InvalidArgumentError):
            continue
    treatment = str(random.choice(TREATMENTS))
    treat(random, network, treatment)
    if random.random() < 0.3 and network.specification["opening"] in ("dense", "zero_padding"):
        spread = 6 if random.random() < 0.2 else 0.5
        network.normalization = random.standard_normal(network.inputs), 10 ** random.uniform(-spread, spread, network.inputs)
        if random.random() < 0.4 and not network.specification.get("input_shape"):
            network.squashing = random.random(network.inputs) < 0.6
    if network.specification["loss"] == "least_squares" and random.random() < 0.3:
        network.target_scaling = random.standard_normal(network.outputs), 10 ** random.uniform(-1, 1, network.outputs)
    if random.random() < 0.5 and treatment not in ("huge", "subnormal"):
        approach_limit(random, network, statement)
    return network, treatment


def treat(random, network, treatment):
    """Draws weights of any size, then does to them what the treatment says."""
    is_single = network.specification["precision"] == "float32"
    factor = 10 ** random.uniform(-1, 0.7)
    exponent = random.uniform(0, 30) if is_single else random.uniform(0, 100)
    old = dict(network.parameters.items())
    with numpy.errstate(over="ignore", under="ignore"):
        for name, values in old.items():
            wide = values.astype("float64")
            last = name.split(".")[-1]
            if last == "k":
                wide = random.choice([random.uniform(-1, 1, values.shape), random.uniform(-1.2, 1.2, values.shape), numpy.full(values.shape, float(random.choice([-1, 1, 0, 0.999])))]) if random.random() < 0.7 else wide
                network.parameters[name] = wide.astype(values.dtype)
                continue
            if last in ("log_q", "log_tau"):
                network.parameters[name] = (wide + random.standard_normal(values.shape) * random.choice([0.1, 3, 30] if last == "log_q" else [0.1])).astype(values.dtype)
                continue
            is_bias = last.startswith("b") or last in ("theta", "I")
            wide = wide + 0.2 * random.standard_normal(values.shape) if is_bias else wide * factor
            if treatment == "scaled" and not is_bias:
                wide = wide * 10 ** random.uniform(-3, 3)
            elif treatment == "huge" and not is_bias:
                wide = wide * 10.0**exponent
            elif treatment == "tiny" and not is_bias:
                wide = wide * 10.0**-exponent
            elif treatment == "large_bias" and is_bias:
                wide = wide + 1e6
            elif treatment == "opposite_bias" and is_bias:
                wide = wide + 5e6 * random.choice([-1.0, 1.0], values.shape)
            elif treatment == "subnormal" and not is_bias:
                wide = wide * (1e-42 if is_single else 1e-315)
            elif treatment == "zero_rows" and not is_bias:
                wide = wide * (random.random(values.shape) < 0.3)
            elif treatment == "one_rank" and not is_bias and wide.ndim == 3:
                wide = wide[:, :, :1] * numpy.sign(wide[:, :1, :]) + 1e-6 * wide
            elif treatment == "wide" and not is_bias:
                wide = wide * 10.0 ** random.uniform(-8, 1, values.shape)
            limit = numpy.finfo(values.dtype).max / 4
            network.parameters[name] = numpy.clip(wide, -limit, limit).astype(values.dtype)


#: Hypothesis → the power of the weights in its value.
POWERS = {"euler_step": 2, "circle_step": 2, "leapfrog_step": 2, "multistep_step": 2, "midpoint_step": 1, "imaginary_step": 1, "rotation_step": 2, "damped_step": 2}


def approach_limit(random, network, statement):
    """Scales the blocks' weights so that the worst hypothesis comes close to its limit, from either side."""
    if statement not in ("non_expansive", "step_size", "absolute_stability", "lipschitz_l2"):
        return
    certificate = network.certify("non_expansive" if statement == "lipschitz_l2" else statement)
    found = [1.0]
    for hypothesis in certificate.hypotheses:
        power = POWERS.get(hypothesis["name"], 1 if "verlet" in hypothesis["name"] and "₁" not in hypothesis["text"] else 2 if "verlet" in hypothesis["name"] else 0)
        if power and 0 < hypothesis["value"] < 1e200 and 0 < hypothesis["limit"] < 1e200:
            found.append((hypothesis["limit"] / hypothesis["value"]) ** (1 / power))
    factor = min(found[1:] or [1.0]) * (1 + random.choice([-1, 1, -1]) * 10 ** random.uniform(-7, -0.5))
    if not 1e-20 < factor < 1e20:
        return
    for name, values in dict(network.parameters.items()).items():
        if name.startswith("blocks.") and name.split(".")[-1][0] in "KC":
            with numpy.errstate(over="ignore", under="ignore"):
                scaled = values * values.dtype.type(factor)
            if numpy.isfinite(scaled).all():
                network.parameters[name] = scaled
