"""Repeated prediction: scratch memory and packed weights are made once."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any, Literal

import numpy

from ._encoded import encoded
from ._handle import Handle, new_pointer, pointer_of
from ._library import library
from ._model import CLASSES, PROBABILITIES, SCORES, Model
from ._tensor import address_of, output, tensor_of
from ._text import integer, thread_count
from .rows import row_flag

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


class Predictor(Handle):
    """Predicts batches of up to `max_batch` samples with the parameters that `network` has when the predictor is made.

    Only one thread at a time may use a predictor: make one for each thread. threads: the threads that the library uses in one call.
    Errors: HandleBusyError if two threads use the predictor at once; ShapeMismatchError if a batch has the wrong width or too
    many samples.
    """

    _kind = "predictor"
    _instead = "it is scratch memory of one thread: make another with Predictor(network, …)"

    def __init__(self, network: Model, max_batch: int = 1024, *, threads: int = 1):
        pointer = new_pointer()
        library.sode_predictor_create(
            pointer_of(network, "network", "network"), integer(max_batch, "max_batch"), thread_count(threads), ctypes.byref(pointer)
        )
        self._own(pointer)
        # The predictor keeps the scaling of targets that the network has now.
        self._form, self._real, self._columns = network._form, network._real, network.columns
        self._run_dense = library.sode_predictor_run_f32 if self._form.dtype == numpy.float32 else library.sode_predictor_run_f64

    def predict(
        self, features: ArrayLike, *, out: numpy.ndarray | None = None, rows_without_result: Literal["error", "nan"] = "error"
    ) -> numpy.ndarray:
        """Classes [samples] as int64; labels or values [samples, outputs] as in `Network.predict`. features: [samples, inputs], or a table.

        With one output, too, values are [samples, 1], whatever the shape of the targets in training.
        rows_without_result: "error", or "nan" as in `Network.predict`.
        """
        return self._run(features, self._form.standard, out, rows_without_result)

    def predict_proba(
        self, features: ArrayLike, *, out: numpy.ndarray | None = None, rows_without_result: Literal["error", "nan"] = "error"
    ) -> numpy.ndarray:
        """Probabilities [samples, outputs]."""
        return self._run(features, PROBABILITIES, out, rows_without_result)

    def scores(
        self, features: ArrayLike, *, out: numpy.ndarray | None = None, rows_without_result: Literal["error", "nan"] = "error"
    ) -> numpy.ndarray:
        """The readout's outputs [samples, outputs]."""
        return self._run(features, SCORES, out, rows_without_result)

    def _run(self, features: Any, what: int, out: numpy.ndarray | None, rows_without_result: str) -> numpy.ndarray:
        flag = row_flag(rows_without_result)
        if out is None and self._real == self._form.dtype and self._is_dense(features):
            # This path describes no tensors, so a call for one sample costs little more than the library's work.
            samples = features.shape[0]
            result = numpy.empty(self._form.classes_shape(samples) if what == CLASSES else self._form.scores_shape(samples), self._form.dtype)
            self._run_dense(self._pointer, address_of(features), samples, what | flag, address_of(result))
            return result.astype("int64") if what == CLASSES else result
        source = tensor_of(encoded(features, self._columns), "features")
        array, tensor = output(*self._form.of(source.array, what, self._real), out)
        library.sode_predictor_run(self._pointer, ctypes.byref(source), what | flag, ctypes.byref(tensor))
        return array

    def _is_dense(self, features: numpy.ndarray) -> bool:
        return (
            type(features) is numpy.ndarray
            and features.dtype == self._form.dtype
            and features.ndim == 2
            and features.shape[1] == self._form.inputs
            and features.flags.c_contiguous
            and features.flags.aligned
        )
