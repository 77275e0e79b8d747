"""Fields that were fitted to trajectories: phase portraits and roll-outs; and series with the states that they drive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy

from .. import equation
from .._errors import IncompatibleError, InvalidArgumentError, InvalidDataError, ShapeMismatchError, UnsupportedTypeError
from .._text import integer
from .._trajectory_data import check_trajectory, first_observed, list_of_states, numbers
from ._axes import axes, colors, refuse_others, rows_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

    from ..network import Network
    from ..sequences._clock import Clock
    from ..trajectories import TrajectoryModel

_RESOLUTION = 25
#: Points of a roll-out between the first and the last observation.
_POINTS = 400


def phase_portrait(
    model: TrajectoryModel, states: ArrayLike | Sequence[ArrayLike] | None = None, *, limits: tuple[tuple[float, float], tuple[float, float]] | None = None, ax: Axes | None = None
) -> Axes:
    """Draws the streamlines of a fitted field of two numbers, colored by speed, with the observed states as dots; known terms count as at time 0, or at the first date.

    states: a list of states [times, 2], as `trajectories.fit` takes them, [trajectories, times, 2], or [points, 2]. limits: ((left, right),
    (low, high)); None: around the observed states, or, without them, the initial states of the fit. Errors: IncompatibleError for a field
    of another width; InvalidDataError without limits and without a whole state; InvalidArgumentError for limits that are not finite or do not ascend.
    """
    _refuse_others(model)
    if model.width != 2:
        raise IncompatibleError(f"the field has {model.width} numbers; a phase portrait shows 2")
    parts = [model.initial_states] if states is None else list_of_states(states)
    if parts[0].shape[1] != 2:
        raise ShapeMismatchError(f"states has {parts[0].shape[1]} numbers; those of the field are 2")
    points = numpy.concatenate(parts)
    points = points[numpy.isfinite(points).all(axis=1)]
    if limits is None:
        if not len(points):
            raise InvalidDataError("nothing says which part of the plane to show: a model from a file has no initial states, and no state is whole; give states or limits")
        low, high = points.min(axis=0), points.max(axis=0)
        with numpy.errstate(over="ignore"):
            margin = 0.15 * numpy.where(high > low, high - low, 1.0)
            low, high = low - margin, high + margin
            if not numpy.isfinite(high - low).all():
                raise InvalidDataError(f"the states reach from {points.min(axis=0).tolist()} to {points.max(axis=0).tolist()}, too far for a plane; give limits")
    else:
        low, high = _corners(limits)
    x, y = numpy.linspace(low[0], high[0], _RESOLUTION), numpy.linspace(low[1], high[1], _RESOLUTION)
    places = numpy.stack(numpy.meshgrid(x, y), axis=-1)
    speeds = model.field(model.layout.clock.dates(numpy.zeros(())), places.reshape(-1, 2)).reshape(_RESOLUTION, _RESOLUTION, 2)
    shown = axes(ax)
    shown.streamplot(x, y, speeds[..., 0], speeds[..., 1], color=numpy.hypot(speeds[..., 0], speeds[..., 1]), cmap="viridis", density=1.0, linewidth=0.7, arrowsize=0.7)
    if states is not None:
        shown.scatter(points[:, 0], points[:, 1], s=3, color="0.2", linewidths=0, zorder=3)
    names = model.layout.columns or ("$y_1$", "$y_2$")
    shown.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), xlabel=names[0], ylabel=names[1])
    return shown


def rollout(
    model: TrajectoryModel, times: Any, states: ArrayLike, *, initial_state: ArrayLike | None = None, until: Any = None, ax: Axes | None = None
) -> Axes:
    """Draws one trajectory of a fitted field as lines over time, with its observations as dots.

    times: [times], dates where the fit had dates; states: [times, width], NaN for what was not observed. initial_state: [width]; None: the
    first observation of each number, as `trajectories.fit` guesses it. until: the last time that is followed; None: the last observation's.
    Errors: those of `trajectories.pack` and of `TrajectoryModel.rollout`.
    """
    _refuse_others(model)
    clock = replace(model.layout.clock)
    moments, observed = clock.numbers(times, "times"), numbers(states, "states")
    if moments.ndim != 1 or observed.shape != (len(moments), model.width) or not len(moments):
        raise ShapeMismatchError(f"times has shape {moments.shape} and states {observed.shape}; they must be [times] and [times, {model.width}] of one trajectory")
    check_trajectory("the trajectory", moments, observed, clock)
    start = first_observed("the trajectory", observed) if initial_state is None else numbers(initial_state, "initial_state")
    if start.shape != (model.width,):
        raise ShapeMismatchError(f"initial_state has shape {start.shape}; it must be [{model.width}]")
    end = moments[-1] if until is None else _end(clock.numbers(until, "until"), moments[0], clock)
    # Finer times, with those of the data among them.
    fine = numpy.union1d(moments[moments <= end], numpy.linspace(moments[0], end, _POINTS))
    shown_fine, shown_moments, names = clock.dates(fine), clock.dates(moments), model.layout.columns
    followed = model.rollout(start, shown_fine)
    shown = axes(ax)
    for number, color in enumerate(colors(model.width)):
        shown.plot(shown_fine, followed[:, number], color=color, linewidth=1.2, label=names[number] if names else f"$y_{{{number + 1}}}$")
        shown.scatter(shown_moments, observed[:, number], s=9, color=color, linewidths=0)
    shown.set(xlabel="t")
    shown.legend(frameon=False)
    return shown


def _refuse_others(model: TrajectoryModel) -> None:
    """Errors: UnsupportedTypeError for what is no TrajectoryModel."""
    if not hasattr(model, "rollout") or not hasattr(model, "layout"):
        raise UnsupportedTypeError(f"model is a {type(model).__name__}; it must be a TrajectoryModel, which stableode.trajectories.fit gives")


def _corners(limits: Any) -> tuple[numpy.ndarray, numpy.ndarray]:
    """(left, low) and (right, high) of the part of the plane that a caller wants."""
    wanted = "limits must be ((left, right), (low, high)), finite numbers with left < right and low < high"
    try:
        found = numbers(limits, "limits")
    except UnsupportedTypeError as error:
        raise UnsupportedTypeError(f"{wanted}; {error}") from None
    if found.shape != (2, 2) or not numpy.isfinite(found).all() or not (found[:, 0] < found[:, 1]).all() or (found[:, 1] / 2 - found[:, 0] / 2 > 1e307).any():
        raise InvalidArgumentError(f"limits are {limits}; {wanted}")
    return found[:, 0], found[:, 1]


def _end(until: numpy.ndarray, first: float, clock: Clock) -> float:
    """The last time that is followed."""
    if until.ndim != 0:
        raise ShapeMismatchError(f"until has shape {until.shape}; it must be one time")
    if not numpy.isfinite(until):
        raise InvalidDataError("until is NaN or infinite; it must be a time")
    if until < first:
        raise InvalidDataError(f"until is {clock.shown(float(until))}, before the first time of the trajectory, {clock.shown(first)}")
    return float(until)


def series(network: Network, features: ArrayLike, *, sample: int = 0, block: int = 0, ax: Axes | None = None) -> Axes:
    """Draws the trajectory of the state that a series drives, a line for each number of the state over the layers.

    features: a batch of series, of which `sample` is drawn. The dashed line is the norm of the state. Errors: IncompatibleError for a
    network whose inputs are no sequences.
    """
    refuse_others(network)
    if network.specification["opening"] not in ("sequence", "sequence_dense", "trajectory"):
        raise IncompatibleError(f"the network has opening {network.specification['opening']}, so its inputs are no series")
    source = rows_of(network, features)
    if source.ndim < 2 or not len(source):
        raise ShapeMismatchError(f"features has shape {list(source.shape)}; it must be a batch of series, with at least one sample")
    chosen = integer(sample, "sample", 0, len(source) - 1)
    index = integer(block, "block", 0, network.block_count - 1)
    width = int(numpy.prod(equation.visible_shape(network, index)))
    states = network.states(source[chosen : chosen + 1], index)[:, 0, :width].astype("float64")
    shown = axes(ax)
    layers = numpy.arange(len(states))
    for number, color in enumerate(colors(width)):
        shown.plot(layers, states[:, number], color=color, linewidth=0.9, alpha=0.8)
    shown.plot(layers, numpy.hypot.reduce(states, axis=1), color="0.2", linewidth=1.0, linestyle="--", label="norm")
    shown.set(xlabel="layer", ylabel="state")
    shown.legend(frameon=False)
    return shown
