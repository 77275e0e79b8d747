"""Series from arrays: lists of arrays, and arrays of two and three axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy

from .._errors import InvalidArgumentError, InvalidDataError, ShapeMismatchError, UnsupportedTypeError
from .._tensor import as_array
from .._text import names
from ._observations import Observations

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._clock import Clock


def series_of_arrays(data: Any, times: Any, channels_first: bool, channels: Sequence[str] | None, clock: Clock) -> Observations:
    """The series of `data`. times: [steps] of a grid, [samples, steps], a list of [steps_i], or None."""
    whole = _as_one_array(data)
    if whole is None:
        values, counts = _joined(data, channels_first)
    else:
        shape = f"an array of series has the axes [samples, steps], or [samples, {'channels, steps' if channels_first else 'steps, channels'}]"
        if whole.ndim not in (2, 3):
            raise ShapeMismatchError(f"the array has shape {list(whole.shape)}; {shape}")
        whole = whole[:, :, None] if whole.ndim == 2 else whole.transpose(0, 2, 1) if channels_first else whole
        values, counts = whole.reshape(whole.shape[0] * whole.shape[1], whole.shape[2]), numpy.full(len(whole), whole.shape[1], "int64")
    if values.shape[1] == 0:
        raise InvalidDataError("the series have no channels; at least one is needed")
    known = tuple(map(str, range(values.shape[1]))) if channels is None else tuple(names(channels, "channels"))
    if len(known) != values.shape[1]:
        raise ShapeMismatchError(f"channels has {len(known)} names, but the series have {values.shape[1]} channels")
    if len(set(known)) < len(known):
        twice = next(name for place, name in enumerate(known) if name in known[:place])
        raise InvalidArgumentError(f"channels names {twice!r} twice; each channel needs a name of its own")
    found, is_common = _times(times, counts, clock)
    return Observations(values, counts, found, is_common, known, clock=clock)


def _as_one_array(data: Any) -> numpy.ndarray | None:
    """The array that `data` is; None for a list of series."""
    if isinstance(data, numpy.ndarray) and data.dtype == object or isinstance(data, (list, tuple)):
        return None
    if not hasattr(data, "shape") and not hasattr(data, "__array__") and not hasattr(data, "__dlpack__"):
        raise UnsupportedTypeError(f"data is a {type(data).__name__}; it must be a list of arrays, an array [samples, steps, channels], or a table")
    return _real(as_array(data, "data"))


def _real(array: numpy.ndarray) -> numpy.ndarray:
    return array if array.dtype.kind == "f" else array.astype("float64")


def _joined(data: Any, channels_first: bool) -> tuple[numpy.ndarray, numpy.ndarray]:
    """(values [rows, channels], steps of each series)."""
    parts: list[numpy.ndarray] = []
    for number, entry in enumerate(data):
        part = _real(as_array(entry, f"series {number}"))
        if part.ndim not in (1, 2):
            raise ShapeMismatchError(f"series {number} has shape {list(part.shape)}; each must be [steps], or [{'channels, steps' if channels_first else 'steps, channels'}]")
        part = part[:, None] if part.ndim == 1 else part.T if channels_first else part
        if parts and part.shape[1] != parts[0].shape[1]:
            raise ShapeMismatchError(f"series {number} has {part.shape[1]} channels, but series 0 has {parts[0].shape[1]}; all must have the same channels")
        parts.append(part)
    if not parts:
        raise InvalidDataError("there are no series; at least one is needed")
    return numpy.concatenate(parts), numpy.array([len(part) for part in parts], "int64")


def _times(times: Any, counts: numpy.ndarray, clock: Clock) -> tuple[numpy.ndarray | None, bool]:
    """(the times of all rows or None, whether all series have them from one grid)."""
    if times is None:
        return None, True
    if isinstance(times, (list, tuple)) and len(times) and numpy.ndim(times[0]) == 1 or isinstance(times, numpy.ndarray) and times.dtype == object:
        parts = [clock.numbers(entry, f"times of series {number}") for number, entry in enumerate(times)]
        if len(parts) != len(counts):
            raise ShapeMismatchError(f"times has {len(parts)} entries, but there are {len(counts)} series")
        for number, part in enumerate(parts):
            if part.shape != (counts[number],):
                raise ShapeMismatchError(f"times of series {number} has shape {list(part.shape)}, but the series has {counts[number]} steps")
        return numpy.concatenate(parts), False
    found = clock.numbers(times, "times")
    if found.ndim == 1:
        longest = int(counts.max(initial=0))
        if len(found) < longest:
            raise ShapeMismatchError(f"times has {len(found)} entries, but the longest series has {longest} steps")
        rows = numpy.arange(int(counts.sum())) - numpy.repeat(numpy.cumsum(counts) - counts, counts)
        return found[rows], True
    if found.ndim == 2 and len(found) == len(counts) and (counts == found.shape[1]).all():
        return found.reshape(-1), False
    raise ShapeMismatchError(f"times has shape {list(found.shape)}; it must be [steps], [samples, steps], or a list of [steps] for each series")
