"""Solves of fitted fields by adaptive steps, up to events, in the units of the data."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy

from ._errors import IncompatibleError, InvalidDataError, NotFiniteError, ShapeMismatchError, UnsupportedTypeError
from ._tensor import as_array
from ._text import real
from ._trajectory_data import check_times, numbers
from ._trajectory_errors import refuse_infinite

if TYPE_CHECKING:
    from ._trajectory_units import Units
    from .equation import Solution
    from .network import Network
    from .sequences._clock import Clock


def solve(network: Network, units: Units, clock: Clock, initial_states: Any, times: Any, event: Any, start_times: Any) -> Solution:
    """See TrajectoryModel.solve. clock: a copy, which may be set."""
    if network.specification.get("known_terms"):
        raise IncompatibleError("the model's equation has known terms, of which a solve at asked times knows nothing; rollout follows them")
    width = len(units.shift)
    given = numbers(initial_states, "initial_states")
    states = numpy.atleast_2d(given)
    if given.ndim not in (1, 2) or states.shape[1] != width or len(states) == 0:
        raise ShapeMismatchError(f"initial_states has shape {given.shape}; it must be [trajectories, {width}], or [{width}]")
    moments = clock.numbers(times, "times")
    if moments.ndim != 1 or len(moments) == 0:
        raise ShapeMismatchError(f"times has shape {moments.shape}; it must be [times]: all trajectories are solved up to the last of them")
    check_times("times", moments, clock)
    begins = None if start_times is None else _begins(clock.numbers(start_times, "start_times"), moments, len(states))
    z = units.inwards(states)
    refuse_infinite(states, z, None, "initial_states")
    found = network.solve(
        times=units.moments_inwards(moments - moments[0]), start_states=z, start_times=None if begins is None else units.moments_inwards(begins - moments[0]),
        event=None if event is None else _event_inwards(event, units.shift, units.scale),
    )
    # Without an event the last of the times is where a solve ends, in the bits of the caller.
    ends = moments[0] + units.moment * found.end_times
    ends = numpy.where(found.ends == 1, moments[-1], ends)
    events = units.outwards(found.event_states.astype(numpy.float64))
    return replace(
        found, states=units.outwards(found.states.astype(numpy.float64)), end_times=clock.dates(ends) if numpy.isfinite(ends).all() else ends, event_states=events, restart_states=events,
    )


def _begins(begins: numpy.ndarray, moments: numpy.ndarray, count: int) -> numpy.ndarray:
    """Checked times at which trajectories begin [trajectories]."""
    if begins.shape != (count,):
        raise ShapeMismatchError(f"start_times has shape {begins.shape}; it must be [{count}], one time for each trajectory")
    outside = ~((begins >= moments[0]) & (begins <= moments[-1]))
    if outside.any():
        index = int(outside.argmax())
        raise InvalidDataError(f"start_times: trajectory {index} begins at {begins[index]}, but times reach from {moments[0]} to {moments[-1]}; it must begin between these")
    return begins


def _event_inwards(event: Any, shift: numpy.ndarray, scale: numpy.ndarray) -> tuple[Any, ...]:
    """An event (w, level) or (w, level, direction) of w·y as one of w̃·z, with y = shift + scale·z."""
    if not isinstance(event, (tuple, list)) or len(event) not in (2, 3):
        raise UnsupportedTypeError(f"event is a {type(event).__name__}; it must be (weights, level) or (weights, level, direction)")
    weights = as_array(event[0], "event weights").astype(numpy.float64)
    if weights.shape != shift.shape:
        raise ShapeMismatchError(f"event weights have shape {weights.shape}; they must be [{len(shift)}], one for each number of the state")
    with numpy.errstate(over="ignore", invalid="ignore"):
        inner, level = weights * scale, real(event[1], "event level") - float(weights @ shift)
    if not (numpy.isfinite(inner).all() and numpy.isfinite(level)):
        raise NotFiniteError("the weights or the level of the event are not finite in the network's units")
    return (inner, level, *event[2:])
