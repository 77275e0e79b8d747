"""Training from more data than memory holds: streams of batches through a shuffle buffer."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ._arrow import is_table
from ._errors import IncompatibleError, InvalidArgumentError, InvalidDataError, StableODEError, StateError, UnsupportedTypeError
from ._handle import Handle, new_pointer
from ._interrupts import attention
from ._library import library
from ._structures import NextFunction, ReleaseFunction, SourceData, TickFunction
from ._tensor import has_batches, is_lazy
from ._text import integer
from .columns import Columns
from .dataset import Dataset, as_dataset

if TYPE_CHECKING:
    from collections.abc import Sequence

_DONE, _FAILED = 0, -1
_END = object()


class Stream(Handle):
    """Batches of samples from a source that may be larger than memory, in place of a Dataset in `fit` and `Trainer.run`.

        def batches():
            for path in paths:
                yield numpy.load(path), numpy.load(path + ".labels")

        network.fit(stableode.Stream(batches, buffer=100_000), epochs=3)

    source: a function without arguments, which is called at the beginning of each pass and returns an iterable of batches; or an iterable
    of batches, such as a list, or an iterator, which can be read once; or a Dataset of pyarrow, which is read batch by batch. All passes must
    give the same samples in the same order; another number of them is an InvalidDataError. A batch is a Dataset, a pair (features, targets), or a table (see Dataset).
    buffer: how many samples are held and shuffled at a time. If all samples fit, training takes the same steps with the same bits as from memory.
    target, weight, columns: as in Dataset; without `columns` the record is made of the first batch, and a category or class that only later batches
    have is an error: `Columns.fit` makes a record of a table that has them all. Weights of samples come as the column
    `weight` of tables, or with batches that are a `Dataset.weighted`; all batches have them, or none.

    What `fit` chooses by the data, it chooses when the first run begins, by the samples that the buffer holds then: the first `buffer` of the
    source. They alone determine normalization and target scaling, and their number the automatic epochs, batch_size and weight_decay, as if
    there were no others. So shuffle a source that is sorted, or set `network.normalization` beforehand, and name `epochs`: a buffer of 2000
    samples means 60 passes over the whole source, one of 100 000 means 8. No samples are held out.

    An exception in the source ends the run, and the caller receives it. Training goes on where it stopped, also within an epoch, and no batch
    counts twice: after an exception by reading a new pass up to there. Batches without samples are passed over. Only one thread at a time may use a stream.
    """

    _kind = "stream"
    _instead = "make another of the same source"

    def __init__(
        self,
        source: Callable[[], Iterable[Any]] | Iterable[Any],
        *,
        buffer: int = 100_000,
        target: str | Sequence[str] | None = None,
        weight: str | None = None,
        columns: Columns | None = None,
    ):
        if is_lazy(source):
            raise UnsupportedTypeError(f"source is a {type(source).__name__}, whose rows are not computed yet; pass source.collect().iter_slices(…), or train from Dataset(source.collect(), target=…)")
        if has_batches(source):
            files: Any = source
            source = files.to_batches
        if is_table(source):
            raise UnsupportedTypeError(f"source is a {type(source).__name__}, which could be read for one pass at most; pass a function that returns one, such as lambda: source, or train from Dataset(source, target=…)")
        if isinstance(source, (str, bytes, Dataset)) or not (callable(source) or isinstance(source, Iterable)):
            raise UnsupportedTypeError(f"source is a {type(source).__name__}; it must be an iterable of batches, or a function that returns one")
        if columns is not None and not isinstance(columns, Columns):
            raise UnsupportedTypeError(f"columns is a {type(columns).__name__}; it must be a Columns")
        if columns is not None and weight is not None:
            raise InvalidArgumentError("columns is given, which says what weight would say")
        self._source, self._target, self._weight, self._columns = source, target, weight, columns
        self._is_of_first_batch = columns is None
        self._iterator: Iterator[Any] | None = None
        self._item: Any = _END
        self._exception: BaseException | None = None
        #: What this pass has given so far.
        self._batches = self._samples = 0
        # ctypes functions must be referenced for as long as C may call them.
        self._functions = NextFunction(self._next), TickFunction(self._reset)
        callbacks = SourceData(next=self._functions[0], reset=self._functions[1], release=ReleaseFunction(), user_data=None)
        pointer = new_pointer()
        library.sode_stream_create(ctypes.byref(callbacks), integer(buffer, "buffer", 1), ctypes.byref(pointer))
        self._own(pointer)

    @property
    def columns(self) -> Columns | None:
        """The record by which tables become features; None before the first batch, and for arrays."""
        return self._columns

    def _next(self, batch: Any, user_data: Any) -> int:
        try:
            with attention.raising():
                # A call that ended before the batch was made is repeated with the same batch.
                if self._item is _END and self._iterator is not None:
                    self._item = next((item for item in self._iterator if not _is_empty(item)), _END)
                if self._item is _END:
                    return _DONE
                data = self._dataset(self._item)
            self._batches, self._samples = self._batches + 1, self._samples + len(data)
            batch[0], self._item = data._give_away(), _END
            return _DONE
        except BaseException as exception:
            self._exception = exception
            return _FAILED

    def _dataset(self, item: Any) -> Dataset:
        try:
            return self._made(item)
        except StableODEError as error:
            advice = ""
            if isinstance(error, (InvalidDataError, IncompatibleError)) and self._is_of_first_batch and self._columns is not None and is_table(item):
                advice = "; the record of columns was made of the first batch: Stream(…, columns=Columns.fit(table, target=…)) takes one of a table with all values"
            # The library says it in these words of a batch whose numbers it has checked.
            error.args = (f"batch {self._batches + 1} of the source, which begins with sample {self._samples}: {error}{advice}",)
            raise

    def _made(self, item: Any) -> Dataset:
        if self._columns is None:
            data = as_dataset(item, name="a batch", target=self._target, weight=self._weight)
            self._columns = data.columns
        else:
            data = as_dataset(item, name="a batch", columns=self._columns)
        return data[:]

    def _reset(self, user_data: Any) -> int:
        self._item, self._batches, self._samples = _END, 0, 0
        try:
            with attention.raising():
                if callable(self._source):
                    self._iterator = iter(_batches(self._source()))
                    return _DONE
                again: Any = self._source
                iterator = iter(again)
                if iterator is self._source and self._iterator is not None:
                    raise StateError("the source is an iterator, which can be read once; give a function that returns a new one for each pass")
                self._iterator = iterator
            return _DONE
        except BaseException as exception:
            self._exception = exception
            return _FAILED

    def _reraise(self, has_failed: bool) -> None:
        """Raises the exception that the source raised, if the run failed because of one: a run that had to end meanwhile ends as it was asked to."""
        exception, self._exception = self._exception, None
        if exception is not None and has_failed:
            raise exception


def _batches(source: Any) -> Any:
    """What a function of the source has returned as an iterable of batches: a table that does not give batches is one."""
    return [source] if is_table(source) and not hasattr(source, "read_next_batch") else source


def _is_empty(item: Any) -> bool:
    """Whether a batch has no samples."""
    parts = item if isinstance(item, tuple) and len(item) == 2 else (item,)
    return not isinstance(item, Dataset) and all(_rows(part) == 0 for part in parts)


def _rows(value: Any) -> int | None:
    """The number of rows of an array or table; None where it does not say."""
    rows, shape = getattr(value, "num_rows", None), getattr(value, "shape", None)
    if isinstance(rows, int):
        return rows
    if isinstance(shape, tuple) and shape:
        return int(shape[0])
    return len(value) if isinstance(value, (list, tuple)) else None
