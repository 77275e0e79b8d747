"""Which row an error names: the first bad one of the caller's batch; and what masks hide, which is not read."""

import numpy
import pytest

import stableode

NAN = float("nan")

X = numpy.random.default_rng(0).standard_normal((40, 2))
Y = numpy.random.default_rng(1).standard_normal(40)


def regression(**options):
    return stableode.Network(**{"inputs": 2, "outputs": 1, "width": 2, "layers": 2, "loss": "least_squares", **options})


SEQUENCES = dict(
    inputs=9,
    outputs=2,
    width=4,
    layers=3,
    opening="sequence",
    field="antisymmetric_rnn",
    channels=1,
    sequence_layout="times_values_mask",
    interpolation="linear",
)


def sequences(count=5, dtype="float32"):
    """Three steps each: time, value, mask."""
    rows = numpy.zeros((count, 3, 3), dtype)
    rows[..., 0], rows[..., 1], rows[..., 2] = [0, 1, 2], numpy.random.default_rng(1).standard_normal((count, 3)), 1
    return rows


def calls(network, x):
    """Every call that reads features, as functions."""
    flat = x.reshape(len(x), -1)
    with numpy.errstate(over="ignore"):
        narrow = flat.astype("float32")
    labels = numpy.arange(len(x)) % 2
    gradient = stableode.Gradient(network, len(x))
    return {
        "predict": lambda: network.predict(flat),
        "predict_proba with threads": lambda: network.predict_proba(flat, threads=2),
        "predictor": lambda: stableode.Predictor(network).predict(flat),
        "predictor without tensors": lambda: stableode.Predictor(network).predict(narrow),
        "states": lambda: network.states(flat),
        "gradient": lambda: gradient.loss(flat, labels),
        "pullback": lambda: gradient.pullback(flat, numpy.ones((len(x), 2))),
        "pushforward": lambda: gradient.pushforward(flat),
    }


@pytest.mark.parametrize("late", ["nan", "time", "mask", "huge"])
@pytest.mark.parametrize("early", ["nan", "time", "mask", "huge"])
def test_the_first_bad_sequence_is_named(early, late):
    network = stableode.Network(**SEQUENCES)
    x = sequences(dtype="float64")
    for row, fault in ((1, early), (3, late)):
        place, value = {"nan": ((1, 1), NAN), "huge": ((1, 1), 1e300), "time": ((1, 0), -1.0), "mask": ((1, 2), 0.5)}[fault]
        x[(row, *place)] = value
    for name, call in calls(network, x).items():
        with pytest.raises(stableode.InvalidDataError, match=r"row 1\b") as caught:
            call()
        assert "sample" not in str(caught.value), name
    network.predict(x.reshape(5, 9), rows_without_result="nan")
    assert [row.row for row in stableode.failed_rows()] == [1, 3]
    assert all(f"row {row.row}" in row.reason for row in stableode.failed_rows())


@pytest.mark.parametrize("normalized", [False, True])
def test_the_first_bad_row_is_named_whatever_is_wrong_with_it(normalized):
    """Too large before NaN, and scores that are not finite before a NaN."""
    network = stableode.Network(inputs=2, outputs=2, width=2, layers=1, activation="relu")
    if normalized:
        network.normalization = 0.0, 2.0
    x = numpy.zeros((2000, 2))
    x[700, 1], x[1500, 0] = 1e39, NAN
    text = "row 700, column 1, " + ("which is too large for float32 once it is normalized" if normalized else "too large for float32")
    for call in (network.predict, network.scores, stableode.Predictor(network, 2000).predict):
        with pytest.raises(stableode.InvalidDataError, match=text):
            call(x)
    network.parameters["readout.W"] = numpy.full((2, 2), 1e38)
    network.parameters["blocks.0.K"] = numpy.zeros((1, 2, 2))
    x[700, 1], x[40, :] = 0, 1e10
    for threads in (1, 2):
        for many in (100, 1600):
            y = numpy.array(x[:many])
            y[60, 0] = NAN
            with pytest.raises(stableode.NotFiniteError, match="row 40: the scores are not finite"):
                network.scores(y, threads=threads)
            out = numpy.full((many, 2), 7.0, "float32")
            with pytest.raises(stableode.NotFiniteError, match="row 40"):
                network.scores(y, threads=threads, out=out)
            assert (out == 7).all()
    y = numpy.array(x[:50])
    y[45, 0], y[40] = NAN, [1, NAN]
    with pytest.raises(stableode.InvalidDataError, match="row 40, column 1"):
        network.states(y)


def test_the_first_bad_row_of_training_data_is_named():
    network = stableode.Network(**SEQUENCES)
    x = sequences(6, "float64")
    x[1, 1, 0], x[3, 1, 1] = -1, 1e300
    with pytest.raises(stableode.InvalidDataError, match="the training data: row 1, step 1: the time"):
        network.fit(x.reshape(6, 9), numpy.arange(6) % 2, epochs=1)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("interpolation", ["linear", "hermite"])
@pytest.mark.parametrize("opening", ["sequence", "sequence_dense"])
def test_what_a_mask_hides_is_not_read(opening, interpolation, precision, dtype):
    """Unobserved values and the times of padding may hold anything: results have the same bits."""
    network = stableode.Network(**{**SEQUENCES, "opening": opening, "interpolation": interpolation, "precision": precision, "width": 5})
    plain = sequences(4, dtype)
    plain[0, 1, 1:] = 0
    plain[1, 2] = 0
    plain[2, 0, 1:] = 0
    results = []
    for hidden in (0, 5, NAN, numpy.inf, 1e300 if dtype == "float64" else 3e38):
        x = plain.copy()
        x[0, 1, 1] = x[1, 2, 0] = x[1, 2, 1] = x[2, 0, 1] = hidden
        flat, gradient = x.reshape(4, 9), stableode.Gradient(network)
        loss, direction = gradient.loss_and_gradient(flat, [0, 1, 0, 1])
        results.append([network.scores(flat), network.states(flat), loss, direction, *gradient.pullback(flat, numpy.ones((4, 2)))])
        if numpy.isfinite(hidden):
            other = network.copy()
            other.fit_normalization(flat)
            other.fit(flat, [0, 1, 0, 1], epochs=1, num_threads=1, shuffle=False)
            results[-1] += [other.parameter_vector, *other.normalization]
        else:
            # A data set knows no masks, and says so by naming the entry.
            with pytest.raises(stableode.InvalidDataError, match="row 0, column 4"):
                stableode.Dataset(flat, [0, 1, 0, 1])
    for result in results[1:]:
        for one, other in zip(results[0], result, strict=False):
            numpy.testing.assert_array_equal(one, other)
    x = plain.copy()
    x[0, 1, 0] = NAN  # a step without any observation is padding, wherever it lies
    numpy.testing.assert_array_equal(network.scores(x.reshape(4, 9)), results[0][0])
    x[0, 2, 0] = NAN
    with pytest.raises(stableode.InvalidDataError, match="row 0, column 6"):
        network.scores(x.reshape(4, 9))


def test_callers_losses_name_the_first_bad_row():
    def loss(scores, targets):
        losses, gradient = (scores[:, 0] - targets[:, 0]) ** 2, 2 * (scores - targets)
        losses[5], gradient[2, 0] = NAN, NAN
        return losses, gradient

    with pytest.raises(stableode.CallbackFailedError, match="row 2: the loss callback gave nan in the gradient"):
        stableode.Gradient(regression(), loss=loss).loss_and_gradient(X, Y[:, None])
