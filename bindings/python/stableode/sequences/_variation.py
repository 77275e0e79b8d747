"""How far series move."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy

if TYPE_CHECKING:
    from ._packed import PackedSequences


def variation(packed: PackedSequences, weights: numpy.ndarray | None = None) -> float:
    """The largest sum, over the series, of |changes| from one observation of a channel to the next, in deviations of the channel, over all channels that the series have themselves.

    weights: those of the series [samples] in the deviations. Infinite where the numbers are too large for float64.
    """
    layout, steps = packed.layout, packed.steps
    features = packed.features.reshape(len(packed), steps, layout.width)
    first, count = 0 if layout.kind == "values" else 1, len(layout.channels)
    weight = numpy.ones(len(packed)) if weights is None else weights
    total = numpy.zeros(len(packed))
    with numpy.errstate(over="ignore", invalid="ignore"):
        for channel in range(layout.own):
            values = features[:, :, first + channel].astype("float64")
            seen = features[:, :, 1 + count + channel] != 0 if layout.kind == "times_values_mask" else numpy.ones(values.shape, bool)
            shares = numpy.where(seen, weight[:, None], 0.0)
            mean = numpy.average(values, weights=shares)
            deviation = numpy.sqrt(numpy.average((values - mean) ** 2, weights=shares))
            if not deviation > 0:
                continue
            # Each step has the last observation, those before the first one have the first.
            last = numpy.maximum(numpy.maximum.accumulate(numpy.where(seen, numpy.arange(steps), -1), axis=1), seen.argmax(axis=1)[:, None])
            path = numpy.take_along_axis(values, last, axis=1)
            total += numpy.where(seen.any(axis=1), numpy.abs(numpy.diff(path, axis=1)).sum(axis=1) / deviation, 0)
    total = total[weight > 0]  # the longest way decides, in which states grow most
    return float(total.max()) if numpy.isfinite(total).all() else float("inf")
