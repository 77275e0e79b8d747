"""Names that belong elsewhere, or that other libraries have: what the errors say."""

import numpy
import pytest

import stableode
from stableode._command.arrow import ArrowTable

FEATURES, LABELS = numpy.arange(16.0).reshape(8, 2), numpy.arange(8) % 2


@pytest.fixture
def network():
    return stableode.Network(inputs=2, outputs=2, width=4, layers=2)


@pytest.mark.parametrize("options, words", [
    ({"missing": "mean"}, r"belongs to Dataset: fit\(Dataset\(table, target=…, missing=…\)\)"),
    ({"unseen": "zeros"}, "belongs to Dataset"),
    ({"sample_weight": [1.0]}, "weighted"),
    ({"gamma": 0.1}, r"Network\(gamma=…\)"),
    ({"width": 8}, r"Network\(width=…\)"),
    ({"clip": 1.0}, "'clip_norm'"),
    ({"lr": 0.1}, "'learning_rate'"),
    ({"metric": "roc_auc"}, "'auc'"),
    ({"epohcs": 1}, "'epochs'"),
])
def test_options_of_training(network, options, words):
    for call in (lambda: network.fit(FEATURES, LABELS, **options), lambda: stableode.Trainer(network, **options)):
        with pytest.raises(stableode.UnknownNameError, match=words):
            call()


def test_options_of_a_network():
    with pytest.raises(stableode.UnknownNameError, match=r"fit\(epochs=…\)"):
        stableode.Network(inputs=2, outputs=2, epochs=3)
    with pytest.raises(stableode.UnknownNameError, match="'field'"):
        stableode.Network(inputs=2, outputs=2, feild="dense")


@pytest.mark.parametrize("name, words", [("f1", "macro_f1"), ("rmse", "root_mean_squared_error"), ("roc_auc", "'auc'"), ("neg_log_loss", "'log_loss' here, and less is better"), ("precision", "class_figures")])
def test_metrics(network, name, words):
    with pytest.raises(stableode.UnknownNameError, match=words):
        network.evaluate(FEATURES, LABELS, metrics=["accuracy", name])


def test_other_names_lead_to_names_that_exist():
    from stableode._misplaced import _METRICS, _TRAINING

    assert set(_METRICS.values()) <= set(stableode.metrics()) and not set(_METRICS) & set(stableode.metrics())
    assert set(_TRAINING.values()) <= set(stableode.options("trainer")) and not set(_TRAINING) & set(stableode.options("trainer"))


def test_weights_of_classes_by_name():
    table = ArrowTable({"x": numpy.arange(8.0), "kind": ["u", "v", "u", "u"] * 2})
    networks = [stableode.Network(inputs=1, outputs=2, width=4, layers=2) for _ in range(3)]
    for network, weights in zip(networks, ({"v": 3.0}, [1.0, 3.0], {"u": 1, "v": 1})):
        network.fit(table, target="kind", epochs=2, class_weights=weights)
    assert (networks[0].parameter_vector == networks[1].parameter_vector).all() and (networks[0].parameter_vector != networks[2].parameter_vector).any()
    stableode.Trainer(networks[0], class_weights={"u": 2.0})
    with pytest.raises(stableode.UnknownNameError, match="'w', which is none of the classes u, v"):
        networks[0].fit(table, epochs=1, class_weights={"w": 2.0})
    numbered = stableode.Network(inputs=2, outputs=2, width=4, layers=2)
    numbered.fit(FEATURES, LABELS, epochs=1, class_weights={1: 2.0})
    with pytest.raises(stableode.UnknownNameError, match="none of the classes 0, 1"):
        numbered.fit(FEATURES, LABELS, epochs=1, class_weights={2: 2.0})


def test_targets_by_the_name_of_a_column(network):
    table = ArrowTable({"x": numpy.arange(8.0), "kind": ["u", "v"] * 4})
    for call in (network.fit, network.evaluate):
        with pytest.raises(stableode.InvalidArgumentError, match=r"Dataset\(table, target='kind'\)"):
            call(table, "kind")


@pytest.mark.parametrize("labels", [[1, 2] * 4, [-1, 1] * 4])
def test_labels_that_do_not_begin_at_zero(network, labels):
    with pytest.raises(stableode.InvalidDataError, match="numpy.unique.*classes='always'"):
        network.fit(FEATURES, numpy.array(labels), epochs=1)
    table = ArrowTable({"a": FEATURES[:, 0], "b": FEATURES[:, 1], "kind": numpy.array(labels)})
    network.fit(stableode.Dataset(table, target="kind", classes="always"), epochs=1)
    assert network.classes == sorted(set(labels))
