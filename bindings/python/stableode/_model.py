"""What a network says of itself: what trainers, gradients, predictors and solves need of one."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy

from ._handle import Handle
from ._library import decode, library
from ._structures import NetworkInfo
from ._text import read_bytes, read_json

#: What prediction gives, as SODE_SCORES, SODE_PROBABILITIES and SODE_CLASSES say it.
SCORES, PROBABILITIES, CLASSES = 0, 1, 2


@dataclass(frozen=True)
class PredictionForm:
    """The shape and type of predictions, which a network keeps as long as it lives."""

    inputs: int
    outputs: int
    #: float32 or float64, of scores and probabilities.
    dtype: numpy.dtype
    #: What `predict` gives: classes, or for least squares the scores.
    standard: int

    def of(self, features: numpy.ndarray, what: int) -> tuple[tuple[int, ...], numpy.dtype]:
        """(shape, type) of a prediction for `features`. A wrong number of axes is left to the library to report."""
        samples = features.shape[0] if features.ndim else 0
        return ((samples,), _INT64) if what == CLASSES else ((samples, self.outputs), self.dtype)


_INT64 = numpy.dtype("int64")


class Model(Handle):
    """A handle of a network with its description. `Network` is the public class."""

    _kind = "network"

    def _info(self) -> NetworkInfo:
        info = NetworkInfo()
        library.sode_network_describe(self._pointer, ctypes.byref(info))
        return info

    @cached_property
    def _form(self) -> PredictionForm:
        """Parsed once: a specification never changes after its network is made."""
        standard = SCORES if self.specification["loss"] == "least_squares" else CLASSES
        return PredictionForm(self.inputs, self.outputs, self.dtype, standard)

    @property
    def inputs(self) -> int:
        """Features a sample."""
        return self._info().inputs

    @property
    def outputs(self) -> int:
        """Scores a sample."""
        return self._info().outputs

    @property
    def block_count(self) -> int:
        """Number of blocks."""
        return self._info().blocks

    @property
    def parameter_count(self) -> int:
        """Numbers in all parameter tensors together."""
        return self._info().parameters

    @property
    def dtype(self) -> numpy.dtype:
        """The NumPy type of parameters and results: float32 or float64."""
        return numpy.dtype("float32" if self._info().precision_bits == 32 else "float64")

    @property
    def specification(self) -> dict[str, Any]:
        """The specification as a dict: network options, and "blocks", a list of dicts."""
        return read_json(library.sode_network_json, self._pointer)

    @property
    def specification_json(self) -> str:
        """The specification as JSON text, for from_json."""
        return decode(read_bytes(library.sode_network_json, self._pointer).rstrip(b"\0"))
