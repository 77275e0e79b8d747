"""Metrics of whole data sets, compared with counts by NumPy."""

import numpy
import pytest

import stableode


@pytest.fixture
def counted(network, batch):
    features, labels = batch
    return features, labels, network.predict(features), network.predict_proba(features).astype("float64")


def test_evaluate_adds_the_metrics_asked_for(network, counted):
    features, labels, predicted, probabilities = counted
    names = ["accuracy", "balanced_accuracy", "macro_f1", "micro_f1", "weighted_f1", "log_loss", "brier_score", "auc", "average_precision"]
    found = network.evaluate(features, labels, metrics=names)
    assert found["accuracy"] == (predicted == labels).mean()
    recalls = [(predicted[labels == c] == c).mean() for c in range(4) if (labels == c).any()]
    assert found["balanced_accuracy"] == pytest.approx(numpy.mean(recalls), abs=1e-15)
    # The probabilities here are float32; the metrics compute float64 probabilities from the same float32 scores.
    assert found["log_loss"] == pytest.approx(-numpy.log(probabilities[numpy.arange(20), labels]).mean(), abs=1e-6)
    assert found["brier_score"] == pytest.approx(((probabilities - numpy.eye(4)[labels]) ** 2).sum(axis=1).mean(), abs=1e-6)
    assert set(network.evaluate(features, labels)) == {"loss", "accuracy", "samples"}
    assert 0 <= network.evaluate(features, labels, metrics="auc")["auc"] <= 1


def test_confusion_matrix_and_class_figures(network, counted):
    features, labels, predicted, _ = counted
    matrix = network.confusion_matrix(features, labels)
    expected = numpy.zeros((4, 4), int)
    numpy.add.at(expected, (labels, predicted), 1)
    assert (matrix == expected).all() and matrix.dtype == numpy.int64
    figures = network.class_figures(features, labels)
    assert (figures["samples"] == expected.sum(axis=1)).all()
    with numpy.errstate(invalid="ignore"):
        numpy.testing.assert_allclose(figures["precision"], numpy.diag(expected) / expected.sum(axis=0))
        numpy.testing.assert_allclose(figures["recall"], numpy.diag(expected) / expected.sum(axis=1))


def test_regression_metrics(make_network):
    random = numpy.random.default_rng(1)
    features, values = random.standard_normal((50, 3)), random.standard_normal((50, 4))
    network = make_network(loss="least_squares", precision="float64")
    found = network.evaluate(features, values, metrics=["r2", "mean_absolute_error"])
    off = network.scores(features) - values
    assert found["mean_absolute_error"] == pytest.approx(abs(off).mean(), rel=1e-13)
    spread = ((values - values.mean(axis=0)) ** 2).sum(axis=0)
    assert found["r2"] == pytest.approx((1 - (off**2).sum(axis=0) / spread).mean(), rel=1e-12)
    with pytest.raises(stableode.IncompatibleError, match="auc"):
        network.evaluate(features, values, metrics=["auc"])
    with pytest.raises(stableode.IncompatibleError, match="has no classes"):
        network.confusion_matrix(features, values)


@pytest.mark.parametrize(
    ("metrics", "message"),
    [
        ("auc,log_loss", r"metrics is 'auc,log_loss', which holds a comma; several metrics are a list of names: \['auc', 'log_loss'\]"),
        (["auc", "a,b"], r"metrics\[1\] is 'a,b', which holds a comma"),
        (["auc", ""], r"metrics\[1\] is ''; it must be the name of a metric"),
        (" ", "metrics is ' '; it must be the name of a metric"),
    ],
)
def test_entries_that_are_no_names_are_named(network, batch, metrics, message):
    for call in (lambda: network.evaluate(*batch, metrics=metrics), lambda: stableode.cross_validate(network, batch, folds=2, metrics=metrics)):
        with pytest.raises(stableode.InvalidArgumentError, match=message):
            call()
    with pytest.raises(stableode.UnknownNameError, match="auc"):
        network.evaluate(*batch, metrics=["auk"])


def test_a_warning_names_metrics_that_the_data_leave_undefined():
    network, rows = stableode.Network(inputs=2, outputs=2), numpy.arange(20.0).reshape(10, 2)
    with pytest.warns(UserWarning, match="auc is NaN: it compares samples of a class with those of others"):
        found = network.evaluate(rows, numpy.zeros(10, int), metrics=["auc", "macro_f1"])
    assert numpy.isnan(found["auc"]) and not numpy.isnan(found["macro_f1"])
