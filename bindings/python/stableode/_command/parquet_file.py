"""Tables in Parquet files, by the first reader that is installed."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from typing import Any

import numpy

from .errors import CommandError
from .table import Column, Table


def _pyarrow(module: Any, path: str) -> dict[str, Any]:
    table = importlib.import_module("pyarrow.parquet").read_table(path)
    found = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        if module.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        found[name] = column.to_numpy()
    return found


def _polars(module: Any, path: str) -> dict[str, Any]:
    return {series.name: series.to_numpy() for series in module.read_parquet(path).get_columns()}


def _pandas(module: Any, path: str) -> dict[str, Any]:
    frame = module.read_parquet(path)
    return {str(name): frame[name].to_numpy(dtype=object if frame[name].isna().any() else None) for name in frame.columns}


def _duckdb(module: Any, path: str) -> dict[str, Any]:
    return dict(module.connect().execute("SELECT * FROM read_parquet(?)", [path]).fetchnumpy())


#: Package → a function of it and a path that gives arrays by column.
_READERS: dict[str, Callable[[Any, str], dict[str, Any]]] = {"pyarrow": _pyarrow, "polars": _polars, "pandas": _pandas, "duckdb": _duckdb}


def read_parquet(path: str, *, texts_of: str | None = None) -> Table:
    """The table of a Parquet file. texts_of: a column whose texts are kept. Errors: CommandError."""
    os.stat(path)
    for name, read in _READERS.items():
        try:
            arrays = read(importlib.import_module(name), path)
        except ImportError:
            continue
        except Exception as error:
            raise CommandError(f"{path} cannot be read by {name}: {str(error).strip().splitlines()[0]}") from None
        columns = {column: _column(values, column == texts_of) for column, values in arrays.items()}
        rows = len(next(iter(arrays.values()))) if arrays else 0
        if not rows:
            raise CommandError(f"{path} has no rows")
        return Table(path, columns, rows, lambda row: f"row {row}")
    raise CommandError(f"{path} is a Parquet file, and none of {', '.join(_READERS)} is installed to read it: pip install pyarrow")


def _column(values: Any, keeps_texts: bool) -> Column:
    missing = numpy.ma.getmaskarray(values) if isinstance(values, numpy.ma.MaskedArray) else None
    array = numpy.ma.getdata(values) if missing is not None else numpy.asarray(values)
    texts: list[str] | None
    if array.dtype.kind in "OUST" or missing is not None:
        entries = [None if entry is None or (missing is not None and missing[row]) else entry for row, entry in enumerate(array)]
        texts = ["" if entry is None or entry != entry else str(entry) for entry in entries]
    else:
        texts = [str(entry) for entry in array] if keeps_texts else None
    wrong, numbers = None, None
    if array.dtype.kind in "biuf" and missing is None:
        numbers = array.astype("float64")
    elif texts is not None:
        numbers, wrong = _numbers(array, texts)
    else:
        wrong = 0, f"a {array.dtype}"
    if numbers is not None and not numpy.isfinite(numbers).all():
        row = int(numpy.flatnonzero(~numpy.isfinite(numbers))[0])
        numbers, wrong = None, (row, "" if numpy.isnan(array.astype("float64")[row]) else str(array[row]))
    return Column(numbers, texts if keeps_texts else None, wrong)


def _numbers(array: numpy.ndarray, texts: list[str]) -> tuple[numpy.ndarray | None, tuple[int, str] | None]:
    """(numbers, None), or (None, the first entry that is no number). Texts are no numbers, even where they consist of digits."""
    numbers = numpy.empty(len(texts))
    for row, text in enumerate(texts):
        if text == "" or isinstance(array[row], (str, bytes)):
            return None, (row, text)
        try:
            numbers[row] = float(array[row])
        except (TypeError, ValueError):
            return None, (row, text)
    return numbers, None
