"""Every network of the literature trains, is saved and served; random changes of training images.

With SODE_ARCHITECTURE_IMAGES=2000 in the environment, the networks have all their layers and learn from so many images, which takes about an hour.
"""

import os

import numpy
import pytest

import stableode

SAMPLES = int(os.environ.get("SODE_ARCHITECTURE_IMAGES", "20"))
names = pytest.mark.parametrize("name", stableode.architectures())


def sizes(name):
    """The shape of images that an architecture is made for, and the number of classes."""
    if name.endswith("_stl10"):
        return [3, 96, 96], 10
    if name.startswith(("hr_", "near_identity_")):
        return [1, 28, 28], 10
    return [3, 32, 32], 100 if name.endswith("_cifar100") else 10


def network(name, **options):
    shape, outputs = sizes(name)
    small = {"cardinality": 2, "base_width": 4} if name == "lm_resnext_29" else {"layers": 2} if name.endswith(("_110", "_164")) else {}
    return stableode.Network(architecture=name, **{"input_shape": shape, "outputs": outputs, "seed": 1, **small, **options})


@names
def test_every_architecture_trains_is_saved_and_served(name, tmp_path):
    shape, outputs = sizes(name)
    own = network(name) if SAMPLES < 1000 else stableode.Network(architecture=name, input_shape=shape, outputs=outputs, seed=1)
    random = numpy.random.default_rng(2)
    x, labels = random.integers(0, 256, (SAMPLES, *shape), "uint8"), random.integers(0, outputs, SAMPLES)
    own.fit_normalization(x)
    before = own.parameter_vector
    history = own.fit(x, labels, epochs=1, batch_size=10, optimizer="sgd", learning_rate=1e-3, crop_margin=2, flip=True, seed=4, num_threads=2)
    assert history.outcome == "ok" and numpy.isfinite(history.training_loss).all() and not numpy.array_equal(own.parameter_vector, before)
    scores = own.scores(x)
    own.save(tmp_path / "model")
    loaded = stableode.Network.load(tmp_path / "model")
    assert loaded.specification == own.specification and numpy.array_equal(loaded.scores(x), scores)
    with stableode.Predictor(loaded, 1) as predictor:
        assert numpy.array_equal(predictor.scores(x[7:8]), scores[7:8])


@names
def test_an_architecture_is_a_list_of_blocks(name):
    own = network(name)
    again = stableode.Network.from_json(own.specification_json)
    assert "architecture" not in own.specification and again.specification == own.specification
    assert numpy.array_equal(again.parameter_vector, own.parameter_vector)


@names
def test_reversible_architectures_need_no_memory_for_layers(name):
    plans = [network(name, layers=layers) for layers in (4, 16)]
    isReversible = all(block.get("memory") == "reversible" for block in plans[0].specification["blocks"] if "connector" not in block)
    assert isReversible == name.startswith("reversible_")
    if not isReversible:
        pytest.skip("stores states")
    assert plans[0].memory_plan(16).tape_bytes == plans[1].memory_plan(16).tape_bytes


@pytest.mark.parametrize("name", ["resnet_20", "lm_resnet_20", "reversible_midpoint_cnn", "pde_parabolic_cifar10", "hr_verlet_cnn"])
def test_other_numbers_of_layers_keep_the_step_size(name):
    """A layer is a block of the paper's; only Haber & Ruthotto's networks keep the horizon."""
    steps = [{block["horizon"] / block["layers"] for block in network(name, layers=layers).specification["blocks"] if "connector" not in block} for layers in (2, 8)]
    assert steps == ([{2.0}, {0.5}] if name.startswith("hr_") else [{1.0}, {1.0}])
    given = network(name, layers=4, horizon=2.0).specification["blocks"]
    assert {block["horizon"] for block in given if "connector" not in block} == {2.0}


def test_options_reach_the_connectors_of_an_architecture():
    own = network("resnet_20", normalization_batch=16, activation="tanh", layers=2)
    connectors = [block for block in own.specification["blocks"] if "connector" in block]
    assert [block["normalization_batch"] for block in connectors if block["connector"] in ("residual", "normalization")] == [16, 16, 16]
    assert [block["activation"] for block in connectors if "activation" in block] == ["identity", "tanh", "tanh", "tanh"]


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize(("name", "layers"), [(name, layers) for name in stableode.architectures() if name.startswith("reversible_") for layers in (6, 18)] + [("revnet_38", 3), ("revnet_38", 9)])
def test_recovered_states_give_the_gradient_of_stored_ones(name, layers, precision):
    """In float32 up to the slopes of ReLU that rounding errors change."""
    random = numpy.random.default_rng(0)
    x, labels = random.integers(0, 256, (8, 1, 28, 28), "uint8"), numpy.arange(8)
    found = []
    for memory in ("store_all", "reversible"):
        own = network(name, input_shape=[1, 28, 28], layers=layers, memory=memory, precision=precision)
        own.fit_normalization(x)
        found.append(stableode.Gradient(own, 8).loss_and_gradient(x, labels)[1])
    assert numpy.linalg.norm(found[1] - found[0]) <= (0.005 if precision == "float32" else 1e-6) * numpy.linalg.norm(found[0])


def test_more_layers_of_reversible_networks_begin_with_smaller_weights():
    def scales(**options):
        return {block["initial_scale"] for block in network("reversible_leapfrog_cnn", **options).specification["blocks"] if "connector" not in block}

    assert scales() == {1.0} and scales(layers=3) == {1.0} and scales(layers=24) == {0.5} and scales(layers=24, initial_scale=0.8) == {0.8}


@pytest.mark.parametrize("name", ["revnet_38", "hr_verlet_cnn", "pde_hamiltonian_cifar10"])
def test_networks_of_two_components_can_be_reversible(name):
    plans = [network(name, layers=layers, memory="reversible").memory_plan(16).tape_bytes for layers in (4, 16)]
    assert plans[0] == plans[1]


# Random changes of training images.

IMAGES = {"input_shape": [2, 6, 5], "outputs": 3, "seed": 2, "blocks": [{"connector": "convolution", "channels": 3, "activation": "tanh"}, {"connector": "global_average"}, {"field": "dense", "layers": 1}]}
CHANGES = [{"crop_margin": 2}, {"crop_margin": 3, "crop_padding": "reflect"}, {"flip": True}, {"cutout": 3}, {"crop_margin": 2, "flip": True, "cutout": 3}]


def images(count=40):
    random = numpy.random.default_rng(5)
    return random.random((count, 2, 6, 5), "float32"), random.integers(0, 3, count)


@pytest.mark.parametrize("changes", CHANGES, ids=lambda changes: "-".join(changes))
@pytest.mark.parametrize("optimizer", ["adam", "lbfgs"])
def test_changes_of_images_have_the_same_bits_for_any_threads_and_after_a_checkpoint(changes, optimizer, tmp_path):
    x, labels = images()
    options = {"epochs": 3, "batch_size": 20, "seed": 6, "optimizer": optimizer, **changes}
    trained = []
    for threads in (1, 2, 3):
        own = stableode.Network(**IMAGES)
        own.fit(x, labels, num_threads=threads, **options)
        trained.append(own.parameter_vector)
    assert all(numpy.array_equal(each, trained[0]) for each in trained)
    plain = stableode.Network(**IMAGES)
    plain.fit(x, labels, **{key: value for key, value in options.items() if key not in changes})
    assert not numpy.array_equal(plain.parameter_vector, trained[0])
    own = stableode.Network(**IMAGES)
    with stableode.Trainer(own, **options) as trainer:
        trainer.run((x, labels), epochs=1)
        trainer.save(tmp_path / "checkpoint")
    loaded, trainer = stableode.Trainer.load(tmp_path / "checkpoint")
    trainer.run((x, labels))
    assert numpy.array_equal(loaded.parameter_vector, trained[0])


def test_changes_that_leave_nothing_of_an_image_are_refused():
    x, labels = images()
    for changes, message in [
        ({"crop_margin": 5}, "crop_margin is 5; .* 6 × 5 pixels"), ({"cutout": 6}, "cutout is 6; .* 6 × 5 pixels"), ({"crop_margin": 1024}, "6 × 5 pixels"),
        ({"random_crop": 3}, "did you mean 'crop_margin'"), ({"horizontal_flip": True}, "did you mean 'flip'"),
    ]:  # fmt: skip
        with pytest.raises(stableode.StableODEError, match=message):
            stableode.Network(**IMAGES).fit(x, labels, epochs=1, **changes)


def test_stochastic_depth_counts_residual_connectors():
    """With survival_scaling none, Euler's method takes steps h·p_l where p_l = 1 − (l/L)(1 − p_L); the connector between the blocks is l = 3 of L = 4."""
    def made(horizons, **noise):
        first, second = (dict(field="dense", operator="convolution", layers=layers, step_sizes=steps, **noise) for layers, steps in zip((2, 1), horizons, strict=True))
        residual = dict(connector="residual", channels=3, normalization="layer")
        return stableode.Network(input_shape=[2, 4, 4], outputs=2, precision="float64", seed=1, blocks=[first, residual, second])

    x = numpy.random.default_rng(3).random((5, 2, 4, 4))
    noisy = made(([0.5, 0.5], [1.0]), noise="stochastic_depth", survival=0.2, survival_decay="network", survival_scaling="none")
    plain = made(([0.5 * 0.8, 0.5 * 0.6], [0.2]))
    plain.parameter_vector = noisy.parameter_vector
    assert abs(plain.scores(x) - noisy.scores(x)).max() < 1e-12


def test_the_images_that_training_sees():
    """A network without parameters that matter passes its input on; a loss of one's own looks at it."""
    x = numpy.random.default_rng(7).random((6, 2, 5, 4), "float32") + 1
    own = stableode.Network(input_shape=[2, 5, 4], outputs=40, loss="least_squares", readout="identity", blocks=[{"connector": "flatten"}, {"field": "dense", "layers": 1}])
    own.parameter_vector = numpy.zeros(own.parameter_count, "float32")
    found = []

    def loss(scores, targets):
        found.extend(zip(targets[:, 0].astype(int), scores.reshape(-1, 2, 5, 4).copy(), strict=True))
        return numpy.zeros(len(scores)), numpy.zeros_like(scores)

    targets = numpy.repeat(numpy.arange(6, dtype="float32")[:, None], 40, 1)
    own.fit(x, targets, loss=loss, optimizer="sgd", epochs=40, batch_size=3, crop_margin=2, flip=True, num_threads=1)
    assert len(found) == 240
    padded = numpy.pad(x, ((0, 0), (0, 0), (2, 2), (2, 2)))
    places = set()
    for index, image in found:
        crops = {(y, z, flip): padded[index, :, y : y + 5, z : z + 4][:, :, :: -1 if flip else 1] for y in range(5) for z in range(5) for flip in (False, True)}
        # Mirrored about the middle of the crop.
        matches = [place for place, crop in crops.items() if numpy.array_equal(crop, image)]
        assert len(matches) >= 1
        places.add(matches[0])
    assert {place[0] for place in places} == {place[1] for place in places} == set(range(5)) and {place[2] for place in places} == {False, True}
