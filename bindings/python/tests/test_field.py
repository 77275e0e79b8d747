"""The vector field of a block and its products, against formulas in NumPy and against solves."""

import numpy
import pytest
from reference_layer import Layer

import stableode

SEQUENCES = ("antisymmetric_rnn", "gated_antisymmetric_rnn", "neural_cde", "ode_rnn")
FIELDS = [name for name in stableode.fields() if name not in SEQUENCES]
#: Options that a field needs besides the common ones.
EXTRA = {
    "antisymmetric": dict(gamma=0.3),
    "antisymmetric_damped": dict(gamma=0.3),
    "hamiltonian": dict(integrator="verlet"),
    "hamiltonian_two_weight": dict(integrator="verlet", hidden_width=3),
    "second_order": dict(integrator="verlet"),
    "port_hamiltonian": dict(integrator="rk4"),
    "two_layer": dict(hidden_width=7),
}
N, LAYERS, SAMPLES = 4, 3, 37


def network_of(name, **changes):
    options = dict(inputs=N, outputs=2, width=N, field=name, layers=LAYERS, horizon=1.5, precision="float64", initial_scale=1.5, seed=5)
    network = stableode.Network(**{**options, **EXTRA.get(name, {}), **changes})
    random = numpy.random.default_rng(11)
    values = network.parameter_vector
    network.parameter_vector = values + 0.1 * random.standard_normal(values.shape)
    return network


def points(network, name, seed=2):
    """(t [samples], y [samples, state width])."""
    random = numpy.random.default_rng(seed)
    width = 2 * N if name in ("hamiltonian", "hamiltonian_two_weight", "second_order") else N
    return random.uniform(0, 1.5, SAMPLES), random.standard_normal((SAMPLES, width))


def formula(network, name, layer, y):
    """f at the weights of one layer, in NumPy."""
    options = network.specification["blocks"][0]
    weights = {key.removeprefix("blocks.0."): value[layer] for key, value in network.parameters.items() if key.startswith("blocks.0.")}
    sigma = numpy.tanh
    if name == "linear_cubic":
        return y @ weights["w"].T + weights["b"] - options["cubic_rate"] * y**3
    if name == "linear_activation":
        relaxed = sigma(y) - (y if options["activation_form"] == "relaxation" else 0)
        return y @ weights["w"].T + weights["b"] + options["activation_rate"] * relaxed
    if name == "continuous_rnn":
        w = (weights["w"] + weights["w"].T) / 2 if options["symmetric"] else weights["w"]
        return (-y + sigma(y - weights["theta"]) @ w + weights["I"]) * numpy.exp(-weights["log_tau"])
    if name in ("pre_activation", "bottleneck"):
        for index in (1, 2, 3) if name == "bottleneck" else (1, 2):
            scale, shift, mean, variance = weights[f"n{index}"]
            y = sigma(scale * (y - mean) / numpy.sqrt(variance + options["normalization_epsilon"]) + shift) @ weights[f"K{index}"].T + weights.get(f"b{index}", 0)
        return y
    reference = Layer(options, weights, 0.5)
    if 2 * N == y.shape[1]:
        position, momentum = reference.parts(None)
        return numpy.concatenate([position(y[:, N:]), momentum(y[:, :N])], axis=1)
    if name == "hamiltonian_h":
        position, momentum = reference.parts(None)
        return numpy.concatenate([position(y[:, N // 2 :]), momentum(y[:, : N // 2])], axis=1)
    return reference.f(y)


@pytest.mark.parametrize("name", FIELDS)
def test_values_are_those_of_the_formula(name):
    network = network_of(name)
    t, y = points(network, name)
    values = network.field(t, y)
    layers = numpy.minimum((t / 0.5).astype(int), LAYERS - 1)
    expected = numpy.stack([formula(network, name, layer, row[None])[0] for layer, row in zip(layers, y, strict=True)])
    numpy.testing.assert_allclose(values, expected.astype(float), rtol=1e-12, atol=1e-12)
    # One state alone, times of any type, and a single time for all.
    assert numpy.array_equal(network.field(t[3], y[3]), values[3])
    assert numpy.array_equal(network.field(0.75, y), numpy.stack([network.field(0.75, row) for row in y]))
    assert numpy.array_equal(network.field(1, y), network.field(1.0, y.tolist()))


@pytest.mark.parametrize("basis", ["layers", "shared", "piecewise_constant", "polynomial", "piecewise_linear", "b_spline"])
@pytest.mark.parametrize("name", FIELDS)
def test_products(name, basis):
    """J v by differences, and ⟨J v + (∂f/∂θ) d, w⟩ = ⟨v, Jᵀ w⟩ + ⟨d, (∂f/∂θ)ᵀ w⟩, for every field and basis of weights in time."""
    if name in ("pre_activation", "bottleneck") and basis in ("polynomial", "piecewise_linear", "b_spline"):
        pytest.skip("running averages belong to layers")
    changes = dict(weights_in_time=basis) if basis in ("layers", "shared") else dict(weights_in_time=basis, basis_count=4, layers=6)
    network = network_of(name, **changes)
    t, y = points(network, name)
    random = numpy.random.default_rng(4)
    v, w, d = random.standard_normal(y.shape), random.standard_normal(y.shape), random.standard_normal(network.parameter_count)
    h = 1e-5
    differences = (network.field(t, y + h * v) - network.field(t, y - h * v)) / (2 * h)
    product = network.field.jvp(t, y, v)
    numpy.testing.assert_allclose(product, differences, rtol=1e-7, atol=1e-7)
    theta = network.parameter_vector
    network.parameter_vector = theta + h * d
    ahead = network.field(t, y)
    network.parameter_vector = theta - h * d
    along = (ahead - network.field(t, y)) / (2 * h)
    network.parameter_vector = theta
    both = network.field.jvp(t, y, v, parameters=d)
    numpy.testing.assert_allclose(network.field.jvp(t, y, None, parameters=d), along, rtol=1e-6, atol=1e-6)
    numpy.testing.assert_allclose(both, product + along, rtol=1e-6, atol=1e-6)
    by_state, by_parameters = network.field.vjp(t, y, w), network.field.parameter_vjp(t, y, w)
    numpy.testing.assert_allclose((both * w).sum(), (v * by_state).sum() + d @ by_parameters, rtol=1e-11, atol=1e-11)
    # The products of each sample alone.
    assert numpy.array_equal(network.field.jvp(t[5], y[5], v[5]), product[5])
    assert numpy.array_equal(network.field.vjp(t[5], y[5], w[5]), by_state[5])


def test_weights_are_those_of_exactly_the_time():
    network = network_of("dense", weights_in_time="polynomial", basis_count=3, layers=10)
    t, y = points(network, "dense")
    k, b = network.parameters["blocks.0.K"], network.parameters["blocks.0.b"]
    for time, row, value in zip(t, y, network.field(t, y), strict=True):
        factors = [1, 2 * time / 1.5 - 1, (3 * (2 * time / 1.5 - 1) ** 2 - 1) / 2]
        matrix, bias = numpy.tensordot(factors, k, 1), numpy.tensordot(factors, b, 1)
        numpy.testing.assert_allclose(value, numpy.tanh(matrix @ row + bias), rtol=1e-12)


def test_a_boundary_belongs_to_the_later_layer():
    network = network_of("dense", layers=7, horizon=0.7)
    y = numpy.ones(N)
    for layer in range(8):
        time = 0.7 * layer / 7
        expected = formula(network, "dense", min(layer, 6), y[None])[0]
        numpy.testing.assert_allclose(network.field(time, y), expected.astype(float), rtol=1e-12)
    unequal = stableode.Network(
        inputs=N, outputs=2, width=N, field="dense", step_sizes=[0.1, 0.2, 0.4], precision="float64")
    for time, layer in [(0, 0), (0.1, 1), (0.25, 1), (0.3, 1), (0.31, 2), (0.7, 2)]:
        numpy.testing.assert_allclose(unequal.field(time, y), formula(unequal, "dense", layer, y[None])[0].astype(float), rtol=1e-12)


@pytest.mark.parametrize("name", ["antisymmetric", "hamiltonian_h", "two_layer", "port_hamiltonian"])
def test_solves_move_along_the_field(name):
    """The slope of a dense solution, by differences of its states, is the field at the state."""
    network = network_of(name, integrator="dopri5", layers=2, relative_tolerance=1e-11, absolute_tolerance=1e-11)
    start = numpy.random.default_rng(3).standard_normal((5, N))
    h = 1e-4
    for time in (0.3, 0.6, 0.9, 1.2):
        before, here, after = network.solve(start_states=start, times=[time - h, time, time + h]).states.transpose(1, 0, 2)
        numpy.testing.assert_allclose((after - before) / (2 * h), network.field(time, here), rtol=2e-6, atol=2e-6)


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_images(precision):
    network = stableode.Network(
        input_shape=[2, 5, 4], outputs=3, precision=precision, blocks=[dict(field="gradient_flow", operator="convolution", layers=2, horizon=1.0)], readout="dense")
    random = numpy.random.default_rng(1)
    y, v, w = random.standard_normal((3, 6, 2, 5, 4)).astype(precision)
    values = network.field(0.2, y)
    assert values.shape == y.shape and values.dtype == y.dtype
    assert numpy.array_equal(network.field(0.2, y[1]), values[1])
    assert numpy.array_equal(network.field(0.2, y.reshape(6, -1)), values.reshape(6, -1))
    # The field of the first layer is what an Euler step adds.
    states = network.states(y)
    numpy.testing.assert_allclose(states[1] - states[0], 0.5 * values, atol=1e-5 if precision == "float32" else 1e-14)
    left, right = (network.field.jvp(0.2, y, v) * w).sum(dtype="float64"), (network.field.vjp(0.2, y, w) * v).sum(dtype="float64")
    assert abs(left - right) < (1e-3 if precision == "float32" else 1e-12)


def test_normalized_and_second_blocks():
    """Batch normalization takes its running averages, as in prediction; `block` chooses."""
    network = stableode.Network(
        inputs=N, outputs=2, width=N, precision="float64", seed=2,
        blocks=[dict(field="dense", layers=2), dict(field="pre_activation", normalization="batch", layers=2)])
    y, v, w = numpy.random.default_rng(1).standard_normal((3, SAMPLES, N))
    values = network.field(0.1, y, block=1)
    assert numpy.array_equal(values[:1], network.field(0.1, y[:1], block=1))
    assert not numpy.array_equal(values, network.field(0.1, y))
    product = network.field.jvp(0.1, y, v, block=1)
    numpy.testing.assert_allclose((product * w).sum(), (network.field.vjp(0.1, y, w, block=1) * v).sum(), rtol=1e-11)
    gradient = network.split(network.field.parameter_vjp(0.1, y, w, block=1))
    assert not gradient["blocks.0.K"].any() and not gradient["readout.W"].any() and gradient["blocks.1.K1"].any()


@pytest.mark.parametrize("name", SEQUENCES)
def test_driven_fields_are_refused(name):
    options = {"neural_cde": dict(interpolation="linear"), "ode_rnn": dict(layers=8)}.get(name, {})
    network = stableode.Network(**{**dict(opening="sequence", inputs=8, channels=2, outputs=2, width=3, field=name, layers=4), **options})
    with pytest.raises(stableode.IncompatibleError, match=f"block 0: field {name} reads a sequence"):
        network.field(0.0, numpy.zeros(3))


def test_errors():
    network = network_of("dense")
    y = numpy.zeros((5, N))
    with pytest.raises(stableode.InvalidArgumentError, match="times is NULL, but the weights of block 0 depend on time"):
        network.field(None, y)
    assert network_of("dense", weights_in_time="shared").field(None, y).shape == y.shape
    for time, match in [(-0.1, "holds -0.1 at element 0"), (1.6, "between 0 and the horizon 1.5"), (numpy.nan, "NaN")]:
        with pytest.raises(stableode.StableODEError, match=match):
            network.field(time, y)
    with pytest.raises(stableode.ShapeMismatchError, match="one time per sample"):
        network.field(numpy.zeros(4), y)
    with pytest.raises(stableode.ShapeMismatchError, match="state width of the field"):
        network.field(0.1, numpy.zeros((5, N + 1)))
    with pytest.raises(stableode.InvalidDataError, match="row 3, column 2"):
        network.field(0.1, numpy.where(numpy.arange(5 * N).reshape(5, N) == 3 * N + 2, numpy.nan, 0))
    with pytest.raises(stableode.ShapeMismatchError, match="state_direction"):
        network.field.jvp(0.1, y, y[:4])
    with pytest.raises(stableode.ShapeMismatchError, match="cotangent"):
        network.field.vjp(0.1, y, y[:, :2])
    with pytest.raises(stableode.ShapeMismatchError, match="parameter_direction"):
        network.field.jvp(0.1, y, None, parameters=numpy.zeros(3))
    with pytest.raises(stableode.OutOfRangeError, match="block is 1"):
        network.field(0.1, y, block=1)
    with pytest.raises(stableode.IncompatibleError, match="revnet steps two fields"):
        stableode.Network(inputs=4, outputs=2, field="dense", integrator="revnet").field(0.1, numpy.zeros(2))
    network.parameters["blocks.0.b"] = numpy.full((LAYERS, N), 1e308)
    relu = stableode.Network(inputs=2, outputs=2, width=2, field="dense", activation="relu", layers=1, precision="float64")
    relu.parameters["blocks.0.K"] = numpy.full((1, 2, 2), 1e308)
    with pytest.raises(stableode.NotFiniteError, match="values is not finite in float64 at row 1, column 0"):
        relu.field(0.1, [[0.0, 0.0], [9.0, 9.0]])
    assert "VectorField of" in repr(network.field)
