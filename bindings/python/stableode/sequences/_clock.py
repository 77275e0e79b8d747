"""How the times of a caller become numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy

from .._errors import UnsupportedTypeError
from .._tensor import as_array


@dataclass
class Clock:
    """origin: the date that is time 0 where times are dates, which become seconds since the first date of the first series; None before."""

    origin: numpy.datetime64 | None = None

    def numbers(self, times: Any, name: str) -> numpy.ndarray:
        """Times as numbers of float64: NumPy's dates and durations as seconds, other numbers as they are."""
        array = times if isinstance(times, numpy.ndarray) or hasattr(times, "__dlpack__") else numpy.asarray(times)
        if not isinstance(array, numpy.ndarray):
            array = as_array(array, name)
        if array.dtype.kind == "M":
            if self.origin is None and array.size:
                self.origin = array[~numpy.isnat(array)].min() if not numpy.isnat(array).all() else None
            if self.origin is None:
                return numpy.full(array.shape, numpy.nan)
            return (array - self.origin) / numpy.timedelta64(1, "s")
        if array.dtype.kind == "m":
            seconds: numpy.ndarray = array / numpy.timedelta64(1, "s")
            return seconds
        if self.origin is not None:
            raise UnsupportedTypeError(f"{name} holds numbers, but the times of the first series were dates")
        return as_array(array, name).astype("float64")
