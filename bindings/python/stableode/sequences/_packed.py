"""Series in the layout of the library, and the call that packs them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy

from .._errors import InvalidArgumentError, InvalidDataError, OutOfRangeError, ShapeMismatchError, UnsupportedTypeError
from .._tensor import as_array
from .._text import flag, integer, real
from ..introspection import most_inputs
from ._arrays import series_of_arrays
from ._clock import Clock
from ._layout import Kind, Longer, SequenceLayout, layout_for
from ._observations import Duplicates, Observations, checked, merged, ordered
from ._tables import is_long, series_of_table

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

_KINDS = ("values", "times_values", "times_values_mask")
_DUPLICATES = ("error", "mean", "first", "last")
_LONGER = ("error", "first", "last")


@dataclass(frozen=True, repr=False, eq=False)
class PackedSequences:
    """Series as features that a network reads; `stableode.sequences.pack` makes them.

    features: [samples, inputs], of float64 or float32. lengths: the steps of each series [samples]. series: what the series are called, or
    None for series of arrays, which are numbered. layout: how the series were packed, a SequenceLayout.
    """

    features: numpy.ndarray
    lengths: numpy.ndarray
    series: list[Any] | None
    layout: SequenceLayout
    _places: numpy.ndarray
    _given: numpy.ndarray

    @property
    def options(self) -> dict[str, Any]:
        """The options of `stableode.Network` that fit: opening, inputs, channels, sequence_layout, and with a span sequence_time and horizon."""
        return self.layout.options

    @property
    def channels(self) -> tuple[str, ...]:
        """The names of the channels, in the order of the features of a step."""
        return self.layout.channels

    @property
    def steps(self) -> int:
        """The steps of a sample in the layout."""
        return self.layout.steps

    def __len__(self) -> int:
        return len(self.features)

    def pack(self, data: Any, times: Any = None, *, longer: Longer = "error") -> PackedSequences:
        """Later series in the same layout, from data of the same kind.

        longer: what becomes of a series with more steps than the layout, or that lasts longer than the layout's span: "error", or "first"
        or "last", which keep its first or last steps. Errors: those of `stableode.sequences.pack`, and IncompatibleError where the layout has no times or masks for what the series hold.
        """
        return pack_in(self.layout, data, times, longer=longer)

    def pack_targets(self, targets: Any) -> numpy.ndarray:
        """Targets of each step in the order of the features: labels [samples, steps] of int64, −1 where there is none, or values
        [samples, steps] or [samples, steps, outputs] of float64, NaN where there is none.

        targets: a list of [steps_i] or [steps_i, outputs]; an array [samples, steps] or [samples, steps, outputs]; or for a long table [rows]
        or [rows, outputs], in the order of its rows. Integers are labels.
        Errors: ShapeMismatchError; InvalidDataError for labels below −1, infinite values, and rows that became one step but have different targets.
        """
        if isinstance(targets, (list, tuple)) and len(targets) and hasattr(targets[0], "__len__"):
            parts = [as_array(part, f"targets of series {number}") for number, part in enumerate(targets)]
            for number, part in enumerate(parts):
                if part.ndim == 0 or part.shape[1:] != parts[0].shape[1:]:
                    raise ShapeMismatchError(
                        f"targets of series {number} have shape {list(part.shape)}, but those of series 0 {list(parts[0].shape)}; each must be [steps_i], or [steps_i, outputs] with the same outputs"
                    )
            sizes = [len(part) for part in parts]
            if sizes != self._given.tolist():
                wrong = next((number for number, (size, steps) in enumerate(zip(sizes, self._given, strict=False)) if size != steps), None)
                raise ShapeMismatchError(
                    f"targets has {len(parts)} entries, but there are {len(self)} series"
                    if wrong is None
                    else f"targets of series {wrong} have {sizes[wrong]} entries, but the series has {self._given[wrong]} steps"
                )
            array = numpy.concatenate(parts)
        else:
            array = as_array(targets, "targets")
            if self.layout.columns is None and array.ndim > 1 and array.shape[0] * array.shape[1] == len(self._places):
                array = array.reshape(-1, *array.shape[2:])
            elif self.layout.columns is None and array.ndim > 1 and len(array) == len(self) != len(self._places):
                raise ShapeMismatchError(f"targets has shape {list(array.shape)}, but the series have {len(self._places)} steps in all; it must be [samples, steps], or [samples, steps, outputs], with as many steps as the series")
        if array.ndim == 0 or len(array) != len(self._places):
            raise ShapeMismatchError(f"targets is one number, but {len(self._places)} steps were packed" if array.ndim == 0 else f"targets have {len(array)} entries, but {len(self._places)} steps were packed")
        is_label = array.dtype.kind in "iu"
        if not is_label and (infinite := numpy.isinf(array).reshape(len(array), -1).any(axis=1)).any():
            raise InvalidDataError(f"the target of {self._where(int(infinite.argmax()))} is infinite; numbers must be finite, or NaN where there is no target")
        if is_label and (below := (array < -1).reshape(len(array), -1).any(axis=1)).any():
            row = int(below.argmax())
            raise InvalidDataError(f"the label of {self._where(row)} is {int(array[row].min())}; labels are integers ≥ 0, or −1 where there is none")
        found = numpy.full((len(self) * self.steps, *array.shape[1:]), -1 if is_label else numpy.nan, "int64" if is_label else "float64")
        there = (array >= 0 if is_label else ~numpy.isnan(array)) & (self._places >= 0).reshape(-1, *[1] * (array.ndim - 1))
        rows, *others = numpy.nonzero(there)
        index = (self._places[rows], *others)
        found[index] = array[there]
        different = found[index] != array[there]
        if different.any():
            row = int(rows[different.argmax()])
            raise InvalidDataError(f"row {row} belongs to one series and time with a later row, but their targets are different")
        return found.reshape(len(self), self.steps, *array.shape[1:])

    def _where(self, row: int) -> str:
        """What errors call a row of the data as it was given."""
        if self.layout.columns is not None:
            return f"row {row}"
        ends = numpy.cumsum(self._given)
        sample = int(numpy.searchsorted(ends, row, side="right"))
        return f"series {sample}, step {row - int(ends[sample] - self._given[sample])},"

    def unpack(self, values: ArrayLike) -> Any:
        """Values of each step [samples, steps] or [samples, steps, outputs], such as the predictions of a network, in the order of the series as
        they were given: a list of [steps_i] or [steps_i, outputs]; for a long table [rows] or [rows, outputs].

        NaN stands at steps that the layout left out. It undoes `pack_targets`. Errors: ShapeMismatchError.
        """
        array = as_array(values, "values")
        if array.shape[:2] != (len(self), self.steps):
            raise ShapeMismatchError(f"values has shape {list(array.shape)}; it must begin with [{len(self)}, {self.steps}], the series and their steps")
        if len(self._places) != int(self._given.sum()):
            raise ShapeMismatchError("some series of a table were chosen, so that their rows are not known: unpack values of the whole table")
        found = numpy.full((len(self._places), *array.shape[2:]), numpy.nan, array.dtype if array.dtype.kind == "f" else "float64")
        kept = self._places >= 0
        found[kept] = array.reshape(-1, *array.shape[2:])[self._places[kept]]
        return found if self.layout.columns is not None else numpy.split(found, numpy.cumsum(self._given)[:-1])

    @property
    def shape(self) -> tuple[int, int, int]:
        """(series, steps, channels) of the layout."""
        return len(self), self.steps, len(self.channels)

    def __getitem__(self, series: Any) -> PackedSequences:
        """Some of the series, by a slice, an array of numbers or an array of booleans, as cross-validation takes them."""
        chosen = series[0] if isinstance(series, tuple) and len(series) == 2 and series[1] is Ellipsis else series
        if not isinstance(chosen, slice) and numpy.ndim(chosen) != 1:
            raise InvalidArgumentError(f"series are chosen by a slice or an array of numbers [series], not by {chosen!r}")
        try:
            numbers = numpy.arange(len(self))[chosen]
        except (IndexError, ValueError) as error:
            raise OutOfRangeError(f"series are chosen by {chosen!r}, but there are {len(self)}: {error}") from None
        if self.layout.columns is not None:  # the rows of a table are in any order: what is left of them has no targets
            return PackedSequences(self.features[numbers], self.lengths[numbers], [(self.series or [])[number] for number in numbers], self.layout, numpy.zeros(0, "int64"), self._given[numbers])
        starts = numpy.cumsum(self._given) - self._given
        counts = self._given[numbers]
        rows = numpy.arange(int(counts.sum())) + numpy.repeat(starts[numbers] - (numpy.cumsum(counts) - counts), counts)
        places = numpy.where(self._places[rows] < 0, -1, self._places[rows] % self.steps + numpy.repeat(numpy.arange(len(numbers)) * self.steps, counts))
        return PackedSequences(self.features[numbers], self.lengths[numbers], None, self.layout, places, counts)

    def __repr__(self) -> str:
        least, most = (int(self.lengths.min()), int(self.lengths.max())) if len(self) else (0, 0)
        lengths = f"{least} to {most} steps" if least < most else f"{most} step{'s' if most != 1 else ''}"
        count = len(self.channels)
        part = ""
        if self.layout.kind == "times_values_mask":
            masks = self.features.reshape(-1, self.layout.width)[:, 1 + count :]
            part = f", {100 * masks.sum() / max(int(self.lengths.sum()) * count, 1):.0f} % observed"
        return f"PackedSequences({len(self)} series, {lengths}, {count} channel{'s' if count > 1 else ''}, {self.layout.kind}{part})"


def pack(
    data: Any,
    times: Any = None,
    *,
    channels_first: bool = False,
    channels: Sequence[str] | None = None,
    series: str = "series",
    time: str = "time",
    values: Sequence[str] | None = None,
    duplicates: Duplicates = "error",
    steps: int | None = None,
    layout: Kind | None = None,
    span: float | None = None,
    time_channel: bool = False,
    integral_channels: bool = False,
    hold: bool = False,
    weights: ArrayLike | None = None,
) -> PackedSequences:
    """Packs series into the layout that networks read.

        import numpy
        from stableode import Network, sequences

        series = [numpy.random.default_rng(n).normal(size=(20 + n, 3)) for n in range(6)]
        packed = sequences.pack(series)
        network = Network(**packed.options, outputs=2, field="antisymmetric_rnn", layers=packed.steps, width=16, weights_in_time="shared")
        network.fit(packed.features, [0, 1, 0, 1, 0, 1], epochs=2)
        network.predict(packed.pack(series[:2]).features)

    data: a list of arrays [steps_i, channels] or [steps_i]; an array [samples, steps, channels] or [samples, steps]; or a long table with a
    row for each series and time, in any order: a DataFrame of pandas or polars, a table of pyarrow, a relation of DuckDB, another producer
    of Arrow's interface, or a dict of arrays. NaN, and null in tables, means "not observed".
    times: of arrays: [steps] of a grid that all series share, or each series' own: [samples, steps], or a list of [steps_i]. They are numbers,
    or NumPy's dates, which become seconds since the first one. None: step j is at time j.
    channels_first: whether arrays are [samples, channels, steps], and those of a list [channels, steps_i].
    channels: names for the channels of arrays. series, time, values: the columns of a table; values None: all others are channels. Series are
    in the order in which they first appear.
    duplicates: rows of one series and time are one step if no channel is observed twice. Otherwise they are an error, or the mean, the first or
    the last number of the channel counts.
    steps: the steps of the layout; None: as many as the longest series has.
    layout: what a step holds: "values", "times_values" or "times_values_mask"; None: no more than these series need.
    span: times are scaled so that the longest series, or the grid, takes so much time of the network: its options are then
    sequence_time "absolute" and horizon. A series that is shorter rests after its end. None: times stay as they are.
    time_channel: whether the time since the beginning, of the grid or of the series, is one more channel, the last, as `neural_cde` needs it.
    integral_channels: whether each channel's integral over time since the beginning, of the channel less about its mean, is one more channel. A field
    of changes such as `neural_cde` then sees the values themselves.
    hold: whether a channel has its last observation where it is not observed, before the first one about its mean, and whether a series stays as it is after its end. The layout
    is then "values", whose steps are equally far apart, and what a step holds does not depend on later ones: `neural_cde` with outputs at every step reads it.
    weights: those of the series [samples] in these means.

    Networks normalize channels themselves: by `fit`, or `Network.fit_normalization`, from observed numbers alone.
    Errors: InvalidDataError, with series, step and channel, for infinite numbers, times that are missing, out of order or doubled, empty
    series, series without an observation, and a channel that is never observed; ShapeMismatchError; UnsupportedTypeError.
    """
    for name, value, allowed in (("duplicates", duplicates, _DUPLICATES), ("layout", layout, (*_KINDS, None))):
        if value not in allowed:
            raise InvalidArgumentError(f"{name} is {value!r}; it must be one of {', '.join(map(repr, allowed))}")
    if span is not None and not 0 < real(span, "span") < float("inf"):
        raise InvalidArgumentError(f"span is {span!r}; it must be a finite number > 0")
    clock, first = Clock(), bool(flag(channels_first, "channels_first"))
    if is_long(data):
        if times is not None or channels is not None or first:
            raise InvalidArgumentError("data is a table, whose columns hold times and channels: times, channels and channels_first are for arrays")
        found = series_of_table(data, series, time, values, clock)
        columns: tuple[str, str] | None = (series, time)
    else:
        if values is not None:
            raise InvalidArgumentError("values names columns of a table, but data is no table")
        found, columns = series_of_arrays(data, times, first, channels, clock), None
    found = merged(ordered(checked(found)), duplicates)
    never = numpy.isnan(found.values).all(axis=0)
    if never.any():
        raise InvalidDataError(f"channel {found.channels[int(never.argmax())]!r} is never observed: leave it out")
    longest = int(found.counts.max())
    if steps is not None and integer(steps, "steps", 1, most_inputs()) < longest:
        sample = int(found.counts.argmax())
        raise InvalidDataError(f"series {found.name(sample)} has {longest} steps, but steps is {steps}")
    chosen = layout_for(
        found,
        steps=steps,
        kind=layout,
        span=span,
        time_channel=bool(flag(time_channel, "time_channel")),
        integral_channels=bool(flag(integral_channels, "integral_channels")),
        hold=bool(flag(hold, "hold")),
        weights=None if weights is None else _weights(weights, len(found.counts)),
        channels_first=first,
        columns=columns,
        duplicates=duplicates,
        clock=clock,
    )
    return _filled(chosen, found, "error")


def _weights(weights: ArrayLike, samples: int) -> numpy.ndarray:
    array = as_array(weights, "weights").astype("float64")
    if array.shape != (samples,):
        raise ShapeMismatchError(f"weights has shape {list(array.shape)}; it must be [{samples}], one for each series")
    if not (numpy.isfinite(array) & (array > 0)).all():
        raise InvalidDataError("weights of series must be finite and > 0")
    return array


def pack_in(layout: SequenceLayout, data: Any, times: Any = None, *, longer: Longer = "error") -> PackedSequences:
    """Series in a layout that there is, such as an estimator's `layout_`: as `PackedSequences.pack`."""
    if not isinstance(layout, SequenceLayout):
        raise UnsupportedTypeError(f"layout is a {type(layout).__name__}; it must be a SequenceLayout, the attribute layout of what pack gives, or layout_ of an estimator")
    if longer not in _LONGER:
        raise InvalidArgumentError(f"longer is {longer!r}; it must be one of {', '.join(map(repr, _LONGER))}")
    own = layout.channels[: layout.own]
    clock = replace(layout.clock)
    if is_long(data):
        if times is not None:
            raise InvalidArgumentError("data is a table, which holds the times itself")
        columns = layout.columns or ("series", "time")
        found = series_of_table(data, columns[0], columns[1], own, clock)
    else:
        found = series_of_arrays(data, times, layout.channels_first, None, clock)
        found = found._replace(channels=own) if len(found.channels) == len(own) else found
    return _filled(layout, merged(ordered(checked(found)), layout.duplicates), longer)


def _filled(layout: SequenceLayout, found: Observations, longer: Longer) -> PackedSequences:
    fitted, kept = layout.fitted(found, longer)
    features, places = layout.fill(fitted)
    # The place of each row as the caller gave it; −1 for those that were left out.
    of_rows = numpy.full(len(kept), -1)
    of_rows[kept] = places
    if found.places is None:
        return PackedSequences(features, fitted.counts, found.names, layout, of_rows, found.counts)
    samples = numpy.searchsorted(numpy.cumsum(found.counts), found.places, side="right")
    return PackedSequences(features, fitted.counts, found.names, layout, of_rows[found.places], numpy.bincount(samples, minlength=len(found.counts)))
