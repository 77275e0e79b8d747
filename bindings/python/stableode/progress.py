"""What training reports, and how it is asked to stop."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

import numpy

from ._errors import StateError
from ._handle import Handle, new_pointer
from ._library import library
from ._structures import ProgressData

_KINDS = {1: "epoch", 2: "step"}


@dataclass(frozen=True)
class Progress:
    """One report of a training run."""

    #: "epoch" at each epoch's end; "step" between, at least every 0.1 s.
    kind: str
    #: Epochs completed.
    epoch: int
    #: Optimizer steps taken.
    step: int
    #: Of the running epoch, 0 … 1.
    epoch_fraction: float
    #: Mean over the epoch so far, regularizers excluded.
    training_loss: float
    #: What steps minimize, mean over the epoch so far: the training loss with all regularizers, each batch before its step.
    objective: float
    #: Fraction correct; NaN for least squares.
    training_accuracy: float
    #: NaN without validation data, and between epochs.
    validation_loss: float
    validation_accuracy: float
    #: The figure that chooses the iterate to keep.
    validation_metric: float
    learning_rate: float
    #: Of training, over all runs.
    seconds: float
    #: Gradients over the whole training set that the work so far is worth, over all runs; a forward pass counts a third.
    work: float
    #: Whether this epoch's iterate is the best so far.
    is_best: bool
    #: How often the network was refined before (`Trainer.refine`, `multilevel`): epochs count from there.
    level: int

    @classmethod
    def _of(cls, data: ProgressData) -> Progress:
        """The report that the library filled in: its fields have the names of the structure's."""
        values = {name: getattr(data, name) for name in cls.__dataclass_fields__}
        return cls(**{**values, "kind": _KINDS.get(data.kind, str(data.kind)), "is_best": bool(data.is_best)})


class History(Sequence[Progress]):
    """One Progress for each epoch. Columns are arrays: `history.validation_accuracy`, `history.training_loss` …

    outcome: how the last run ended: "ok", "stopped_by_callback", "cancelled", "time_limit", "early_stopping", "converged" (the
    gradient has become small) or "no_descent" (no step that the optimizer tried lowers the objective).
    """

    def __init__(self, rows: Iterable[Progress], outcome: str):
        self._rows = tuple(rows)
        self.outcome = outcome

    @overload
    def __getitem__(self, index: int) -> Progress: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Progress, ...]: ...
    def __getitem__(self, index):
        return self._rows[index]

    def __len__(self) -> int:
        return len(self._rows)

    if TYPE_CHECKING:
        # The columns, for type checkers; __getattr__ makes them.
        epoch: numpy.ndarray
        step: numpy.ndarray
        training_loss: numpy.ndarray
        objective: numpy.ndarray
        training_accuracy: numpy.ndarray
        validation_loss: numpy.ndarray
        validation_accuracy: numpy.ndarray
        validation_metric: numpy.ndarray
        learning_rate: numpy.ndarray
        seconds: numpy.ndarray
        work: numpy.ndarray
        is_best: numpy.ndarray
        level: numpy.ndarray

    else:

        def __getattr__(self, name):
            return self._column(name)

    def _column(self, name: str) -> numpy.ndarray:
        if name in Progress.__dataclass_fields__:
            return numpy.array([getattr(row, name) for row in self._rows])
        raise AttributeError(f"History has no column {name!r}; columns: {', '.join(Progress.__dataclass_fields__)}")

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *Progress.__dataclass_fields__]

    @property
    def best(self) -> Progress:
        """The epoch whose iterate the network was left with, given validation data; else the last one.

        Errors: StateError before an epoch has ended.
        """
        if not self._rows:
            raise StateError("no epoch has ended yet, so none is the best")
        return next((row for row in reversed(self._rows) if row.is_best), self._rows[-1])

    def __repr__(self) -> str:
        return f"History({len(self)} epochs, {self.outcome})"


class CancelToken(Handle):
    """Stops calls from another thread: `request()` ends work under the token (`Trainer.run`, `stableode.limits`) within 0.1 s."""

    _kind = "cancel_token"
    _instead = "it stands for one flag: hand it on itself, to threads too"

    def __init__(self) -> None:
        pointer = new_pointer()
        library.sode_cancel_token_create(ctypes.byref(pointer))
        self._own(pointer)

    def request(self) -> None:
        """Asks the work to stop. Any thread may."""
        library.sode_cancel_token_request(self._pointer)

    def reset(self) -> None:
        """Makes the token ready for other work."""
        library.sode_cancel_token_reset(self._pointer)
