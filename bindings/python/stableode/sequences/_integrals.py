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
    most = int(found.counts.max())
    table = numpy.zeros(len(found.counts) * most)
    places = rows - first + numpy.repeat(numpy.arange(len(found.counts)) * most, found.counts)
    result: numpy.ndarray = numpy.empty((len(times), found.values.shape[1]))
    for channel in range(found.values.shape[1]):
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
        # Each series is summed by itself, so that its bits do not depend on the others.
        table[places] = areas
        result[:, channel] = numpy.cumsum(table.reshape(len(found.counts), -1), axis=1).reshape(-1)[places]
    return result


def centers_of(found: Observations, weights: numpy.ndarray | None) -> numpy.ndarray:
    """About the mean of each channel [channels]: to an eighth of its deviation, so that the order of sums does not show; NaN where it is no number of float64. weights: of the series [samples]."""
    weight = numpy.ones(len(found.values)) if weights is None else numpy.repeat(weights, found.counts)
    centers = numpy.empty(found.values.shape[1])
    for channel in range(len(centers)):
        observed = ~numpy.isnan(found.values[:, channel])
        values, weights_there = found.values[observed, channel].astype("float64"), weight[observed]
        least = values.min()
        with numpy.errstate(over="ignore", invalid="ignore"):
            mean = float(numpy.average(values - least, weights=weights_there))
            deviation = float(numpy.sqrt(numpy.average((values - least - mean) ** 2, weights=weights_there)))
            if not numpy.isfinite(deviation):
                centers[channel] = numpy.nan
                continue
            unit = 2.0 ** (numpy.floor(numpy.log2(deviation)) - 3) if deviation > 0 else 1.0
            centers[channel] = numpy.round((least + mean) / unit) * unit if deviation > 0 else least
    return centers


def lasting(found: Observations, seen: numpy.ndarray) -> numpy.ndarray:
    """Which rows are not behind the last observation of their series [rows]. seen: which rows have an observation."""
    rows = numpy.arange(len(seen))
    last = numpy.maximum.reduceat(numpy.where(seen, rows, -1), found.starts)
    flags: numpy.ndarray = rows <= numpy.repeat(last, found.counts)
    return flags
