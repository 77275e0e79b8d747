"""Everything that trains and serves dense networks works on image networks: with and without batch normalization, over the whole batch and in groups."""

import numpy
import pytest

import stableode

COUNT = 48
FORMS = {
    "plain": [{"connector": "convolution", "channels": 4, "activation": "tanh"}, {"field": "gradient_flow", "operator": "convolution", "integrator": "leapfrog", "layers": 3, "horizon": 1.5}],
    "batch": [{"connector": "convolution", "channels": 4}, {"connector": "normalization", "activation": "tanh"}, {"field": "pre_activation", "operator": "convolution", "bias": "none", "layers": 2}],
    "groups": [
        {"connector": "convolution", "channels": 4}, {"connector": "normalization", "activation": "tanh", "normalization_batch": 16},
        {"field": "pre_activation", "operator": "convolution", "bias": "none", "layers": 2, "normalization_batch": 16},
    ],
    "noisy": [
        {"connector": "convolution", "channels": 4}, {"connector": "dropout", "dropout_rate": 0.2, "dropout_channels": True},
        {"field": "pre_activation", "operator": "convolution", "bias": "none", "layers": 2, "noise": "stochastic_depth"},
    ],
}  # fmt: skip
forms = pytest.mark.parametrize("form", FORMS)


def network(form, **options):
    blocks = [{**each, **({} if "connector" in each else options.pop("block", {}))} for each in FORMS[form]]
    return stableode.Network(**{"input_shape": [1, 6, 6], "outputs": 3, "seed": 5, "blocks": [*blocks, {"connector": "global_average"}, {"field": "dense", "layers": 1}], **options})


def data(count=COUNT, seed=1):
    """Three classes of images, told apart by where they are bright."""
    random = numpy.random.default_rng(seed)
    labels = numpy.arange(count) % 3
    x = 0.3 * random.random((count, 1, 6, 6))
    for label in range(3):
        x[labels == label, :, 2 * label : 2 * label + 2] += 1
    return x.astype("float32"), labels


def trained(form, threads=1, features=data, given=None, **options):
    own = network(form) if given is None else given
    history = own.fit(*features(), **{"epochs": 2, "batch_size": 20, "seed": 3, "num_threads": threads, **options})
    return own, history


@forms
@pytest.mark.parametrize(
    "options",
    [
        {"optimizer": "sgd", "momentum": 0.9}, {"optimizer": "adamw", "weight_decay": 1e-2}, {"optimizer": "lbfgs", "batch_size": COUNT}, {"optimizer": "nonlinear_cg", "batch_size": COUNT},
        {"optimizer": "newton_pcg", "batch_size": COUNT, "cg_iterations": 3}, {"optimizer": "gauss_newton", "batch_size": COUNT, "cg_iterations": 3},
        {"optimizer": "varpro", "batch_size": COUNT, "cg_iterations": 3}, {"optimizer": "block_coordinate", "batch_size": COUNT},
        {"weight_decay": 1e-3, "smoothness": 1e-3, "smoothed_l1": 1e-4, "classifier_smoothness": 1e-3}, {"kinetic_energy": 1e-2}, {"jacobian_penalty": 1e-2},
        {"parameter_min": -0.4, "parameter_max": 0.4}, {"clip_norm": 0.5, "gradient_smoothing": 0.1}, {"label_smoothing": 0.1}, {"class_weights": "balanced"},
    ],
    ids=lambda options: "-".join(options) + "-" + str(options.get("optimizer", "")),
)  # fmt: skip
def test_training_has_the_same_bits_for_any_threads(form, options):
    if form == "plain" and "jacobian_penalty" in options:
        with pytest.raises(stableode.IncompatibleError, match="needs a one-step method"):
            trained(form, **options)
        return
    one, history = trained(form, **options)
    assert numpy.isfinite(history.training_loss).all() and numpy.isfinite(one.scores(data()[0])).all()
    assert not numpy.array_equal(one.parameter_vector, network(form).parameter_vector)
    for threads in (2, 3):
        assert numpy.array_equal(trained(form, threads, **options)[0].parameter_vector, one.parameter_vector)


@forms
def test_training_learns(form):
    own, history = trained(form, epochs=60, batch_size=16, learning_rate=2e-2)
    assert own.evaluate(*data(seed=2))["accuracy"] > 0.9


@pytest.mark.parametrize("form", ["batch", "groups"])
@pytest.mark.parametrize("optimizer", ["lbfgs", "gauss_newton", "newton_pcg"])
def test_steps_of_second_order_do_not_raise_the_objective(form, optimizer):
    """Over all samples in one order each step minimizes the same function, through the statistics too."""
    losses = trained(form, epochs=8, batch_size=COUNT, optimizer=optimizer, shuffle=False)[1].training_loss
    assert all(after <= before * (1 + 1e-6) for before, after in zip(losses, losses[1:], strict=False)) and losses[-1] < 0.9 * losses[0]


@forms
def test_a_checkpoint_goes_on_with_the_same_bits(form, tmp_path):
    whole, _ = trained(form, epochs=4)
    own = network(form)
    with stableode.Trainer(own, epochs=4, batch_size=20, seed=3, num_threads=1) as trainer:
        trainer.run(data(), epochs=2)
        trainer.save(tmp_path / "checkpoint")
    loaded, trainer = stableode.Trainer.load(tmp_path / "checkpoint")
    trainer.run(data())
    assert numpy.array_equal(loaded.parameter_vector, whole.parameter_vector)


@forms
def test_files_copies_and_predictors(form, tmp_path):
    own, _ = trained(form)
    own.metadata["classes"] = "top,middle,bottom"
    own.fit_normalization(data()[0])
    x = data(33)[0]
    scores = own.scores(x)
    own.save(tmp_path / "model")
    for other in (stableode.Network.load(tmp_path / "model"), own.copy(), stableode.Network.from_bytes(own.to_bytes())):
        assert other.metadata["classes"] == "top,middle,bottom" and other.specification == own.specification
        assert numpy.array_equal(other.scores(x), scores)
    with stableode.Predictor(own, 33) as predictor:
        assert numpy.array_equal(predictor.scores(x), scores) and numpy.array_equal(predictor.scores(x[7:8]), scores[7:8])
        assert numpy.array_equal(predictor.scores(numpy.ascontiguousarray(x.transpose(0, 2, 3, 1))), scores)
    assert numpy.array_equal(own.scores(x, threads=2), scores)


@forms
def test_a_loss_of_your_own(form):
    x, labels = data()
    one_hot = numpy.eye(3)[labels]

    def loss(scores, targets):
        shifted = numpy.exp(scores - scores.max(1, keepdims=True))
        probabilities = shifted / shifted.sum(1, keepdims=True)
        chosen = targets.astype(int).reshape(-1)
        return -numpy.log(probabilities[numpy.arange(len(chosen)), chosen]), probabilities - numpy.eye(3)[chosen]

    assert one_hot.shape == (COUNT, 3)
    own, built_in = network(form, precision="float64"), network(form, precision="float64")
    first, second = stableode.Gradient(own, COUNT, loss=loss).loss_and_gradient(x, labels), stableode.Gradient(built_in, COUNT).loss_and_gradient(x, labels)
    assert abs(first[0] - second[0]) < 1e-12 and numpy.allclose(first[1], second[1], atol=1e-13)
    options = {"epochs": 2, "batch_size": 20, "seed": 3}
    own.fit(x, labels, loss=loss, **options)
    built_in.fit(x, labels, **options)
    assert numpy.allclose(own.parameter_vector, built_in.parameter_vector, atol=1e-9)


def trained_on(like, x, labels):
    """The parameters after the same training without weights."""
    other = stableode.Network.from_json(like.specification_json)
    other.fit(x, labels, epochs=2, batch_size=len(x), seed=3, shuffle=False, normalization="none", optimizer="adam")
    return other.parameter_vector


@pytest.mark.parametrize("form", ["plain", "batch", "groups"])
def test_weights_of_samples(form):
    """A weight of 0 takes a sample out of the loss, but not out of the batch's statistics."""
    x, labels = data()
    weights = numpy.where(numpy.arange(COUNT) < 32, 1.0, 0.0)
    own, same = network(form), network(form)
    own.fit(stableode.Dataset(x, labels).weighted(weights), epochs=2, batch_size=COUNT, seed=3, shuffle=False, normalization="none", optimizer="adam")
    changed = numpy.where(weights > 0, labels, (labels + 1) % 3)
    same.fit(stableode.Dataset(x, changed).weighted(weights), epochs=2, batch_size=COUNT, seed=3, shuffle=False, normalization="none", optimizer="adam")
    assert numpy.array_equal(own.parameter_vector, same.parameter_vector)
    # Samples that do not interact are the same as none.
    assert numpy.allclose(own.parameter_vector, trained_on(own, x[:32], labels[:32]), atol=1e-6) == (form == "plain")


@forms
def test_early_stopping_and_validation(form):
    own = network(form)
    history = own.fit(*data(), validation=data(30, seed=2), epochs=200, batch_size=16, patience=2, min_delta=1e-3, learning_rate=5e-2, metric="loss")
    assert len(history) < 200 and history.outcome == "early_stopping"
    assert abs(own.evaluate(*data(30, seed=2))["loss"] - min(history.validation_loss)) < 1e-6


@forms
def test_a_learning_rate_is_found_and_folds_are_trained(form):
    with stableode.Trainer(network(form), batch_size=16, optimizer="sgd") as trainer:
        suggestion, rates, losses = trainer.find_learning_rate(data(), steps=20)
    assert suggestion > 0 and len(rates) == 20 and numpy.isfinite(losses[:5]).all()
    figures = stableode.cross_validate(network(form), data(), folds=3, epochs=2, batch_size=16)
    assert figures["loss"].shape == (3,) and numpy.isfinite(figures["loss"]).all() and figures["samples"].sum() == COUNT


@forms
def test_levels(form):
    own = network(form, **({"block": {"layers": 2, "horizon": 1.0}}))
    deeper, history = stableode.multilevel(own, data(), layers=8, epochs=1, batch_size=16, smoothness=1e-3)
    assert [each.get("layers") for each in deeper.specification["blocks"] if each.get("operator") == "convolution"] == [8]
    assert sorted(set(history.level)) == [0, 1, 2]
    assert numpy.isfinite(deeper.scores(data()[0])).all()


def test_stable_kernels():
    """keep_stable scales the kernels of a layer down until its step is stable."""
    block = {"field": "antisymmetric", "operator": "convolution", "integrator": "verlet", "layers": 3, "horizon": 3.0}
    own = stableode.Network(input_shape=[2, 6, 6], outputs=3, seed=5, blocks=[{**block, "field": "hamiltonian", "initial_scale": 20.0}])
    before = own.parameter_vector
    x, labels = data()
    own.fit(numpy.concatenate([x, x], 1), labels, epochs=1, batch_size=COUNT, optimizer="sgd", learning_rate=1e-9, keep_stable=0.5)
    name = next(name for name in own.parameters if name.startswith("blocks.0.K"))
    kernel = own.split(before)[name]
    assert numpy.abs(own.parameters[name]).max() < 0.9 * numpy.abs(kernel).max()
    assert numpy.isfinite(own.evaluate(numpy.concatenate([x, x], 1), labels)["loss"])


@pytest.mark.parametrize("normalization", ["layer", "instance"])
def test_solutions_with_normalizations(normalization):
    own = stableode.Network(
        input_shape=[2, 4, 4], outputs=3, field="pre_activation", operator="convolution", bias="none", integrator="tsit5", layers=1, normalization=normalization, activation="tanh"
    )
    x = numpy.random.default_rng(1).random((5, 2, 4, 4))
    solution = own.solve(x, [0.0, 0.5, 1.0])
    assert solution.states.shape == (5, 3, 2, 4, 4) and numpy.allclose(solution.states[:, 0], x, atol=1e-6)
    assert numpy.allclose(solution.states[:, 2], own.states(x)[-1], atol=1e-2)


@pytest.mark.parametrize("kind", ["reversible", "store_all"])
def test_reversible_training_needs_no_memory_for_layers(kind):
    """The tapes of a reversible convolutional Verlet network do not grow with its layers."""
    plans = [verlet(layers, 4, [2, 6, 6]).memory_plan(16, memory=kind) for layers in (50, 100, 200)]
    tapes = [plan.tape_bytes for plan in plans]
    assert len(set(tapes)) == (1 if kind == "reversible" else 3)
    assert (plans[2].blocks[0].recomputed_steps > 0) == (kind == "reversible")


def verlet(layers, width, shape):
    return stableode.Network(
        input_shape=shape, outputs=10, width=width, field="hamiltonian", operator="convolution", integrator="verlet", layers=layers, horizon=2.0, seed=1, memory="reversible"
    )


def test_a_reversible_gradient_is_that_of_all_states():
    own = verlet(200, 8, [3, 8, 8])
    x, labels = numpy.random.default_rng(2).random((32, 3, 8, 8)).astype("float32"), numpy.arange(32) % 10
    stored, recovered = (stableode.Gradient(own, 32, memory=memory).loss_and_gradient(x, labels) for memory in ("store_all", "reversible"))
    assert stored[0] == recovered[0]
    assert numpy.linalg.norm(recovered[1] - stored[1]) < 1e-3 * numpy.linalg.norm(stored[1])


def test_reversible_training_needs_no_memory_for_200_layers():
    """Verlet's method over 32 channels of 28 x 28 pixels: the tape is that of any number of layers, and the gradient that of stored states."""

    def network(layers, memory):
        stage = dict(field="hamiltonian", operator="convolution", integrator="verlet", layers=layers, horizon=2.0, memory=memory)
        return stableode.Network(input_shape=[32, 28, 28], outputs=10, seed=1, blocks=[stage, dict(connector="global_average")])

    deep = network(200, "reversible")
    plan, few = deep.memory_plan(32), network(10, "reversible").memory_plan(32)
    assert plan.tape_bytes == few.tape_bytes <= 4 * 4 * 32 * 32 * 28 * 28
    # What grows are the weights of the layers: gradients, and kernels in the order in which they are read.
    assert plan.scratch_bytes - few.scratch_bytes < 190 * (32 * 32 * 9 + 32) * 4 * 10
    x, y = numpy.random.default_rng(0).standard_normal((32, 32, 28, 28)).astype("float32"), numpy.arange(32) % 10
    loss, gradient = stableode.Gradient(deep, 32).loss_and_gradient(x, y)
    stored_loss, stored = stableode.Gradient(network(200, "store_all"), 32).loss_and_gradient(x, y)
    assert loss == stored_loss and abs(gradient - stored).max() < 1e-3 * abs(stored).max()
