"""The training of one network: the code that `Network.fit` and `Trainer` share."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy

from ._arrow import is_table
from ._callers import Callers, Loss
from ._errors import OUTCOME_NAMES, CallbackFailedError, InvalidArgumentError, InvalidDataError, UnknownNameError
from ._misplaced import of_training
from ._relay import Relay
from ._reporting import Receivers, Reporting
from ._handle import Handle, new_pointer, pointer_of
from ._interrupts import attention
from ._library import library
from ._limits import milliseconds
from ._structures import Limits, LossFunction, ProgressData
from ._tensor import output, tensor_of
from ._text import flag, integer, options_json, path, read_json, real
from .columns import Columns, weights_by_class
from .dataset import Data, Dataset, as_dataset
from .stream import Stream
from .progress import CancelToken, History, Progress

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ._model import Model
    from ._options import TrainerOptions


class Training(Handle):
    """A trainer's handle, without the methods that make networks. `Trainer` is the public class."""

    _kind = "trainer"
    _instead = "save it with save(path) and load it with Trainer.load(path)"
    _option_scopes = ("trainer",)
    _option_advice = "use set({name}=…)"
    _assignment_advice = {"larger_is_better": "use set(metric=…, larger_is_better=…)", "options": "use set(…)"}

    def __init__(
        self, network: Model, *, loss: Loss | None = None, larger_is_better: bool = True, **options: Unpack[TrainerOptions]
    ):
        pointer = new_pointer()
        library.sode_trainer_create(pointer_of(network, "network", "network"), ctypes.byref(pointer))
        self._begin(pointer)
        self._network: Model = network
        if loss is not None:
            self.loss = loss
        self.set(larger_is_better=larger_is_better, **options)

    def _begin(self, pointer: ctypes.c_void_p) -> None:
        """Takes ownership of a new trainer handle and receives its reports."""
        self._own(pointer)
        self._relay = Relay(Progress._of)
        self._callers = Callers()
        self._outcome = "ok"
        self._loss: Loss | None = None
        library.sode_trainer_set_callback(self._pointer, self._relay.function, None)

    @property
    def _columns(self) -> Columns | None:
        """The record of columns of the trainer's network."""
        return None if self._network.closed else self._network.columns

    def set(self, *, larger_is_better: bool = True, **options: Unpack[TrainerOptions]) -> None:
        """Sets options. If one of the library's options is refused, none of them changes. None gives an option its default again.

        As in the constructor, metric may be a function and class_weights an array or a dict. Options whose help says that they are fixed
        cannot change after the first run (StateError); all others may. Once an optimizer or a schedule has been set, options that
        it does not take raise IncompatibleError, unless they have their defaults; before, they wait for it, at most until the first run.
        """
        larger_is_better = flag(larger_is_better, "larger_is_better")
        chosen: dict[str, Any] = dict(options)
        metric = chosen.pop("metric") if callable(chosen.get("metric")) else None
        weights = None if isinstance(chosen.get("class_weights", ""), (str, type(None))) else chosen.pop("class_weights")
        if isinstance(weights, Mapping):
            known = self._columns
            weights = weights_by_class(weights, None if known is None else known.classes, max(self._network.outputs, 2))
        encoded = options_json(chosen)
        try:
            library.sode_trainer_set_json(self._pointer, encoded, len(encoded))
        except UnknownNameError as error:
            raise of_training(error, chosen) from None
        if weights is not None:
            library.sode_trainer_set_class_weights(self._pointer, ctypes.byref(tensor_of(weights, "class_weights")))
        if metric is not None:
            library.sode_trainer_set_metric(self._pointer, self._callers.metric(metric), int(larger_is_better), None)

    @property
    def loss(self) -> Loss | None:
        """The function that training uses instead of the network's loss; None: the network's own loss.

        It can be set before the first run, and after loading a checkpoint of a trainer that had one.
        """
        return self._loss

    @loss.setter
    def loss(self, loss: Loss | None) -> None:
        given = LossFunction() if loss is None else self._callers.loss(loss)
        library.sode_trainer_set_loss(self._pointer, given, None)
        self._loss = loss

    @property
    def options(self) -> dict[str, Any]:
        """The values, defaults included, of the options that the chosen optimizer and schedule take.

        A new trainer with these options trains in the same way: `Trainer(network, **trainer.options)`. Options for which "not set"
        has a meaning of its own appear only if they are set: parameter_min, parameter_max, and batch_size for optimizers that take
        all samples. Functions and arrays (loss, metric, class_weights) are not among them.
        """
        found: dict[str, Any] = read_json(library.sode_trainer_json, self._pointer)
        return found

    def run(
        self,
        training: Data | Stream,
        validation: Data | None = None,
        *,
        epochs: int | None = None,
        time_limit: float | None = None,
        on_progress: Receivers = None,
        verbose: bool | int = False,
        cancel: CancelToken | None = None,
    ) -> History:
        """Trains until the option "epochs" or a limit is reached, and returns the History of all runs.

        training, validation: a Dataset, a pair (features, targets) or a table; training may be a Stream. With validation data the network holds the best iterate
        when the run returns, no matter how it ended; without validation data it holds the last.
        epochs: the most epochs of this run. time_limit: the most seconds of this run.
        on_progress: a function that receives each report (a Progress), or a list of functions, each of which receives each report, in
        order. If one returns True, the run stops gracefully; if one raises, the run stops and the caller receives the exception.
        verbose: True shows a progress bar on standard error, of tqdm where it is installed; 2 prints a line for each epoch.
        The logger "stableode" of Python's logging receives each epoch as well, at level INFO.
        cancel: a CancelToken, which stops the run.
        """
        limits = Limits(epochs=_positive(epochs, "epochs"), milliseconds=milliseconds(time_limit, "time_limit"))
        limits.cancel = None if cancel is None else pointer_of(cancel, "cancel_token", "cancel")
        reporting = Reporting(on_progress, verbose)
        samples, data = read_data(training, validation, self._columns)
        if reporting.reads_options:
            self._announce(reporting, samples, data, limits.epochs)
        failure = self._run(samples, data, limits, reporting)
        self._relay.reraise()
        if isinstance(samples, Stream):
            samples._reraise(failure is not None)
        self._callers.reraise()
        if failure is not None:
            raise failure
        return self.history

    def _announce(self, reporting: Reporting, training: Dataset | Stream, validation: Dataset | None, limit: int) -> None:
        """Tells the receivers what this run will do. limit: the most epochs of this run; 0: none."""
        samples = "a stream of samples" if isinstance(training, Stream) else f"{len(training)} samples"
        chosen, data = self.options, samples + ("" if validation is None else f", {len(validation)} for validation")
        reporting.begin(f"{data}; optimizer {chosen.get('optimizer', 'automatic')}", lambda: self.options.get("epochs", 0), limit)

    def _run(self, training: Dataset | Stream, validation: Dataset | None, limits: Limits, reporting: Reporting) -> CallbackFailedError | None:
        """Makes the C call. If a callback failed, it returns the CallbackFailedError instead of raising it."""
        validation_pointer = None if validation is None else validation._pointer
        self._relay.receiver = reporting.receiver
        try:
            with attention.noting():
                run = library.sode_trainer_run_stream if isinstance(training, Stream) else library.sode_trainer_run
                status = run(self._pointer, training._pointer, validation_pointer, ctypes.byref(limits))
            self._outcome = OUTCOME_NAMES.get(status, str(status))
        except InvalidDataError as error:
            if "labels must be whole numbers" in str(error):
                error.args = (f"{error}; numpy.unique(targets, return_inverse=True)[1] numbers any classes from 0, Dataset(table, target=…, classes='always') those of a column, and values need a loss such as least_squares",)
            raise
        except CallbackFailedError as failure:
            self._outcome = "callback_failed"
            return failure
        finally:
            self._relay.receiver = None
            reporting.end(self._outcome)
        return None

    def save(self, path_: str | os.PathLike[str]) -> None:
        """Writes a checkpoint of this trainer and its network, from which another process can continue bit for bit.

        `Network.load` reads the network of a checkpoint. Errors: FileError with the path and the reason; the old file stays.
        """
        library.sode_trainer_save(self._pointer, path(path_))

    def find_learning_rate(
        self, training: Data, *, low: float = 1e-6, high: float = 1.0, steps: int = 100
    ) -> tuple[float, numpy.ndarray, numpy.ndarray]:
        """(suggestion, rates [steps], losses [steps]) of an exponential range test on a copy; this trainer does not change.

        The test makes one step at each rate; the rates grow from low to high by a constant factor. Each loss is that of the batch
        before its step. The test ends early when a loss is not finite or reaches four times the smallest one; the remaining losses are NaN.
        suggestion: the rate at which the smoothed loss falls fastest, or NaN if it never falls.
        Errors: NotFiniteError, which names the row, for a batch whose loss is not finite with the present parameters either.
        """
        count, suggestion = integer(steps, "steps", 2, 100_000), ctypes.c_double()
        curve, tensor = output((count, 2), "float64")
        dataset, low, high = as_dataset(training, name="training", columns=self._columns), real(low, "low"), real(high, "high")
        with self._callers.calling():
            library.sode_trainer_find_learning_rate(
                self._pointer, dataset._pointer, low, high, count, ctypes.byref(tensor), ctypes.byref(suggestion)
            )
        return suggestion.value, curve[:, 0].copy(), curve[:, 1].copy()

    @property
    def history(self) -> History:
        """The History of all runs so far."""
        count, rows = ctypes.c_int64(), []
        library.sode_trainer_history_count(self._pointer, ctypes.byref(count))
        for index in range(count.value):
            row = ProgressData()
            library.sode_trainer_history_at(self._pointer, index, ctypes.byref(row))
            rows.append(Progress._of(row))
        return History(rows, self._outcome)

    def __repr__(self) -> str:
        if self.closed:
            return f"{type(self).__name__}(closed)"
        chosen, epochs = self.options, ctypes.c_int64()
        library.sode_trainer_history_count(self._pointer, ctypes.byref(epochs))
        return f"{type(self).__name__}({chosen.get('optimizer', 'automatic')}, {epochs.value} epochs trained, at most {chosen.get('epochs', 'automatic')})"


def read_data(training: Data | Stream, validation: Data | None, columns: Columns | None) -> tuple[Dataset | Stream, Dataset | None]:
    """The data sets of training and validation. columns: the network's record, by which tables are read; without one, the training data bring it."""
    samples = training if isinstance(training, Stream) else as_dataset(training, name="training", columns=columns)
    if validation is None:
        return samples, None
    known = samples.columns or columns
    if known is None and isinstance(samples, Stream) and is_table(validation):
        raise InvalidArgumentError("validation is a table, whose columns the stream does not know yet; make it with Stream(…, columns=Columns.fit(table, target=…))")
    return samples, as_dataset(validation, name="validation", columns=known)


def _positive(count: int | None, name: str) -> int:
    return 0 if count is None else integer(count, name, 1)
