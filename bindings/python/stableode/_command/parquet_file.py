"""Tables in Parquet files, by the first reader that is installed."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from typing import Any

from .errors import CommandError
from .source import Source

#: Package → a function of it and a path that gives (a producer of Arrow's interface, the names of the columns, the number of rows).
_READERS: dict[str, Callable[[Any, str], tuple[Any, list[str], int]]] = {}


def reader(function: Callable[[Any, str], tuple[Any, list[str], int]]) -> Callable[[Any, str], tuple[Any, list[str], int]]:
    """Registers a reader under the name of its package."""
    _READERS[function.__name__] = function
    return function


@reader
def pyarrow(module: Any, path: str) -> tuple[Any, list[str], int]:
    table = importlib.import_module("pyarrow.parquet").read_table(path)
    return table, list(table.column_names), table.num_rows


@reader
def polars(module: Any, path: str) -> tuple[Any, list[str], int]:
    frame = module.read_parquet(path)
    return frame, list(frame.columns), frame.height


@reader
def pandas(module: Any, path: str) -> tuple[Any, list[str], int]:
    frame = module.read_parquet(path)
    return frame, [str(name) for name in frame.columns], len(frame)


@reader
def duckdb(module: Any, path: str) -> tuple[Any, list[str], int]:
    relation = module.connect().read_parquet(path)
    return relation, list(relation.columns), len(relation)


def read_parquet(path: str) -> Source:
    """The table of a Parquet file. Errors: CommandError."""
    os.stat(path)
    for name, read in _READERS.items():
        try:
            table, names, rows = read(importlib.import_module(name), path)
        except ImportError:
            continue
        except Exception as error:
            raise CommandError(f"{path} cannot be read by {name}: {(str(error).strip() or type(error).__name__).splitlines()[0]}") from None
        if not rows:
            raise CommandError(f"{path} has no rows")
        return Source(path, table, names, rows, lambda row: f"row {row}")
    raise CommandError(f"{path} is a Parquet file, and none of {', '.join(_READERS)} is installed to read it: pip install pyarrow")
