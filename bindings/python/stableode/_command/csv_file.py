"""Tables in text files: CSV with commas, semicolons, tabs or bars, compressed by gzip or not."""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import math
from collections.abc import Iterable, Iterator
from typing import TextIO

import numpy

from .errors import CommandError
from .table import Column, Table

#: Rows that are converted at a time.
_CHUNK = 4096


def read_csv(path: str, *, delimiter: str | None = None, header: bool | None = None, texts_of: str | None = None) -> Table:
    """The table of a CSV file.

    delimiter: None finds it in the first line. header: whether the first row holds names; None: it does if it holds no number, or if an
    entry is no number but the one below it is. Columns without names are called "1", "2" …
    texts_of: a column whose texts are kept. Errors: CommandError, with the line.
    """
    try:
        with _open(path) as file:
            return _read(path, file, delimiter, header, texts_of)
    except UnicodeDecodeError as error:
        raise CommandError(f"{path} is not text in UTF-8: byte {error.object[error.start]:#04x} cannot be read") from None
    except (EOFError, gzip.BadGzipFile) as error:
        raise CommandError(f"{path} is a damaged gzip file: {error}") from None


def _open(path: str) -> TextIO:
    with open(path, "rb") as file:
        compressed = file.read(2) == b"\x1f\x8b"
    if compressed:
        return io.TextIOWrapper(gzip.open(path, "rb"), encoding="utf-8-sig", newline="")
    return open(path, encoding="utf-8-sig", newline="")


def _read(path: str, file: TextIO, delimiter: str | None, header: bool | None, texts_of: str | None) -> Table:
    first = file.readline()
    reader = csv.reader(itertools.chain([first], file), delimiter=delimiter or _delimiter(first), strict=True)
    rows = _rows(path, reader)
    begin = list(itertools.islice(rows, 2))
    if not begin:
        raise CommandError(f"{path} is empty")
    has_header = _has_header(begin) if header is None else header
    names = _names(path, begin[0][1]) if has_header else [str(place + 1) for place in range(len(begin[0][1]))]
    columns = [_Growing(name == texts_of) for name in names]
    lines: list[int] = []
    remaining = itertools.chain(begin[1:] if has_header else begin, rows)
    while chunk := list(itertools.islice(remaining, _CHUNK)):
        for line, cells in chunk:
            if len(cells) != len(names):
                raise CommandError(f"{path}, line {line}: {len(cells)} entries; the lines above have {len(names)}")
        for column, entries in zip(columns, zip(*(cells for _, cells in chunk), strict=True), strict=True):
            column.add(entries, len(lines))
        lines += [line for line, _ in chunk]
    if not lines:
        raise CommandError(f"{path} has a header but no rows")
    found = {name: column.done() for name, column in zip(names, columns, strict=True)}
    return Table(path, found, len(lines), lambda row: f"line {lines[row]}")


def _rows(path: str, reader: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    """(line, entries) of each row that is not blank."""
    begin = 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise CommandError(f"{path}, line {begin}: {error}") from None
        if cells is None:
            return
        if cells and not (len(cells) == 1 and not cells[0].strip()):
            yield begin, cells
        begin = reader.line_num + 1  # type: ignore[attr-defined]


def _delimiter(line: str) -> str:
    return max(",;\t|", key=line.count)


def _has_header(rows: list[tuple[int, list[str]]]) -> bool:
    first = [_is_number(cell) for cell in rows[0][1]]
    if not any(first):
        return True
    return len(rows) > 1 and any(not above and _is_number(below) for above, below in zip(first, rows[1][1], strict=False))


def _is_number(text: str) -> bool:
    try:
        float(text)
        return True
    except ValueError:
        return False


def _names(path: str, cells: list[str]) -> list[str]:
    names = [cell.strip() for cell in cells]
    for place, name in enumerate(names):
        if not name:
            raise CommandError(f"{path}, line 1: column {place + 1} has no name")
        if name in names[:place]:
            raise CommandError(f"{path}, line 1: two columns have the name {name!r}")
    return names


class _Growing:
    """A column while its file is read. Its numbers are dropped at the first entry that is none."""

    def __init__(self, keeps_texts: bool):
        self._parts: list[numpy.ndarray] = []
        self._texts: list[str] | None = [] if keeps_texts else None
        self._wrong: tuple[int, str] | None = None

    def add(self, cells: Iterable[str], start: int) -> None:
        """start: the row of the first cell."""
        if self._texts is not None:
            self._texts += [cell.strip() for cell in cells]
        if self._wrong is not None:
            return
        try:
            numbers = numpy.array(list(map(float, cells)))
        except ValueError:
            numbers = numpy.array([math.nan])
        if numpy.isfinite(numbers).all():
            self._parts.append(numbers)
            return
        self._parts = []
        for row, cell in enumerate(cells):
            if not _is_number(cell) or not math.isfinite(float(cell)):
                self._wrong = start + row, cell.strip()
                return

    def done(self) -> Column:
        return Column(None if self._wrong else numpy.concatenate(self._parts), self._texts, self._wrong)
