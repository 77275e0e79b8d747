"""What a fitted field needs besides its network, as notes in the network's metadata, so that a model file is whole."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy

from ._errors import IncompatibleError, InvalidDataError
from ._trajectory_data import TrajectoryLayout
from .sequences._clock import Clock

if TYPE_CHECKING:
    from ._shooting import TrajectoryFit
    from .network import Network

#: Numbers are decimal texts that give the same bits when they are read, with spaces between them.
SHIFT, SCALE, TIME_UNIT, INTERVAL = "trajectory_shift", "trajectory_scale", "trajectory_time_unit", "trajectory_largest_interval"
ORIGIN, TABLE, FIT = "trajectory_origin", "trajectory_table", "trajectory_fit"
_FIGURES = ("loss", "largest_gap", "segments", "steps", "outcome")


def note(network: Network, shift: numpy.ndarray, scale: numpy.ndarray, time_unit: float, layout: TrajectoryLayout, result: TrajectoryFit) -> None:
    """Leaves the units, the layout and the figures of a fit in a network's metadata."""
    notes: dict[str, str | None] = {
        SHIFT: _text(shift), SCALE: _text(scale), TIME_UNIT: _text([time_unit]), INTERVAL: _text([layout.largest_interval]),
        ORIGIN: None if layout.clock.origin is None else f"{layout.clock.origin} {numpy.datetime_data(layout.clock.origin.dtype)[0]}",
        TABLE: None if layout.columns is None else json.dumps([layout.columns, layout.series, layout.time]),
        FIT: json.dumps({name: getattr(result, name) for name in _FIGURES}),
    }  # fmt: skip
    for key, value in notes.items():
        if value is not None:
            network.metadata[key] = value
        elif key in network.metadata:
            del network.metadata[key]


def read(network: Network) -> tuple[numpy.ndarray, numpy.ndarray, float, TrajectoryLayout, dict[str, Any]]:
    """(shift, scale, time unit, layout, figures of the fit) of a network. Errors: IncompatibleError where it holds none; InvalidDataError where they do not fit it."""
    notes = dict(network.metadata)
    if SHIFT not in notes:
        raise IncompatibleError("the file holds a network, but no model of stableode.trajectories, which has units in its metadata; stableode.Network.load reads it")
    try:
        shift, scale = _numbers(notes[SHIFT]), _numbers(notes[SCALE])
        (time_unit,), (largest,) = _numbers(notes[TIME_UNIT]).tolist(), _numbers(notes[INTERVAL]).tolist()
        columns, series, time = json.loads(notes.get(TABLE, "[null, null, null]"))
        clock = Clock(_date(notes[ORIGIN])) if ORIGIN in notes else Clock(has_numbers=True)
        figures = {name: json.loads(notes[FIT])[name] for name in _FIGURES}
        if not shift.shape == scale.shape == (network.outputs,) or not (scale > 0).all() or not time_unit > 0 or not largest >= 0:
            raise ValueError(f"shift {shift}, scale {scale}, time unit {time_unit}, largest interval {largest}")
    except (KeyError, ValueError, TypeError) as error:
        raise InvalidDataError(f"the notes of the fit in the network's metadata are damaged: {error}") from error
    return shift, scale, time_unit, TrajectoryLayout(None if columns is None else tuple(columns), series, time, largest, clock), figures


def _text(numbers: Any) -> str:
    return " ".join(repr(float(number)) for number in numbers)


def _date(text: str) -> numpy.datetime64:
    """A date with the unit of its type behind it."""
    date, unit = text.split()
    found: numpy.datetime64 = numpy.array([date], f"datetime64[{unit}]").min()
    return found


def _numbers(text: str) -> numpy.ndarray:
    found = numpy.array([float(part) for part in text.split()])
    if not numpy.isfinite(found).all():
        raise ValueError(text)
    return found
