"""Trajectories as people have them, in the form that the library takes, and how fast they move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy

from ._errors import InvalidArgumentError, InvalidDataError, ShapeMismatchError, UnsupportedTypeError
from ._tensor import as_array
from .sequences._clock import Clock
from .sequences._tables import is_long, series_of_table

if TYPE_CHECKING:
    from numpy.typing import ArrayLike
_LARGEST = float(numpy.finfo("float64").max)


@dataclass(frozen=True, eq=False)
class TrajectoryLayout:
    """What is known of measured trajectories besides their numbers.

    columns: the names of the numbers of a state, or None. series, time: the columns of the long table that they came from, or None.
    largest_interval: the longest time between two neighboring times of a trajectory. clock: how times become numbers.
    """

    columns: tuple[str, ...] | None = None
    series: str | None = None
    time: str | None = None
    largest_interval: float = 0.0
    clock: Clock = field(default_factory=Clock)


@dataclass(frozen=True, eq=False)
class PackedTrajectories:
    """Trajectories in the form that the library takes.

    features: [trajectories, width + times]: initial states, then times, of which a shorter trajectory repeats its last.
    states: [trajectories, times, width]: what was observed, NaN elsewhere. lengths: the times of each trajectory.
    names: what the trajectories of a table are called, or None. layout: a TrajectoryLayout.
    """

    features: numpy.ndarray
    states: numpy.ndarray
    lengths: numpy.ndarray
    names: list[Any] | None = None
    layout: TrajectoryLayout = field(default_factory=TrajectoryLayout)

    @property
    def width(self) -> int:
        """The numbers of a state."""
        return int(self.states.shape[2])

    @property
    def steps(self) -> int:
        """The times of the longest trajectory, at least 2."""
        return int(self.states.shape[1])

    @property
    def times(self) -> numpy.ndarray:
        """[trajectories, times], a view."""
        return self.features[:, self.width :]


def pack(
    times: Any,
    states: ArrayLike | Sequence[ArrayLike] | None = None,
    initial_states: ArrayLike | None = None,
    *,
    series: str = "series",
    time: str = "time",
    values: Sequence[str] | None = None,
) -> PackedTrajectories:
    """Packs trajectories of any lengths, each with times of its own.

    times: a list with the times of each trajectory; or an array [trajectories, times]; or [times], for all of them. They are numbers, or
    dates, which become seconds since the first date of the first trajectory, or durations, which become seconds.
    Or a long table with a row for each trajectory and time, in any order, as `stableode.sequences.pack` takes it; then there are no states.
    states: a list with the states [times, width] of each trajectory; or an array [trajectories, times, width]; or [times, width], one
    trajectory. NaN stands for a number that was not observed.
    initial_states: [trajectories, width], the states at the first times, or guesses of them. None: the first observations, each number's
    first one.
    series, time, values: the columns of a table: which trajectory, when, and the numbers of the state; values None: all others.

    Errors: ShapeMismatchError, InvalidDataError naming the trajectory: for no times, times that descend or are not finite, infinite
    states, and a number of the state that is never observed without initial states.
    """
    return pack_by(Clock(), times, states, initial_states, series, time, values)


def pack_by(
    clock: Clock, times: Any, states: Any, initial_states: Any, series: str, time: str, values: Sequence[str] | None
) -> PackedTrajectories:
    """As `pack`, with a clock that may be set already."""
    names: list[Any] | None = None
    columns: tuple[str, ...] | None = None
    if is_long(times) and (states is None or isinstance(times, Mapping) or hasattr(times, "columns")):
        if states is not None:
            raise InvalidArgumentError("times is a table, whose columns hold the states as well: states is for arrays")
        found = series_of_table(times, series, time, values, clock)
        assert found.times is not None
        names, columns, ends = found.names, found.channels, numpy.cumsum(found.counts)[:-1]
        moments, observed = numpy.split(found.times, ends), numpy.split(found.values, ends)
    else:
        if states is None:
            raise InvalidArgumentError(f"states is missing; only a table holds times and states, and times is a {type(times).__name__}")
        if values is not None:
            raise InvalidArgumentError("values names columns of a table, but times is no table")
        columns = _names_of(states)
        observed = list_of_states(states)
        moments = _list_of_times(times, len(observed), clock)
    width = observed[0].shape[1]
    for index, (own_times, own_states) in enumerate(zip(moments, observed, strict=True)):
        check_trajectory(called(names, index), own_times, own_states, clock)
    lengths = numpy.array([len(own) for own in moments])
    steps = max(int(lengths.max()), 2)  # a network has at least one interval
    features = numpy.empty((len(observed), width + steps))
    packed = numpy.full((len(observed), steps, width), numpy.nan)
    given = None if initial_states is None else _given_states(initial_states, names, len(observed), width)
    for index, (own_times, own_states) in enumerate(zip(moments, observed, strict=True)):
        length = len(own_times)
        features[index, width : width + length] = own_times
        features[index, width + length :] = own_times[-1]
        packed[index, :length] = own_states
        features[index, :width] = first_observed(called(names, index), own_states) if given is None else given[index]
    layout = TrajectoryLayout(columns, series if names is not None else None, time if names is not None else None, float(numpy.diff(features[:, width:], axis=1).max()), clock)
    return PackedTrajectories(features, packed, lengths, names, layout)


def called(names: Sequence[Any] | None, index: int) -> str:
    """What errors call a trajectory."""
    return f"trajectory {index}" if names is None else f"trajectory {names[index]!r}"


def _names_of(states: Any) -> tuple[str, ...] | None:
    """The names of the columns of states that are a frame, or a list of frames."""
    columns = getattr(states[0] if isinstance(states, (list, tuple)) and len(states) else states, "columns", None)
    return None if columns is None or callable(columns) else tuple(str(name) for name in columns)


def numbers(values: Any, name: str) -> numpy.ndarray:
    """Numbers as float64. Errors: UnsupportedTypeError naming them, for texts, complex numbers and masked entries too."""
    return as_array(values, name).astype(numpy.float64, copy=False)


def _depth(values: Any) -> int:
    """How many axes lists or an array have, by the first entry that is no empty list."""
    if isinstance(values, (list, tuple)) or _is_list(values):
        return 1 + next((_depth(entry) for entry in values if not (isinstance(entry, (list, tuple)) and not entry)), 0)
    return int(numpy.ndim(values))


def _is_list(values: Any) -> bool:
    """Whether an array holds arrays, one for each trajectory."""
    return isinstance(values, numpy.ndarray) and values.dtype == object and values.ndim == 1


def list_of_states(states: Any) -> list[numpy.ndarray]:
    """The states of each trajectory, [times, width]."""
    if not (isinstance(states, (list, tuple)) or _is_list(states)) or 0 < len(states) and _depth(states) < 3:
        array = numbers(states, "states")
        if array.ndim == 2:
            array = array[None]
        if array.ndim != 3 or 0 in array.shape:
            raise ShapeMismatchError(f"states has shape {array.shape}; it must be [trajectories, times, width], or a list of arrays [times, width]")
        return list(array)
    found = [numbers(own, f"the states of trajectory {index}") for index, own in enumerate(states)]
    if not found:
        raise ShapeMismatchError("states is an empty list; at least one trajectory is needed")
    for index, own in enumerate(found):
        if own.size == 0 and own.shape[:1] == (0,):
            raise InvalidDataError(f"trajectory {index} is empty; it needs at least one time")
        if own.ndim != 2 or own.shape[1] != found[0].shape[-1] or own.shape[1] == 0:
            raise ShapeMismatchError(f"the states of trajectory {index} have shape {own.shape}; they must be [times, width], with the same width for all")
    return found


def _list_of_times(times: Any, count: int, clock: Clock) -> list[numpy.ndarray]:
    """The times of each trajectory."""
    if (isinstance(times, (list, tuple)) or _is_list(times)) and _depth(times) > 1:
        found = [clock.numbers(own, f"times of trajectory {index}") for index, own in enumerate(times)]
    else:
        array = clock.numbers(times, "times")
        if array.ndim not in (1, 2):
            raise ShapeMismatchError(f"times has shape {array.shape}; it must be [times], [trajectories, times], or a list of [times]")
        found = [array] * count if array.ndim == 1 else list(array)
    if len(found) != count:
        raise ShapeMismatchError(f"there are times of {len(found)} trajectories and states of {count}")
    return found


def _given_states(values: Any, names: Sequence[Any] | None, count: int, width: int) -> numpy.ndarray:
    """Initial states [trajectories, width] that the caller gave."""
    if isinstance(values, str):
        raise UnsupportedTypeError(f"initial_states is {values!r}; it must be states [trajectories, width], or None; fit_initial_states says whether they are fitted")
    array = numbers(values, "initial_states")
    if count == 1 and array.shape == (width,):
        array = array[None]
    if array.shape != (count, width):
        raise ShapeMismatchError(f"initial_states has shape {array.shape}; it must be [{count}, {width}], a state of {width} numbers for each of the {count} trajectories")
    if not numpy.isfinite(array).all():
        index, number = (int(value) for value in numpy.argwhere(~numpy.isfinite(array))[0])
        raise InvalidDataError(f"initial_states: number {number} of {called(names, index)} is {array[index, number]}; it must be finite, also where it is a guess")
    return array


def check_times(name: str, times: numpy.ndarray, clock: Clock) -> None:
    """Errors: InvalidDataError for times of a trajectory that are not finite, that descend, or that reach farther than numbers do."""
    if not numpy.isfinite(times).all():
        place = int(numpy.argmin(numpy.isfinite(times)))
        raise InvalidDataError(f"{name}: time {place} is {'NaN or infinite' if clock.origin is None else 'no date (NaT)'}; it must be finite")
    falls = numpy.flatnonzero(times[1:] < times[:-1])
    if len(falls) > 0:
        place = int(falls[0]) + 1
        raise InvalidDataError(f"{name}: time {place} is {clock.shown(times[place])}, before the one before it, {clock.shown(times[place - 1])}; times must not descend")
    if len(times) > 0 and times[-1] / 2 - times[0] / 2 > _LARGEST / 2:
        raise InvalidDataError(f"{name}: its times reach from {times[0]} to {times[-1]}; their difference is no number of float64")


def check_trajectory(name: str, times: numpy.ndarray, states: numpy.ndarray, clock: Clock) -> None:
    """Errors: ShapeMismatchError where there is not one state for each time; InvalidDataError for times as in `check_times`, and infinite states."""
    if times.ndim != 1 or len(times) != len(states):
        raise ShapeMismatchError(f"{name} has times of shape {times.shape} and states of shape {states.shape}; it must have one state for each time")
    if len(times) == 0:
        raise InvalidDataError(f"{name} is empty; it needs at least one time")
    check_times(name, times, clock)
    if numpy.isinf(states).any():
        place, number = (int(value) for value in numpy.argwhere(numpy.isinf(states))[0])
        raise InvalidDataError(f"{name}: number {number} of the state at time {place} is infinite; NaN stands for what was not observed")


def first_observed(name: str, states: numpy.ndarray) -> numpy.ndarray:
    """The first observation of each number of a trajectory's state."""
    known = ~numpy.isnan(states)
    if not known.any(axis=0).all():
        number = int(numpy.argmin(known.any(axis=0)))
        raise InvalidDataError(f"{name}: number {number} of its state is never observed; give initial_states")
    return numpy.asarray(states[known.argmax(axis=0), numpy.arange(states.shape[1])])
