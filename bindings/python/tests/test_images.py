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
    with pytest.raises(stableode.InvalidArgumentError, match=r"it must be \[3, 3, 2, 4, 5\]"):
        network.states(given, out=numpy.empty((3, 3, 2, 5, 4), "float32"))


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
    network.fit(data, labels, epochs=60, batch_size=30, optimizer="sgd", learning_rate=1e-12)
    statistics = network.parameters["connectors.0.n"]
    assert numpy.allclose(statistics[2], data.mean((0, 2, 3)), rtol=1e-12)
    assert numpy.allclose(statistics[3], data.var((0, 2, 3), ddof=1), rtol=1e-12)
    evaluated, trained = network.evaluate(data, labels)["loss"], stableode.Gradient(network, 30).loss(data, labels)
    assert abs(evaluated - trained) < 1e-3 * trained


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
    trainer = stableode.Trainer(network, optimizer=optimizer, batch_size=40, epochs=12, num_threads=1)
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


@pytest.mark.parametrize(
    ("blocks", "block", "width"),
    [
        ([{"connector": "convolution", "channels": 4}, {**CONVOLUTION, "layers": 1, "integrator": "dopri5"}], 0, 120),
        ([{**CONVOLUTION}, {"connector": "average_pooling"}, {"connector": "channel_padding", "channels": 4}, {"field": "gradient_flow", "operator": "convolution", "layers": 2, "integrator": "tsit5"}], 1, 24),
    ],
)
def test_solutions_have_the_width_of_their_block(blocks, block, width):
    network = stableode.Network(input_shape=[2, 6, 5], outputs=3, precision="float64", blocks=blocks)
    x = images(3, 2, 6, 5)
    solution = network.solve(x, [0.0, 1.0], block=block)
    assert solution.states.shape == (3, 2, width) and solution.restart_states.shape == (3, width)
    states = network.states(x, block=block)
    assert numpy.allclose(solution.states[:, 0], states[0].reshape(3, -1)) and numpy.allclose(solution.states[:, 1], states[-1].reshape(3, -1))
    w = numpy.zeros(width)
    w[5] = 1
    level = (solution.states[:, 0, 5] + solution.states[:, 1, 5])[0] / 2
    met = network.solve(x, [], block=block, event=(w, level))
    assert met.ends[0] == stableode.END_EVENT and abs(met.event_states[0, 5] - level) < 1e-12


def test_solutions_between_dense_connectors():
    network = stableode.Network(inputs=5, outputs=2, blocks=[{"field": "dense", "layers": 2}, {"connector": "dense", "features": 9}, {"field": "antisymmetric", "integrator": "dopri5", "layers": 1}])
    x = numpy.random.default_rng(0).random((3, 5))
    assert network.solve(x, [0.5, 1.0], block=1).states.shape == (3, 2, 9)
