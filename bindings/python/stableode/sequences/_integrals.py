"""Integrals of channels over time, as further channels."""

from __future__ import annotations

import numpy

from ._observations import Observations


def integrals(found: Observations, times: numpy.ndarray, centers: numpy.ndarray) -> numpy.ndarray:
    """∫(x − center) dt of each channel since the first step of its series [rows, channels].

    x is straight between the observations of a channel, and constant before the first and after the last.
    """
    rows = numpy.arange(len(times))
    first = numpy.repeat(found.starts, found.counts)
    last = first + numpy.repeat(found.counts, found.counts) - 1
    steps = numpy.diff(times, prepend=times[:1])
    steps[found.starts] = 0
    result = numpy.empty(found.values.shape)
    for channel in range(result.shape[1]):
        values = found.values[:, channel].astype("float64") - centers[channel]
        observed = ~numpy.isnan(values)
        before = numpy.maximum.accumulate(numpy.where(observed, rows, -1))
        after = numpy.minimum.accumulate(numpy.where(observed, rows, len(rows))[::-1])[::-1]
        has_before, has_after = before >= first, after <= last
        # Where a series has observations on one side alone, the path is constant; a channel that it does not have counts as its center.
        left = numpy.where(has_before, before, numpy.where(has_after, after, 0))
        right = numpy.where(has_after, after, left)
        gap = times[right] - times[left]
        part = numpy.where(gap > 0, (times - times[left]) / numpy.where(gap > 0, gap, 1), 0)
        path = values[left] + part * (values[right] - values[left])
        path[~(has_before | has_after)] = 0
        areas = steps * path
        areas[1:] -= steps[1:] * (path[1:] - path[:-1]) / 2
        total = numpy.cumsum(areas)
        result[:, channel] = total - (total - areas)[first]
    return result
