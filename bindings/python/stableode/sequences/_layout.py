"""The layout that series are packed into, so that later series are packed as the first ones were."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, TypeAlias

import numpy

from .._errors import IncompatibleError, InvalidArgumentError, InvalidDataError, OutOfRangeError, ShapeMismatchError
from ._clock import Clock
from ._integrals import centers_of, integrals, lasting
from ._observations import Duplicates, Observations, holding, shown_channel

#: What a step holds, as in the option sequence_layout.
Kind: TypeAlias = Literal["values", "times_values", "times_values_mask"]
#: What becomes of a series with more steps than the layout: an error, or only its first or last steps are kept.
Longer: TypeAlias = Literal["error", "first", "last"]


@dataclass(frozen=True, eq=False)
class SequenceLayout:
    """How series become features; `pack` makes one, and `PackedSequences.pack` and `pack_in` use it for later series.

    channels: the names of the channels, as the network sees them. steps: those of a sample. kind: the option sequence_layout.
    grid: the times that all series share [steps], or None. span: the time of the network that the layout's time takes, or None for times as they are.
    start, duration: the first time of the grid (0 without a grid), and the longest time from the first step of a series to its last.
    centers: about the means of the channels, which are taken off where integrals are channels; None where they are not.
    held: about the means of the channels, which they have before their first observation where gaps hold the last one; None where gaps are gaps.
    """

    channels: tuple[str, ...]
    steps: int
    kind: Kind
    dtype: str
    grid: numpy.ndarray | None
    span: float | None
    start: float
    duration: float
    has_own_times: bool
    has_time_channel: bool
    centers: numpy.ndarray | None
    channels_first: bool
    columns: tuple[str, str] | None
    duplicates: Duplicates
    clock: Clock = field(default_factory=Clock)
    held: numpy.ndarray | None = None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SequenceLayout):
            return NotImplemented
        return all(numpy.array_equal(getattr(self, part.name), getattr(other, part.name)) for part in fields(self))

    @property
    def own(self) -> int:
        """How many of the channels the series have themselves; integrals and time come after them."""
        return (len(self.channels) - self.has_time_channel) // (1 if self.centers is None else 2)

    @property
    def width(self) -> int:
        """Features of a step."""
        count = len(self.channels)
        return {"values": count, "times_values": 1 + count, "times_values_mask": 1 + 2 * count}[self.kind]

    @property
    def options(self) -> dict[str, Any]:
        """The options of `stableode.Network` that say how it reads such features."""
        found: dict[str, Any] = {"opening": "sequence", "inputs": self.steps * self.width, "channels": len(self.channels), "sequence_layout": self.kind}
        if self.span is not None:
            found["horizon"] = self.span
            if self.kind != "values":
                found["sequence_time"] = "absolute"
        return found

    def fill(self, found: Observations) -> tuple[numpy.ndarray, numpy.ndarray]:
        """(features [samples, inputs], the place of each row among samples · steps [rows]). Errors: InvalidDataError and IncompatibleError for what the layout cannot hold."""
        if self.held is not None:
            found = holding(found, self.held)
        rows = numpy.arange(int(found.counts.sum()))
        samples = numpy.repeat(numpy.arange(len(found.counts)), found.counts)
        places = rows - found.starts[samples] + samples * self.steps
        observed = None if self.kind == "values" and found.values.dtype.kind != "f" else ~numpy.isnan(found.values)
        if self.kind != "times_values_mask":
            self._refuse_gaps(found, observed)
        features = numpy.zeros((len(found.counts), self.steps, self.width), self.dtype)
        flat = features.reshape(-1, self.width)
        into: Any = slice(None) if len(places) == len(flat) else places
        own, count = self.own, len(self.channels)
        times = self._times(found)
        first = 0 if self.kind == "values" else 1
        if self.kind == "times_values_mask":
            assert observed is not None
            flat[into, 1 : 1 + own] = numpy.where(observed, found.values, 0)
            flat[into, 1 + count : 1 + count + own] = observed
            # Time counts where something is observed; integrals are known at each step until a series ends.
            seen = numpy.asarray(observed.any(axis=1))
            flat[into, 1 + count + own : 1 + 2 * count] = (seen if self.centers is None else lasting(found, seen))[:, None]
            if self.has_time_channel:
                flat[into, 2 * count] = seen
        else:
            flat[into, first : first + own] = found.values
        with numpy.errstate(over="ignore", invalid="ignore"):
            if self.centers is not None:
                made = integrals(found, times, self.centers)
                self._refuse_infinite(found, made, times, "the integral of channel {}")
                flat[into, first + own : first + 2 * own] = made
            if self.has_time_channel:
                flat[into, first + count - 1] = times - self._references(found)
            if self.kind != "values":
                flat[into, 0] = moments = times if self.span is None else (times - self._references(found)) * (self.span / self.duration)
                self._refuse_infinite(found, moments[:, None], times, "the network's time")
        if self.held is not None:  # behind its end a series stays as it was
            last = numpy.minimum(numpy.arange(self.steps), found.counts[:, None] - 1)
            features = numpy.take_along_axis(features, last[:, :, None], axis=1)
        return features.reshape(len(features), -1), places

    def _refuse_infinite(self, found: Observations, made: numpy.ndarray, times: numpy.ndarray, what: str) -> None:
        """Errors: OutOfRangeError, with series, step and time, for made features [rows, …] that are no numbers. what: what is called so, {} standing for the channel."""
        wrong = ~numpy.isfinite(made)
        if wrong.any():
            row, column = divmod(int(wrong.argmax()), made.shape[1])
            name = what.format(shown_channel(self.channels[column]))
            raise OutOfRangeError(f"{name} of {found.place(row)}, at time {found.shown(float(times[row]))}, is {made[row, column]}: the numbers are too large for float64; choose other units")

    def _times(self, found: Observations) -> numpy.ndarray:
        if found.times is not None:
            return found.times
        steps = numpy.arange(int(found.counts.sum())) - numpy.repeat(found.starts, found.counts)
        found_times: numpy.ndarray = steps.astype("float64") if self.grid is None else self.grid[steps]
        return found_times

    def _references(self, found: Observations) -> Any:
        """What is time 0 of each row: the beginning of the grid, or of the row's series where each has times of its own."""
        if found.is_common and found.times is None or not self.has_own_times:
            return self.start
        assert found.times is not None
        return numpy.repeat(found.times[found.starts], found.counts)

    def _refuse_gaps(self, found: Observations, observed: numpy.ndarray | None) -> None:
        advice = f"but the layout {self.kind} has no masks; pack the first series with layout='times_values_mask'"
        if observed is not None and not observed.all():
            raise InvalidDataError(f"{found.cell(~observed)} is not observed, {advice}")
        if self.held is None and (found.counts != self.steps).any():
            sample = int((found.counts != self.steps).argmax())
            raise InvalidDataError(f"series {found.name(sample)} has {found.counts[sample]} steps and not {self.steps}, {advice}")

    def fitted(self, found: Observations, longer: Longer) -> tuple[Observations, numpy.ndarray]:
        """(observations that the layout can hold, which rows were kept [rows]). Errors: InvalidDataError for series that are longer, unless `longer` says which steps are kept."""
        if found.values.shape[1] != self.own:
            raise ShapeMismatchError(f"the series have {found.values.shape[1]} channels; those of the layout have {self.own}")
        if self.has_own_times and found.times is None:
            raise IncompatibleError("the series have no times, but the layout was made of series with times of their own")
        if self.kind == "values" and found.times is not None and not self._is_grid(found):
            raise IncompatibleError("the series have times, but the layout values has none; pack the first series with layout='times_values'")
        steps = numpy.arange(int(found.counts.sum())) - numpy.repeat(found.starts, found.counts)
        from_end = numpy.repeat(found.counts, found.counts) - steps
        keep = steps < self.steps if longer != "last" else from_end <= self.steps
        what = "steps"
        if self.span is not None and found.times is not None:
            # A network in whose time the layout ends does not see what comes later.
            ends = found.starts + found.counts - 1
            beginning = numpy.repeat(found.times[found.starts], found.counts) if self.has_own_times else self.start
            limit = self.duration * (1 + 1e-12)
            inside = found.times - beginning <= limit if longer != "last" or not self.has_own_times else numpy.repeat(found.times[ends], found.counts) - found.times <= limit
            if not self.has_own_times:
                inside &= found.times >= self.start
            what = "steps" if inside.all() else "time"
            keep &= inside
        if keep.all():
            return found, keep
        row = int((~keep).argmax())
        sample = int(numpy.repeat(numpy.arange(len(found.counts)), found.counts)[row])
        if longer == "error":
            if what == "time":
                assert found.times is not None
                raise InvalidDataError(
                    f"the time of {found.place(row)} is {found.shown(found.times[row])}, outside of the layout's time, which begins at {'the first step' if self.has_own_times else found.shown(self.start)} "
                    f"and lasts {self.duration:.17g}{'' if found.clock is None or found.clock.origin is None else ' seconds'}; longer='first' or 'last' leaves such steps out"
                )
            raise InvalidDataError(f"series {found.name(sample)} has {found.counts[sample]} steps; the layout has {self.steps}: longer='first' or 'last' keeps so many, and steps=… of the first call leaves room")
        counts = numpy.add.reduceat(keep.astype("int64"), found.starts)
        if (counts == 0).any():
            raise InvalidDataError(f"series {found.name(int((counts == 0).argmax()))} has no step within the layout's time")
        return found._replace(values=found.values[keep], counts=counts, times=None if found.times is None else found.times[keep], places=None), keep

    def _is_grid(self, found: Observations) -> bool:
        assert found.times is not None
        grid = numpy.arange(self.steps, dtype="float64") if self.grid is None else self.grid
        if self.held is not None:
            steps = numpy.arange(len(found.times)) - numpy.repeat(found.starts, found.counts)
            return bool((steps < self.steps).all()) and bool((found.times == grid[steps]).all())
        return len(found.times) == len(found.counts) * self.steps and bool((found.times.reshape(-1, self.steps) == grid).all())


def layout_for(
    found: Observations,
    *,
    steps: int | None,
    kind: Kind | None,
    span: float | None,
    time_channel: bool,
    integral_channels: bool,
    weights: numpy.ndarray | None,
    channels_first: bool,
    columns: tuple[str, str] | None,
    duplicates: Duplicates,
    clock: Clock,
    hold: bool = False,
) -> SequenceLayout:
    """The layout for the first series. kind: what a step holds; None: no more than the series need. Errors: InvalidArgumentError for gaps that cannot hold the last observation."""
    longest = int(found.counts.max())
    grid = found.times[:longest] if found.times is not None and found.is_common else None
    if grid is not None:
        # The longest series has the whole grid.
        sample = int(found.counts.argmax())
        assert found.times is not None
        grid = found.times[found.starts[sample] : found.starts[sample] + longest].copy()
    room = longest if steps is None else steps
    is_whole = bool((found.counts == room).all()) and not numpy.isnan(found.values).any()
    is_even = found.times is None or grid is not None and _is_even(grid)
    if hold and (kind not in (None, "values") or not is_even):
        raise InvalidArgumentError("hold is True, for steps at equal distances in the layout 'values', but " + ("the times are not equally far apart on one grid" if not is_even else f"layout is {kind!r}"))
    if kind is None and hold:
        kind = "values"
    if kind is None:
        kind = "times_values_mask" if not is_whole else "values" if is_even else "times_values"
    own = found.times is not None and not found.is_common
    if found.times is None:
        start, duration = 0.0, float(room - 1)
    elif own:
        ends = found.starts + found.counts - 1
        start, duration = 0.0, float((found.times[ends] - found.times[found.starts]).max())
    else:
        assert grid is not None
        start, duration = float(grid[0]), float(grid[-1] - grid[0])
    if grid is not None and room > longest:
        grid = None if found.times is None else _continued(grid, room)
        duration = float(grid[-1] - grid[0]) if grid is not None else duration
    duration = duration if duration > 0 else 1.0
    if not numpy.isfinite(duration) or span is not None and not 0 < span / duration < float("inf"):
        raise OutOfRangeError(f"span is {span}, but the longest series, or the grid, lasts {duration:.6g}: their quotient is no number of float64; choose another span or unit of time")
    means = centers_of(found, weights) if integral_channels or hold else None
    centers, held = means if integral_channels else None, means if hold else None
    if centers is not None and not numpy.isfinite(centers).all():
        raise OutOfRangeError(f"the mean of channel {shown_channel(found.channels[int(numpy.isfinite(centers).argmin())])} is no number of float64, so that it has no integral; choose another unit")
    channels = found.channels + (tuple(f"∫{name}" for name in found.channels) if integral_channels else ()) + (("time",) if time_channel else ())
    dtype = "float32" if found.values.dtype == numpy.float32 and found.times is None else "float64"
    return SequenceLayout(
        channels, room, kind, dtype, grid, span, start, duration, own, time_channel, centers, channels_first, columns, duplicates, replace(clock), held
    )


def _is_even(grid: numpy.ndarray) -> bool:
    """Whether the steps of a grid are equal, but for the rounding of its times."""
    if len(grid) < 3:
        return True
    sizes = numpy.diff(grid)
    return bool(numpy.ptp(sizes) <= 1e-6 * abs(sizes).max() + 4 * numpy.spacing(abs(grid).max()))


def _continued(grid: numpy.ndarray, steps: int) -> numpy.ndarray:
    """A grid with more steps, which are as far apart as its own on average."""
    size = (grid[-1] - grid[0]) / max(len(grid) - 1, 1) or 1.0
    return numpy.concatenate([grid, grid[-1] + size * numpy.arange(1, steps - len(grid) + 1)])
