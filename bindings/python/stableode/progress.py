"""Reports of a training run, its history, and the token that stops it."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

import numpy

from ._attributes import Closed
from ._errors import StateError
from ._handle import Handle, new_pointer
from ._library import library
from ._structures import ProgressData

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_KINDS = {1: "epoch", 2: "step"}


@dataclass(frozen=True)
class Progress:
    """One report of a training run: `on_progress` receives it, and History has one for each epoch.

    kind: "epoch" at the end of each epoch; "step" in between, at least every 0.1 s.
    epoch: completed epochs, counted from the last refinement.
    step: completed optimizer steps of all runs.
    epoch_fraction: the completed part of the current epoch, 0 … 1.
    training_loss: the mean loss over the epoch so far, without regularizers.
    objective: what the steps minimize, the training loss plus all regularizers: the mean over the epoch so far, each batch before its step.
    training_accuracy: the fraction of correct classes over the epoch so far, 0 … 1; NaN for losses without classes.
    validation_loss: the mean loss over the validation data; NaN without such data, and between the ends of epochs.
    validation_accuracy: the fraction of correct classes over the validation data, 0 … 1; NaN where validation_loss is NaN, and for losses without classes.
    validation_metric: the figure that determines which iterate is kept (the option metric); NaN where validation_loss is NaN.
    learning_rate: the rate of the last step.
    seconds: seconds of training in all runs.
    work: the work of all runs, in gradients over the whole training set; a forward pass counts a third.
    is_best: whether the iterate of this epoch is the best so far at its level.
    level: how often the network has been refined (`Trainer.refine`, `multilevel`).
    """

    kind: str
    epoch: int
    step: int
    epoch_fraction: float
    training_loss: float
    objective: float
    training_accuracy: float
    validation_loss: float
    validation_accuracy: float
    validation_metric: float
    learning_rate: float
    seconds: float
    work: float
    is_best: bool
    level: int

    @classmethod
    def _of(cls, data: ProgressData) -> Progress:
        """The report that the library filled in; both classes use the same field names."""
        values = {name: getattr(data, name) for name in cls.__dataclass_fields__}
        return cls(**{**values, "kind": _KINDS.get(data.kind, str(data.kind)), "is_best": bool(data.is_best)})


class History(Closed, Sequence[Progress]):
    """A sequence of one Progress per epoch.

    Its columns are arrays [epochs], one for each field of Progress, with the same names and units: `history.validation_accuracy`,
    `history.training_loss`, `history.seconds` … `help(stableode.Progress)` describes them.

    outcome: how the last run ended: "ok", "stopped_by_callback", "cancelled", "time_limit", "early_stopping", "converged" (the
    gradient has become small) or "no_descent" (no step that the optimizer tried lowers the objective).
    """

    def __init__(self, rows: Iterable[Progress], outcome: str):
        self._rows = tuple(rows)
        self._outcome = outcome

    @overload
    def __getitem__(self, index: int) -> Progress: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Progress, ...]: ...
    def __getitem__(self, index: Any) -> Any:
        return self._rows[index]

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def outcome(self) -> str:
        """How the last run ended; see above."""
        return self._outcome

    if TYPE_CHECKING:
        # The columns, declared for type checkers; __getattr__ makes them.
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
        """The epoch with the best iterate, which the network holds after training with validation data; without it, the last epoch.

        Errors: StateError before an epoch has ended.
        """
        if not self._rows:
            raise StateError("no epoch has ended yet, so none is the best")
        return next((row for row in reversed(self._rows) if row.is_best), self._rows[-1])

    def plot(self, what: str | Sequence[str] = "loss", *, ax: Axes | None = None) -> Axes:
        """Draws "loss", "accuracy" or columns over the epochs, with matplotlib: `stableode.plots.training_curves`."""
        from .plots import training_curves

        return training_curves(self, what, ax=ax)

    def __repr__(self) -> str:
        return f"History({len(self)} epochs, {self.outcome})"


class CancelToken(Handle):
    """Stops calls from another thread.

    `request()` ends the calls that use the token (`Trainer.run`, `Network.fit`, `stableode.limits`) within 0.1 s. It stays requested
    until `reset()`, so that later calls with the token end at once.
    """

    _kind = "cancel_token"
    _instead = "it stands for one flag: hand it on itself, to threads too"

    def __init__(self) -> None:
        pointer = new_pointer()
        library.sode_cancel_token_create(ctypes.byref(pointer))
        self._own(pointer)

    def request(self) -> None:
        """Asks the calls that use this token to stop. Any thread may call it."""
        library.sode_cancel_token_request(self._pointer)

    def reset(self) -> None:
        """Withdraws the request, so that the token can be used again."""
        library.sode_cancel_token_reset(self._pointer)
