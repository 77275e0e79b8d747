"""Trajectories from arrays, dates and tables, and the unit of time that they give."""

import datetime

import numpy
import pytest

import stableode
from stableode import trajectories
from stableode._trajectory_units import typical_speed


def oscillator(times, amplitude=1.0):
    return amplitude * numpy.stack([numpy.cos(times), -numpy.sin(times)], axis=-1)


def noisy(random, times, noise):
    """Trajectories of the oscillator whose scaled states have the speed 1 but for the noise."""
    return [oscillator(own, numpy.sqrt(2)) + noise * random.normal(size=(len(own), 2)) for own in times]


PATTERNS = {
    "even": lambda random: numpy.linspace(0, 12, 60),
    "dense": lambda random: numpy.linspace(0, 12, 3000),
    "irregular": lambda random: numpy.sort(random.uniform(0, 12, 60)),
    "bursts": lambda random: numpy.sort(numpy.concatenate([c + random.uniform(0, 0.2, 8) for c in range(12)])),
    "coincident": lambda random: numpy.sort(numpy.append(random.uniform(0, 12, 60), 5 + numpy.array([0, 1e-9]))),
}


@pytest.mark.parametrize("noise", [0.0, 0.05, 0.2])
@pytest.mark.parametrize("pattern", PATTERNS)
def test_speeds_are_those_of_the_motion_and_not_of_the_noise(pattern, noise):
    random = numpy.random.default_rng(1)
    times = [PATTERNS[pattern](random) for _ in range(6)]
    packed = trajectories.pack(times, noisy(random, times, noise))
    assert 0.8 < typical_speed(packed, numpy.ones(2)) < 1.35


def test_speeds_pair_the_observations_of_each_number():
    """Numbers that are never observed together, in milliseconds."""
    times = numpy.linspace(0, 6, 60)
    states = numpy.where(numpy.arange(60)[:, None] % 2 == numpy.arange(2), oscillator(times, numpy.sqrt(2)), numpy.nan)
    packed = trajectories.pack(1000 * times, states)
    assert 0.8e-3 < typical_speed(packed, numpy.ones(2)) < 1.1e-3
    model = trajectories.fit(1000 * times, states, epochs=300, seed=1)
    assert model.time_unit == 1024 and model.result.loss < 1e-3


def test_states_that_rest_have_the_inverse_of_the_longest_time():
    packed = trajectories.pack(1e9 * numpy.arange(4.0), numpy.ones((4, 2)))
    assert typical_speed(packed, numpy.ones(2)) == pytest.approx(1 / 3e9)
    assert typical_speed(trajectories.pack([5.0], [[1.0]]), numpy.ones(1)) == 1
    model = trajectories.fit(1e9 * numpy.arange(4.0), numpy.full((4, 2), 0.1), epochs=20, seed=1)
    assert numpy.abs(model.rollout([0.1, 0.1], [0.0, 3e9]) - 0.1).max() < 1e-6


def pendulum(times, start, friction=0.1):
    """By 40 steps of Runge and Kutta between two times."""
    f = lambda y: numpy.array([y[1], -numpy.sin(y[0]) - friction * y[1]])
    states = [numpy.array(start)]
    for h in numpy.diff(times) / 40:
        y = states[-1]
        for _ in range(40):
            k1 = f(y)
            k2 = f(y + h / 2 * k1)
            k3 = f(y + h / 2 * k2)
            k4 = f(y + h * k3)
            y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        states.append(y)
    return numpy.array(states)


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_fits_of_irregular_noisy_data_follow_the_system(seed):
    """A short form of examples/python/fitted_fields.py, which had one fit in five go astray; here two times nearly coincide."""
    random = numpy.random.default_rng(seed)
    times = [numpy.sort(numpy.append(random.uniform(0, 8, 30), [0.0, 4.0, 4.0 + 1e-7])) for _ in range(10)]
    states = [pendulum(own, random.uniform([-2, -1], [2, 1])) for own in times]
    states = [own + 0.01 * random.normal(size=own.shape) for own in states]
    for own in states:
        own[1:][random.uniform(size=own[1:].shape) < 0.1] = numpy.nan
    model = trajectories.fit(times, states, hidden_width=12, activation="sin", segment=5, rounds=2, epochs=60, seed=seed)
    model = model.refit(times, states, epochs=200)
    even = numpy.linspace(0, 8, 81)
    truth = pendulum(even, [1.2, 0.3])
    assert 0.5 <= model.time_unit <= 2
    assert numpy.sqrt(((model.rollout([1.2, 0.3], even) - truth) ** 2).mean()) < 0.03


def test_a_number_that_is_never_observed_begins_as_given():
    times = numpy.linspace(0, 3, 20)
    states = numpy.where([True, False], oscillator(times), numpy.nan)
    with numpy.errstate(all="raise"):
        model = trajectories.fit(times, states, initial_states=[1.0, 0.0], epochs=20, seed=1)
    assert numpy.isfinite(model.shift).all() and model.result.loss < 0.2


DATES = numpy.datetime64("2024-03-01T12:00:00") + (1000 * numpy.linspace(0, 6, 40)).round().astype("timedelta64[ms]")


@pytest.fixture(scope="module")
def dated():
    """The oscillator by dates in milliseconds."""
    seconds = (DATES - DATES[0]) / numpy.timedelta64(1, "s")
    return trajectories.fit(DATES, oscillator(seconds), epochs=200, seed=1), trajectories.fit(seconds, oscillator(seconds), epochs=200, seed=1), seconds


def test_dates_are_seconds_since_the_first(dated):
    by_dates, by_seconds, seconds = dated
    expected = by_seconds.rollout([1.0, 0.0], seconds)
    pandas = pytest.importorskip("pandas")
    stamps = pandas.DatetimeIndex(DATES)
    forms = [DATES, DATES.astype("datetime64[us]"), DATES.astype("datetime64[ns]"), stamps, stamps.tz_localize("UTC"), stamps.tz_localize("UTC").tz_convert("Asia/Tokyo")]
    forms += [list(stamps.to_pydatetime()), [stamp.tz_localize("UTC") for stamp in stamps], pandas.Series(stamps), numpy.array(stamps.to_pydatetime(), dtype=object)]
    for form in forms:
        assert numpy.array_equal(by_dates.rollout([1.0, 0.0], form), expected)
    assert numpy.array_equal(by_dates.field(DATES[3], [1.0, 0.0]), by_seconds.field(3.0, [1.0, 0.0]))
    with pytest.raises(stableode.UnsupportedTypeError, match="times holds numbers, but the times of the first series were dates"):
        by_dates.rollout([1.0, 0.0], seconds)
    with pytest.raises(stableode.UnsupportedTypeError, match="times holds dates, but the times of the first series were numbers"):
        by_seconds.rollout([1.0, 0.0], DATES)
    refitted = by_dates.refit(DATES + numpy.timedelta64(1, "h"), oscillator(seconds), epochs=1)
    assert refitted.network is not by_dates.network and refitted.layout.clock.origin == DATES[0]


def test_durations_are_seconds():
    durations = (DATES - DATES[0]).astype("timedelta64[us]")
    seconds = (DATES - DATES[0]) / numpy.timedelta64(1, "s")
    packed = trajectories.pack([durations, list(durations.astype(datetime.timedelta))], [oscillator(seconds)] * 2)
    assert numpy.array_equal(packed.times, [seconds, seconds])


def test_dates_and_numbers_do_not_mix():
    states = [oscillator(numpy.zeros(40))] * 2
    with pytest.raises(stableode.UnsupportedTypeError, match="times of trajectory 1 holds dates"):
        trajectories.pack([numpy.arange(40.0), DATES], states)
    with pytest.raises(stableode.UnsupportedTypeError, match="times of trajectory 1 holds numbers"):
        trajectories.pack([DATES, numpy.arange(40.0)], states)
    months = trajectories.pack(numpy.array(["2024-01", "2024-02"], "datetime64[M]"), numpy.zeros((2, 1)))
    assert months.times.tolist() == [[0.0, 31 * 86400.0]]


def long_table(kind):
    rows = {"who": numpy.repeat(["b", "a"], [3, 2]), "when": numpy.array([2.0, 0.0, 1.0, 5.0, 7.0]), "q": numpy.array([3.0, 1.0, 2.0, 10.0, 11.0]), "p": numpy.array([0.3, numpy.nan, 0.2, 1.0, 1.1])}
    if kind == "dict":
        return rows
    module = pytest.importorskip(kind)
    return module.table(rows) if kind == "pyarrow" else module.DataFrame(rows)


@pytest.mark.parametrize("kind", ["dict", "pandas", "polars", "pyarrow"])
def test_tables_are_packed_as_sequences_are(kind):
    if kind == "pandas":
        pytest.importorskip("pyarrow")
    table = long_table(kind)
    packed = trajectories.pack(table, series="who", time="when")
    assert packed.names == ["b", "a"] and list(packed.lengths) == [3, 2] and packed.layout.columns == ("q", "p")
    assert packed.times.tolist() == [[0.0, 1.0, 2.0], [5.0, 7.0, 7.0]] and packed.states[0, :, 0].tolist() == [1.0, 2.0, 3.0]
    assert packed.features[0, :2].tolist() == [1.0, 0.2]
    swapped = trajectories.fit(table, series="who", time="when", values=["p", "q"], epochs=2, field="dense", seed=1)
    assert swapped.layout.columns == ("p", "q") and swapped.initial_states.shape == (2, 2)
    again = swapped.refit(table, epochs=1)
    assert again.layout.columns == ("p", "q")


def test_tables_name_their_trajectories():
    with pytest.raises(stableode.InvalidDataError, match="trajectory 'a': number 1 of its state is never observed"):
        trajectories.pack({"series": ["b", "a"], "time": [0.0, 0.0], "q": [1.0, 2.0], "p": [1.0, numpy.nan]})
    with pytest.raises(stableode.InvalidArgumentError, match="times is a table"):
        trajectories.pack(long_table("dict"), numpy.zeros((2, 1)))
    with pytest.raises(stableode.InvalidArgumentError, match="states is missing"):
        trajectories.pack([0.0, 1.0])
    with pytest.raises(stableode.InvalidArgumentError, match="values names columns of a table"):
        trajectories.pack([0.0, 1.0], numpy.zeros((2, 1)), values=["q"])


def test_frames_of_states_give_the_names_of_columns():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"time": [0.0, 1.0], "q": [1.0, 2.0], "p": [0.0, 1.0]})
    packed = trajectories.pack([frame.time], [frame[["q", "p"]]])
    assert packed.layout.columns == ("q", "p") and packed.times.tolist() == [[0.0, 1.0]]
    assert trajectories.pack(frame.time, frame[["q", "p"]]).states.tolist() == packed.states.tolist()
    polars = pytest.importorskip("polars")
    other = polars.from_dict(frame.to_dict("list"))
    assert trajectories.pack(other["time"], other[["q", "p"]]).states.tolist() == packed.states.tolist()


@pytest.mark.parametrize(
    ("given", "error", "text"),
    [
        ([1, 2, 3], stableode.ShapeMismatchError, r"initial_states has shape \(3,\); it must be \[1, 2\]"),
        ([[1, 2], [3, 4]], stableode.ShapeMismatchError, r"initial_states has shape \(2, 2\); it must be \[1, 2\]"),
        ("given", stableode.UnsupportedTypeError, "initial_states is 'given'.*fit_initial_states"),
        ([[1, None]], stableode.UnsupportedTypeError, "initial_states is of type object.*the entry at row 0, column 1 is None"),
        ([[1, numpy.nan]], stableode.InvalidDataError, "number 1 of trajectory 0 is nan"),
        ([["a", "b"]], stableode.UnsupportedTypeError, "initial_states is of type <U1; it must hold real numbers"),
    ],
)
def test_initial_states_are_checked(given, error, text):
    times = numpy.linspace(0, 1, 4)
    with pytest.raises(error, match=text):
        trajectories.fit(times, oscillator(times), initial_states=given)
