"""Series as they are read from any source, one behind the other, and the checks that all of them pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

import numpy

from .._errors import InvalidDataError

if TYPE_CHECKING:
    from ._clock import Clock

#: What becomes of several observations of one channel at one time.
Duplicates: TypeAlias = Literal["error", "mean", "first", "last"]


class Observations(NamedTuple):
    """values [rows, channels], NaN where a channel is not observed: the steps of all series, one series behind the other.

    counts: the steps of each series [samples]. times [rows], or None for series whose steps are times 0, 1, 2, ….
    is_common: whether all series have their times from one grid. names: what the series are called, or None for their numbers.
    channels: the names of the channels. places: the step [samples · …] of each row that the caller gave, where rows were sorted or merged.
    clock: what made numbers of the times.
    """

    values: numpy.ndarray
    counts: numpy.ndarray
    times: numpy.ndarray | None
    is_common: bool
    channels: tuple[str, ...]
    names: list[Any] | None = None
    places: numpy.ndarray | None = None
    clock: Clock | None = None

    @property
    def starts(self) -> numpy.ndarray:
        """The first row of each series [samples]."""
        found: numpy.ndarray = numpy.cumsum(self.counts) - self.counts
        return found

    def place(self, row: int) -> str:
        """Where a row is, in words."""
        sample = int(numpy.searchsorted(numpy.cumsum(self.counts), row, side="right"))
        return f"series {self.name(sample)}, step {row - int(self.starts[sample])}"

    def shown(self, time: float) -> str:
        """A time in words: a date where the times are dates."""
        return f"{time:.17g}" if self.clock is None else self.clock.shown(time)

    def name(self, sample: int) -> str:
        return str(sample) if self.names is None else repr(self.names[sample])

    def cell(self, wrong: numpy.ndarray) -> str:
        """Where the first true entry of an array [rows, channels] is, in words."""
        row, channel = divmod(int(wrong.argmax()), wrong.shape[1])
        return f"{self.place(row)}, channel {shown_channel(self.channels[channel])}"


def holding(found: Observations, first: numpy.ndarray) -> Observations:
    """The same steps, in which a channel that is not observed has its last observation, and before its first one the number `first` [channels]."""
    rows = numpy.arange(len(found.values))
    begins = numpy.repeat(found.starts, found.counts)
    last = numpy.maximum.accumulate(numpy.where(numpy.isnan(found.values), -1, rows[:, None]), axis=0)
    there = last >= begins[:, None]
    values = numpy.where(there, numpy.take_along_axis(found.values, numpy.maximum(last, 0), axis=0), first.astype(found.values.dtype))
    return found._replace(values=values)


def shown_channel(channel: str) -> str:
    return channel if channel.isdigit() else repr(channel)


def checked(found: Observations) -> Observations:
    """The same observations. Errors: InvalidDataError for no series, an empty one, infinite numbers, times that are missing, and series without any observation."""
    if len(found.counts) == 0:
        raise InvalidDataError("there are no series; at least one is needed")
    if (found.counts == 0).any():
        raise InvalidDataError(f"series {found.name(int((found.counts == 0).argmax()))} is empty; each series needs at least one step")
    infinite = numpy.isinf(found.values)
    if infinite.any():
        raise InvalidDataError(f"{found.cell(infinite)} holds {found.values[infinite][0]}; numbers must be finite, or NaN where nothing was observed")
    if found.times is not None:
        wrong = ~numpy.isfinite(found.times)
        if wrong.any():
            row = int(wrong.argmax())
            raise InvalidDataError(f"the time of {found.place(row)} is {found.times[row]}; times must be finite")
    seen = numpy.logical_or.reduceat(~numpy.isnan(found.values).all(axis=1), found.starts)
    if not seen.all():
        raise InvalidDataError(f"series {found.name(int((~seen).argmax()))} holds no observation: all its numbers are NaN")
    return found


def ordered(found: Observations) -> Observations:
    """The same observations. Errors: InvalidDataError, with series and step, where a time is before that of the step before."""
    if found.times is None:
        return found
    wrong = _within(found, found.times[1:] < found.times[:-1])
    if wrong.any():
        row = 1 + int(wrong.argmax())
        raise InvalidDataError(
            f"times are out of order: that of {found.place(row)} is {found.shown(found.times[row])}, but that of the step before is {found.shown(found.times[row - 1])}; sort the steps by their times"
        )
    first, last = found.times[found.starts], found.times[found.starts + found.counts - 1]
    too_long = last / 2 - first / 2 > numpy.finfo("float64").max / 2
    if too_long.any():
        sample = int(too_long.argmax())
        raise InvalidDataError(f"the times of series {found.name(sample)} reach from {first[sample]} to {last[sample]}; their difference is no number of float64")
    return found


def merged(found: Observations, duplicates: Duplicates) -> Observations:
    """Observations whose steps have different times: steps of one series and time become one step.

    Where no channel is observed twice at one time, nothing is lost. For several observations of a channel `duplicates` decides.
    Errors: InvalidDataError for such observations with "error".
    """
    if found.times is None:
        return found
    same = _within(found, found.times[1:] == found.times[:-1])
    if not same.any():
        return found
    first = numpy.concatenate([[True], ~same])
    groups, starts = numpy.cumsum(first) - 1, numpy.flatnonzero(first)
    observed = ~numpy.isnan(found.values)
    times_observed = numpy.add.reduceat(observed.astype("int64"), starts, axis=0)
    if duplicates == "error" and (times_observed > 1).any():
        group, channel = divmod(int((times_observed > 1).argmax()), observed.shape[1])
        row = starts[group] + int(observed[starts[group] :, channel].argmax()) + 1
        raise InvalidDataError(
            f"series {found.place(row).partition(',')[0][7:]} has {times_observed[group, channel]} observations of channel {shown_channel(found.channels[channel])} at time {found.shown(float(found.times[row]))}; "
            "duplicates='mean', 'first' or 'last' says which number counts"
        )
    if duplicates in ("error", "mean"):
        terms, counted = numpy.where(observed, found.values, 0), numpy.maximum(times_observed, 1)
        with numpy.errstate(over="ignore", invalid="ignore"):
            means = numpy.add.reduceat(terms, starts, axis=0) / counted
        if not numpy.isfinite(means).all():  # a sum of finite numbers may be infinite, their mean is not
            means = numpy.where(numpy.isfinite(means), means, numpy.add.reduceat(terms / counted[groups], starts, axis=0))
        values = numpy.where(times_observed > 0, means, numpy.nan)
    else:
        rows = numpy.arange(len(observed))[:, None]
        chosen = (
            numpy.minimum.reduceat(numpy.where(observed, rows, len(rows)), starts, axis=0)
            if duplicates == "first"
            else numpy.maximum.reduceat(numpy.where(observed, rows, -1), starts, axis=0)
        )
        values = numpy.take_along_axis(found.values, numpy.clip(chosen, 0, len(rows) - 1), axis=0)
        values = numpy.where(times_observed > 0, values, numpy.nan)
    counts = numpy.add.reduceat(first.astype("int64"), found.starts)
    places = groups if found.places is None else groups[found.places]
    return found._replace(values=values.astype(found.values.dtype), counts=counts, times=found.times[starts], places=places, is_common=False)


def _within(found: Observations, flags: numpy.ndarray) -> numpy.ndarray:
    """Flags of pairs of neighboring rows [rows − 1], without the pairs of different series."""
    flags = flags.copy()
    flags[found.starts[1:] - 1] = False
    return flags
