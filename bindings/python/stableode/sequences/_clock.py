"""How the times of a caller become numbers."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

import numpy

from .._errors import OutOfRangeError, UnsupportedTypeError
from .._tensor import as_array, refuse_masked

_SECOND = numpy.timedelta64(1, "s")
_ALLOWED = "times are numbers, dates or durations"


@dataclass
class Clock:
    """origin: the date that is time 0 where times are dates, which become seconds since the first date of the first series; None before.

    has_numbers: whether the first times were numbers or durations, so that dates cannot follow.
    """

    origin: numpy.datetime64 | None = None
    has_numbers: bool = False

    def numbers(self, times: Any, name: str) -> numpy.ndarray:
        """Times as numbers of float64: dates and durations, of NumPy, pandas or Python, as seconds, other numbers as they are. Dates with a zone count in UTC."""
        refuse_masked(times, name)
        array = as_dates(times, name)
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
        seconds = array / _SECOND if isinstance(array, numpy.ndarray) and array.dtype.kind == "m" else as_numbers(array, name)
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


def as_numbers(times: Any, name: str) -> numpy.ndarray:
    """Times that are numbers, as float64. Errors: UnsupportedTypeError; OutOfRangeError for integers of which float64 makes equal ones."""
    if times is None or isinstance(times, numpy.ndarray) and times.dtype == object and times.ndim == 0:
        found = None if times is None else times.item()
        raise UnsupportedTypeError(f"{name} is {'None' if found is None else f'a {type(found).__name__}'}; {_ALLOWED}")
    if isinstance(times, numpy.ndarray) and times.dtype.kind in "US":
        raise UnsupportedTypeError(f"{name} holds texts; {_ALLOWED}: numpy.array(…, dtype='datetime64[us]') makes dates of texts such as '2024-03-01T12:30'")
    whole = as_array(times, name)
    found = whole.astype("float64")
    if whole.dtype == numpy.int64 and whole.size and (numpy.abs(found) > 2.0**53).any() and len(numpy.unique(whole)) > len(numpy.unique(found)):
        raise OutOfRangeError(f"{name} holds different integers, such as {whole.max()}, that are equal as numbers of float64: subtract the first time from all")
    return found


def _plain(times: Any) -> Any:
    """An array, or what is none, of which as_array says why."""
    try:
        return numpy.asarray(times)
    except (TypeError, ValueError):
        return times


def as_dates(times: Any, name: str = "times") -> numpy.ndarray | None:
    """Dates and durations as NumPy's; None for other times. Errors: UnsupportedTypeError for a list of both dates or durations and numbers."""
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
    if isinstance(times, (list, tuple)) and (number := _number_in(times)) is not None:  # which NumPy makes a date of
        raise UnsupportedTypeError(f"{name} holds dates or durations, but also the number {number!r}; all must be of one kind")
    # Months and years have no seconds of their own.
    calendar = array.dtype.kind == "M" and numpy.datetime_data(array.dtype)[0] in ("Y", "M")
    return array.astype("datetime64[D]") if calendar else array


def _number_in(times: Any) -> Any:
    """The first number in lists of dates or durations; None where there is none."""
    for entry in times:
        if isinstance(entry, (list, tuple)):
            found = _number_in(entry)
        elif isinstance(entry, numpy.ndarray) and entry.dtype == object:
            found = _number_in(entry.flat)
        elif isinstance(entry, numpy.ndarray):
            found = entry.flat[0] if entry.dtype.kind in "biuf" and entry.size else None
        else:
            found = entry if isinstance(entry, (int, float, numpy.number, numpy.bool_)) and not isinstance(entry, numpy.timedelta64) else None
        if found is not None:
            return found
    return None


def _date(entry: Any) -> numpy.datetime64:
    if entry is None:
        return numpy.datetime64("NaT", "us")
    if hasattr(entry, "to_datetime64"):  # of pandas, to nanoseconds
        found: numpy.datetime64 = entry.to_datetime64()
        return found
    if getattr(entry, "tzinfo", None) is not None:
        entry = entry.astimezone(datetime.timezone.utc).replace(tzinfo=None)
    return numpy.datetime64(entry, "us")
