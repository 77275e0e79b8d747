"""The example of certified predictions: its two networks, what it proves of them, and its attack."""

import importlib
import sys
from pathlib import Path

import numpy
import pytest

import stableode

EXAMPLES = Path(__file__).resolve().parents[3] / "examples" / "python"


@pytest.fixture(scope="module")
def example():
    sys.path.insert(0, str(EXAMPLES))
    try:
        yield importlib.import_module("certified")
    finally:
        sys.path.remove(str(EXAMPLES))
        for name in ("certified", "results"):
            sys.modules.pop(name, None)


@pytest.fixture(scope="module")
def images(example):
    """Pixels and labels like those of the data set: each class is a bright square at a place of its own, with noise."""
    random = numpy.random.default_rng(3)
    labels = numpy.arange(600) % 10
    pixels = random.random((600, 28, 28)) * 0.3
    for pixel, label in zip(pixels, labels, strict=True):
        pixel[2 + 10 * (label // 4) : 8 + 10 * (label // 4), 1 + 7 * (label % 4) : 6 + 7 * (label % 4)] += 0.15
    return pixels.reshape(600, 784).astype(numpy.float32), labels


@pytest.fixture(scope="module", params=["dense", "convolution"])
def trained(example, images, request):
    network = example.build(example.NETWORKS[request.param], 1)
    recipe = {**example.training(request.param), "warmup_steps": 2, "batch_size": 100, "learning_rate": 0.01}
    network.fit(*images, epochs=5, seed=1, num_threads=1, **recipe)
    return network, example.plain(network)


def test_the_plain_network_is_the_trained_one_and_within_its_bounds(example, images, trained):
    network, bare = trained
    pixels, labels = images
    assert numpy.abs(network.scores(pixels) - bare.scores(pixels)).max() < 1e-4
    constant, step = example.bounds(bare)
    assert 0.5 < constant <= 1 and 0.5 < step <= 1


def test_no_two_images_are_further_apart_in_the_readouts_input(example, images, trained):
    """The bound Λ against pushforwards: the scores' change, less the readout's norm."""
    _, bare = trained
    pixels, _ = images
    constant, _ = example.bounds(bare)
    norm = numpy.linalg.norm(bare.parameters["readout.W"], 2)
    random = numpy.random.default_rng(1)
    with stableode.Gradient(bare, 64) as gradient:
        directions = random.normal(size=(64, 784)).astype(numpy.float32)
        for _ in range(10):
            _, tangents = gradient.pushforward(pixels[:64], None, directions)
            lengths = numpy.linalg.norm(directions, axis=1)
            assert (numpy.linalg.norm(tangents, axis=1) <= norm * constant * lengths * (1 + 1e-4)).all()
            _, directions = gradient.pullback(pixels[:64], tangents)
            directions = directions.reshape(64, 784)


@pytest.fixture(scope="module")
def attack(example, images, trained):
    """(pixels, labels, radii, which images survive) of a few images of the trained network."""
    _, bare = trained
    pixels, labels = images[0][:24], images[1][:24]
    return pixels, labels, example.radii(bare, pixels, labels)[0], example.attacked(bare, pixels, labels, 1)


def test_certified_images_survive_attacks_and_others_fall(example, attack, trained):
    _, bare = trained
    pixels, labels, found, left = attack
    assert (found > 0).mean() > 0.8
    assert list(left) == list(example.RADII)
    for radius, stays in zip(example.RADII.values(), left.values(), strict=True):
        assert stays[found > radius].all()
    assert left["1"].sum() < left["0"].sum(), "an attack at radius 1 changes no prediction"
    classes, sound = bare.certified_radius(pixels)
    assert (sound[classes == labels] <= found[classes == labels] * (1 + 1e-5) + 1e-6).all()


def test_the_attack_would_notice_a_wrong_bound(example, attack):
    """Radii that are four times too large are refuted."""
    _, _, found, left = attack
    assert any((~stays[4 * found > radius]).any() for radius, stays in zip(example.RADII.values(), left.values(), strict=True))
