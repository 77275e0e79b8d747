"""Vector fields fitted to measured trajectories, at times of each trajectory's own.

    from stableode import trajectories

    model = trajectories.fit(times, states, field="hamiltonian_h", integrator="verlet", segment=5)
    model.rollout(initial_states, times)
    model.field(0.0, state)
"""

from __future__ import annotations

import difflib
import inspect
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy

from . import equation
from ._errors import IncompatibleError, InvalidArgumentError, ShapeMismatchError, UnknownNameError, UnsupportedTypeError
from ._shooting import TrajectoryFit
from ._text import integer
from ._trajectory_data import PackedTrajectories, TrajectoryLayout, check_times, list_of_states, pack, pack_by, typical_speed
from ._trajectory_file import note, read
from ._trajectory_known import KnownTerms, difference_jacobian
from ._trajectory_times import divided
from .introspection import options as _options
from .network import Network
from .sequences._clock import as_dates

if TYPE_CHECKING:
    import os

    from numpy.typing import ArrayLike

    from ._shooting import FitProgress
    from .progress import CancelToken

__all__ = ["KnownTerms", "PackedTrajectories", "TrajectoryLayout", "TrajectoryModel", "difference_jacobian", "fit", "load", "pack"]

#: Fields that know nothing of the parts of a state, whose numbers may therefore have units of their own.
_PLAIN_FIELDS = ("dense", "two_layer", "pre_activation", "linear_activation")


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
        seen = ~numpy.isnan(packed.states).all(axis=(0, 1))
        # A number that is never observed has initial states alone.
        shift, deviation = packed.features[:, : packed.width].mean(axis=0), numpy.zeros(packed.width)
        shift[seen] = numpy.nanmean(packed.states[:, :, seen], axis=(0, 1))
        deviation[seen] = numpy.nanstd(packed.states[:, :, seen], axis=(0, 1))
        deviation[deviation <= 1e-14 * numpy.abs(shift)] = 0  # equal numbers, whose mean is rounded
        scale = numpy.where(deviation > 0, deviation, 1.0) if each else numpy.full(packed.width, float(numpy.sqrt((deviation[seen] ** 2).mean())) or 1.0)
        speed = typical_speed(packed, scale)
        # A power of two: dividing times by it rounds nothing.
        return cls(shift, scale, float(2.0 ** numpy.round(-numpy.log2(speed))) if speed > 0 and numpy.isfinite(speed) else 1.0)

    @property
    def is_identity(self) -> bool:
        return self.moment == 1 and not self.shift.any() and bool((self.scale == 1).all())

    def inwards(self, states: numpy.ndarray) -> numpy.ndarray:
        return numpy.asarray((states - self.shift) / self.scale)

    def outwards(self, states: numpy.ndarray) -> numpy.ndarray:
        return numpy.asarray(self.shift + self.scale * states)


@dataclass(frozen=True, eq=False)
class TrajectoryModel:
    """A vector field that was fitted to trajectories.

    network: the network that holds the field; it computes in units of its own (`shift`, `scale`, `time_unit`).
    initial_states: the states at the first times [trajectories, width], fitted or as given; [0, width] of a model that was loaded.
    result: what the fit reports (initial states in the data's units; loss and gaps in the network's; steps, outcome).
    shift, scale: a state is shift + scale·z, with the z that the network computes; time_unit: a time is time_unit·τ.
    known: the equation's known terms, if it has some; all that a model computes includes them.
    layout: what else is known of the data, a TrajectoryLayout: names of columns, the longest interval, how dates become times.
    """

    network: Network
    initial_states: numpy.ndarray
    result: TrajectoryFit
    shift: numpy.ndarray
    scale: numpy.ndarray
    time_unit: float
    known: KnownTerms | None = None
    _longer: dict[int, Network] = field(default_factory=dict, repr=False, compare=False)
    layout: TrajectoryLayout = field(default_factory=TrajectoryLayout)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_longer": {}}

    @property
    def width(self) -> int:
        """The numbers of a state."""
        return len(self.shift)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Saves the model for `stableode.trajectories.load`: the network's file, with units, names of columns and figures of the fit in its metadata.

        The file holds no initial states of the fit. `Network.load` and `sode_network_load` read it as well; the guide page shows roll-outs from C.
        Errors: FileError.
        """
        note(self.network, self.shift, self.scale, self.time_unit, self.layout, self.result)
        self.network.save(path)

    def refit(
        self,
        times: Any,
        states: ArrayLike | Sequence[ArrayLike] | None = None,
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
        layout, clock = self.layout, replace(self.layout.clock)
        if initial_states is None and len(self.initial_states) == (len(list_of_states(states)) if states is not None else -1):
            initial_states = self.initial_states
        packed = pack_by(clock, times, states, initial_states, layout.series or "series", layout.time or "time", layout.columns if states is None else None)
        if packed.width != self.width:
            raise ShapeMismatchError(f"the states have {packed.width} numbers; those of the model have {self.width}")
        if initial_states is None and len(self.initial_states) == len(packed.features):
            packed.features[:, : self.width] = self.initial_states
        network = self.network.with_steps(packed.steps)
        return _fitted(network, packed, self._units, self.known, fit_initial_states, time_limit, on_progress, cancel, dict(options))

    @property
    def _units(self) -> _Units:
        return _Units(self.shift, self.scale, self.time_unit)

    def rollout(self, initial_states: ArrayLike, times: ArrayLike) -> numpy.ndarray:
        """The states at these times [trajectories, times, width], from the initial states [trajectories, width], which belong to the first times.

        times: [times], for all trajectories, or [trajectories, times], ascending, also beyond those of the fit; dates where the fit had
        dates. One initial state [width] gives one trajectory [times, width]. Between two times the integrator takes the steps that the fit
        took between two observations; where fixed steps would be longer than the fit's longest, it takes more of them. Errors:
        InvalidDataError for times that descend; NotFiniteError naming the trajectory that diverges; OutOfRangeError for times so far that
        the steps are too many.
        """
        starts = numpy.asarray(initial_states, dtype=numpy.float64)
        single, starts = starts.ndim == 1, numpy.atleast_2d(starts)
        if starts.shape[1] != self.width:
            raise ShapeMismatchError(f"initial_states has shape {starts.shape}; it must be [trajectories, {self.width}]")
        moments = self._moments(times)
        moments = numpy.broadcast_to(moments, (len(starts), moments.shape[-1])) if moments.ndim == 1 else moments
        if moments.ndim != 2 or len(moments) != len(starts) or moments.shape[1] == 0:
            raise ShapeMismatchError(f"times has shape {moments.shape}; it must be [times], or [{len(starts)}, times]")
        if not (numpy.isfinite(moments).all() and (numpy.diff(moments, axis=1) >= 0).all()):
            for index, own in enumerate(moments):
                check_times(f"trajectory {index}", own)
        units = self._units
        # Adaptive steps are as short as their tolerance asks for.
        is_adaptive = self.network.specification["blocks"][0]["integrator"] in _options("block")["relative_tolerance"].taken_by.get("integrator", ())
        moments, places = (moments, None) if is_adaptive else divided(moments, self.layout.largest_interval, self.width)
        count = moments.shape[1]
        steps = max(count, 2)
        moments = numpy.concatenate([moments, numpy.repeat(moments[:, -1:], steps - count, axis=1)], axis=1)
        network = self._longer.get(steps)
        if network is None:
            # The network of the last number of times is kept, for one roll-out after the other.
            self._longer.clear()
            network = self._longer[steps] = self.network.with_steps(steps)
        elif not numpy.array_equal(network.parameter_vector, self.network.parameter_vector):
            network.parameter_vector = self.network.parameter_vector
        found = network.scores(numpy.concatenate([units.inwards(starts), moments / self.time_unit], axis=1))
        states = units.outwards(numpy.asarray(found, dtype=numpy.float64).reshape(len(starts), steps, self.width))
        asked = states[:, :count] if places is None else numpy.take_along_axis(states, places[..., None], axis=1)
        return asked[0] if single else asked

    def field(self, t: ArrayLike | None, y: ArrayLike) -> numpy.ndarray:
        """ẏ in the units of the data: y [width] or [samples, width]. The fitted field is the same at all times t, dates or numbers, which may be None; known terms are added at time t,
        one time or [samples].
        """
        given = None if t is None or (self.known is None and as_dates(t) is None) else self._moments(t)
        units = self._units
        moments = None if given is None or self.known is None else given / self.time_unit
        found = self.network.field(moments, units.inwards(numpy.asarray(y, dtype=numpy.float64)))
        return numpy.asarray(found * (self.scale / self.time_unit))

    def _moments(self, times: Any) -> numpy.ndarray:
        """Times as numbers of the clock of the fit."""
        return replace(self.layout.clock).numbers(times, "times")


def load(path: str | os.PathLike[str], *, known: KnownTerms | None = None) -> TrajectoryModel:
    """A model that `TrajectoryModel.save` saved: roll-outs and fields have the same bits.

    known: the known terms of its equation, which files do not hold; a model that has some computes nothing without them.
    Errors: those of `Network.load`; IncompatibleError for a network that is no such model; InvalidDataError for damaged notes.
    """
    network = Network.load(path)
    shift, scale, time_unit, layout, figures = read(network)
    nothing = numpy.empty((0, len(shift)))
    if known is not None:
        known._give(network, _Units(shift, scale, time_unit))
    return TrajectoryModel(network, nothing, TrajectoryFit(nothing, **figures), shift, scale, time_unit, known, layout=layout)


def fit(
    times: Any,
    states: ArrayLike | Sequence[ArrayLike] | None = None,
    *,
    known: KnownTerms | None = None,
    series: str = "series",
    time: str = "time",
    values: Sequence[str] | None = None,
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
    times, states, series, time, values: as `pack` takes them, arrays or a table. initial_states: the states at the first times, or guesses of them.
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
    chosen, fitting = _split(options)
    packed = pack(times, states, initial_states, series=series, time=time, values=values)
    network_options: dict[str, Any] = dict(
        precision="float64", field="two_layer", hidden_width=32, integrator="rk4", weights_in_time="shared", loss="least_squares", readout="identity"
    )
    if "field" in chosen and "hidden_width" not in chosen and not _has_hidden_width(chosen):
        network_options.pop("hidden_width")
    network_options.update(chosen)
    if network_options["weights_in_time"] != "shared":
        raise IncompatibleError(f"weights_in_time is {network_options['weights_in_time']!r}; a field that is followed to any times has the same weights at all of them: 'shared'")
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
    _refuse_wider(network, packed)
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
    result = replace(result, initial_states=states)
    note(network, units.shift, units.scale, units.moment, packed.layout, result)
    _warn_of_losses(result, features[:, : packed.width], units.inwards(packed.states), network)
    return TrajectoryModel(network, states, result, units.shift, units.scale, units.moment, known, layout=packed.layout)


def _warn_of_losses(result: TrajectoryFit, starts: numpy.ndarray, states: numpy.ndarray, network: Network) -> None:
    """Warns of a fit that follows the data worse than states at rest do, as a learning rate that is too high leaves it. All in the network's units."""
    if network.specification["loss"] != "least_squares":
        return
    rest = float(numpy.nanmean((states - starts[:, None]) ** 2)) / 2
    if result.loss > max(2 * rest, 1e-3):  # NaN of a fit that ended early is not
        warnings.warn(
            f"the fit ended at a loss of {result.loss:.3g}, but states that rest where they begin have {rest:.3g}: the steps of the optimizer went astray; try a smaller learning_rate, the optimizer lbfgs, or shorter segments",
            stacklevel=4,
        )


def _refuse_wider(network: Network, packed: PackedTrajectories) -> None:
    """Errors: IncompatibleError for a field with momenta or velocities of its own beside the data: nothing says where they begin."""
    # With known terms a state carries the time besides.
    width = int(numpy.prod(equation.state_shape(network, 0))) - bool(network.specification.get("known_terms"))
    if width != packed.width:
        name = network.specification["blocks"][0]["field"]
        raise IncompatibleError(
            f"field {name} has a state of {width} numbers, of which the data hold {packed.width}: nothing says where its momenta or velocities begin; "
            "'hamiltonian_h' takes the first half of the data as positions and the second as momenta, and 'two_layer' takes any"
        )


def _has_hidden_width(chosen: dict[str, Any]) -> bool:
    """Whether the field has hidden values, with the form that is chosen."""
    block, field = _options("block"), chosen["field"]
    takes = field in block["hidden_width"].taken_by.get("field", ())
    return takes and (field not in block["form"].taken_by.get("field", ()) or chosen.get("form") == "gradient")


#: What the data decide, and what does it instead.
_DECIDED = {
    "width": "a state has as many numbers as the data", "inputs": "the data's numbers and times decide", "channels": "the data's numbers decide", "outputs": "the data's numbers decide",
    "outputs_at": "the states at all times are compared", "opening": "it is 'trajectory'", "layers": "there is one for each interval; substeps=… takes more steps",
    "blocks": "one block is the field; its options are keywords", "horizon": "the times of the data decide", "step_sizes": "the times of the data decide",
}  # fmt: skip


def _split(given: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The options of the network, and those of the fit."""
    network = {**_options("network"), **_options("block")}
    fitting = _options("trajectory_fit")
    chosen, fit_options = {}, {}
    for key, value in given.items():
        if key in _DECIDED:
            raise InvalidArgumentError(f"{key} is {value!r}, but a fit to trajectories sets it: {_DECIDED[key]}")
        if key in fitting:
            fit_options[key] = value
        elif key in network:
            chosen[key] = value
        else:
            near = difflib.get_close_matches(key, [*network, *fitting, *inspect.signature(fit).parameters], n=1, cutoff=0.75)
            hint = f"did you mean {near[0]!r}?" if near else "stableode.options() lists them"
            raise UnknownNameError(f"{key} is no option of a network, of a block or of a fit; {hint}")
    return chosen, fit_options
