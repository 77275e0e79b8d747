"""What trajectories refuse: the errors name trajectory, number and time as the caller gave them, and nothing that is not finite passes."""

import copy
import pickle
import warnings

import numpy
import pytest

import stableode
from stableode import trajectories

TIMES = numpy.linspace(0, 2, 8)
STATES = numpy.stack([numpy.cos(TIMES), -numpy.sin(TIMES)], axis=1)
OPTIONS = dict(field="dense", activation="identity", bias="none", epochs=5, seed=1)


def fitted(times=TIMES, states=STATES, **options):
    return trajectories.fit(times, states, **{**OPTIONS, **options})


@pytest.fixture(autouse=True)
def warnings_are_errors():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.fixture(scope="module")
def model():
    return fitted()


MASKED = numpy.ma.masked_array(STATES, mask=STATES > 0.5)
NAT = numpy.array(["2020-01-01", "NaT", "2020-01-03"], "datetime64[D]")
NANOSECONDS = 1_700_000_000_000_000_000 + 7 * numpy.arange(8)
RAGGED = numpy.empty(2, object)
RAGGED[:] = [STATES, STATES[:5]]


@pytest.mark.parametrize(
    "times, states, initial, error, text",
    [
        (TIMES, MASKED, None, stableode.UnsupportedTypeError, "states is a masked array"),
        ([TIMES, TIMES], [STATES, MASKED], None, stableode.UnsupportedTypeError, "the states of trajectory 1 is a masked array"),
        (TIMES, list(MASKED), None, stableode.UnsupportedTypeError, r"states\[0\] is a masked array"),
        (TIMES, STATES, MASKED[:1], stableode.UnsupportedTypeError, "initial_states is a masked array"),
        (numpy.ma.masked_array(NAT, [0, 1, 0]), STATES[:3], None, stableode.UnsupportedTypeError, "times is a masked array"),
        (TIMES, STATES * 1j, None, stableode.UnsupportedTypeError, "states is of type complex128"),
        (TIMES, STATES.astype(str), None, stableode.UnsupportedTypeError, "states is of type <U"),
        (NAT, STATES[:3], None, stableode.InvalidDataError, r"trajectory 0: time 1 is no date \(NaT\)"),
        ([0.5, numpy.datetime64("2020-01-01")], STATES[:2], None, stableode.UnsupportedTypeError, r"the entry at row 1 is .*2020-01-01"),
        ([numpy.timedelta64(1, "s"), 5], STATES[:2], None, stableode.UnsupportedTypeError, "but also the number 5"),
        (NANOSECONDS, STATES, None, stableode.OutOfRangeError, "different integers, such as 1700000000000000049, that are equal"),
        (None, STATES, None, stableode.UnsupportedTypeError, "times is None; times are numbers, dates or durations"),
        ("noon", STATES, None, stableode.UnsupportedTypeError, "times holds texts"),
        (1.0, STATES, None, stableode.ShapeMismatchError, r"times has shape \(\)"),
        ([[], TIMES], [[], STATES], None, stableode.InvalidDataError, "trajectory 0 is empty"),
        ([TIMES, []], [STATES, []], None, stableode.InvalidDataError, "trajectory 1 is empty"),
        ([-1.7e308, 0, 1.7e308], STATES[:3], None, stableode.InvalidDataError, "trajectory 0: its times reach from -1.7e"),
        (TIMES, STATES, [[1.0, 2.0, 3.0]], stableode.ShapeMismatchError, "initial_states has shape"),
        (TIMES, STATES, "given", stableode.UnsupportedTypeError, "initial_states is 'given'"),
        ([TIMES, TIMES], [STATES, STATES], [[1, 0], [numpy.nan, 0]], stableode.InvalidDataError, "number 0 of trajectory 1 is nan"),
        (TIMES, numpy.where(numpy.arange(8)[:, None] == 3, numpy.inf, STATES), None, stableode.InvalidDataError, "trajectory 0: number 0 of the state at time 3"),
    ],
)
def test_packing_names_what_is_wrong(times, states, initial, error, text):
    with pytest.raises(error, match=text):
        trajectories.pack(times, states, initial)


def test_arrays_of_arrays_are_trajectories():
    times = numpy.empty(2, object)
    times[:] = [TIMES, TIMES[:5]]
    assert trajectories.pack(times, RAGGED).lengths.tolist() == [8, 5]


@pytest.mark.parametrize("scaling", ["automatic", "each", "common", "none"])
@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_a_number_that_is_never_observed_begins_as_given_in_all_units(scaling, precision):
    states = numpy.where([True, False], STATES, numpy.nan)
    found = fitted([TIMES, TIMES], [states, states[:, :]], initial_states=[[1.0, 0.0], [1.0, 0.1]], scaling=scaling, precision=precision)
    assert numpy.isfinite(found.result.loss) and numpy.isfinite(found.rollout([1.0, 0.0], TIMES)).all()
    with pytest.raises(stableode.InvalidDataError, match="no observation"):
        fitted(TIMES, STATES * numpy.nan, initial_states=[[1.0, 0.0]], scaling=scaling)


@pytest.mark.parametrize("factor", [1e-200, 2.0**-900, 1e200, 1.7e308])
def test_fits_have_no_unit_of_states(factor, model):
    found = fitted(TIMES, factor * STATES)
    assert found.result.loss == pytest.approx(model.result.loss, rel=1e-9)
    numpy.testing.assert_allclose(found.scale / factor, model.scale, rtol=1e-12)


def test_units_that_are_no_numbers_are_refused():
    assert fitted(1e300 * TIMES).result.loss == pytest.approx(fitted(TIMES).result.loss, rel=0.5)
    for times, states in ((1e-310 * TIMES, STATES), (TIMES, 1e-310 * STATES)):
        with pytest.raises(stableode.InvalidDataError, match="no numbers of float64; choose other units"):
            fitted(times, states)
    with pytest.raises(stableode.InvalidDataError, match="the initial state: number 1 of trajectory 0 is 1e.308, so far from the states"):
        fitted(TIMES, 0.01 * STATES, initial_states=[[1.0, 1e308]])


def test_options_are_checked_by_their_own_names():
    with pytest.raises(stableode.OutOfRangeError, match="substeps is 4611686018427387904; it must be between 1 and 142857"):
        fitted(substeps=2**62)
    with pytest.raises(stableode.UnsupportedTypeError, match="fit_initial_states is a str"):
        fitted(fit_initial_states="no")
    with pytest.raises(stableode.InvalidArgumentError, match="known=KnownTerms"):
        fitted(known_terms=True)


@pytest.mark.parametrize(
    "initial, times, error, text",
    [
        ([1.0, 0.0], [0, 2.0, 1.0], stableode.InvalidDataError, "trajectory 0: time 2 is 1, before the one before it, 2"),
        ([1.0, 0.0], [0, numpy.nan], stableode.InvalidDataError, "trajectory 0: time 1 is NaN"),
        ([[1.0, 0.0], [numpy.nan, 0]], [0, 1.0], stableode.InvalidDataError, "number 0 of trajectory 1 is nan"),
        ([1e308, 1e308], [0, 1.0], stableode.InvalidDataError, "number 0 of trajectory 0 is 1e.308, so far"),
        (MASKED[0], [0, 1.0], stableode.UnsupportedTypeError, "initial_states is a masked array"),
        ("ab", [0, 1.0], stableode.UnsupportedTypeError, "initial_states is of type"),
        (numpy.zeros((1, 2, 2)), [0, 1.0], stableode.ShapeMismatchError, "initial_states has shape"),
        ([[1.0, 0.0], [1.0, 0.1]], numpy.linspace(0, 1e5, 4), stableode.NotFiniteError, "trajectory 0, between the times 0 and 100000: the states are not finite"),
    ],
)
def test_roll_outs_name_trajectory_and_time(model, initial, times, error, text):
    with pytest.raises(error, match=text):
        model.rollout(initial, times)


@pytest.mark.parametrize(
    "t, y, error, text",
    [
        (numpy.nan, [1.0, 0.0], stableode.InvalidDataError, "t holds a time that is NaN"),
        ("x", [1.0, 0.0], stableode.UnsupportedTypeError, "t holds texts"),
        ([1, 2, 3], [1.0, 0.0], stableode.ShapeMismatchError, "t has shape"),
        (0.0, 1.0, stableode.ShapeMismatchError, r"y has shape \(\)"),
        (0.0, [1.0, 2.0, 3.0], stableode.ShapeMismatchError, "y has shape"),
        (0.0, MASKED[0], stableode.UnsupportedTypeError, "y is a masked array"),
        (0.0, [[1.0, 0.0], [0.0, numpy.inf]], stableode.InvalidDataError, "y: number 1 of sample 1 is inf"),
        (0.0, [1e308, 0.0], stableode.InvalidDataError, "y: number 0 of sample 0 is 1e.308"),
    ],
)
def test_fields_check_times_and_states(model, t, y, error, text):
    with pytest.raises(error, match=text):
        model.field(t, y)


def test_refits_name_the_width(model):
    with pytest.raises(stableode.ShapeMismatchError, match="the states have 3 numbers; those of the model have 2"):
        model.refit(TIMES, numpy.zeros((8, 3)))


@pytest.mark.parametrize("steps, text", [(0, "steps is 0; it must be between 2 and 1000000"), (2**62, "between 2 and 1000000")])
def test_with_steps_says_how_many_there_may_be(model, steps, text):
    with pytest.raises(stableode.OutOfRangeError, match=text):
        model.network.with_steps(steps)


def spring(t, y):
    return numpy.stack([y[:, 1], -y[:, 0]], axis=1)


def spring_jacobian(t, y):
    return numpy.array([[0.0, 1.0], [-1.0, 0.0]])


SPRING = trajectories.KnownTerms(spring, spring_jacobian)


def test_models_with_known_terms_are_copied_and_pickled(tmp_path):
    found = fitted(known=SPRING)
    expected = found.rollout([1.0, 0.0], TIMES)
    found.save(tmp_path / "model")
    again = trajectories.load(tmp_path / "model", known=SPRING)
    for other in (copy.copy(found), copy.deepcopy(found), pickle.loads(pickle.dumps(found)), again, copy.deepcopy(pickle.loads(pickle.dumps(again)))):
        assert numpy.array_equal(other.rollout([1.0, 0.0], TIMES), expected)
        assert numpy.array_equal(other.field(0.0, [1.0, 0.0]), found.field(0.0, [1.0, 0.0]))
        assert numpy.isfinite(other.refit(TIMES, STATES, epochs=2).result.loss)
    with pytest.raises((pickle.PicklingError, AttributeError), match="lambda"):
        pickle.dumps(fitted(known=trajectories.KnownTerms(lambda t, y: spring(t, y), spring_jacobian)))


def test_a_loaded_model_says_that_its_known_terms_are_missing(tmp_path):
    fitted(known=SPRING).save(tmp_path / "model")
    loaded = trajectories.load(tmp_path / "model")
    for call in (lambda: loaded.rollout([1.0, 0.0], TIMES), lambda: loaded.field(0.0, [1.0, 0.0]), lambda: loaded.refit(TIMES, STATES)):
        with pytest.raises(stableode.StateError, match=r"load\(path, known=KnownTerms\(function, jacobian\)\)"):
            call()


def test_known_terms_of_dates_take_seconds(tmp_path):
    dates = numpy.datetime64("2024-03-01") + (1000 * TIMES).round().astype("timedelta64[ms]")
    seconds = (dates - dates[0]) / numpy.timedelta64(1, "s")
    dated, plain = fitted(dates, known=SPRING), fitted(seconds, known=SPRING)
    assert numpy.array_equal(dated.rollout([1.0, 0.0], dates), plain.rollout([1.0, 0.0], seconds))
    assert numpy.array_equal(dated.field(dates[2], [1.0, 0.0]), plain.field(seconds[2], [1.0, 0.0]))
    assert numpy.isfinite(dated.refit(dates, STATES, epochs=2).result.loss)
    with pytest.raises(stableode.UnsupportedTypeError, match="t holds numbers, but the times of the first series were dates"):
        dated.field(0.0, [1.0, 0.0])
    with pytest.raises(stableode.InvalidArgumentError, match="t is None, but the equation has known terms"):
        dated.field(None, [1.0, 0.0])


@pytest.mark.parametrize(
    "function, jacobian, error, text",
    [
        (3, spring_jacobian, stableode.UnsupportedTypeError, "function is a int"),
        (spring, None, stableode.UnsupportedTypeError, "jacobian is a NoneType.*difference_jacobian"),
        (lambda t, y: None, spring_jacobian, stableode.UnsupportedTypeError, "known terms returned None"),
        (lambda t, y: numpy.zeros(5), spring_jacobian, stableode.ShapeMismatchError, r"known terms returned shape \[5\]"),
        (lambda t, y: 1j * y, spring_jacobian, stableode.UnsupportedTypeError, "the result of known terms is of type complex128"),
        (spring, lambda t, y: numpy.zeros(5), stableode.ShapeMismatchError, r"jacobian returned shape \[5\]"),
        (spring, lambda t, y: None, stableode.UnsupportedTypeError, "jacobian returned None"),
        (lambda t, y: numpy.nan * y, spring_jacobian, stableode.NotFiniteError, r"trajectory 0, from time 0 on, 10: .* at time 10 and state \((1.0|0.99+\d*), "),
    ],
)
def test_known_terms_are_checked_in_the_units_of_the_data(function, jacobian, error, text):
    with pytest.raises(error, match=text):
        fitted(TIMES + 10, known=trajectories.KnownTerms(function, jacobian))


def test_known_terms_of_a_loaded_model_fit_it(tmp_path, model):
    fitted(known=SPRING).save(tmp_path / "with")
    model.save(tmp_path / "without")
    for known in (spring, 3):
        with pytest.raises(stableode.UnsupportedTypeError, match=r"it must be KnownTerms\(function, jacobian\), or None"):
            trajectories.load(tmp_path / "with", known=known)
    with pytest.raises(stableode.IncompatibleError, match="the network has no known terms"):
        trajectories.load(tmp_path / "without", known=SPRING)
