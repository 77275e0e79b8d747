"""The times of a roll-out, with further ones between them, so that no step of the integrator is longer than those of the fit."""

from __future__ import annotations

import numpy

from ._errors import OutOfRangeError

#: The most numbers of a roll-out, with those that it does not return: 1 GB.
_MOST_NUMBERS = 2**27


def divided(moments: numpy.ndarray, largest: float, width: int) -> tuple[numpy.ndarray, numpy.ndarray | None]:
    """(times [trajectories, finer times] with no interval above `largest`, the places of the given times in them [trajectories, times]).

    moments: ascending [trajectories, times]. Times that need no further ones are returned as they are, with None. Errors: OutOfRangeError
    where the finer times are too many.
    """
    intervals = numpy.diff(moments, axis=1)
    if not largest > 0 or not (intervals > largest).any():
        return moments, None
    # An interval of the fit may come out longer by the rounding of later times.
    parts = numpy.maximum(numpy.ceil(intervals / largest * (1 - 1e-9)), 1.0)
    if (parts == 1).all():
        return moments, None
    steps = parts.sum(axis=1)
    if steps.max() * len(moments) * width > _MOST_NUMBERS:
        row = int(steps.argmax())
        raise OutOfRangeError(
            f"the times of trajectory {row} reach from {moments[row, 0]:.6g} to {moments[row, -1]:.6g}, which takes {steps[row]:.6g} steps, none longer than "
            f"the longest interval of the fit, {largest:.6g}; a roll-out has at most {_MOST_NUMBERS // (len(moments) * width)} of them: ask for part of the time"
        )
    counts = parts.astype("int64")
    places = numpy.concatenate([numpy.zeros((len(moments), 1), "int64"), numpy.cumsum(counts, axis=1)], axis=1)
    finer = numpy.repeat(moments[:, -1:], int(places[:, -1].max()) + 1, axis=1)
    for row, (own, ends) in enumerate(zip(counts, places, strict=True)):
        step = numpy.arange(ends[-1]) - numpy.repeat(ends[:-1], own)
        finer[row, : ends[-1]] = numpy.repeat(moments[row, :-1], own) + step * numpy.repeat(intervals[row] / own, own)
    return numpy.maximum.accumulate(finer, axis=1), places
