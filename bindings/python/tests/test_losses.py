"""Losses with their options, targets and predictions; metrics with and without weights, compared with scikit-learn's figures."""

import metric_references as data
import numpy
import pytest

import stableode

CASES = {
    "classes": (data.CLASS_SCORES, data.CLASSES, {"loss": "softmax_cross_entropy"}),
    "binary": (data.BINARY_SCORES, data.BINARY, {"loss": "logistic"}),
    "labels": (data.LABEL_SCORES, data.LABELS, {"loss": "multilabel_logistic"}),
    "values": (data.VALUE_SCORES, data.VALUES, {"loss": "least_squares"}),
    "quantiles": (data.VALUE_SCORES, data.VALUES[:, :1], {"loss": "quantile", "quantiles": [0.2, 0.9]}),
    "counts": (data.COUNT_SCORES, data.COUNTS, {"loss": "poisson"}),
}


def identity(outputs, **options):
    """A network whose scores are its features."""
    network = stableode.Network(
        inputs=outputs, outputs=outputs, readout="identity", field="dense", layers=1, precision="float64", **options
    )
    network.parameter_vector = numpy.zeros(network.parameter_count)
    return network


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("kind", CASES)
def test_metrics_are_those_of_scikit_learn(kind, weighted):
    scores, targets, options = CASES[kind]
    network, expected = identity(scores.shape[1], **options), data.REFERENCES[kind, weighted]
    dataset = stableode.Dataset(scores, targets).weighted(data.WEIGHTS)
    found = network.evaluate(dataset, metrics=list(expected), weighted=weighted)
    for name, figure in expected.items():
        # Sums of 40 samples in another order.
        assert found[name] == pytest.approx(figure, rel=1e-13, abs=1e-14), name
    if "accuracy" in expected:
        assert network.evaluate(dataset, weighted=weighted)["accuracy"] == pytest.approx(expected["accuracy"], rel=1e-14)
    # Without weights in the data set each sample counts once.
    assert network.evaluate(scores, targets, weighted=True) == pytest.approx(network.evaluate(scores, targets), nan_ok=True)


def test_weighted_loss_is_the_training_loss():
    network = identity(2, loss="huber", huber_delta=0.5, output_weights=[2, 0.25])
    r = data.VALUE_SCORES - data.VALUES
    each = (numpy.where(abs(r) <= 0.5, r**2 / 2, 0.5 * abs(r) - 0.125) * [2, 0.25]).sum(axis=1)
    weighted = stableode.Dataset(data.VALUE_SCORES, data.VALUES).weighted(data.WEIGHTS)
    assert network.evaluate(weighted, weighted=True)["loss"] == pytest.approx((each * data.WEIGHTS).sum() / data.WEIGHTS.sum(), rel=1e-13)
    assert network.evaluate(weighted)["loss"] == pytest.approx(each.mean(), rel=1e-13)
    # The metric has no weights of outputs.
    plain = numpy.where(abs(r) <= 0.5, r**2 / 2, 0.5 * abs(r) - 0.125)
    assert network.evaluate(weighted, metrics="huber_loss")["huber_loss"] == pytest.approx(plain.mean(), rel=1e-13)


def test_predictions_have_the_unit_of_the_targets():
    poisson = identity(1, loss="poisson")
    numpy.testing.assert_allclose(poisson.predict(data.COUNT_SCORES), numpy.exp(data.COUNT_SCORES), rtol=1e-14)
    assert (poisson.scores(data.COUNT_SCORES) == data.COUNT_SCORES).all()
    labels = identity(3, loss="multilabel_logistic")
    on = labels.predict(data.LABEL_SCORES)
    assert on.shape == (40, 3) and on.dtype == numpy.int64 and (on == (data.LABEL_SCORES > 0)).all()
    numpy.testing.assert_allclose(labels.predict_proba(data.LABEL_SCORES), 1 / (1 + numpy.exp(-data.LABEL_SCORES)), rtol=1e-14)
    with stableode.Predictor(labels, 40) as predictor:
        assert (predictor.predict(data.LABEL_SCORES) == on).all()
        assert (predictor.predict(data.LABEL_SCORES.astype("float32").tolist()) == on).all()
    one = identity(1, loss="multilabel_logistic")
    assert one.predict([[1.0], [-1.0]]).tolist() == [[1], [0]]
    figures = labels.class_figures(data.LABEL_SCORES, data.LABELS)
    assert figures["samples"].tolist() == data.LABELS.sum(axis=0).tolist()
    assert figures["f1"].mean() == pytest.approx(data.REFERENCES["labels", False]["macro_f1"])
    quantile = identity(2, loss="quantile", quantiles=[0.2, 0.9])
    assert (quantile.predict(data.VALUE_SCORES) == data.VALUE_SCORES).all()
    with pytest.raises(stableode.NotFiniteError, match=r"row 1: .*exp\(score\)"):
        poisson.predict([[0.0], [800.0]])
    filled = poisson.predict([[0.0], [800.0]], rows_without_result="nan")
    assert filled[0] == 1 and numpy.isnan(filled[1])


def test_labels_with_a_row_without_a_result():
    labels = identity(3, loss="multilabel_logistic")
    found = labels.predict([[1.0, -1, 2], [numpy.nan, 0, 0]], rows_without_result="nan")
    assert found.tolist() == [[1, 0, 1], [-1, -1, -1]]


@pytest.mark.parametrize(
    ("options", "targets", "message"),
    [
        ({"loss": "poisson"}, [[1.0, 2], [3, -0.5]], r"targets hold -0.5 at row 1, column 1; this network's loss needs values >= 0"),
        ({"loss": "multilabel_logistic"}, [[1.0, 0], [1.5, 0]], r"targets hold 1.5 at row 1, column 0; this network's loss needs values between 0"),
        ({"loss": "quantile", "quantiles": [0.1, 0.9]}, [[1.0, 2], [3, 4]], r"of shape \[2, 1\], one value for each 2 of the 2 outputs"),
        ({"loss": "huber"}, [[1.0, numpy.nan], [3, 4]], r"row 0, column 1"),
    ],
)
def test_targets_that_do_not_fit_are_named(options, targets, message):
    network, features = identity(2, **options), [[0.0, 0], [0, 0]]
    calls = [
        lambda: network.evaluate(features, targets),
        lambda: network.fit(features, targets, epochs=1),
        lambda: stableode.Gradient(network, 2).loss_and_gradient(features, targets),
    ]
    for call in calls:
        with pytest.raises((stableode.InvalidDataError, stableode.ShapeMismatchError), match=message):
            call()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"loss": "quantile", "quantiles": [0.5, 1]}, "quantiles: entry 1 is 1.0"),
        ({"loss": "quantile", "quantiles": [0.1, 0.5, 0.9]}, "outputs is 2"),
        ({"loss": "huber", "huber_delta": 0}, "huber_delta"),
        ({"loss": "huber", "quantiles": [0.5]}, "loss huber has no option quantiles; it belongs to quantile"),
        ({"loss": "least_squares", "output_weights": [1, -1]}, "entry 1 is -1"),
        ({"loss": "least_squares", "output_weights": [1]}, "each of the 2 outputs"),
        ({"loss": "logistic", "output_weights": [1]}, "output_weights"),
    ],
)
def test_options_that_do_not_fit_are_named(options, message):
    with pytest.raises(stableode.StableODEError, match=message):
        identity(2, **options)


def test_options_are_kept_in_files_and_by_projections():
    network = identity(4, loss="quantile", quantiles=[0.25, 0.75], output_weights=[1, 2, 0, 1])
    again = stableode.Network.from_bytes(network.to_bytes()).specification
    assert again["quantiles"] == network.specification["quantiles"] and again["output_weights"] == network.specification["output_weights"]
    changed = network.project(loss="huber").specification
    assert changed["huber_delta"] == 1 and "quantiles" not in changed and "output_weights" in changed
    assert {"huber_delta", "quantiles", "output_weights"}.isdisjoint(stableode.Network(inputs=1, outputs=2).specification)
    assert stableode.options("network")["huber_delta"].taken_by == {"loss": ("huber",)}


def regression(count=400, seed=3):
    random = numpy.random.default_rng(seed)
    features = random.uniform(-1, 1, (count, 2))
    return features, random, numpy.sin(2 * features[:, :1]) + features[:, 1:]


@pytest.mark.parametrize("optimizer", ["adam", "sgd", "lbfgs", "nonlinear_cg", "newton_pcg", "gauss_newton", "varpro", "block_coordinate"])
@pytest.mark.parametrize("loss", ["least_squares", "huber", "quantile", "poisson", "multilabel_logistic"])
def test_every_optimizer_lowers_every_loss(loss, optimizer):
    features, random, mean = regression()
    targets = {
        "poisson": random.poisson(numpy.exp(mean)), "multilabel_logistic": (random.logistic(size=mean.shape) < 3 * mean).astype(int)
    }.get(loss, mean + 0.2 * random.standard_normal(mean.shape))
    network = stableode.Network(
        inputs=2, outputs=1, width=4, opening="dense", layers=4, field="dense", loss=loss, precision="float64", output_weights=[2]
    )
    before = network.evaluate(features, targets)["loss"]
    if loss == "quantile" and optimizer in ("gauss_newton", "varpro", "block_coordinate"):
        with pytest.raises(stableode.IncompatibleError, match="second derivatives of the loss; those of loss quantile are 0"):
            network.fit(features, targets, optimizer=optimizer, epochs=1)
        return
    rate = {"adam": 0.02, "sgd": 0.02}.get(optimizer)
    network.fit(features, targets, optimizer=optimizer, epochs=15, **({"learning_rate": rate} if rate else {}))
    assert network.evaluate(features, targets)["loss"] < 0.85 * before


def test_huber_withstands_outliers():
    features, random, mean = regression()
    targets = mean + 0.05 * random.standard_normal(mean.shape)
    targets[:40] += 50
    errors = {}
    for loss in ("least_squares", "huber"):
        network = stableode.Network(
            inputs=2, outputs=1, width=8, opening="dense", layers=4, field="dense", loss=loss, **({"huber_delta": 0.1} if loss == "huber" else {})
        )
        network.fit(features, targets, optimizer="gauss_newton", epochs=40)
        errors[loss] = abs(network.predict(features) - mean).mean()
    assert errors["huber"] < 0.1 < 2 < errors["least_squares"]


def test_quantiles_cover_their_share():
    features, random, mean = regression(2000)
    targets = mean + (0.5 + 0.4 * features[:, :1]) * random.standard_normal(mean.shape)
    network = stableode.Network(inputs=2, outputs=3, width=8, opening="dense", layers=4, field="dense", loss="quantile", quantiles=[0.1, 0.5, 0.9])
    network.fit(features, targets, epochs=40, learning_rate=0.01, schedule="cosine")
    share = (targets <= network.predict(features)).mean(axis=0)
    numpy.testing.assert_allclose(share, [0.1, 0.5, 0.9], atol=0.03)


def test_an_output_of_weight_zero_is_not_trained():
    features, random, mean = regression()
    network = stableode.Network(inputs=2, outputs=2, layers=4, field="dense", loss="least_squares", output_weights=[0, 1])
    before = {name: network.parameters[name] for name in ("readout.W", "readout.b")}
    network.fit(features, numpy.hstack([1e6 * mean, mean]), epochs=5, weight_decay=0)
    for name, old in before.items():
        now = network.parameters[name]
        assert (now[0] == old[0]).all() and (now[1] != old[1]).any()


def test_weighted_validation_chooses_by_weights():
    features, random, mean = regression()
    targets = (mean[:, 0] > 0).astype(int)
    targets[:100] = 1 - targets[:100]
    weights = numpy.where(numpy.arange(400) < 100, 1e-6, 1.0)
    validation = stableode.Dataset(features, targets).weighted(weights)
    rows = {}
    for weighted in (False, True):
        network = stableode.Network(inputs=2, outputs=2, width=4, layers=4, precision="float64", seed=1)
        history = network.fit(features[100:], targets[100:], validation=validation, epochs=12, learning_rate=0.02, weighted_validation=weighted)
        best = network.evaluate(validation, metrics="accuracy", weighted=weighted)
        rows[weighted] = history
        chosen = history.validation_accuracy.max()
        assert best["accuracy"] == chosen
        assert best["loss"] == pytest.approx(history.validation_loss[history.validation_accuracy == chosen].min(), rel=1e-12)
    assert rows[True].validation_accuracy.max() > 0.9 > 0.8 > rows[False].validation_accuracy.max()
    trainer = stableode.Trainer(network, weighted_validation=True)
    assert trainer.options["weighted_validation"] is True


def test_cross_validation_with_weights():
    features, random, mean = regression()
    dataset = stableode.Dataset(features, mean).weighted(random.uniform(size=400))
    network = stableode.Network(inputs=2, outputs=1, loss="least_squares")
    plain, weighted = (stableode.cross_validate(network, dataset, folds=2, epochs=1, weighted=w, metrics="r2") for w in (False, True))
    assert (plain["loss"] != weighted["loss"]).all() and (plain["r2"] != weighted["r2"]).all()
