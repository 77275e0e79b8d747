"""Solves of fitted fields in the units of the data: events, later starts, dates, and what is refused."""

import numpy
import pytest

import stableode
from stableode import trajectories

TIMES = numpy.linspace(0, 6, 40)
#: An oscillator around (3, 3), which crosses the level 3 every half turn.
STATES = 3 + 10 * numpy.stack([numpy.cos(TIMES), -numpy.sin(TIMES)], axis=1)
STARTS = 3 + 10 * numpy.array([[1.0, 0.0], [0.5**0.5, 0.5**0.5]])
FIT = dict(field="dense", activation="identity", integrator="dopri5")
EVENT = ([1.0, 0.0], 3.0)


@pytest.fixture(scope="module")
def model():
    return trajectories.fit(TIMES, STATES, **FIT)


def test_each_trajectory_ends_at_its_own_event(model):
    asked = numpy.linspace(0, 20, 5)
    found = model.solve(STARTS, asked, event=EVENT)
    assert (found.ends == stableode.END_EVENT).all() and found.states.shape == (2, 5, 2)
    numpy.testing.assert_allclose(found.end_times, [numpy.pi / 2, 3 * numpy.pi / 4], rtol=1e-5)
    numpy.testing.assert_allclose(found.event_states, [[3, -7], [3, -7]], atol=1e-4)
    assert numpy.isnan(found.states[:, 1:]).all() and numpy.array_equal(found.states[:, 0], STARTS)
    # From the event on to the next one, and again.
    for turns in (3, 5):
        found = model.solve(found.restart_states, asked, event=EVENT, start_times=found.end_times)
        numpy.testing.assert_allclose(found.end_times, [turns * numpy.pi / 2, turns * numpy.pi / 2 + numpy.pi / 4], rtol=1e-5)
    # Only where it rises, from another time on.
    rising = model.solve(STARTS, asked + 100, event=(*EVENT, 1))
    numpy.testing.assert_allclose(rising.end_times, 100 + numpy.array([1.5, 1.75]) * numpy.pi, rtol=1e-5)


def test_states_are_those_of_a_rollout(model):
    found = model.solve(STARTS[0], TIMES)
    assert found.end_times[0] == TIMES[-1] and found.ends[0] == stableode.END_HORIZON and found.reasons == (None,)
    numpy.testing.assert_allclose(found.states[0], model.rollout(STARTS[0], TIMES), atol=1e-3)
    late = model.solve(STARTS, TIMES, start_times=[0.0, TIMES[10]])
    assert numpy.isnan(late.states[1, :10]).all()
    numpy.testing.assert_allclose(late.states[1, 10:], model.rollout(STARTS[1], TIMES[: 40 - 10]), atol=1e-3)


def test_dates_stay_dates():
    dates = numpy.datetime64("2024-06-01") + (TIMES * 3600).astype("timedelta64[s]")
    model = trajectories.fit(dates, STATES, **FIT)
    hours = dates[0] + numpy.arange(10).astype("timedelta64[h]")
    found = model.solve(STARTS, hours, event=EVENT)
    assert found.end_times.dtype.kind == "M"
    numpy.testing.assert_allclose((found.end_times - dates[0]) / numpy.timedelta64(1, "h"), [numpy.pi / 2, 3 * numpy.pi / 4], rtol=1e-3)
    rest = model.solve(found.restart_states, hours, event=EVENT, start_times=found.end_times)
    numpy.testing.assert_allclose((rest.end_times - found.end_times) / numpy.timedelta64(1, "h"), numpy.pi, rtol=1e-3)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda m: m.solve(STARTS, TIMES, event=([1.0], 0)), stableode.ShapeMismatchError, r"event weights have shape \(1,\); they must be \[2\]"),
        (lambda m: m.solve(STARTS, TIMES, event=3), stableode.UnsupportedTypeError, "event is a int"),
        (lambda m: m.solve(STARTS, TIMES, event=([1.0, numpy.inf], 0)), stableode.NotFiniteError, "the weights or the level of the event"),
        (lambda m: m.solve(STARTS, TIMES, start_times=[1.0]), stableode.ShapeMismatchError, r"start_times has shape \(1,\); it must be \[2\]"),
        (lambda m: m.solve(STARTS, TIMES, start_times=[1.0, 99.0]), stableode.InvalidDataError, "trajectory 1 begins at 99.0, but times reach from 0.0 to 6.0"),
        (lambda m: m.solve(STARTS[:, :1], TIMES), stableode.ShapeMismatchError, r"initial_states has shape \(2, 1\)"),
        (lambda m: m.solve([[numpy.nan, 1.0]], TIMES), stableode.InvalidDataError, "number 0 of trajectory 0 is nan"),
        (lambda m: m.solve(STARTS, TIMES[::-1]), stableode.InvalidDataError, "times: time 1 is 5.8"),
        (lambda m: m.solve(STARTS, []), stableode.ShapeMismatchError, r"times has shape \(0,\)"),
    ],
)
def test_what_is_refused(model, call, error, text):
    with pytest.raises(error, match=text):
        call(model)


def test_models_without_adaptive_steps_or_with_known_terms_are_refused():
    with pytest.raises(stableode.IncompatibleError, match="adaptive integrator: dopri5, tsit5"):
        trajectories.fit(TIMES, STATES, field="dense", epochs=2).solve(STARTS, TIMES)
    terms = trajectories.KnownTerms(lambda t, y: 0 * y, jacobian=lambda t, y: numpy.zeros((len(y), 2, 2)))
    with pytest.raises(stableode.IncompatibleError, match="known terms, of which a solve at asked times knows nothing"):
        trajectories.fit(TIMES, STATES, known=terms, epochs=2, **FIT).solve(STARTS, TIMES)
