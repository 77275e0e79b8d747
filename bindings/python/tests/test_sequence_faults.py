"""What packing series refuses: no feature is NaN or infinite, and errors name series, time and channel."""

import warnings

import numpy
import pytest

import stableode
from stableode import sequences

SERIES = [numpy.arange(10.0).reshape(5, 2), numpy.arange(6.0).reshape(3, 2)]


@pytest.fixture(autouse=True)
def warnings_are_errors():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.mark.parametrize(
    "data, options, error, text",
    [
        ([numpy.ones((3, 1))] * 2, dict(times=[[0, 1, 2], [-1.7e308, 0, 1.7e308]]), stableode.InvalidDataError, "the times of series 1 reach from -1.7e"),
        ([numpy.ones((3, 1))] * 2, dict(times=[[0, 1e-5, 2e-5]] * 2, span=1e306), stableode.OutOfRangeError, "span is 1e.306, but the longest series"),
        ([numpy.array([[1e308], [-1e308], [1e308]])], dict(integral_channels=True), stableode.OutOfRangeError, "the mean of channel 0"),
        (
            [numpy.array([[0.0], [0.0], [1e150]]), numpy.array([[0.0], [0.0], [1e150]])],
            dict(times=[[0, 1, 1e200], [0, 1, 2]], integral_channels=True),
            stableode.OutOfRangeError,
            r"the integral of channel 0 of series 0, step 2, at time 9.99+\d*e.199, is",
        ),
        (SERIES, dict(channels=3), stableode.UnsupportedTypeError, "channels is a int"),
        (SERIES, dict(channels="ab"), stableode.ShapeMismatchError, "channels has 1 names"),
        (SERIES, dict(channels=["x", "x"]), stableode.InvalidArgumentError, "channels names 'x' twice"),
        (SERIES, dict(steps=2**40), stableode.OutOfRangeError, "steps is 1099511627776; it must be between 1 and 1000000"),
        (SERIES, dict(times="abc"), stableode.UnsupportedTypeError, "times holds texts"),
        (dict(series=[0, 0], time=["a", "b"], x=[1.0, 2.0]), {}, stableode.UnsupportedTypeError, "column 'time' holds texts; times are numbers, dates or durations"),
        (
            dict(series=[0, 0], time=1_700_000_000_000_000_000 + numpy.arange(2), x=[1.0, 2.0]),
            {},
            stableode.OutOfRangeError,
            "column 'time' holds different integers",
        ),
        (dict(series=numpy.ma.masked_array([0, 0], [0, 1]), time=[0, 1], x=[1.0, 2.0]), {}, stableode.UnsupportedTypeError, "column 'series' is a masked array"),
    ],
)
def test_packing_names_what_is_wrong(data, options, error, text):
    with pytest.raises(error, match=text):
        sequences.pack(data, **options)


def test_means_of_large_numbers_are_finite():
    packed = sequences.pack([numpy.full((3, 1), 1.7e308)], [[0, 0, 1]], duplicates="mean", layout="times_values")
    assert packed.features[0, 1] == pytest.approx(1.7e308, rel=1e-15)


def test_a_choice_of_series_is_checked():
    packed = sequences.pack(SERIES)
    assert repr(packed[:0]).startswith("PackedSequences(0 series, 0 steps, 2 channels")
    for choice in (5, 0, "a"):
        with pytest.raises(stableode.InvalidArgumentError, match="series are chosen by a slice"):
            packed[choice]
    for choice in ([0, 5], [True, False, True]):
        with pytest.raises(stableode.OutOfRangeError, match="but there are 2"):
            packed[choice]


@pytest.mark.parametrize(
    "targets, text",
    [
        ([numpy.zeros((5, 2)), numpy.zeros((3, 3))], r"targets of series 1 have shape \[3, 3\], but those of series 0 \[5, 2\]"),
        ([numpy.zeros(5), 1.0], "targets of series 1 have shape"),
        (1.0, "targets is one number, but 8 steps were packed"),
    ],
)
def test_targets_have_the_steps_of_the_series(targets, text):
    with pytest.raises(stableode.ShapeMismatchError, match=text):
        sequences.pack(SERIES).pack_targets(targets)


def test_negative_labels_are_named():
    packed = sequences.pack(SERIES)
    with pytest.raises(stableode.InvalidDataError, match="the label of series 1, step 2, is -3; labels are integers ≥ 0, or −1"):
        packed.pack_targets([[0, 1, -1, 0, 1], [0, 1, -3]])
    table = sequences.pack({"series": [1, 0, 1], "time": [2.0, 0.0, 1.0], "x": [5.0, 6.0, 7.0]})
    with pytest.raises(stableode.InvalidDataError, match="the label of row 2 is -2"):
        table.pack_targets([1, 0, -2])


def test_infinite_targets_are_named():
    with pytest.raises(stableode.InvalidDataError, match="the target of series 1, step 2, is infinite"):
        sequences.pack(SERIES).pack_targets([numpy.zeros(5), numpy.array([0.0, numpy.nan, numpy.inf])])


def test_integers_of_tables_stay_different():
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    table = pandas.DataFrame(dict(series=[1, 1], time=1_700_000_000_000_000_000 + numpy.arange(2), x=[1.0, 2.0]))
    with pytest.raises(stableode.OutOfRangeError, match="column 'time' holds different integers"):
        sequences.pack(table)
    table["time"] -= table["time"].min()
    assert sequences.pack(table).steps == 2


def test_series_ahead_have_steps():
    with pytest.raises(stableode.OutOfRangeError, match="steps is 1099511627776; it must be between 1 and 1000000"):
        sequences.ahead(SERIES, steps=2**40)


def test_layouts_are_layouts():
    with pytest.raises(stableode.UnsupportedTypeError, match="layout is a NoneType; it must be a SequenceLayout"):
        sequences.pack_in(None, SERIES)


def test_an_estimator_speaks_of_its_horizon():
    pytest.importorskip("sklearn")
    from stableode.sklearn import StableODESequenceClassifier

    for horizon, error in ((-1, ValueError), ("a", TypeError)):
        with pytest.raises(error, match="horizon is"):
            StableODESequenceClassifier(horizon=horizon).fit(numpy.ones((4, 5, 2)), [0, 1, 0, 1])
