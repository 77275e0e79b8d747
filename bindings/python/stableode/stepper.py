"""Sequences that arrive one observation at a time."""

from __future__ import annotations

import ctypes
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy

from ._handle import Handle, new_pointer, pointer_of
from ._library import library
from ._model import CLASSES, PROBABILITIES, SCORES, Model
from ._structures import StepperInfo
from ._tensor import address_of, as_array, output, tensor_of
from ._text import integer

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


class Stepper(Handle):
    """Streams through a network: takes one observation after the other, and gives what the network predicts once it has read them.

    `Network.stepper()` makes one. The results have the bits of the whole sequence at that step, and an observation costs the same however
    many came before. It predicts with the parameters that the network has when the stepper is made. Only one thread at a time may use it.

    rows: None for one stream, whose observations and results are vectors; a number for so many streams side by side, at most 1024, whose observations
    are [rows, step_width] and whose results are [rows, outputs].
    Errors: IncompatibleError for a network whose results depend on later observations.
    """

    _kind = "stepper"
    _instead = "it belongs to one thread: make another with network.stepper(), and give it this one's state"

    def __init__(self, network: Model, rows: int | None = None):
        pointer = new_pointer()
        library.sode_stepper_create(pointer_of(network, "network", "network"), 1 if rows is None else integer(rows, "rows"), ctypes.byref(pointer))
        self._own(pointer)
        # The stepper keeps the scaling of targets that the network has now, and gives the predictions of one step.
        self._form, self._real, self._is_single = replace(network._form, steps=0), network._real, rows is None
        info = self._info()
        self._rows, self._step_width, self._state_width = info.rows, info.step_width, info.state_width
        self._most = info.most_observations or None
        self._shape = (self._step_width,) if rows is None else (self._rows, self._step_width)
        self._dense = library.sode_stepper_feed_f32 if self._form.dtype == numpy.float32 else library.sode_stepper_feed_f64

    def _info(self) -> StepperInfo:
        info = StepperInfo()
        library.sode_stepper_describe(self._pointer, ctypes.byref(info))
        return info

    @property
    def rows(self) -> int:
        """Streams side by side."""
        return self._rows

    @property
    def step_width(self) -> int:
        """Features of an observation: the channels, with a time before them and masks behind them as the option sequence_layout says."""
        return self._step_width

    @property
    def observations(self) -> int:
        """The observations since the streams began."""
        return self._info().observations

    @property
    def most_observations(self) -> int | None:
        """The most observations that a stream may have, where layers have weights of their own; None: any number."""
        return self._most

    def feed(self, observation: ArrayLike) -> numpy.ndarray:
        """The scores after the next observation of each stream: [outputs], or [rows, outputs].

        Errors: InvalidDataError naming a channel that is not finite, a wrong mask, or a time before the last one; NotFiniteError for scores
        that are not finite; StateError after `most_observations`. The streams then stay as they were.
        """
        return self._feed(observation, SCORES)

    def feed_proba(self, observation: ArrayLike) -> numpy.ndarray:
        """As `feed`, with probabilities [outputs], or [rows, outputs]."""
        return self._feed(observation, PROBABILITIES)

    def feed_predict(self, observation: ArrayLike) -> numpy.ndarray:
        """As `feed`, with what `Network.predict` gives: a class, labels [outputs], or values [outputs]; of several streams with the axis [rows] before."""
        return self._feed(observation, self._form.standard)

    def _feed(self, observation: ArrayLike, what: int) -> numpy.ndarray:
        given = as_array(observation, "observation")
        if given.dtype == self._form.dtype == self._real and what != CLASSES and given.shape == self._shape and given.flags.c_contiguous and given.flags.aligned:
            # This path describes no tensors, so an observation costs little more than the library's work.
            result = numpy.empty((self._rows, self._form.outputs), given.dtype)
            self._dense(self._pointer, address_of(given), what, address_of(result))
        else:
            source = tensor_of(given[None] if self._is_single and given.ndim == 1 else given, "observation")
            result, tensor = output(*self._form.shape(self._rows, what, self._real))
            library.sode_stepper_feed(self._pointer, ctypes.byref(source), what, ctypes.byref(tensor))
        return result[0] if self._is_single else result

    def reset(self) -> None:
        """Begins the streams anew."""
        library.sode_stepper_reset(self._pointer)

    @property
    def state(self) -> numpy.ndarray:
        """The state of the streams, float64 [numbers], or [rows, numbers]. Assign it, also to a stepper of an equal network, to go on from it.

        So a stream can be saved, and many streams can share one stepper.
        """
        array, tensor = output((self._rows, self._state_width), "float64")
        library.sode_stepper_get_state(self._pointer, ctypes.byref(tensor))
        return array[0] if self._is_single else array

    @state.setter
    def state(self, state: ArrayLike) -> None:
        array = as_array(state, "state")
        source = tensor_of(array[None] if self._is_single and array.ndim == 1 else array, "state")
        library.sode_stepper_set_state(self._pointer, ctypes.byref(source))

    def __repr__(self) -> str:
        if self.closed:
            return "<closed Stepper>"
        return f"<Stepper: {self._rows} stream{'' if self._rows == 1 else 's'}, {self.observations} observations>"
