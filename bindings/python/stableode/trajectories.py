"""Vector fields fitted to measured trajectories, at times of each trajectory's own.

    from stableode import trajectories

    model = trajectories.fit(times, states, field="hamiltonian_h", integrator="verlet", segment=5)
    model.rollout(initial_states, times)
    model.field(0.0, state)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy

from ._errors import InvalidDataError, ShapeMismatchError, UnknownNameError, UnsupportedTypeError
from ._text import integer
from .introspection import options as _options
from .network import Network

if TYPE_CHECKING:
    from numpy.typing import ArrayLike
    from ._shooting import FitProgress, TrajectoryFit
    from .progress import CancelToken

__all__ = ["KnownTerms", "PackedTrajectories", "TrajectoryModel", "difference_jacobian", "fit", "pack"]

#: Fields that know nothing of the parts of a state, whose numbers may therefore have units of their own.
_PLAIN_FIELDS = ("dense", "two_layer", "pre_activation", "linear_activation")


@dataclass(frozen=True)
class PackedTrajectories:
    """Trajectories in the form that the library takes.

    features: [trajectories, width + times]: initial states, then times, of which a shorter trajectory repeats its last.
    states: [trajectories, times, width]: what was observed, NaN elsewhere. lengths: the times of each trajectory.
    """

    features: numpy.ndarray
    states: numpy.ndarray
    lengths: numpy.ndarray

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


def pack(times: ArrayLike | Sequence[ArrayLike], states: ArrayLike | Sequence[ArrayLike], initial_states: ArrayLike | None = None) -> PackedTrajectories:
    """Packs trajectories of any lengths, each with times of its own.

    times: a list with the times of each trajectory; or an array [trajectories, times]; or [times], for all of them.
    states: a list with the states [times, width] of each trajectory; or an array [trajectories, times, width]; or [times, width], one
    trajectory. NaN stands for a number that was not observed.
    initial_states: [trajectories, width], the states at the first times, or guesses of them. None: the first observations, each number's
    first one.

    Errors: ShapeMismatchError, InvalidDataError naming the trajectory: for no times, times that descend or are not finite, infinite
    states, and a number of the state that is never observed without initial states.
    """
    observed = _list_of_states(states)
    width = observed[0].shape[1]
    moments = _list_of_times(times, len(observed))
    for index, (own_times, own_states) in enumerate(zip(moments, observed, strict=True)):
        _check(index, own_times, own_states, width)
    lengths = numpy.array([len(own) for own in moments])
    steps = max(int(lengths.max()), 2)  # a network has at least one interval
    features = numpy.empty((len(observed), width + steps))
    packed = numpy.full((len(observed), steps, width), numpy.nan)
    given = None if initial_states is None else numpy.asarray(initial_states, dtype=numpy.float64).reshape(-1, width)
    if given is not None and len(given) != len(observed):
        raise ShapeMismatchError(f"initial_states has {len(given)} rows; there are {len(observed)} trajectories")
    for index, (own_times, own_states) in enumerate(zip(moments, observed, strict=True)):
        length = len(own_times)
        features[index, width : width + length] = own_times
        features[index, width + length :] = own_times[-1]
        packed[index, :length] = own_states
        features[index, :width] = _first_observed(index, own_states) if given is None else given[index]
    return PackedTrajectories(features, packed, lengths)


def _list_of_states(states: Any) -> list[numpy.ndarray]:
    """The states of each trajectory, [times, width]."""
    if not isinstance(states, (list, tuple)) or (len(states) > 0 and numpy.ndim(states[0]) < 2):
        array = numpy.asarray(states, dtype=numpy.float64)
        if array.ndim == 2:
            array = array[None]
        if array.ndim != 3 or 0 in array.shape:
            raise ShapeMismatchError(f"states has shape {array.shape}; it must be [trajectories, times, width], or a list of arrays [times, width]")
        return list(array)
    found = [numpy.asarray(own, dtype=numpy.float64) for own in states]
    if not found:
        raise ShapeMismatchError("states is an empty list; at least one trajectory is needed")
    for index, own in enumerate(found):
        if own.ndim != 2 or own.shape[1] != found[0].shape[-1] or own.shape[1] == 0:
            raise ShapeMismatchError(f"the states of trajectory {index} have shape {own.shape}; they must be [times, width], with the same width for all")
    return found


def _list_of_times(times: Any, count: int) -> list[numpy.ndarray]:
    """The times of each trajectory."""
    if isinstance(times, (list, tuple)) and len(times) > 0 and numpy.ndim(times[0]) > 0:
        found = [numpy.asarray(own, dtype=numpy.float64) for own in times]
    else:
        array = numpy.asarray(times, dtype=numpy.float64)
        found = [array] * count if array.ndim == 1 else list(array)
    if len(found) != count:
        raise ShapeMismatchError(f"there are times of {len(found)} trajectories and states of {count}")
    return found


def _check(index: int, times: numpy.ndarray, states: numpy.ndarray, width: int) -> None:
    if times.ndim != 1 or len(times) != len(states):
        raise ShapeMismatchError(f"trajectory {index} has times of shape {times.shape} and states of shape {states.shape}; it must have one state for each time")
    if len(times) == 0:
        raise InvalidDataError(f"trajectory {index} is empty; it needs at least one time")
    if not numpy.isfinite(times).all():
        raise InvalidDataError(f"trajectory {index}: time {int(numpy.argmin(numpy.isfinite(times)))} is NaN or infinite")
    falls = numpy.flatnonzero(numpy.diff(times) < 0)
    if len(falls) > 0:
        place = int(falls[0]) + 1
        raise InvalidDataError(f"trajectory {index}: time {place} is {times[place]}, before the one before it, {times[place - 1]}; times must not descend")
    if numpy.isinf(states).any():
        place, number = (int(value) for value in numpy.argwhere(numpy.isinf(states))[0])
        raise InvalidDataError(f"trajectory {index}: number {number} of the state at time {place} is infinite; NaN stands for what was not observed")


def _first_observed(index: int, states: numpy.ndarray) -> numpy.ndarray:
    """The first observation of each number of a trajectory's state."""
    known = ~numpy.isnan(states)
    if not known.any(axis=0).all():
        number = int(numpy.argmin(known.any(axis=0)))
        raise InvalidDataError(f"trajectory {index}: number {number} of its state is never observed; give initial_states")
    return numpy.asarray(states[known.argmax(axis=0), numpy.arange(states.shape[1])])


@dataclass(frozen=True)
class _Units:
    """The units in which the network computes: state = shift + scale·z, time = moment·τ."""

    shift: numpy.ndarray
    scale: numpy.ndarray
    moment: float

    @classmethod
    def none(cls, width: int) -> _Units:
        return cls(numpy.zeros(width), numpy.ones(width), 1.0)

    @classmethod
    def of(cls, packed: PackedTrajectories, each: bool) -> _Units:
        """Units in which the observed states have mean 0 and deviation 1, each number by itself or all alike, and change by about 1 in a time of 1."""
        shift = numpy.nanmean(packed.states, axis=(0, 1))
        deviation = numpy.nanstd(packed.states, axis=(0, 1))
        scale = numpy.where(deviation > 0, deviation, 1.0) if each else numpy.full(packed.width, float(numpy.sqrt((deviation**2).mean())) or 1.0)
        changes = numpy.diff(packed.states / scale, axis=1)
        intervals = numpy.diff(packed.times, axis=1)[..., None]
        with numpy.errstate(divide="ignore", invalid="ignore"):
            speeds = numpy.where(intervals > 0, numpy.abs(changes) / intervals, numpy.nan)
        speed = float(numpy.sqrt(numpy.nanmean(speeds**2))) if numpy.isfinite(speeds).any() else 1.0
        # A power of two: dividing times by it rounds nothing.
        return cls(shift, scale, float(2.0 ** numpy.round(-numpy.log2(speed))) if speed > 0 and numpy.isfinite(speed) else 1.0)

    @property
    def is_identity(self) -> bool:
        return self.moment == 1 and not self.shift.any() and bool((self.scale == 1).all())

    def inwards(self, states: numpy.ndarray) -> numpy.ndarray:
        return numpy.asarray((states - self.shift) / self.scale)

    def outwards(self, states: numpy.ndarray) -> numpy.ndarray:
        return numpy.asarray(self.shift + self.scale * states)


@dataclass(frozen=True)
class KnownTerms:
    """Known terms g(t, y) of an equation ẏ = f(y) + g(t, y), in the units of the data, with their derivatives: `fit` learns f.

    All functions take t [samples] and y [samples, width], arrays that they only read. function: g, [samples, width]. jacobian: ∂g/∂y, [samples, width, width]; all
    results may have any shape that broadcasts to these. time_derivative: ∂g/∂t [samples, width]; None if g does not depend on t. Without units of the
    network's own (`fit` with scaling="none") the arrays are views of the library's memory, and nothing is copied.
    """

    function: Callable[[numpy.ndarray, numpy.ndarray], ArrayLike]
    jacobian: Callable[[numpy.ndarray, numpy.ndarray], ArrayLike]
    time_derivative: Callable[[numpy.ndarray, numpy.ndarray], ArrayLike] | None = None

    def _give(self, network: Network, units: _Units) -> None:
        """Gives a network these terms in its units: g̃ = (moment/scale)·g, ∂g̃/∂z = (moment/scale)·∂g/∂y·scale, ∂g̃/∂τ = (moment²/scale)·∂g/∂t."""
        if units.is_identity:
            network.set_known_terms(self.function, jacobian=self.jacobian, time_derivative=self.time_derivative)
            return
        factor, by_time = units.moment / units.scale, self.time_derivative

        def function(t: numpy.ndarray, y: numpy.ndarray) -> numpy.ndarray:
            return numpy.asarray(factor * numpy.asarray(self.function(units.moment * t, units.outwards(y))))

        def jacobian(t: numpy.ndarray, y: numpy.ndarray) -> numpy.ndarray:
            return numpy.asarray(factor[:, None] * numpy.asarray(self.jacobian(units.moment * t, units.outwards(y))) * units.scale)

        def time_derivative(t: numpy.ndarray, y: numpy.ndarray) -> numpy.ndarray:
            assert by_time is not None
            return numpy.asarray(factor * units.moment * numpy.asarray(by_time(units.moment * t, units.outwards(y))))

        network.set_known_terms(function, jacobian=jacobian, time_derivative=None if by_time is None else time_derivative)


def difference_jacobian(
    function: Callable[[numpy.ndarray, numpy.ndarray], ArrayLike], scale: ArrayLike = 1.0
) -> Callable[[numpy.ndarray, numpy.ndarray], numpy.ndarray]:
    """A Jacobian ∂g/∂y of g(t, y) by central differences, for `KnownTerms` and `Network.set_known_terms`.

    scale: how far y may move, one number or [width], before g changes much: the differences are taken over about 1e-3 of it, with errors of
    about 1e-11 of g in float64 where g is smooth on this scale. Each call evaluates g four times for each number of a state.
    """
    reach = numpy.asarray(scale, dtype=numpy.float64)
    if not (numpy.isfinite(reach).all() and (reach > 0).all()):
        raise InvalidDataError("scale must be positive and finite")

    def jacobian(t: numpy.ndarray, y: numpy.ndarray) -> numpy.ndarray:
        base, moments = numpy.asarray(y, dtype=numpy.float64), numpy.asarray(t, dtype=numpy.float64)
        steps = numpy.broadcast_to(1e-3 * reach, base.shape[1:])
        columns = []
        for number, step in enumerate(steps):
            def at(distance: float, number: int = number) -> numpy.ndarray:
                moved = base.copy()
                moved[:, number] += distance
                return numpy.broadcast_to(numpy.asarray(function(moments, moved), dtype=numpy.float64), base.shape)

            columns.append((8 * (at(step) - at(-step)) - (at(2 * step) - at(-2 * step))) / (12 * step))
        return numpy.stack(columns, axis=2)

    return jacobian


@dataclass(frozen=True)
class TrajectoryModel:
    """A vector field that was fitted to trajectories.

    network: the network that holds the field; it computes in units of its own (`shift`, `scale`, `time_unit`).
    initial_states: the states at the first times [trajectories, width], fitted or as given.
    result: what the fit reports (loss in the network's units, gaps, steps, outcome).
    shift, scale: a state is shift + scale·z, with the z that the network computes; time_unit: a time is time_unit·τ.
    known: the equation's known terms, if it has some; all that a model computes includes them.
    """

    network: Network
    initial_states: numpy.ndarray
    result: TrajectoryFit
    shift: numpy.ndarray
    scale: numpy.ndarray
    time_unit: float
    known: KnownTerms | None = None
    _longer: dict[int, Network] = field(default_factory=dict, repr=False, compare=False)

    @property
    def width(self) -> int:
        """The numbers of a state."""
        return len(self.shift)

    def refit(
        self,
        times: ArrayLike | Sequence[ArrayLike],
        states: ArrayLike | Sequence[ArrayLike],
        *,
        initial_states: ArrayLike | None = None,
        fit_initial_states: bool = True,
        time_limit: float | None = None,
        on_progress: Callable[[FitProgress], object] | None = None,
        cancel: CancelToken | None = None,
        **options: Any,
    ) -> TrajectoryModel:
        """A model that is fitted from this one's parameters on, to the same trajectories or to others: in longer segments, for example, or without any.

        times, states, initial_states: as in `fit`; the latter's None stands for this model's, where there are as many trajectories.
        options: of the fit. This model does not change.
        """
        packed = pack(times, states, self.initial_states if initial_states is None and len(self.initial_states) == len(_list_of_states(states)) else initial_states)
        network = self.network.with_steps(packed.steps)
        return _fitted(network, packed, self._units, self.known, fit_initial_states, time_limit, on_progress, cancel, dict(options))

    @property
    def _units(self) -> _Units:
        return _Units(self.shift, self.scale, self.time_unit)

    def rollout(self, initial_states: ArrayLike, times: ArrayLike) -> numpy.ndarray:
        """The states at these times [trajectories, times, width], from the initial states [trajectories, width], which belong to the first times.

        times: [times], for all trajectories, or [trajectories, times], ascending, also beyond those of the fit. One initial state
        [width] gives one trajectory [times, width]. Between two times the integrator takes the steps that the fit took between two
        observations, so that finer times are more accurate. Errors: NotFiniteError naming the trajectory that diverges.
        """
        starts = numpy.asarray(initial_states, dtype=numpy.float64)
        single, starts = starts.ndim == 1, numpy.atleast_2d(starts)
        if starts.shape[1] != self.width:
            raise ShapeMismatchError(f"initial_states has shape {starts.shape}; it must be [trajectories, {self.width}]")
        moments = numpy.asarray(times, dtype=numpy.float64)
        moments = numpy.broadcast_to(moments, (len(starts), moments.shape[-1])) if moments.ndim == 1 else moments
        if moments.ndim != 2 or len(moments) != len(starts) or moments.shape[1] == 0:
            raise ShapeMismatchError(f"times has shape {moments.shape}; it must be [times], or [{len(starts)}, times]")
        units = self._units
        count = moments.shape[1]
        steps = max(count, 2)
        moments = numpy.concatenate([moments, numpy.repeat(moments[:, -1:], steps - count, axis=1)], axis=1)
        network = self._longer.get(steps)
        if network is None:
            # The network of the last number of times is kept, for one roll-out after the other.
            self._longer.clear()
            network = self._longer[steps] = self.network.with_steps(steps)
        found = network.scores(numpy.concatenate([units.inwards(starts), moments / self.time_unit], axis=1))
        states = units.outwards(numpy.asarray(found, dtype=numpy.float64).reshape(len(starts), steps, self.width))
        return states[0, :count] if single else states[:, :count]

    def field(self, t: ArrayLike | None, y: ArrayLike) -> numpy.ndarray:
        """ẏ in the units of the data: y [width] or [samples, width]. The fitted field is the same at all times t, which may be None; known terms are added at time t, a number or [samples]."""
        units = self._units
        moments = None if self.known is None or t is None else numpy.asarray(t, dtype=numpy.float64) / self.time_unit
        found = self.network.field(moments, units.inwards(numpy.asarray(y, dtype=numpy.float64)))
        return numpy.asarray(found * (self.scale / self.time_unit))


def fit(
    times: ArrayLike | Sequence[ArrayLike],
    states: ArrayLike | Sequence[ArrayLike],
    *,
    known: KnownTerms | None = None,
    initial_states: ArrayLike | None = None,
    scaling: Literal["automatic", "each", "common", "none"] = "automatic",
    substeps: int = 1,
    fit_initial_states: bool = True,
    time_limit: float | None = None,
    on_progress: Callable[[FitProgress], object] | None = None,
    cancel: CancelToken | None = None,
    **options: Any,
) -> TrajectoryModel:
    """Fits a vector field ẏ = f(y) to measured trajectories: a TrajectoryModel.

    known: terms of the equation that are known, so that the network learns the rest: ẏ = f(y) + g(t, y).
    times, states: as `pack` takes them. initial_states: the states at the first times, or guesses of them.
    scaling: the units in which the network computes. "each": every number of the state has deviation 1; "common": one factor for all, so
    that a Hamiltonian, a gradient or an energy keeps its meaning; "automatic": "each" for fields that know nothing of the parts of a
    state (dense, two_layer …), otherwise "common"; "none": the data's units.
    substeps: the integrator's steps between two observations. fit_initial_states: False takes the initial states as exact.
    options: those of the network (field="two_layer", hidden_width=32, integrator="rk4", seed …) and of the fit (segment, continuity,
    rounds, optimizer, epochs …), by their names.

        from stableode import trajectories

        times = numpy.linspace(0, 6, 40)
        states = numpy.stack([numpy.cos(times), -numpy.sin(times)], axis=1)
        model = trajectories.fit(times, states, field="dense", activation="identity", bias="none")
        model.rollout([1.0, 0.0], times)

    Errors: those of `pack`, of `Network` and of `Network.fit_trajectories`.
    """
    packed = pack(times, states, initial_states)
    chosen, fitting = _split(options)
    network_options: dict[str, Any] = dict(
        precision="float64", field="two_layer", hidden_width=32, integrator="rk4", weights_in_time="shared", loss="least_squares", readout="identity"
    )
    if "field" in chosen and "hidden_width" not in chosen and "hidden_width" not in _taken(chosen["field"]):
        network_options.pop("hidden_width")
    network_options.update(chosen)
    if scaling not in ("automatic", "each", "common", "none"):
        raise UnknownNameError(f"scaling is {scaling!r}; it must be automatic, each, common or none")
    each = scaling == "each" or (scaling == "automatic" and network_options["field"] in _PLAIN_FIELDS)
    units = _Units.none(packed.width) if scaling == "none" else _Units.of(packed, each)
    substeps, steps = integer(substeps, "substeps", 1), packed.steps
    if known is not None:
        if not isinstance(known, KnownTerms):
            raise UnsupportedTypeError(f"known is a {type(known).__name__}; it must be KnownTerms(function, jacobian), or None")
        network_options["known_terms"] = True
    network = Network(
        opening="trajectory", channels=packed.width, width=packed.width, inputs=packed.width + steps, outputs=packed.width, outputs_at="steps",
        layers=substeps * (steps - 1), **network_options,
    )
    if known is not None:
        known._give(network, units)
    return _fitted(network, packed, units, known, fit_initial_states, time_limit, on_progress, cancel, fitting)


def _fitted(
    network: Network, packed: PackedTrajectories, units: _Units, known: KnownTerms | None, fits_initial_states: bool, time_limit: float | None,
    on_progress: Callable[[FitProgress], object] | None, cancel: CancelToken | None, options: dict[str, Any],
) -> TrajectoryModel:
    """The model of a network whose field is fitted to trajectories."""
    features = packed.features.copy()
    features[:, : packed.width] = units.inwards(features[:, : packed.width])
    features[:, packed.width :] /= units.moment
    result = network.fit_trajectories(
        features, units.inwards(packed.states), initial_states="fitted" if fits_initial_states else "given", time_limit=time_limit,
        on_progress=on_progress, cancel=cancel, **options,
    )
    states = units.outwards(numpy.asarray(result.initial_states, dtype=numpy.float64))
    return TrajectoryModel(network, states, result, units.shift, units.scale, units.moment, known)


def _taken(field: str) -> list[str]:
    """The options of blocks that a field takes."""
    return [key for key, option in _options("block").items() if field in option.taken_by.get("field", ())]


def _split(given: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The options of the network, and those of the fit."""
    network = {**_options("network"), **_options("block")}
    fitting = _options("trajectory_fit")
    chosen, fit_options = {}, {}
    for key, value in given.items():
        if key in fitting:
            fit_options[key] = value
        elif key in network:
            chosen[key] = value
        else:
            raise UnknownNameError(f"{key} is no option of a network, of a block or of a fit; stableode.options() lists them")
    return chosen, fit_options
