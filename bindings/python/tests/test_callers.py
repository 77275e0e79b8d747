"""Losses and metrics written in Python agree with the built-in ones, and the caller receives the exceptions that they raise."""

import numpy
import pytest

import stableode
from stableode._tensor import tensor_of, view_of

OPTIONS = dict(optimizer="adam", learning_rate=0.02, batch_size=8, epochs=4, num_threads=1)


def softmax_cross_entropy(scores, labels):
    shifted = scores - scores.max(axis=1, keepdims=True)
    total = numpy.exp(shifted).sum(axis=1)
    rows = numpy.arange(len(labels))
    gradient = numpy.exp(shifted) / total[:, None]
    gradient[rows, labels] -= 1
    return numpy.log(total) - shifted[rows, labels], gradient


def accuracy(scores, labels):
    return (scores.argmax(axis=1) == labels).mean()


@pytest.mark.parametrize("precision, tolerance", [("float64", 1e-12), ("float32", 2e-5)])
def test_a_loss_of_ones_own_trains_as_the_built_in_one(make_network, batch, precision, tolerance):
    networks = [make_network(precision=precision) for _ in range(2)]
    weights = numpy.linspace(0.5, 2, 20)
    data = stableode.Dataset(*batch).weighted(weights)
    histories = [
        network.fit(data, validation=batch, loss=loss, **OPTIONS) for network, loss in zip(networks, [None, softmax_cross_entropy], strict=True)
    ]
    # Both use the same formulas but sum in another order, over 12 steps.
    numpy.testing.assert_allclose(networks[0].parameter_vector, networks[1].parameter_vector, atol=tolerance)
    for column in ("training_loss", "training_accuracy", "validation_loss", "validation_accuracy", "validation_metric"):
        numpy.testing.assert_allclose(getattr(histories[0], column), getattr(histories[1], column), atol=10 * tolerance)


def test_gradient_of_a_loss_of_ones_own(make_network, batch):
    network = make_network(precision="float64")
    built_in, own = stableode.Gradient(network), stableode.Gradient(network, loss=softmax_cross_entropy, threads=2)
    (loss, gradient), (found, found_gradient) = built_in.loss_and_gradient(*batch), own.loss_and_gradient(*batch)
    assert found == pytest.approx(loss, rel=1e-14) and own.loss(*batch) == found
    numpy.testing.assert_allclose(found_gradient, gradient, atol=1e-14)
    # Compared with difference quotients of the loss: rounding 1e-16/1e-5, truncation 1e-10.
    start = network.parameter_vector
    for index in range(0, len(start), 17):
        values = []
        for sign in (1, -1):
            moved = start.copy()
            moved[index] += sign * 1e-5
            network.parameter_vector = moved
            values.append(own.loss(*batch))
        assert found_gradient[index] == pytest.approx((values[0] - values[1]) / 2e-5, abs=1e-9)


def test_values_and_several_tiles(make_network):
    random = numpy.random.default_rng(2)
    features, values = random.standard_normal((700, 3)), random.standard_normal((700, 4))
    seen = []

    def halved_squares(scores, targets):
        seen.append(len(scores))
        return ((scores - targets) ** 2).sum(axis=1) / 2, scores - targets

    networks = [make_network(loss="least_squares", precision="float64") for _ in range(2)]
    options = dict(OPTIONS, batch_size=700, optimizer="lbfgs", target_scaling="none")
    del options["learning_rate"]
    networks[0].fit(features, values, **options)
    networks[1].fit(features, values, loss=halved_squares, **options)
    assert len(set(seen)) <= 2 and len(seen) > 8  # tiles of the batch
    numpy.testing.assert_allclose(networks[0].parameter_vector, networks[1].parameter_vector, atol=1e-8)


def test_a_metric_of_ones_own_chooses_the_iterate(make_network, batch):
    networks = [make_network() for _ in range(3)]
    histories = [
        networks[0].fit(batch, validation=batch, **OPTIONS),
        networks[1].fit(batch, validation=batch, metric=accuracy, **OPTIONS),
        networks[2].fit(batch, validation=batch, metric=lambda s, t: -accuracy(s, t), larger_is_better=False, **OPTIONS),
    ]
    assert (networks[0].parameter_vector == networks[1].parameter_vector).all()
    assert (networks[0].parameter_vector == networks[2].parameter_vector).all()
    assert histories[0].validation_metric.tolist() == histories[1].validation_metric.tolist() == (-histories[2].validation_metric).tolist()


def test_registered_metrics_choose_the_iterate(make_network, batch):
    for name in ("macro_f1", "log_loss", "auc"):
        network = make_network()
        history = network.fit(batch, validation=batch, metric=name, **OPTIONS)
        best = min if name == "log_loss" else max
        assert history.best.validation_metric == best(history.validation_metric)
        assert network.evaluate(*batch, metrics=name)[name] == pytest.approx(history.best.validation_metric, rel=1e-12)
    with pytest.raises(stableode.IncompatibleError, match="r2"):
        make_network().fit(batch, validation=batch, metric="r2", **OPTIONS)


class OwnError(Exception):
    pass


def fails(scores, targets):
    raise OwnError("mine")


@pytest.mark.parametrize("functions", [{"loss": fails}, {"metric": fails}])
def test_exceptions_come_through(make_network, batch, functions):
    network = make_network()
    before = network.parameter_vector
    with pytest.raises(OwnError, match="mine"):
        network.fit(batch, validation=batch, **functions, **OPTIONS)
    if "loss" in functions:
        assert (network.parameter_vector == before).all()
        with pytest.raises(OwnError, match="mine"):
            stableode.Gradient(network, loss=fails).loss(*batch)
        with pytest.raises(OwnError, match="mine"):
            stableode.Trainer(network, loss=fails).find_learning_rate(batch)


def test_bad_results_are_named(make_network, batch):
    network = make_network()
    wrong = {
        "losses must be finite": lambda s, t: (numpy.full(len(s), numpy.nan), s),
        "gradients must be finite": lambda s, t: (numpy.zeros(len(s)), s * numpy.inf),
        r"the losses that the loss function returned have shape \[3\]": lambda s, t: (numpy.zeros(3), s),
        "the gradient that the loss function returned has shape": lambda s, t: (numpy.zeros(len(s)), s[:, :1]),
        "no pair": lambda s, t: numpy.zeros(len(s)),
    }
    with numpy.errstate(invalid="ignore"):
        for message, loss in wrong.items():
            with pytest.raises(stableode.StableODEError, match=message):
                network.fit(batch, loss=loss, **OPTIONS)
    with pytest.raises(stableode.CallbackFailedError, match="must be finite"):
        network.fit(batch, validation=batch, metric=lambda s, t: numpy.nan, **OPTIONS)
    with pytest.raises(stableode.UnsupportedTypeError, match="function"):
        stableode.Trainer(network, loss=3)
    with pytest.raises(stableode.IncompatibleError, match="second derivatives"):
        network.fit(batch, loss=softmax_cross_entropy, optimizer="gauss_newton", epochs=1)
    with pytest.raises(stableode.IncompatibleError, match="label_smoothing"):
        network.fit(batch, loss=softmax_cross_entropy, label_smoothing=0.1, **OPTIONS)


def test_find_learning_rate(make_network, batch):
    network = make_network()
    trainer = stableode.Trainer(network, optimizer="sgd", batch_size=20, num_threads=1, normalization="none")
    before = network.parameter_vector
    suggestion, rates, losses = trainer.find_learning_rate(batch, low=1e-4, high=1e4, steps=60)
    assert (network.parameter_vector == before).all() and len(trainer.history) == 0
    assert rates[0] == 1e-4 and rates[-1] == pytest.approx(1e4) and numpy.ptp(numpy.diff(numpy.log(rates))) < 1e-12
    assert losses[0] == pytest.approx(network.evaluate(*batch)["loss"], rel=1e-6)
    assert 1e-4 < suggestion < rates[numpy.nanargmin(losses)] * 1.001
    assert (trainer.find_learning_rate(batch, low=1e-4, high=1e4, steps=60)[2] == losses).sum() == numpy.isfinite(losses).sum()
    order = "must be finite with 0 < low < high"
    for low, high, steps, message in [(0, 1, 10, order), (1, 1, 10, order), (1e-3, 1, 1, "steps is 1; it must be between 2")]:
        with pytest.raises(stableode.OutOfRangeError, match=message):
            trainer.find_learning_rate(batch, low=low, high=high, steps=steps)
    with pytest.raises(stableode.IncompatibleError, match="lbfgs"):
        stableode.Trainer(network, optimizer="lbfgs").find_learning_rate(batch)


def test_views_follow_strides():
    array = numpy.arange(24, dtype="float32").reshape(4, 6)
    for view in (array, array.T, array[::-1, ::2], array[1:, ::-3], array[:1]):
        assert (view_of(tensor_of(view, "view")) == view).all()


def test_curvature_raises_what_the_loss_raised_and_forgets_it():
    features, targets = numpy.ones((5, 2)), [0, 1, 0, 1, 0]
    network = stableode.Network(inputs=2, outputs=2, width=4, layers=2)
    failing = [True]

    def loss(scores, _):
        if failing[0]:
            raise ValueError("first")
        return numpy.full(len(scores), numpy.nan), 0 * scores

    gradient = stableode.Gradient(network, 5, loss=loss)
    with pytest.raises(ValueError, match="first"):
        gradient.curvature(features, targets, numpy.ones(network.parameter_count), "hessian")
    failing[0] = False
    with pytest.raises(stableode.CallbackFailedError, match="row 0: the loss callback gave the loss nan"):
        gradient.loss(features, targets)
