"""Vector fields fitted to measured trajectories, at times of each trajectory's own.

    from stableode import trajectories

    model = trajectories.fit(times, states, field="hamiltonian_h", integrator="verlet", segment=5)
    model.rollout(initial_states, times)
    model.field(0.0, state)
"""

from __future__ import annotations

import contextlib
import difflib
import inspect
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy

from . import equation
from ._errors import IncompatibleError, InvalidArgumentError, InvalidDataError, NotFiniteError, OutOfRangeError, ShapeMismatchError, StateError, UnknownNameError, UnsupportedTypeError
from ._shooting import TrajectoryFit
from ._text import flag, integer
from ._trajectory_data import PackedTrajectories, TrajectoryLayout, called, check_times, list_of_states, numbers, pack, pack_by
from ._trajectory_errors import in_units_of_the_data, refuse_infinite
from ._trajectory_file import note, read
from ._trajectory_known import KnownTerms, difference_jacobian
from ._trajectory_solve import solve
from ._trajectory_times import divided
from ._trajectory_units import Units
from .introspection import options as _options
from .network import Network
from .sequences._clock import Clock, as_dates
from .sequences._tables import is_long

if TYPE_CHECKING:
    import os

    from numpy.typing import ArrayLike

    from ._shooting import FitProgress
    from .progress import CancelToken

__all__ = ["KnownTerms", "PackedTrajectories", "TrajectoryLayout", "TrajectoryModel", "difference_jacobian", "fit", "load", "pack"]

#: Fields that know nothing of the parts of a state, whose numbers may therefore have units of their own.
_PLAIN_FIELDS = ("dense", "two_layer", "pre_activation", "linear_activation")


@dataclass(frozen=True, eq=False)
class TrajectoryModel:
    """A vector field that was fitted to trajectories.

    network: the network that holds the field; it computes in units of its own (`shift`, `scale`, `time_unit`).
    initial_states: the states at the first times [trajectories, width], fitted or as given; [0, width] of a model that was loaded.
    result: what the fit reports (initial states in the data's units; loss and gaps in the network's; steps, outcome).
    shift, scale: a state is shift + scale·z, with the z that the network computes; time_unit: a time is time_unit·τ.
    known: the equation's known terms, if it has some; all that a model computes includes them. A model is pickled with them, which Python can do
    with functions of modules, but not with those made by lambda or within functions.
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

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if self.known is not None:
            with contextlib.suppress(StateError):  # a copied network has them already, an unpickled one has not
                self.known._give(self.network, self._units)

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
        self._refuse_missing_terms()
        layout, clock = self.layout, replace(self.layout.clock)
        observed = None if states is None or is_long(times) else list_of_states(states)
        if observed is not None and observed[0].shape[1] != self.width:
            raise ShapeMismatchError(f"the states have {observed[0].shape[1]} numbers; those of the model have {self.width}")
        if initial_states is None and observed is not None and len(self.initial_states) == len(observed):
            initial_states = self.initial_states
        packed = pack_by(clock, times, states, initial_states, layout.series or "series", layout.time or "time", layout.columns if states is None else None)
        if packed.width != self.width:
            raise ShapeMismatchError(f"the states have {packed.width} numbers; those of the model have {self.width}")
        if initial_states is None and len(self.initial_states) == len(packed.features):
            packed.features[:, : self.width] = self.initial_states
        network = self.network.with_steps(packed.steps)
        return _fitted(network, packed, self._units, self.known, fit_initial_states, time_limit, on_progress, cancel, dict(options))

    @property
    def _units(self) -> Units:
        return Units(self.shift, self.scale, self.time_unit)

    def rollout(self, initial_states: ArrayLike, times: ArrayLike) -> numpy.ndarray:
        """The states at these times [trajectories, times, width], from the initial states [trajectories, width], which belong to the first times.

        times: [times], for all trajectories, or [trajectories, times], ascending, also beyond those of the fit; dates where the fit had
        dates. One initial state [width] gives one trajectory [times, width]. Between two times the integrator takes the steps that the fit
        took between two observations; where fixed steps would be longer than the fit's longest, it takes more of them. Errors:
        InvalidDataError for times that descend; NotFiniteError naming the trajectory that diverges; OutOfRangeError for times so far that
        the steps are too many.
        """
        self._refuse_missing_terms()
        given = numbers(initial_states, "initial_states")
        single, starts = given.ndim == 1, numpy.atleast_2d(given)
        if starts.ndim != 2 or starts.shape[1] != self.width or len(starts) == 0 or given.ndim == 0:
            raise ShapeMismatchError(f"initial_states has shape {given.shape}; it must be [trajectories, {self.width}], or [{self.width}]")
        moments = self._moments(times)
        moments = numpy.broadcast_to(moments, (len(starts), moments.shape[-1])) if moments.ndim == 1 else moments
        if moments.ndim != 2 or len(moments) != len(starts) or moments.shape[1] == 0:
            raise ShapeMismatchError(f"times has shape {moments.shape}; it must be [times], or [{len(starts)}, times]")
        with numpy.errstate(over="ignore", invalid="ignore"):
            is_right = numpy.isfinite(moments).all() and (moments[:, 1:] >= moments[:, :-1]).all() and numpy.isfinite(moments[:, -1] - moments[:, 0]).all()
        if not is_right:
            for index, own in enumerate(moments):
                check_times(called(None, index), own, self.layout.clock)
        units = self._units
        z, scaled = units.inwards(starts), units.moments_inwards(moments)
        refuse_infinite(starts, z, None, "initial_states")
        if not numpy.isfinite(scaled).all():
            index, place = (int(value) for value in numpy.argwhere(~numpy.isfinite(scaled))[0])
            raise OutOfRangeError(f"{called(None, index)}: time {place} is {moments[index, place]}, which is infinite in the network's unit of time, {self.time_unit:.3g}")
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
        with in_units_of_the_data(units, self.layout.clock, None, moments):
            found = network.scores(numpy.concatenate([z, moments / self.time_unit], axis=1))
        states = units.outwards(numpy.asarray(found, dtype=numpy.float64).reshape(len(starts), steps, self.width))
        asked = states[:, :count] if places is None else numpy.take_along_axis(states, places[..., None], axis=1)
        return asked[0] if single else asked

    def solve(
        self,
        initial_states: ArrayLike,
        times: ArrayLike,
        *,
        event: tuple[ArrayLike, float] | tuple[ArrayLike, float, int] | None = None,
        start_times: ArrayLike | None = None,
    ) -> equation.Solution:
        """Solves the equation with the model's adaptive integrator (dopri5, tsit5), each trajectory up to an event of its own: a Solution in the units of the data.

        initial_states: [trajectories, width], or [width] for one trajectory, at the first of the times. times: [times], ascending, numbers or dates as in the fit; solves end at the last one.
        event: (w, level) or (w, level, direction). The solve of a trajectory ends where w·y first crosses the level; direction 1 means rising, −1 falling, 0 either.
        start_times: when each trajectory begins [trajectories], between the first and the last of the times; None: at the first. States before are NaN.

        `end_times` are times as those of the fit, dates where it had dates and every solve has ended at a time. `restart_states` are the states at the events, from which a solve goes on:

            first = model.solve(states, times, event=(w, level))
            met = first.ends == stableode.END_EVENT
            rest = model.solve(first.restart_states[met], times, event=(w, level), start_times=first.end_times[met])

        A trajectory whose steps fail raises no error: `ends` marks it, and `reasons` says why, in the network's units.
        Errors: IncompatibleError for a model with fixed steps or known terms; ShapeMismatchError; InvalidDataError for times that descend or are not finite.
        """
        self._refuse_missing_terms()
        return solve(self.network, self._units, replace(self.layout.clock), initial_states, times, event, start_times)

    def field(self, t: ArrayLike | None, y: ArrayLike) -> numpy.ndarray:
        """ẏ in the units of the data: y [width] or [samples, width]. The fitted field is the same at all times t, dates or numbers, which may be None; known terms are added at time t,
        one time or [samples].
        """
        self._refuse_missing_terms()
        states = numbers(y, "y")
        if states.ndim not in (1, 2) or states.shape[-1] != self.width or not len(states):
            raise ShapeMismatchError(f"y has shape {states.shape}; it must be [{self.width}], or [samples, {self.width}]")
        if t is None and self.known is not None:
            raise InvalidArgumentError("t is None, but the equation has known terms, which are added at a time: give t")
        moments = None if t is None else self._moments_of_field(t, states)
        units = self._units
        z = units.inwards(states)
        refuse_infinite(numpy.atleast_2d(states), numpy.atleast_2d(z), None, "y", "sample")
        with in_units_of_the_data(units, self.layout.clock):
            found = self.network.field(None if moments is None else units.moments_inwards(moments), z)
        with numpy.errstate(over="ignore"):
            rates = numpy.asarray(found * (self.scale / self.time_unit))
        if not numpy.isfinite(rates).all():
            raise NotFiniteError(f"the field of sample {int(numpy.argmin(numpy.isfinite(numpy.atleast_2d(rates)).all(axis=1)))} of y is not finite")
        return rates

    def _moments_of_field(self, t: Any, states: numpy.ndarray) -> numpy.ndarray | None:
        """Checked times of states; None where the field is the same at all of them. It is so without known terms, for numbers too where the fit had dates."""
        moments = Clock().numbers(t, "t") if self.known is None and as_dates(t, "t") is None else self._moments(t, "t")
        if moments.ndim > 1 or moments.ndim == 1 and len(moments) != len(numpy.atleast_2d(states)):
            raise ShapeMismatchError(f"t has shape {moments.shape}; it must be one time, or one for each of the {len(numpy.atleast_2d(states))} states in y")
        if not numpy.isfinite(moments).all():
            raise InvalidDataError("t holds a time that is NaN or infinite; times must be finite")
        return None if self.known is None else moments

    def _refuse_missing_terms(self) -> None:
        """Errors: StateError for a model that was loaded without the known terms of its equation."""
        if self.known is None and self.network.specification.get("known_terms"):
            raise StateError(
                "the model's equation has known terms, which its file does not hold, so that nothing can be computed: "
                "stableode.trajectories.load(path, known=KnownTerms(function, jacobian)) gives them"
            )

    def _moments(self, times: Any, name: str = "times") -> numpy.ndarray:
        """Times as numbers of the clock of the fit."""
        return replace(self.layout.clock).numbers(times, name)


def load(path: str | os.PathLike[str], *, known: KnownTerms | None = None) -> TrajectoryModel:
    """A model that `TrajectoryModel.save` saved: roll-outs and fields have the same bits.

    known: the known terms of its equation, which files do not hold; a model that has some computes nothing without them.
    Errors: those of `Network.load`; IncompatibleError for a network that is no such model; InvalidDataError for damaged notes.
    """
    network = Network.load(path)
    shift, scale, time_unit, layout, figures = read(network)
    nothing = numpy.empty((0, len(shift)))
    if known is not None:
        _refuse_other_terms(known)
        known._give(network, Units(shift, scale, time_unit))
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
    units = Units.none(packed.width) if scaling == "none" else Units.of(packed, each)
    steps = packed.steps
    substeps = integer(substeps, "substeps", 1, max(int(_options("block")["layers"].high or 1) // (steps - 1), 1))
    fit_initial_states = flag(fit_initial_states, "fit_initial_states")
    if known is not None:
        _refuse_other_terms(known)
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
    network: Network, packed: PackedTrajectories, units: Units, known: KnownTerms | None, fits_initial_states: bool, time_limit: float | None,
    on_progress: Callable[[FitProgress], object] | None, cancel: CancelToken | None, options: dict[str, Any],
) -> TrajectoryModel:
    """The model of a network whose field is fitted to trajectories."""
    features, states = packed.features.copy(), units.inwards(packed.states)
    features[:, : packed.width] = units.inwards(features[:, : packed.width])
    features[:, packed.width :] = units.moments_inwards(features[:, packed.width :])
    refuse_infinite(packed.features[:, : packed.width], features[:, : packed.width], packed.names, "the initial state")
    before = network.parameter_vector
    with in_units_of_the_data(units, packed.layout.clock, packed.names, packed.times):
        result = network.fit_trajectories(
            features, states, initial_states="fitted" if flag(fits_initial_states, "fit_initial_states") else "given", time_limit=time_limit,
            on_progress=on_progress, cancel=cancel, **options,
        )
    starts = units.outwards(numpy.asarray(result.initial_states, dtype=numpy.float64))
    result = replace(result, initial_states=starts)
    note(network, units.shift, units.scale, units.moment, packed.layout, result)
    _warn_of_losses(result, features[:, : packed.width], states, network)
    if result.outcome == "ok" and numpy.array_equal(before, network.parameter_vector):
        warnings.warn(
            f"none of the {result.steps} steps lowered the objective, so that the model has the parameters with which the fit began: the steps of the optimizer went astray; try a smaller learning_rate, the optimizer lbfgs, or shorter segments",
            stacklevel=3,
        )
    return TrajectoryModel(network, starts, result, units.shift, units.scale, units.moment, known, layout=packed.layout)


def _warn_of_losses(result: TrajectoryFit, starts: numpy.ndarray, states: numpy.ndarray, network: Network) -> None:
    """Warns of a fit that follows the data worse than states at rest do, as a learning rate that is too high leaves it. All in the network's units."""
    if network.specification["loss"] != "least_squares":
        return
    with numpy.errstate(over="ignore", invalid="ignore"):
        rest = float(numpy.nanmean((states - starts[:, None]) ** 2)) / 2
    if result.loss > max(2 * rest, 1e-3):  # NaN of a fit that ended early is not
        warnings.warn(
            f"the fit ended at a loss of {result.loss:.3g}, but states that rest where they begin have {rest:.3g}: the steps of the optimizer went astray; try a smaller learning_rate, the optimizer lbfgs, or shorter segments",
            stacklevel=4,
        )


def _refuse_other_terms(known: object) -> None:
    if not isinstance(known, KnownTerms):
        raise UnsupportedTypeError(f"known is a {type(known).__name__}; it must be KnownTerms(function, jacobian), or None")


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
    "known_terms": "known=KnownTerms(function, jacobian) gives the equation some",
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
