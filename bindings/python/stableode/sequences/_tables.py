"""Series from long tables, which have a row for each series and time."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy

from .._arrow import Table, is_table
from .._errors import InvalidArgumentError, InvalidDataError, UnknownNameError, UnsupportedTypeError
from .._library import library
from .._tensor import as_array, refuse_masked
from .._text import names as named
from ..columns import Columns
from ..dataset import Dataset
from ._clock import as_dates, as_numbers
from ._observations import Observations

if TYPE_CHECKING:
    from ._clock import Clock


def is_long(data: Any) -> bool:
    """Whether data are columns with names: a table, or a dict of arrays."""
    return is_table(data) or isinstance(data, Mapping)


def series_of_table(data: Any, series: str, time: str, values: Sequence[str] | None, clock: Clock) -> Observations:
    """The series of a long table, in the order in which they first appear, each sorted by time.

    series, time: the columns that say to which series and time a row belongs. values: the columns of the channels; None: all others.
    """
    if hasattr(data, "read_all"):  # a reader gives its rows once
        data = data.read_all()
    table = None if isinstance(data, Mapping) else Table(data, "data")
    kinds = {str(name): "" for name in data} if table is None else _kinds(table)
    channels = [name for name in kinds if name not in (series, time)] if values is None else named(values, "values")
    for name in (series, time, *channels):
        if name not in kinds:
            raise UnknownNameError(f"the table has no column {name!r}; it has {', '.join(map(repr, kinds))}")
    if not channels or len({series, time, *channels}) < 2 + len(channels):
        raise InvalidArgumentError(f"series is {series!r}, time {time!r} and values {channels}; these must be different columns, and at least one of them is a channel")
    if table is None:
        numbers, names, moments, found = _of_arrays(data, series, time, channels, clock)
    else:
        numbers, names, moments, found = _of_arrow(table, _dates(data, time, clock), kinds, series, time, channels)
    if len(numbers) == 0:
        raise InvalidDataError("the table has no rows")
    missing = ~numpy.isfinite(moments)
    if missing.any():
        raise InvalidDataError(f"column {time!r} holds {'no time' if numpy.isnan(moments[missing][0]) else moments[missing][0]} at row {int(missing.argmax())}; times must be finite")
    # Series in the order of their first rows.
    firsts = numpy.full(len(names), len(numbers))
    numpy.minimum.at(firsts, numbers, numpy.arange(len(numbers)))
    appearing = numpy.argsort(firsts, kind="stable")
    appearing = appearing[firsts[appearing] < len(numbers)]
    ranks = numpy.zeros(len(names), "int64")
    ranks[appearing] = numpy.arange(len(appearing))
    numbers = ranks[numbers]
    order = numpy.lexsort((moments, numbers))
    places = numpy.empty(len(order), "int64")
    places[order] = numpy.arange(len(order))
    counts = numpy.bincount(numbers, minlength=len(appearing))
    return Observations(found[order], counts, moments[order], False, tuple(channels), [names[number] for number in appearing], places, clock)


def _kinds(table: Table) -> dict[str, str]:
    """Column → its type in words."""
    count, found = ctypes.c_int64(), {}
    library.sode_table_describe(table._pointer, None, ctypes.byref(count))
    for index in range(count.value):
        name, kind = ctypes.c_char_p(), ctypes.c_char_p()
        library.sode_table_column_at(table._pointer, index, ctypes.byref(name), ctypes.byref(kind))
        found[(name.value or b"").decode()] = (kind.value or b"").decode()
    return found


def _of_arrays(data: Any, series: str, time: str, channels: list[str], clock: Clock) -> tuple[numpy.ndarray, list[Any], numpy.ndarray, numpy.ndarray]:
    refuse_masked(data[series], f"column {series!r}")
    labels = numpy.asarray(data[series])
    if labels.ndim != 1:
        raise UnsupportedTypeError(f"column {series!r} has shape {list(labels.shape)}; columns are [rows]")
    given = data[series] if isinstance(data[series], (list, tuple)) else labels.tolist() if labels.dtype.kind in "fO" else ()
    for row, label in enumerate(given):
        if label is None or label != label:
            raise InvalidDataError(_missing(series, row))
    names, numbers = numpy.unique(labels, return_inverse=True)
    columns = [clock.numbers(data[time], f"column {time!r}")] + [as_array(data[name], f"column {name!r}") for name in channels]
    for name, column in zip([time, *channels], columns, strict=True):
        if column.shape != labels.shape:
            raise InvalidDataError(f"column {name!r} has shape {list(column.shape)}, but column {series!r} has {list(labels.shape)}")
    values = numpy.stack([column.astype("float64", copy=False) for column in columns[1:]], axis=1)
    return numbers.reshape(-1), names.tolist(), columns[0], values


def _missing(series: str, row: int) -> str:
    return f"column {series!r}: its value at row {row} is missing; it says to which series a row belongs"


def _of_arrow(
    table: Table, moments: numpy.ndarray | None, kinds: dict[str, str], series: str, time: str, channels: list[str]
) -> tuple[numpy.ndarray, list[Any], numpy.ndarray, numpy.ndarray]:
    """By the library's own reader: the series as classes, everything else as numbers with an indicator where some are missing. moments: the times where they are dates."""
    ignored = [name for name in kinds if name not in (series, *channels) and (name != time or moments is not None)]
    try:
        record = Columns.fit(table, target=series, classes="always", missing="mean_and_indicator", ignore=ignored)
    except (InvalidDataError, UnsupportedTypeError) as error:
        # To the library, the column of the series is a target.
        found = re.search(r"the target column .*its value at row (\d+) is missing", str(error))
        text = str(error).partition("; pandas makes")[0].replace("categories are", "what series are called are").replace("the target column", "column")
        error.args = (_missing(series, int(found[1])) if found else text,)
        raise
    rows = Dataset(table, columns=record, copy=False)
    features = rows.features
    columns: dict[str, numpy.ndarray] = {}
    place = 0
    for entry in record.record["inputs"]:
        if "categories" in entry:
            advice = "times are numbers or dates: make dates of texts first" if entry["name"] == time else "channels are numbers: name the columns of numbers by values=[…]"
            raise UnsupportedTypeError(f"column {entry['name']!r} holds texts or categories; {advice}")
        columns[entry["name"]] = features[:, place]
        place += 1
        if entry["missing"] == "mean_and_indicator":
            columns[entry["name"]] = numpy.where(features[:, place] != 0, numpy.nan, features[:, place - 1])
            place += 1
    values = numpy.stack([columns[name] for name in channels], axis=1).astype("float64", copy=False)
    return rows.targets, list(record.classes or []), columns[time].astype("float64") if moments is None else moments, values


def _dates(data: Any, time: str, clock: Clock) -> numpy.ndarray | None:
    """The column of times where it holds dates or durations, which the library does not take; None for other columns. Errors: OutOfRangeError as of `as_numbers`."""
    if hasattr(data, "fetchnumpy"):  # a relation of DuckDB, whose select reads SQL
        quoted = time.replace('"', '""')
        column: Any = data.select(f'"{quoted}"').fetchnumpy()[time]
    elif not hasattr(data, "__getitem__") or not hasattr(column := data[time], "to_numpy"):
        return None  # a producer of Arrow's interface alone
    dates = as_dates(column)
    if dates is None and hasattr(column, "to_numpy"):
        plain = column.to_numpy()
        dates = as_dates(plain)
        if isinstance(plain, numpy.ndarray) and plain.dtype.kind in "iu":
            as_numbers(plain, f"column {time!r}")  # integers that would become equal
    return None if dates is None else clock.numbers(dates, f"column {time!r}")
