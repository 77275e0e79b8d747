"""Later values of series as targets of their steps, so that a network learns to forecast."""

from __future__ import annotations

from typing import Any

import numpy

from .._errors import InvalidArgumentError
from .._tensor import as_array
from .._text import integer
from ..introspection import most_inputs


def ahead(data: Any, steps: int = 1) -> Any:
    """What comes after each step: the values at the next `steps` steps, as targets that a network with outputs at every step learns to forecast.

        import numpy
        from stableode import sequences

        sequences.ahead(numpy.arange(4.0)[None, :, None], steps=2)  # [[[1, 2], [2, 3], [3, nan], [nan, nan]]]

    data: a list of arrays [steps_i, channels] or [steps_i], or an array [samples, steps, channels] or [samples, steps]; NaN means "not observed".
    Gives a list of [steps_i, steps · channels] or an array [samples, steps, steps · channels]: those of the next step come first. NaN where the
    series has ended; as a target it does not count. Errors: InvalidArgumentError for steps < 1 and for data of other shapes.
    """
    count = integer(steps, "steps", 1, most_inputs())
    if isinstance(data, (list, tuple)):
        return [_ahead(as_array(part, f"series {number}"), count) for number, part in enumerate(data)]
    array = as_array(data, "data")
    if array.ndim not in (2, 3):
        raise InvalidArgumentError(f"data has shape {list(array.shape)}; it must be [samples, steps, channels] or [samples, steps]")
    found = [_ahead(part, count) for part in array]
    return numpy.stack(found) if found else numpy.zeros((0, array.shape[1], count * (array.shape[2] if array.ndim == 3 else 1)))


def _ahead(series: numpy.ndarray, count: int) -> numpy.ndarray:
    """Those of one series, [steps_i, count · channels]."""
    if series.ndim not in (1, 2):
        raise InvalidArgumentError(f"a series has shape {list(series.shape)}; it must be [steps, channels] or [steps]")
    values = series.reshape(len(series), -1)
    found = numpy.full((len(values), count, values.shape[1]), numpy.nan)
    for later in range(1, min(count, len(values) - 1) + 1):
        found[: len(values) - later, later - 1] = values[later:]
    return found.reshape(len(values), -1)
