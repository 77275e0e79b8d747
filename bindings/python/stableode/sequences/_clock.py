"""How the times of a caller become numbers."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

import numpy

from .._errors import UnsupportedTypeError
from .._tensor import as_array

_SECOND = numpy.timedelta64(1, "s")


@dataclass
class Clock:
    """origin: the date that is time 0 where times are dates, which become seconds since the first date of the first series; None before.

    has_numbers: whether the first times were numbers or durations, so that dates cannot follow.
    """

    origin: numpy.datetime64 | None = None
    has_numbers: bool = False

    def numbers(self, times: Any, name: str) -> numpy.ndarray:
        """Times as numbers of float64: dates and durations, of NumPy, pandas or Python, as seconds, other numbers as they are. Dates with a zone count in UTC."""
        array = as_dates(times)
        if array is None:
            array = times if isinstance(times, numpy.ndarray) or hasattr(times, "__dlpack__") else _plain(times)
        if isinstance(array, numpy.ndarray) and array.dtype.kind == "M":
            if self.has_numbers:
                raise UnsupportedTypeError(f"{name} holds dates, but the times of the first series were numbers")
            if self.origin is None and array.size:
                self.origin = array[~numpy.isnat(array)].min() if not numpy.isnat(array).all() else None
            if self.origin is None:
                return numpy.full(array.shape, numpy.nan)
            return numpy.asarray((array - self.origin) / _SECOND)
        if self.origin is not None:
            raise UnsupportedTypeError(f"{name} holds numbers, but the times of the first series were dates")
        seconds = array / _SECOND if isinstance(array, numpy.ndarray) and array.dtype.kind == "m" else as_array(array, name).astype("float64")
        self.has_numbers = self.has_numbers or seconds.size > 0
        return numpy.asarray(seconds)

    def shown(self, time: float) -> str:
        """A time in words: the date where times are dates."""
        if self.origin is None:
            return f"{time:.17g}"
        return str(self.origin.astype("datetime64[us]") + numpy.timedelta64(round(time * 1e6), "us")).removesuffix(".000000")

    def dates(self, times: numpy.ndarray) -> numpy.ndarray:
        """The dates of times, to microseconds; the times themselves where they are no dates."""
        return times if self.origin is None else self.origin.astype("datetime64[us]") + numpy.round(times * 1e6).astype("timedelta64[us]")


def _plain(times: Any) -> Any:
    """An array, or what is none, of which as_array says why."""
    try:
        return numpy.asarray(times)
    except (TypeError, ValueError):
        return times


def as_dates(times: Any) -> numpy.ndarray | None:
    """Dates and durations as NumPy's; None for other times."""
    kind = getattr(times, "dtype", None)
    if str(kind).startswith("datetime64[") and not isinstance(kind, numpy.dtype):  # of pandas, with a zone
        array = numpy.asarray(times, dtype="datetime64[ns]")
    elif isinstance(times, numpy.ndarray) and times.dtype.kind in "mMO":
        array = times
    elif isinstance(times, (list, tuple)) or hasattr(times, "__array__") and not hasattr(times, "__dlpack__"):
        array = _plain(times)
    else:
        return None
    if not isinstance(array, numpy.ndarray):
        return None
    if array.dtype.kind == "O" and array.size and all(isinstance(entry, datetime.date) or entry is None for entry in array.flat):
        array = numpy.array([_date(entry) for entry in array.flat]).reshape(array.shape)
    elif array.dtype.kind == "O" and array.size and all(isinstance(entry, datetime.timedelta) for entry in array.flat):
        array = numpy.array([numpy.timedelta64(entry) for entry in array.flat]).reshape(array.shape)
    if array.dtype.kind not in "mM":
        return None
    # Months and years have no seconds of their own.
    calendar = array.dtype.kind == "M" and numpy.datetime_data(array.dtype)[0] in ("Y", "M")
    return array.astype("datetime64[D]") if calendar else array


def _date(entry: Any) -> numpy.datetime64:
    if entry is None:
        return numpy.datetime64("NaT", "us")
    if hasattr(entry, "to_datetime64"):  # of pandas, to nanoseconds
        found: numpy.datetime64 = entry.to_datetime64()
        return found
    if getattr(entry, "tzinfo", None) is not None:
        entry = entry.astimezone(datetime.timezone.utc).replace(tzinfo=None)
    return numpy.datetime64(entry, "us")
