"""Image networks: states, arrays, connectors, batch normalization."""

import subprocess
import sys

import numpy
import pytest

import stableode

CONVOLUTION = {"field": "antisymmetric", "operator": "convolution", "layers": 2}
RESIDUAL = {"field": "pre_activation", "operator": "convolution", "bias": "none", "layers": 3}


def images(count, *shape):
    return numpy.random.default_rng(1).random((count, *shape)).astype("float32")


def test_states_are_images():
    network = stableode.Network(input_shape=[2, 4, 5], outputs=3, blocks=[CONVOLUTION, {"connector": "average_pooling"}, {**CONVOLUTION, "integrator": "leapfrog", "field": "gradient_flow"}])
    given = images(3, 2, 4, 5)
    first = network.states(given)
    assert first.shape == (3, 3, 2, 4, 5) and numpy.array_equal(first[0], given)
    # Leapfrog remembers the state before.
    assert network.states(given, block=1).shape == (3, 3, 4, 2, 2)
    out = numpy.empty((3, 3, 2, 4, 5), "float32")
    assert network.states(given, out=out) is out and numpy.array_equal(out, first)
    final = numpy.empty((3, 2, 4, 5), "float32")
    assert network.final_states(given, 0, out=final) is final and numpy.array_equal(final, first[-1])
    assert numpy.array_equal(network.final_states(given), network.states(given, block=network.block_count - 1)[-1])
    with pytest.raises(stableode.InvalidArgumentError, match=r"it must be \[3, 3, 2, 4, 5\]"):
        network.states(given, out=numpy.empty((3, 3, 2, 5, 4), "float32"))
    with pytest.raises(stableode.InvalidArgumentError, match="row-major order without gaps"):
        network.states(given, out=numpy.empty((3, 3, 2, 4, 5), "float32", order="F"))


def test_a_convolution_equals_its_formula():
    """One Euler step with a known kernel: zeros outside of the image, the transpose in gradient_flow."""
    network = stableode.Network(
        input_shape=[1, 3, 3], outputs=9, readout="identity", precision="float64", loss="least_squares",
        blocks=[{"field": "dense", "operator": "convolution", "activation": "identity", "bias": "none", "layers": 1, "horizon": 1.0}],
    )
    kernel = numpy.arange(1.0, 10).reshape(3, 3)
    network.parameters["blocks.0.K"] = kernel.reshape(1, 1, 1, 9)
    image = numpy.random.default_rng(2).random((3, 3))
    padded = numpy.pad(image, 1)
    expected = image + [[(padded[i : i + 3, j : j + 3] * kernel).sum() for j in range(3)] for i in range(3)]
    assert numpy.allclose(network.scores(image[None, None]).reshape(3, 3), expected, rtol=1e-14)


def test_an_image_needs_an_operator():
    with pytest.raises(stableode.IncompatibleError, match="set operator to convolution; or to dense, for matrices between all 784 numbers"):
        stableode.Network(input_shape=[1, 28, 28], outputs=2, field="antisymmetric")


def test_a_signal_has_no_margin_above_it():
    network = stableode.Network(input_shape=[3, 11], outputs=2, blocks=[{"connector": "convolution", "channels": 4, "kernel": 5, "margin": 3}, CONVOLUTION])
    assert network.parameters["connectors.0.K"].shape == (4, 3, 5)
    assert network.states(images(2, 3, 11)).shape == (3, 2, 4, 1, 13)


def test_options_of_connectors_are_described():
    assert "residual" in stableode.connectors() and "convolution" in stableode.operators()
    assert set(stableode.options("connector=global_average")) == set()
    assert {"stride", "shortcut", "normalization"} <= set(stableode.options("connector=residual"))


def test_levels_with_connectors_and_batch_normalization():
    """Running variances stay positive when layers are added, and evaluation goes on from the same averages."""
    network = stableode.Network(input_shape=[1, 6, 6], outputs=3, blocks=[{"connector": "convolution", "channels": 4}, RESIDUAL])
    network.parameters["blocks.0.n1"] = numpy.stack([numpy.full((4, 4), value) for value in (0.01, 1, 5)])
    assert network.refine("linear").parameters["blocks.0.n1"][:, 3].min() >= 0.01
    data = images(40, 1, 6, 6), numpy.arange(40) % 3
    deeper, _ = stableode.multilevel(network, data, layers=6, epochs=1, batch_size=20)
    assert deeper.specification["blocks"][1]["layers"] == 6 and numpy.isfinite(deeper.scores(data[0])).all()


def test_running_averages_are_those_of_the_data():
    """After many steps over the same batch the running averages are its statistics, so that evaluation equals training."""
    network = stableode.Network(input_shape=[2, 4, 4], outputs=2, precision="float64", blocks=[{"connector": "normalization", "normalization_momentum": 0.5}, CONVOLUTION])
    data, labels = images(30, 2, 4, 4).astype("float64"), numpy.arange(30) % 2
    network.fit(data, labels, epochs=60, batch_size=30, optimizer="sgd", learning_rate=1e-12, normalization="none")
    statistics = network.parameters["connectors.0.n"]
    assert numpy.allclose(statistics[2], data.mean((0, 2, 3)), rtol=1e-12)
    assert numpy.allclose(statistics[3], data.var((0, 2, 3), ddof=1), rtol=1e-12)
    evaluated, trained = network.evaluate(data, labels)["loss"], stableode.Gradient(network, 30).loss(data, labels)
    assert abs(evaluated - trained) < 1e-3 * trained


def test_negative_running_variances_are_refused(tmp_path):
    """By whatever way parameters come in; the network stays as it was. A variance of 0 is allowed."""
    network = stableode.Network(input_shape=[1, 6, 6], outputs=3, blocks=[{"connector": "convolution", "channels": 4}, RESIDUAL | {"layers": 2}])
    before, statistics = network.parameter_vector, network.parameters["blocks.0.n1"].copy()
    text = r"the running variance of channel 2 in blocks\.0\.n1 is -0\.5; a variance is at least 0"
    statistics[1, 3, 2] = -0.5
    with pytest.raises(stableode.OutOfRangeError, match=text):
        network.parameters["blocks.0.n1"] = statistics
    place = numpy.flatnonzero(before == 1)
    everything = before.copy()
    everything[place] = -0.5
    with pytest.raises(stableode.OutOfRangeError, match="the running variance of channel"):
        network.parameter_vector = everything
    assert numpy.array_equal(network.parameter_vector, before)
    statistics[1, 3, 2] = 0
    network.parameters["blocks.0.n1"] = statistics
    network.save(tmp_path / "zero.safetensors")
    assert numpy.isfinite(stableode.Network.load(tmp_path / "zero.safetensors").scores(images(2, 1, 6, 6))).all()


@pytest.mark.parametrize("threads", [1, 2])
def test_a_cancelled_batch_leaves_the_network_as_it_was(threads):
    network = stableode.Network(input_shape=[1, 12, 12], outputs=3, blocks=[{"connector": "convolution", "channels": 8}, RESIDUAL])
    gradient = stableode.Gradient(network, 200, threads=threads)
    data, labels = images(200, 1, 12, 12), numpy.arange(200) % 3
    whole = gradient.loss_and_gradient(data, labels)
    token = stableode.CancelToken()
    token.request()
    for _ in range(3):
        with pytest.raises(stableode.CancelledError), stableode.limits(cancel=token):
            gradient.loss_and_gradient(data, labels)
        again = gradient.loss_and_gradient(data, labels)
        assert again[0] == whole[0] and numpy.array_equal(again[1], whole[1])


def test_no_memory_for_the_tiles_of_a_batch():
    """Batch normalization runs all tiles of a batch side by side. If there is no memory for them, the call says so."""
    program = """
import resource, numpy, stableode
resource.setrlimit(resource.RLIMIT_AS, (700 << 20,) * 2)
network = stableode.Network(input_shape=[1, 2, 2], outputs=2, blocks=[{"connector": "normalization"}, {"field": "dense", "operator": "convolution", "layers": 1}])
try:
    network.fit(numpy.random.rand(60000, 4).astype("f4"), numpy.arange(60000) % 2, epochs=1, batch_size=60000)
except MemoryError as error:
    print("refused:", error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and done.stdout.startswith("refused: memory"), done.stdout + done.stderr


@pytest.mark.parametrize("optimizer", stableode.optimizers())
def test_running_averages_come_from_where_a_step_begins_or_ends(optimizer):
    """With the share 1 they are those of the whole batch at one of the two points, never at a point that a search has rejected."""
    x, y = images(40, 2, 6, 5), numpy.random.default_rng(3).integers(0, 3, 40)
    convolution = {"connector": "convolution", "channels": 4}
    options = dict(input_shape=[2, 6, 5], outputs=3, seed=2, precision="float64")
    network = stableode.Network(**options, blocks=[convolution, {"connector": "normalization", "normalization_momentum": 1.0}, CONVOLUTION])
    plain = stableode.Network(**options, blocks=[convolution, CONVOLUTION])
    (name,) = [name for name, shape in network.parameters.shapes.items() if name.startswith("connectors.1")]

    def mean():
        for key in ("connectors.0.K", "connectors.0.b"):
            plain.parameters[key] = network.parameters[key]
        return plain.states(x)[0].mean(axis=(0, 2, 3))

    before, moved = mean(), 0
    trainer = stableode.Trainer(network, optimizer=optimizer, batch_size=40, epochs=12, num_threads=1, normalization="none")
    for _ in range(12):
        trainer.run((x, y), epochs=1)
        after, running = mean(), network.parameters[name].reshape(4, 4)[2]
        if not numpy.array_equal(before, after):
            moved += 1
            assert min(abs(running - before).max(), abs(running - after).max()) < 1e-12
        before = after
    assert moved >= 3


def test_block_coordinate_trains_with_batch_normalization():
    x, y = numpy.random.default_rng(0).random((40, 2, 6, 5)), numpy.random.default_rng(1).integers(0, 3, 40)
    blocks = [{"connector": "convolution", "channels": 4}, RESIDUAL, {"connector": "residual", "channels": 8, "stride": 2}, {**RESIDUAL, "layers": 1}, {"connector": "global_average"}]
    for seed in range(12):
        network = stableode.Network(input_shape=[2, 6, 5], outputs=3, seed=seed, blocks=blocks)
        trainer = stableode.Trainer(network, optimizer="block_coordinate", epochs=4, batch_size=16, num_threads=1, seed=seed)
        assert trainer.run((x, y)).outcome == "ok" and numpy.isfinite(network.scores(x)).all()


def test_a_normalization_may_be_given_per_channel():
    shape = [3, 4, 5]
    network = stableode.Network(input_shape=shape, outputs=2, precision="float64", **CONVOLUTION)
    shift, scale = numpy.array([1.0, -2.0, 0.5]), numpy.array([2.0, 3.0, 0.25], "float32")
    network.normalization = shift, scale
    assert all(numpy.array_equal(found, numpy.repeat(given, 20)) for found, given in zip(network.normalization, (shift, scale), strict=True))
    data = images(3, *shape).astype("float64")
    scores = network.scores(data)
    network.normalization = numpy.repeat(shift, 20), numpy.repeat(scale, 20)
    assert numpy.array_equal(network.scores(data), scores)
    network.normalization = shift[::-1], numpy.repeat(scale, 20)
    assert numpy.array_equal(network.normalization[0], numpy.repeat(shift[::-1], 20))
    with pytest.raises(stableode.ShapeMismatchError, match=r"shift has shape \[4\]; it must be \[60\] \(one number per input\) or \[3\] \(one number per channel\)"):
        network.normalization = numpy.ones(4), numpy.ones(3)
    with pytest.raises(stableode.ShapeMismatchError, match=r"it must be \[6\] \(one number per input\)$"):
        stableode.Network(inputs=6, outputs=2).normalization = numpy.ones(3), numpy.ones(3)


def test_kernels_have_two_axes_if_they_are_given_so():
    network = stableode.Network(
        input_shape=[2, 6, 6], outputs=2,
        blocks=[{"connector": "convolution", "channels": 4, "kernel": 5}, CONVOLUTION, {"connector": "residual", "channels": 6, "stride": 2}, {**CONVOLUTION, "kernel": 1}],
    )  # fmt: skip
    numbers = numpy.random.default_rng(3)
    for name, shape in [("connectors.0.K", (4, 2, 5, 5)), ("blocks.0.K", (2, 4, 4, 3, 3)), ("connectors.1.K2", (6, 6, 3, 3)), ("connectors.1.S", (6, 4, 1, 1)), ("blocks.1.K", (2, 6, 6, 1, 1))]:
        kernel = numbers.random(shape).astype("float32")
        network.parameters[name] = kernel
        assert network.parameters[name].shape == (*shape[:-2], shape[-2] * shape[-1])
        assert numpy.array_equal(network.parameters[name].reshape(shape), kernel)
        # Not in memory order.
        network.parameters[name] = numpy.asfortranarray(kernel[..., ::-1])
        assert numpy.array_equal(network.parameters[name].reshape(shape), kernel[..., ::-1])
    for name, shape in [("connectors.0.K", (4, 2, 25, 1)), ("connectors.0.K", (2, 4, 5, 5)), ("blocks.0.K", (2, 4, 4, 1, 9)), ("blocks.0.K", (2, 4, 4, 2, 3))]:
        with pytest.raises(stableode.ShapeMismatchError):
            network.parameters[name] = numpy.zeros(shape, "float32")
    signal = stableode.Network(input_shape=[2, 9], outputs=2, kernel=9, **CONVOLUTION)
    signal.parameters["blocks.0.K"] = numbers.random((2, 2, 2, 1, 9))


def test_directions_and_gradients_have_the_shape_of_the_features():
    network = stableode.Network(input_shape=[2, 3, 4], outputs=3, precision="float64", **CONVOLUTION)
    gradient = stableode.Gradient(network, 5)
    data, direction, cotangent = (numpy.random.default_rng(seed).random(shape) for seed, shape in [(1, (5, 2, 3, 4)), (2, (5, 2, 3, 4)), (3, (5, 3))])
    last = lambda array: numpy.ascontiguousarray(array.transpose(0, 2, 3, 1))
    flat = lambda array: array.reshape(5, 24)
    _, wanted = gradient.pushforward(flat(data), None, flat(direction))
    _, pulled = gradient.pullback(flat(data), cotangent)
    assert pulled.shape == (5, 24) and abs((pulled * flat(direction)).sum() - (wanted * cotangent).sum()) < 1e-12
    for given in (lambda array: array, last, flat):
        for along in (lambda array: array, last, flat, lambda array: last(array).transpose(0, 3, 1, 2)):
            assert numpy.array_equal(gradient.pushforward(given(data), None, along(direction))[1], wanted)
        found = gradient.pullback(given(data), cotangent)[1]
        assert found.shape == given(data).shape and numpy.array_equal(found, given(pulled.reshape(5, 2, 3, 4)))
    with pytest.raises(stableode.ShapeMismatchError, match="feature_direction has 4 samples; the batch has 5"):
        gradient.pushforward(data, None, direction[:4])
    with pytest.raises(stableode.ShapeMismatchError, match=r"feature_direction has shape \[5, 2, 4, 3\]; it must be"):
        gradient.pushforward(data, None, direction.transpose(0, 1, 3, 2))
    labels, parameters = numpy.arange(5) % 3, numpy.random.default_rng(4).random(network.parameter_count)
    for kind in ("gauss_newton", "hessian"):
        assert numpy.array_equal(gradient.curvature(last(data), labels, parameters, kind), gradient.curvature(flat(data), labels, parameters, kind))
    # A gray image may lack its channel.
    gray = stableode.Network(input_shape=[1, 3, 4], outputs=3, **CONVOLUTION)
    assert stableode.Gradient(gray, 5).pullback(data[:, 0], cotangent)[1].shape == (5, 3, 4)


@pytest.mark.parametrize("field", ["antisymmetric", "hamiltonian"])
def test_solutions_are_images(field):
    network = stableode.Network(
        input_shape=[2, 3, 4], outputs=3, precision="float64",
        blocks=[{"connector": "convolution", "channels": 4}, {"field": field, "operator": "convolution", "integrator": "dopri5", "layers": 1, "horizon": 2.0}],
    )  # fmt: skip
    data, times = images(5, 2, 3, 4).astype("float64"), [0.0, 0.7, 2.0]
    states = network.states(data)
    solution = network.solve(data, times)
    assert solution.states.shape == (5, 3, 4, 3, 4) and solution.restart_states.shape == states.shape[1:]
    assert numpy.array_equal(solution.states[:, 0], states[0][:, :4]) and numpy.allclose(solution.states[:, 2], states[1][:, :4], atol=1e-3)
    weights = numpy.random.default_rng(5).normal(size=(4, 3, 4))
    level = (weights * solution.states[:, 1]).sum((1, 2, 3)).mean()
    met = network.solve(data, times, event=(weights, level))
    again = network.solve(data, times, event=(weights.reshape(-1), level))
    assert numpy.array_equal(met.ends, again.ends) and (met.ends == stableode.END_EVENT).any()
    at = met.ends == stableode.END_EVENT
    assert met.event_states.shape == (5, 4, 3, 4) and numpy.allclose((met.event_states[at] * weights).sum((1, 2, 3)), level)
    rest = network.solve(start_states=met.restart_states[at], start_times=met.end_times[at], times=times)
    assert numpy.allclose(rest.states[:, 2], solution.states[at][:, 2], atol=1e-3)
    start = numpy.ascontiguousarray(states[0])
    assert numpy.array_equal(network.solve(start_states=start, times=times).states, network.solve(start_states=start.reshape(5, -1), times=times).states)


def test_one_pixel_images():
    """Convolutions over one pixel are matrices between channels."""
    common = {"outputs": 3, "precision": "float64", "seed": 4}
    dense = stableode.Network(inputs=5, layers=3, **common)
    data = numpy.random.default_rng(6).normal(size=(20, 5))
    for kernel in (1, 3):
        network = stableode.Network(input_shape=[5, 1, 1], operator="convolution", kernel=kernel, layers=3, **common)
        assert network.parameters.shapes["blocks.0.K"] == (3, 5, 5, 1)
        network.parameter_vector = dense.parameter_vector
        assert numpy.allclose(network.scores(data), dense.scores(data), rtol=1e-13)
        assert numpy.array_equal(network.scores(data[:, :, None, None]), network.scores(data))
        labels = numpy.arange(20) % 3
        found, wanted = (stableode.Gradient(each).loss_and_gradient(data, labels) for each in (network, dense))
        assert abs(found[0] - wanted[0]) < 1e-13 and numpy.allclose(found[1], wanted[1], atol=1e-14)
    # What pooling leaves of an image is one, too; without an operator it is a list of features.
    for block in ({"operator": "convolution"}, {}):
        pooled = stableode.Network(input_shape=[2, 4, 4], blocks=[{"connector": "average_pooling", "window": 4}, {"field": "dense", **block}], **common)
        assert pooled.parameters.shapes["blocks.0.K"] == ((10, 2, 2, 1) if block else (10, 2, 2))


def test_dropout_between_blocks():
    blocks = [CONVOLUTION, {"connector": "dropout", "dropout_rate": 0.5}, {"connector": "global_average"}, {"field": "dense"}]
    network = stableode.Network(input_shape=[2, 4, 4], outputs=2, seed=3, blocks=blocks)
    plain = stableode.Network(input_shape=[2, 4, 4], outputs=2, seed=3, blocks=[blocks[0], *blocks[2:]])
    data, labels = images(40, 2, 4, 4), numpy.arange(40) % 2
    assert numpy.array_equal(network.scores(data), plain.scores(data))
    losses = [stableode.Gradient(each).loss_and_gradient(data, labels) for each in (network, plain)]
    assert losses[0][0] == losses[1][0] and numpy.array_equal(losses[0][1], losses[1][1])
    options = {"epochs": 2, "batch_size": 16, "optimizer": "sgd", "seed": 1}
    trained = []
    for threads in (1, 2, 3):
        copy = network.copy()
        copy.fit(data, labels, num_threads=threads, **options)
        trained.append(copy.parameter_vector)
    assert all(numpy.array_equal(each, trained[0]) for each in trained)
    plain.fit(data, labels, **options)
    assert not numpy.array_equal(plain.parameter_vector, trained[0])


def test_the_last_batch_may_not_be_a_single_number():
    network = stableode.Network(inputs=3, outputs=2, field="pre_activation", layers=2)
    data, labels = numpy.random.default_rng(7).random((33, 3)), numpy.arange(33) % 2
    with pytest.raises(stableode.IncompatibleError, match="with batch_size 16 the last batch of 1 sample has a single number for each channel of blocks.0.n1"):
        network.fit(data, labels, batch_size=16, epochs=1)
    network.fit(data, labels, batch_size=11, epochs=1)
    assert numpy.isfinite(network.evaluate(data[:1], labels[:1])["loss"])


def test_a_memory_limit_names_what_needs_it():
    whole = stableode.Network(input_shape=[2, 4, 4], outputs=2, memory="automatic", memory_limit=1000, **RESIDUAL)
    with pytest.raises(MemoryError, match=r"\(4 tiles of 16 samples, all at once, because batch normalization needs the whole batch\)"):
        whole.memory_plan(64, threads=2)
    groups = stableode.Network(input_shape=[2, 4, 4], outputs=2, memory="automatic", memory_limit=1000, normalization_batch=16, **RESIDUAL)
    with pytest.raises(MemoryError, match=r"\(2 threads, tiles of 16 samples\)"):
        groups.memory_plan(64, threads=2)


def test_learning_between_resolutions():
    """Small images first: the kernels of a network for them become those for images of twice the size, and back."""
    shape = [2, 8, 8]
    blocks = [{"connector": "convolution", "channels": 4, "activation": "tanh"}, CONVOLUTION, {"connector": "average_pooling"}, CONVOLUTION, {"connector": "global_average"}]
    own = stableode.Network(input_shape=shape, outputs=2, seed=3, precision="float64", blocks=blocks)
    data, labels = images(30, *shape).astype("float64"), numpy.arange(30) % 2
    own.fit_normalization(data)
    coarse = own.restrict_images()
    assert coarse.specification["input_shape"] == "2,4,4"
    small = data.reshape(30, 2, 4, 2, 4, 2).mean(axis=(3, 5))
    coarse.fit(small, labels, epochs=2, batch_size=10)
    fine = coarse.prolong_images()
    assert fine.specification["input_shape"] == "2,8,8" and fine.parameters.shapes == own.parameters.shapes
    fine.fit(data, labels, epochs=1, batch_size=10)
    assert numpy.isfinite(fine.scores(data)).all()
    back = fine.prolong_images().restrict_images()
    assert numpy.allclose(back.parameter_vector, fine.parameter_vector, rtol=1e-13, atol=1e-14)
    assert all(numpy.allclose(*pair) for pair in zip(back.normalization, fine.normalization, strict=True))
    with pytest.raises(stableode.IncompatibleError, match="list of 3 features"):
        stableode.Network(inputs=3, outputs=2).prolong_images()


def test_signals_of_one_axis_keep_their_shape_between_resolutions():
    own = stableode.Network(input_shape=[4, 6], outputs=2, blocks=[CONVOLUTION | {"layers": 1}, {"connector": "global_average"}])
    assert own.prolong_images().specification["input_shape"] == "4,12"


@pytest.mark.parametrize("operator", stableode.operators())
@pytest.mark.parametrize("field", stableode.fields())
def test_what_is_written_is_read_again(field, operator):
    """With all other options at their defaults, and for each integrator."""
    made = 0
    for integrator in stableode.integrators():
        try:
            own = stableode.Network(input_shape=[2, 4, 4], outputs=2, field=field, operator=operator, integrator=integrator, layers=2, width=4)
        except stableode.StableODEError:
            continue
        made += 1
        again = stableode.Network.from_bytes(own.to_bytes())
        assert again.specification == own.specification == stableode.Network.from_json(own.specification_json).specification
        assert again.parameters.shapes == own.parameters.shapes
    # Driven fields need sequences.
    assert made > 0 or field in ("antisymmetric_rnn", "gated_antisymmetric_rnn", "neural_cde", "ode_rnn")


def test_a_pair_of_images_and_targets_is_told_from_images():
    own = stableode.Network(input_shape=[2, 4, 4], outputs=2, **CONVOLUTION)
    data = images(5, 2, 4, 4)
    own.fit_normalization(data)
    shift = own.normalization[0]
    own.fit_normalization((data, numpy.zeros(5, "int64")))
    assert numpy.array_equal(own.normalization[0], shift) and len(set(shift)) == 2
    signal = stableode.Network(input_shape=[2, 16], outputs=2, **CONVOLUTION)
    signal.fit_normalization([numpy.ones((2, 16)), numpy.zeros((2, 16))])
    assert numpy.allclose(signal.normalization[0], 0.5)
