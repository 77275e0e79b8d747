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
