"""Training that can be stopped and continued, and what it reports."""

from __future__ import annotations

import ctypes
import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy

from ._callers import Callers
from ._errors import BY_NAME, STATUSES, OutOfRangeError
from ._events import Relay
from ._handle import Handle, new_pointer
from ._library import library
from ._structures import ProgressData, Limits
from ._tensor import output, tensor_of
from ._text import integer, options_json, path, text
from .dataset import as_dataset
from .introspection import OptionSignature

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from .dataset import Dataset
    from .network import Network

    Data = Dataset | tuple[ArrayLike, ArrayLike]

_KINDS = {1: "epoch", 2: "step"}
_CallbackFailedError = BY_NAME["CallbackFailedError"]
_OUTCOMES = {number: name.lower() for name, (number, _) in STATUSES.items() if number >= 0}


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


def _progress(data):
    return Progress(
        kind=_KINDS.get(data.kind, str(data.kind)),
        epoch=data.epoch,
        step=data.step,
        epoch_fraction=data.epoch_fraction,
        training_loss=data.training_loss,
        training_accuracy=data.training_accuracy,
        validation_loss=data.validation_loss,
        validation_accuracy=data.validation_accuracy,
        validation_metric=data.validation_metric,
        learning_rate=data.learning_rate,
        seconds=data.seconds,
        work=data.work,
        is_best=bool(data.is_best),
        level=data.level,
    )


class History(Sequence):
    """One Progress for each epoch. Columns are arrays: `history.validation_accuracy`, `history.training_loss` …

    outcome: how the last run ended: "ok", "stopped_by_callback", "cancelled", "time_limit", "early_stopping" or "converged".
    """

    def __init__(self, rows, outcome):
        self._rows = tuple(rows)
        self.outcome = outcome

    def __getitem__(self, index):
        return self._rows[index]

    def __len__(self):
        return len(self._rows)

    def __getattr__(self, name):
        if name in Progress.__dataclass_fields__:
            return numpy.array([getattr(row, name) for row in self._rows])
        raise AttributeError(f"History has no column {name!r}; columns: {', '.join(Progress.__dataclass_fields__)}")

    def __dir__(self):
        return [*super().__dir__(), *Progress.__dataclass_fields__]

    @property
    def best(self) -> Progress | None:
        """The epoch whose iterate the network was left with, given validation data; else the last one; None before any."""
        chosen = [row for row in self._rows if row.is_best]
        return chosen[-1] if chosen else (self._rows[-1] if self._rows else None)

    def __repr__(self):
        return f"History({len(self)} epochs, {self.outcome})"


class CancelToken(Handle):
    """Stops training from another thread: `request()` ends work under the token within 0.1 s, with outcome "cancelled"."""

    _kind = "cancel_token"

    def __init__(self):
        pointer = new_pointer()
        library.sode_cancel_token_create(ctypes.byref(pointer))
        self._own(pointer)

    def request(self) -> None:
        """Asks the work to stop. Any thread may."""
        library.sode_cancel_token_request(self._pointer)

    def reset(self) -> None:
        """Makes the token ready for other work."""
        library.sode_cancel_token_reset(self._pointer)


class Trainer(Handle):
    """Trains a network, and goes on bit for bit where an earlier run stopped.

    The keywords are the library's options of the scope "trainer" (`stableode.options("trainer")`), and besides
    loss: a function loss(scores [samples, outputs], targets) → (losses [samples], gradient [samples, outputs]) for training and
    validation instead of the network's; the gradient is that of each sample's own loss by its scores. It is called with tiles of
    a batch, on this thread alone; targets are labels [samples], or values [samples, outputs] for a network of least_squares.
    metric: also a function metric(scores, targets) → number over the validation data, which chooses the iterate to keep;
    larger_is_better says how.
    class_weights: also an array [classes] of what the samples of each class count.
    An exception of these functions ends the run and comes through. One thread at a time.

    Errors: UnknownNameError naming the nearest option, OutOfRangeError.
    """

    _kind = "trainer"
    __signature__ = OptionSignature(("network",), "trainer", keywords=(("loss", None), ("larger_is_better", True)))

    def __init__(self, network: Network, *, loss=None, larger_is_better: bool = True, **options):
        pointer = new_pointer()
        library.sode_trainer_create(network._pointer, ctypes.byref(pointer))
        self._own(pointer)
        self._relay = Relay(_progress)
        self._callers = Callers()
        library.sode_trainer_set_callback(self._pointer, self._relay.function, None)
        self._outcome = "ok"
        if loss is not None:
            library.sode_trainer_set_loss(self._pointer, self._callers.loss(loss), None)
        if callable(options.get("metric")):
            metric = self._callers.metric(options.pop("metric"))
            library.sode_trainer_set_metric(self._pointer, metric, int(larger_is_better), None)
        if not isinstance(options.get("class_weights", ""), str):
            weights = tensor_of(options.pop("class_weights"), "class_weights")
            library.sode_trainer_set_class_weights(self._pointer, ctypes.byref(weights))
        self.set(**options)

    def set(self, **options) -> None:
        """Sets options, wholly or not at all."""
        encoded = options_json(options)
        library.sode_trainer_set_json(self._pointer, encoded, len(encoded))

    def run(
        self,
        training: Data,
        validation: Data | None = None,
        *,
        epochs: int | None = None,
        time_limit: float | None = None,
        on_event: Callable[[Progress], object] | None = None,
        cancel: CancelToken | None = None,
    ) -> History:
        """Trains up to the option "epochs", or less by a limit, and gives the History over all runs.

        training, validation: a Dataset or a pair (features, targets). With validation data the network holds the best
        iterate when the run returns, however it ended; without, the last.
        epochs: at most so many more epochs in this run. time_limit: seconds, at most so long in this run.
        on_event: called with each report (a Progress); returning True stops gracefully, an exception stops and comes through.
        cancel: a CancelToken.
        """
        limits = Limits(epochs=_positive(epochs, "epochs"), milliseconds=_milliseconds(time_limit))
        limits.cancel = None if cancel is None else cancel._pointer
        training = as_dataset(training)
        validation = None if validation is None else as_dataset(validation)
        failure = self._run(training, validation, limits, on_event)
        self._relay.reraise()
        self._callers.reraise()
        if failure is not None:
            raise failure
        return self.history

    def _run(self, training, validation, limits, on_event):
        """The C call. Gives, and does not raise, the failure that stands for an exception of on_event."""
        validation_pointer = None if validation is None else validation._pointer
        self._relay.receiver = on_event
        try:
            with self._relay.watching_interrupts():
                status = library.sode_trainer_run(self._pointer, training._pointer, validation_pointer, ctypes.byref(limits))
            self._outcome = _OUTCOMES.get(status, str(status))
        except _CallbackFailedError as failure:
            self._outcome = "callback_failed"
            return failure
        finally:
            self._relay.receiver = None
        return None

    def save(self, path_: str | os.PathLike) -> None:
        """Writes a checkpoint: this trainer with the network it holds, to go on bit for bit in another process.

        `Network.load` reads the network of a checkpoint. Errors: FileError naming path and reason; the old file stays.
        """
        library.sode_trainer_save(self._pointer, path(path_))

    @classmethod
    def load(cls, path_: str | os.PathLike) -> tuple[Network, Trainer]:
        """(network, trainer) of a checkpoint; losses, metrics and callbacks of your own must be set again.

        Errors: FileError, FileFormatError for what is no checkpoint or damaged.
        """
        network, pointer = new_pointer(), new_pointer()
        library.sode_trainer_load(path(path_), ctypes.byref(network), ctypes.byref(pointer))
        return cls._adopt(network, pointer)

    def refine(self, prolongation: str = "linear") -> tuple[Network, Trainer]:
        """(network, trainer) for multi-level learning: the network of twice the layers that `Network.refine` gives, and a trainer that goes on.

        Options, the optimizer's state and the history are carried over; epochs count anew, and events say level + 1. This
        trainer stays as it is. prolongation: "linear" or "copy". Errors: UnknownNameError, OutOfRangeError when too large.
        """
        network, pointer = new_pointer(), new_pointer()
        encoded = text(prolongation, "prolongation")
        library.sode_trainer_refine(self._pointer, encoded, ctypes.byref(network), ctypes.byref(pointer))
        network, finer = self._adopt(network, pointer)
        finer._callers = self._callers
        return network, finer

    @classmethod
    def _adopt(cls, network, pointer):
        """(Network, Trainer) around handles that the library gave."""
        from .network import Network

        trainer = cls.__new__(cls)
        trainer._own(pointer)
        trainer._relay = Relay(_progress)
        library.sode_trainer_set_callback(trainer._pointer, trainer._relay.function, None)
        trainer._callers = Callers()
        trainer._outcome = "ok"
        return Network._adopt(network), trainer

    def find_learning_rate(
        self, training: Data, *, low: float = 1e-6, high: float = 1.0, steps: int = 100
    ) -> tuple[float, numpy.ndarray, numpy.ndarray]:
        """(suggestion, rates [steps], losses [steps]) of an exponential range test on a copy: this trainer stays as it is.

        One step at each rate from low to high, in equal ratios; losses are those of the batches before the steps, NaN from where
        the test ended early: not finite, or four times the least. suggestion: where the smoothed loss falls fastest, else NaN.
        """
        count, suggestion = integer(steps, "steps", 2, 100_000), ctypes.c_double()
        curve, tensor = output((count, 2), "float64")
        training = as_dataset(training)
        try:
            library.sode_trainer_find_learning_rate(
                self._pointer, training._pointer, low, high, count, ctypes.byref(tensor), ctypes.byref(suggestion)
            )
        except _CallbackFailedError:
            self._callers.reraise()
            raise
        return suggestion.value, curve[:, 0].copy(), curve[:, 1].copy()

    @property
    def history(self) -> History:
        """The History of all runs so far."""
        count, rows = ctypes.c_int64(), []
        library.sode_trainer_history_count(self._pointer, ctypes.byref(count))
        for index in range(count.value):
            row = ProgressData()
            library.sode_trainer_history_at(self._pointer, index, ctypes.byref(row))
            rows.append(_progress(row))
        return History(rows, self._outcome)


def _positive(count, name):
    return 0 if count is None else integer(count, name, 1)


def _milliseconds(seconds):
    if seconds is None:
        return 0
    if not 0 < seconds < 1e12:
        raise OutOfRangeError(f"time_limit is {seconds}; it must be > 0 seconds, or None")
    return math.ceil(seconds * 1000)
