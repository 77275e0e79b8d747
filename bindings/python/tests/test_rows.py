"""Rows without a result: an error names them, or they become NaN and class −1."""

import numpy
import pytest

import stableode


def bad_batch(samples=300):
    features = numpy.random.default_rng(3).standard_normal((samples, 3))
    features[7, 1], features[8, 2], features[250, 0] = numpy.nan, 1e39, numpy.inf
    return features, [7, 8, 250]


@pytest.mark.parametrize("method", ["predict", "predict_proba", "scores"])
@pytest.mark.parametrize("make", [lambda network: network, lambda network: stableode.Predictor(network, 300)])
def test_rows_without_a_result(network, method, make):
    features, missing = bad_batch()
    good = numpy.setdiff1d(numpy.arange(300), missing)
    expected = getattr(network, method)(features[good])
    call = getattr(make(network), method)
    out = numpy.full((300, *expected.shape[1:]), 5, expected.dtype)
    with pytest.raises(stableode.InvalidDataError, match="row 7, column 1"):
        call(features, out=out)
    assert (out == 5).all()
    # float32 features use the path without tensors.
    with numpy.errstate(over="ignore"):
        narrow = features.astype("float32")
    for given in (features, narrow):
        result = call(given, rows_without_result="nan")
        if method == "predict":
            assert (result[missing] == -1).all()
        else:
            assert numpy.isnan(result[missing]).all()
        rows = stableode.failed_rows()
        assert [row.row for row in rows] == missing
        assert all(row.code == stableode.InvalidDataError.code and "column" in row.reason for row in rows)
    assert numpy.array_equal(call(features, rows_without_result="nan")[good], expected)
    call(features[:5], rows_without_result="nan")
    assert stableode.failed_rows() == []
    with pytest.raises(stableode.InvalidArgumentError, match="rows_without_result"):
        call(features, rows_without_result="skip")


def test_a_solution_carries_each_samples_reason():
    network = stableode.Network(inputs=2, outputs=2, integrator="tsit5", max_steps=5, horizon=4.0, initial_scale=3.0, seed=2)
    features = numpy.array([[3.0, 1.0], [0.0, 0.0], [1.0, -2.0]])
    solution = network.solve(features, [1.0])
    failed = solution.ends == 3
    assert failed.any() and len(solution.reasons) == 3
    for sample, reason in enumerate(solution.reasons):
        assert ("max_steps = 5" in reason) if failed[sample] else reason is None
    first = int(numpy.flatnonzero(failed)[0])
    with pytest.raises(stableode.StepLimitError, match=f"row {first}: "):
        network.predict(features)


@pytest.mark.parametrize("given", ["features", "start_states", "start_times"])
def test_samples_that_cannot_begin(given):
    network = stableode.Network(inputs=2, outputs=2, width=2, integrator="dopri5", seed=2)
    values = {"features": numpy.random.default_rng(1).standard_normal((200, 2)), "start_times": numpy.zeros(200)}
    values["start_states"] = values["features"].copy()
    bad = values[given]
    bad[3], bad[100], bad[199] = numpy.nan, 1e300, -numpy.inf
    missing, arguments = [3, 100, 199], {"features": {}, "start_states": {"start_states": bad}, "start_times": {"start_times": bad}}[given]
    features, times = None if given == "start_states" else values["features"], [0.0, 0.5]
    with pytest.raises((stableode.InvalidDataError, stableode.OutOfRangeError), match="row 3"):
        network.solve(features, times, **arguments)
    solution = network.solve(features, times, **arguments, rows_without_result="nan")
    rows = stableode.failed_rows()
    assert [row.row for row in rows] == missing and all(given in row.reason for row in rows)
    good = numpy.setdiff1d(numpy.arange(200), missing)
    assert (solution.ends[missing] == stableode.END_FAILURE).all() and (solution.ends[good] == stableode.END_HORIZON).all()
    assert numpy.isnan(solution.states[missing]).all() and numpy.isnan(solution.end_times[missing]).all()
    assert [sample for sample, reason in enumerate(solution.reasons) if reason] == missing
    # The other samples have the bits that they have without these.
    chosen = {name: array[good] for name, array in arguments.items()}
    alone = network.solve(None if features is None else features[good], times, **chosen)
    assert numpy.array_equal(solution.states[good], alone.states)


def test_auc_ranks_scores_that_saturate():
    network = stableode.Network(inputs=1, outputs=1, loss="logistic", readout="identity", layers=1)
    network.parameter_vector = numpy.zeros(network.parameter_count)
    features = numpy.array([[50.0], [60.0], [70.0], [80.0]])
    assert numpy.unique(network.predict_proba(features)).size == 1
    assert network.evaluate(features, [0, 0, 1, 1], metrics="auc")["auc"] == 1


@pytest.mark.parametrize("value", [numpy.nan, numpy.inf, 1e39])
def test_numbers_that_are_none_end_no_evaluation_in_a_hang(network, value):
    features = numpy.random.default_rng(1).standard_normal((20, 3))
    features[11, 1] = value
    labels = numpy.arange(20) % network.outputs
    # A fit would bring 1e39 to its size by its normalization.
    def fit(features, labels):
        network.fit(features, labels, normalization="none")

    for call in (network.evaluate, network.confusion_matrix, network.class_figures, fit):
        with pytest.raises(stableode.InvalidDataError, match="row 11, column 1"):
            call(features, labels)
    with pytest.raises(stableode.InvalidDataError, match="row 11, column 1"):
        network.evaluate(features, labels, metrics="auc")
