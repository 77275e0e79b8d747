"""A network's description of itself, which trainers, gradients, predictors and solves need."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy

from ._errors import StateError
from ._handle import Handle, new_pointer, pointer_of
from ._library import library
from ._structures import NetworkInfo, Tensor
from ._tensor import tensor_of
from ._text import read_json, read_text
from .columns import Columns

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

#: The kinds of prediction: SODE_SCORES, SODE_PROBABILITIES and SODE_CLASSES.
SCORES, PROBABILITIES, CLASSES = 0, 1, 2


@dataclass(frozen=True)
class PredictionForm:
    """The shape and type of predictions, which never change during a network's life."""

    inputs: int
    outputs: int
    #: The type of scores and probabilities, unless the network scales targets: float32 or float64.
    dtype: numpy.dtype
    #: Integers per sample that tell its class, or its labels; 0 for losses without either.
    class_columns: int
    #: Whether each output is a label of its own.
    has_labels: bool
    #: The steps of a sample that have outputs; 0 for outputs at the end.
    steps: int = 0

    @property
    def has_classes(self) -> bool:
        """Whether the network tells classes apart, of which each sample has one."""
        return self.class_columns > 0 and not self.has_labels

    @property
    def standard(self) -> int:
        """The kind that `predict` returns: classes or labels, or predictions in the unit of the targets."""
        return CLASSES if self.class_columns else PROBABILITIES

    def classes_shape(self, samples: int) -> tuple[int, ...]:
        """The shape of a prediction of classes or labels."""
        return self.scores_shape(samples) if self.has_labels else (samples, self.steps) if self.steps else (samples,)

    def scores_shape(self, samples: int) -> tuple[int, ...]:
        """The shape of the scores: [samples, outputs], or [samples, steps, outputs] for outputs at every step."""
        return (samples, self.steps, self.outputs) if self.steps else (samples, self.outputs)

    def of(self, features: numpy.ndarray, what: int, real: numpy.dtype) -> tuple[tuple[int, ...], numpy.dtype]:
        """(shape, type) of a prediction for `features`; `real` is the type of predictions that are not classes. The library reports a
        wrong number of axes.
        """
        return self.shape(features.shape[0] if features.ndim else 0, what, real)

    def shape(self, samples: int, what: int, real: numpy.dtype) -> tuple[tuple[int, ...], numpy.dtype]:
        """The same for a number of samples."""
        return (self.classes_shape(samples), _INT64) if what == CLASSES else (self.scores_shape(samples), real)


_INT64, _FLOAT64 = numpy.dtype("int64"), numpy.dtype("float64")


def scaling_tensors(pair: tuple[ArrayLike, ArrayLike], count: int) -> list[Tensor]:
    """The tensors of (shift, scale); a number stands for `count` equal ones."""
    tensors = []
    for values, name in zip(pair, ("shift", "scale"), strict=True):
        array = numpy.full(count, values, "float64") if numpy.ndim(values) == 0 else values
        tensors.append(tensor_of(array, name))
    return tensors


class Model(Handle):
    """A network's handle and description. `Network` is the public class."""

    _kind = "network"
    _option_scopes = ("network", "block")
    _option_advice = "Network({name}=…) fixes it when a network is made"

    def _info(self) -> NetworkInfo:
        info = NetworkInfo()
        library.sode_network_describe(self._pointer, ctypes.byref(info))
        return info

    @cached_property
    def _form(self) -> PredictionForm:
        """Computed once: the specification of a network never changes."""
        info = self._info()
        return PredictionForm(self.inputs, self.outputs, self.dtype, info.class_columns, bool(info.class_columns and info.targets), info.steps)

    @property
    def _real(self) -> numpy.dtype:
        """The type of scores and predicted values. It is float64 while the network scales its targets, whose unit may need more digits
        than float32 has.
        """
        form = self._form
        if form.class_columns or form.dtype == _FLOAT64:
            return form.dtype
        return _FLOAT64 if self._info().scales_targets else form.dtype

    @property
    def inputs(self) -> int:
        """Features per sample."""
        return self._info().inputs

    @property
    def outputs(self) -> int:
        """Scores per sample, or per step of a sample."""
        return self._info().outputs

    @property
    def output_steps(self) -> int:
        """With outputs_at="steps": the steps of a sample that have outputs; 0 for outputs at the end."""
        return self._form.steps

    @property
    def block_count(self) -> int:
        """Number of blocks."""
        return self._info().blocks

    @property
    def parameter_count(self) -> int:
        """Total number of entries in all parameter tensors."""
        return self._info().parameters

    @property
    def running_averages(self) -> int:
        """How many of the parameters are running averages of batch normalization, which papers do not count as parameters."""
        return self._info().running_averages

    @property
    def dtype(self) -> numpy.dtype:
        """The NumPy type of parameters and results: float32 or float64."""
        return numpy.dtype("float32" if self._info().precision_bits == 32 else "float64")

    @property
    def specification(self) -> dict[str, Any]:
        """The specification as a dict: the network options, and "blocks", a list of dicts with the block options."""
        found: dict[str, Any] = read_json(library.sode_network_json, self._pointer)
        return found

    @property
    def specification_json(self) -> str:
        """The specification as JSON text, for from_json."""
        return read_text(library.sode_network_json, self._pointer)

    # Columns

    @property
    def columns(self) -> Columns | None:
        """What the network remembers of the columns of its training data: a Columns record, or None.

        Training with a table sets it, and copies, pickles, files and checkpoints keep it. Assign a record or None to change it.
        """
        pointer = new_pointer()
        try:
            library.sode_network_get_columns(self._pointer, ctypes.byref(pointer))
        except StateError:
            return None
        return Columns._adopt(pointer)

    @columns.setter
    def columns(self, record: Columns | None) -> None:
        library.sode_network_set_columns(self._pointer, None if record is None else pointer_of(record, "columns", "columns"))

    @property
    def classes(self) -> list[Any] | None:
        """The names of the classes in the order of their numbers; None if the network knows none."""
        columns = self.columns
        return None if columns is None else columns.classes
