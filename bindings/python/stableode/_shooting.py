"""Fits of vector fields to measured trajectories, and networks of another number of steps: methods of networks."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy

from ._errors import OUTCOME_NAMES, CallbackFailedError, UnsupportedTypeError
from ._handle import new_pointer, pointer_of
from ._interrupts import attention
from ._library import library
from ._limits import milliseconds
from ._model import Model
from ._relay import Relay
from ._structures import Limits, TrajectoryFitData
from ._tensor import output, tensor_of
from ._text import integer, options_json
from .introspection import most_inputs, takes_options

if TYPE_CHECKING:
    from numpy.typing import ArrayLike
    from typing_extensions import Self, Unpack

    from ._options import TrajectoryFitOptions
    from .progress import CancelToken


@dataclass(frozen=True)
class TrajectoryFit:
    """What `Network.fit_trajectories` finds besides the network's parameters.

    initial_states: the states at the first times [trajectories, width], fitted or as given.
    loss: of the fitted segments, per observed number: for least_squares half the mean squared residual. NaN if the fit ended early.
    largest_gap: the largest distance, in one number of the state, from the end of a segment to the start of the next; 0 for single shooting.
    segments: of all trajectories. steps: of the optimizer, in all rounds.
    outcome: how the last round ended: "ok" after `epochs` steps, "converged", or "no_descent", where no step lowers the objective although its gradient is not
    small; or why the fit ended early: "time_limit", "cancelled", "stopped_by_callback".
    """

    initial_states: numpy.ndarray
    loss: float
    largest_gap: float
    segments: int
    steps: int
    outcome: str


@dataclass(frozen=True)
class FitProgress:
    """A report of a running fit: its round (from 1), the optimizer's steps in all rounds, the objective after the last of them (NaN before), and the seconds so far."""

    round: int
    step: int
    objective: float
    seconds: float

    @classmethod
    def _of(cls, data: Any) -> FitProgress:
        return cls(data.epoch, data.step, data.objective, data.seconds)


class Shooting(Model):
    """A network's methods for trajectories and sequences of any number of steps."""

    def with_steps(self, steps: int) -> Self:
        """A network with the same parameters for sequences or trajectories of another number of steps.

            network = stableode.Network(opening="trajectory", channels=2, inputs=2 + 11, outputs=2, field="two_layer", readout="identity", loss="least_squares", outputs_at="steps")
            longer = network.with_steps(101)

        Its inputs, outputs and layers are other ones. Errors: IncompatibleError for a network whose layers have weights of their own, or
        without steps.
        """
        pointer = new_pointer()
        fewest = 2 if self.specification["opening"] == "trajectory" else 1
        library.sode_network_with_steps(self._pointer, integer(steps, "steps", fewest, most_inputs()), ctypes.byref(pointer))
        return type(self)._adopt(pointer)

    @takes_options("trajectory_fit")
    def fit_trajectories(
        self,
        features: ArrayLike,
        states: ArrayLike,
        *,
        time_limit: float | None = None,
        on_progress: Callable[[FitProgress], object] | None = None,
        cancel: CancelToken | None = None,
        **options: Unpack[TrajectoryFitOptions],
    ) -> TrajectoryFit:
        """Fits the network's field to measured trajectories, by single or multiple shooting: a TrajectoryFit.

        `stableode.trajectories.fit` packs lists of times and states, makes the network and scales what it is given; this method is what it calls.

        features: [trajectories, width + times]: initial states, or guesses of them if they are fitted, then times.
        states: [trajectories, times, width]: what was observed; NaN where nothing was.
        time_limit: the most seconds of the fit. on_progress: a function that receives a FitProgress about every 50 ms; True ends the fit.
        cancel: a CancelToken, which ends the fit.
        options: segment, continuity, rounds, initial_states, optimizer, epochs …; `stableode.options("trajectory_fit")` describes each.

        The network gets the parameters with the lowest objective of the last round, also after an early end. Errors: IncompatibleError for another network;
        NotFiniteError naming the trajectory that diverges at the first guess, which shorter segments help against.
        """
        if on_progress is not None and not callable(on_progress):
            raise UnsupportedTypeError(f"on_progress is a {type(on_progress).__name__}; it must be a function that receives a FitProgress, or None")
        limits = Limits(milliseconds=milliseconds(time_limit, "time_limit"))
        limits.cancel = None if cancel is None else pointer_of(cancel, "cancel_token", "cancel")
        source, observed, chosen = tensor_of(features, "features"), tensor_of(states, "states"), options_json(options)
        width = self.outputs
        found, found_tensor = output((source.shape[0], width), self.dtype)
        # A fit that ends before its first step writes neither states nor a loss.
        if observed.ndim == 3 and source.ndim == 2 and source.shape[1] > width:
            found[:] = numpy.asarray(features, dtype=numpy.float64)[:, :width]
        report, relay = TrajectoryFitData(loss=math.nan), Relay(FitProgress._of)
        relay.receiver = on_progress
        try:
            with attention.noting():
                status = library.sode_network_fit_trajectories(
                    self._pointer, ctypes.byref(source), ctypes.byref(observed), chosen, len(chosen), relay.function, None, ctypes.byref(limits),
                    ctypes.byref(found_tensor), ctypes.byref(report),
                )
        except CallbackFailedError:
            relay.reraise()
            raise
        return TrajectoryFit(found, report.loss, report.largest_gap, report.segments, report.steps, OUTCOME_NAMES.get(status, str(status)))
