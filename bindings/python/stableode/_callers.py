"""Losses and metrics written in Python, which the library calls."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy

from ._errors import CallbackFailedError, ShapeMismatchError, UnsupportedTypeError
from ._interrupts import attention
from ._structures import LossFunction, MetricFunction
from ._tensor import view_of

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

#: loss(scores [samples, outputs], targets) → (losses [samples], gradient [samples, outputs])
Loss: TypeAlias = "Callable[[numpy.ndarray, numpy.ndarray], tuple[ArrayLike, ArrayLike]]"

_DONE, _FAILED = 0, -1


class Callers:
    """Wraps Python functions as C functions. It keeps an exception that a Python function raises; `reraise` raises it after the C call."""

    def __init__(self) -> None:
        self._exception: BaseException | None = None
        # A ctypes function must be referenced for as long as C may call it.
        self._held: list[Any] = []

    def loss(self, function: Loss) -> Any:
        """A C function that calls loss(scores, targets) → (losses [samples], gradient [samples, outputs])."""

        def run(scores: Any, targets: Any, losses: Any, gradient: Any) -> None:
            found = function(view_of(scores.contents).copy(), view_of(targets.contents).copy())
            if not isinstance(found, tuple) or len(found) != 2:
                raise UnsupportedTypeError("the loss returned no pair (losses [samples], gradient [samples, outputs])")
            _write(found[0], losses, "the losses that the loss function returned have")
            if gradient:
                _write(found[1], gradient, "the gradient that the loss function returned has")

        return self._guarded(function, "loss", LossFunction, run)

    def metric(self, function: Callable[[numpy.ndarray, numpy.ndarray], float]) -> Any:
        """A C function that calls metric(scores, targets) → number."""

        def run(scores: Any, targets: Any, value: Any) -> None:
            value[0] = float(function(view_of(scores.contents).copy(), view_of(targets.contents).copy()))

        return self._guarded(function, "metric", MetricFunction, run)

    def _guarded(self, function: Any, name: str, kind: Any, run: Callable[..., None]) -> Any:
        if not callable(function):
            raise UnsupportedTypeError(f"{name} is a {type(function).__name__}; it must be a function of scores and targets")

        def answer(*arguments: Any) -> int:
            try:
                run(*arguments[:-1])  # the last is user_data
                return _DONE
            except BaseException as exception:
                self._exception = exception
                return _FAILED

        held = kind(answer)
        self._held.append(held)
        return held

    @contextlib.contextmanager
    def calling(self) -> Iterator[None]:
        """A context for C calls that call these functions back: see `Attention.noting`. What a function raised is raised in place of the failure that it caused."""
        self._exception = None
        try:
            with attention.noting() if self._held else contextlib.nullcontext():
                yield
        except CallbackFailedError:
            self.reraise()
            raise

    def reraise(self) -> None:
        """Raises the exception that a function raised, if there was one."""
        exception, self._exception = self._exception, None
        if exception is not None:
            raise exception


def _write(values: Any, tensor: Any, what: str) -> None:
    target, values = view_of(tensor.contents), numpy.asarray(values)
    if values.shape != target.shape:
        raise ShapeMismatchError(f"{what} shape {list(values.shape)}; it must be {list(target.shape)}")
    target[...] = values
