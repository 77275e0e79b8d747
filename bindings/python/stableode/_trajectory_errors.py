"""Errors of fits and roll-outs in the words and units of the data: trajectories, times and numbers of a state."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy

from ._errors import InvalidDataError, NotFiniteError
from ._trajectory_data import called

if TYPE_CHECKING:
    from ._trajectory_units import Units
    from .sequences._clock import Clock


def refuse_infinite(states: numpy.ndarray, scaled: numpy.ndarray, names: Sequence[Any] | None, what: str, of: str = "") -> None:
    """Errors: InvalidDataError, with trajectory and number, for states [trajectories, width] that are not finite, or not in the network's units, `scaled`.

    of: what a row is called where it is no trajectory.
    """
    wrong = ~numpy.isfinite(scaled)
    if not wrong.any():
        return
    index, number = (int(value) for value in numpy.argwhere(wrong)[0])
    value = states[index, number]
    why = "so far from the states of the fit that it is infinite in the network's units" if numpy.isfinite(value) else "which must be finite"
    raise InvalidDataError(f"{what}: number {number} of {f'{of} {index}' if of else called(names, index)} is {value}, {why}")


@contextmanager
def in_units_of_the_data(units: Units, clock: Clock, names: Sequence[Any] | None = None, moments: numpy.ndarray | None = None) -> Iterator[None]:
    """A context in which the library's errors about rows that are not finite name trajectories, and times and states as the data have them.

    moments: the times of the rows in the units of the data [trajectories, times]; None: the rows are states.
    """
    try:
        yield
    except NotFiniteError as error:
        error.args = (_explained(str(error), units, clock, names, moments),)
        raise


def _explained(text: str, units: Units, clock: Clock, names: Sequence[Any] | None, moments: numpy.ndarray | None) -> str:
    def placed(found: re.Match[str]) -> str:
        state = units.outwards(numpy.array([float(number) for number in found[2].split(",")][: len(units.shift)]))
        return f"at time {clock.shown(float(found[1]) * units.moment)} and state ({', '.join(map(str, state.tolist()))})"

    text = re.sub(r"at time (\S+) and state \(([^)]*)\)", placed, text)
    row = re.match(r"row (\d+)(?:, from time (\d+) on)?: ", text)
    if row is None:
        return text
    index, rest = int(row[1]), text[row.end() :].replace("the scores are not finite", "the states are not finite")
    if moments is None:
        return f"sample {index}: {rest}"
    if row[2] is not None:
        return f"{called(names, index)}, from time {row[2]} on, {clock.shown(float(moments[index, int(row[2])]))}: {rest}"
    first, last = (clock.shown(float(moments[index, place])) for place in (0, -1))
    return f"{called(names, index)}, between the times {first} and {last}: {rest}"
