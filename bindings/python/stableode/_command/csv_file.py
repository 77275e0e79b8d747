"""Tables in text files: CSV with commas, semicolons, tabs or bars, compressed by gzip or not."""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import math
import sys
from collections.abc import Collection, Iterator, Sequence
from typing import BinaryIO, NamedTuple, TextIO, cast

import numpy

from .arrow import ArrowTable
from .errors import CommandError
from .source import Source

#: Rows that are converted at a time.
_CHUNK = 4096
#: Entries that stand for a missing one.
_MISSING = {"", "NA", "N/A", "NaN", "nan", "null", "NULL"}
_BOOLEANS = {"true": True, "false": False}


class Form(NamedTuple):
    """How a CSV file is to be read. texts: columns that are of texts whatever their entries look like."""

    delimiter: str | None = None
    header: bool | None = None
    decimal: str = "."
    thousands: str | None = None
    texts: Collection[str] = ()

    def number(self, entry: str) -> str:
        """An entry as Python writes it if it is a number."""
        if self.thousands is not None:
            entry = entry.replace(self.thousands, "")
        # A point that is not the decimal point is no part of a number.
        return entry if self.decimal == "." else entry.replace(".", " . ").replace(self.decimal, ".")

    def is_number(self, entry: str) -> bool:
        """Whether an entry is a finite number."""
        return _is_number(self.number(entry))


def read_csv(path: str, form: Form = Form()) -> Source:
    """The table of a CSV file; "-" is standard input.

    delimiter: None finds it in the first line. header: whether the first row holds names; None: it does if it holds no number, or if an
    entry is no number but the one below it is. Columns without names are called "1", "2" …
    A column is one of booleans if all its entries are true or false, one of numbers if its first entry is a number, or if most of its entries
    are, and otherwise one of texts. Errors: CommandError, with the line.
    """
    for option, character in (("delimiter", form.delimiter), ("decimal", form.decimal), ("thousands", form.thousands)):
        if character is not None and len(character) != 1:
            raise CommandError(f"--{option} is {character!r}; it must be one character")
    if form.decimal == form.thousands:
        raise CommandError(f"--decimal and --thousands are both {form.decimal!r}; they must differ")
    try:
        with _open(path) as file:
            return _read(path, file, form)
    except UnicodeDecodeError as error:
        raise CommandError(f"{path} is not text in UTF-8: byte {error.object[error.start]:#04x} cannot be read") from None
    except (EOFError, gzip.BadGzipFile) as error:
        raise CommandError(f"{path} is a damaged gzip file: {error}") from None


def _open(path: str) -> TextIO:
    # A pipe cannot be opened twice to look at its first bytes.
    file = io.BufferedReader(open(sys.stdin.fileno() if path == "-" else path, "rb", buffering=0, closefd=path != "-"))
    compressed = file.peek(2)[:2] == b"\x1f\x8b"
    binary: BinaryIO = cast("BinaryIO", gzip.GzipFile(fileobj=file)) if compressed else file
    return io.TextIOWrapper(binary, encoding="utf-8-sig", newline="")


def _read(path: str, file: TextIO, form: Form) -> Source:
    first = file.readline()
    if "\0" in first:
        raise CommandError(f"{path} is not text; it must be CSV, NPZ (.npz), IDX or Parquet (.parquet)")
    reader = csv.reader(itertools.chain([first], file), delimiter=form.delimiter or max(",;\t|", key=first.count), strict=True)
    rows = _rows(path, reader)
    begin = list(itertools.islice(rows, 2))
    if not begin:
        raise CommandError(f"{path} is empty")
    has_header = _has_header(begin, form) if form.header is None else form.header
    names = _names(path, begin[0][1]) if has_header else [str(place + 1) for place in range(len(begin[0][1]))]
    columns = [_Growing(form, name in form.texts) for name in names]
    lines: list[int] = []
    remaining = itertools.chain(begin[1:] if has_header else begin, rows)
    while chunk := list(itertools.islice(remaining, _CHUNK)):
        for line, cells in chunk:
            if len(cells) != len(names):
                raise CommandError(f"{path}, line {line}: {len(cells)} entries; the lines above have {len(names)}")
        for column, entries in zip(columns, zip(*(cells for _, cells in chunk), strict=True), strict=True):
            column.add(entries)
        lines += [line for line, _ in chunk]
    if not lines:
        raise CommandError(f"{path} has a header but no rows")
    found, wrong = {}, _nameless(path, begin[0][1]) if has_header else {}
    for name, column in zip(names, columns, strict=True):
        found[name] = column.values()
        if (entry := column.wrong()) is not None:
            row, text = entry
            wrong[name] = f"{path}, line {lines[row]}, column {name!r}: the entry is {text!r}; it must be a finite number, as most of this column are (--drop leaves out columns)"
    return Source(path, ArrowTable({name: found[name] for name in names}), names, len(lines), lambda row: f"line {lines[row]}", wrong)


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


def _has_header(rows: list[tuple[int, list[str]]], form: Form) -> bool:
    first = [form.is_number(cell) for cell in rows[0][1]]
    if not any(first):
        return True
    return len(rows) > 1 and any(not above and form.is_number(below) for above, below in zip(first, rows[1][1], strict=False))


def _is_number(text: str) -> bool:
    return _is_numeral(text) and math.isfinite(float(text))


def _is_numeral(text: str) -> bool:
    """Whether a text is a number of Python, which may be infinite."""
    try:
        float(text)
        return True
    except ValueError:
        return False


def _names(path: str, cells: list[str]) -> list[str]:
    given = [cell.strip() for cell in cells]
    for place, name in enumerate(given):
        if name in filter(None, given[:place]):
            raise CommandError(f"{path}, line 1: two columns have the name {name!r}")
        if not name and str(place + 1) in given:
            raise CommandError(f"{path}, line 1: column {place + 1} has no name, and its number is the name of another one; {_WITHOUT_INDEX}")
    return [name or str(place + 1) for place, name in enumerate(given)]


#: What to do about a column without a name.
_WITHOUT_INDEX = "write the file with index=False if it holds the index of pandas"


def _nameless(path: str, cells: list[str]) -> dict[str, str]:
    """Columns that must not be read because the header does not name them: that of row numbers, which pandas writes, is one."""
    places = [place + 1 for place, cell in enumerate(cells) if not cell.strip()]
    return {str(place): f"{path}, line 1: column {place} has no name; {_WITHOUT_INDEX}, or pass it over with --drop {place}" for place in places}


class _Growing:
    """A column while its file is read: numbers, until an entry is none; then the entries themselves too. is_text: whether it is one of texts anyway."""

    def __init__(self, form: Form, is_text: bool) -> None:
        self._form = form
        self._is_named_text = is_text
        self._parts: list[numpy.ndarray] = []
        self._texts: list[str] | None = None
        self._rows = 0
        self._wrong: tuple[int, str] | None = None
        self._begins_with_text = False
        self._is_begun = False
        self._numbers = 0

    def add(self, cells: Sequence[str]) -> None:
        try:
            numbers = numpy.array(list(map(float, cells if self._form.decimal == "." and self._form.thousands is None else map(self._form.number, cells))))
        except ValueError:
            numbers = numpy.array([math.nan])
        if not numpy.isfinite(numbers).all():
            numbers = numpy.array([self._number(self._rows + row, cell.strip()) for row, cell in enumerate(cells)])
        if not self._is_begun and (filled := next((cell for cell in cells if cell.strip() not in _MISSING), None)) is not None:
            # An infinity is a number, too, although the column is refused for it.
            self._is_begun, self._begins_with_text = True, not _is_numeral(self._form.number(filled))
        if self._texts is None and (self._begins_with_text or self._is_named_text):
            # Rows before the first text hold nothing.
            self._texts = [""] * self._rows
        if self._texts is not None:
            self._texts += [cell.strip() for cell in cells]
        self._numbers += int(numpy.isfinite(numbers).sum())
        self._parts.append(numbers)
        self._rows += len(cells)

    def _number(self, row: int, text: str) -> float:
        if text in _MISSING:
            return math.nan
        if self._form.is_number(text):
            return float(self._form.number(text))
        if self._wrong is None:
            self._wrong = row, text
        return math.nan

    def _is_text(self) -> bool:
        return self._texts is not None and (self._is_named_text or 2 * self._numbers <= self._rows)

    def wrong(self) -> tuple[int, str] | None:
        """(row, text) of the first entry that is no number in a column of numbers."""
        return None if self._is_text() else self._wrong

    def values(self) -> numpy.ndarray | list[str | None] | list[bool | None]:
        """Numbers, whole ones as int64, booleans or texts; NaN and None for missing entries."""
        if self._is_text():
            texts = [None if text in _MISSING else text for text in self._texts or []]
            if not self._is_named_text and {text.lower() for text in texts if text is not None} <= _BOOLEANS.keys():
                return [None if text is None else _BOOLEANS[text.lower()] for text in texts]
            return texts
        numbers = numpy.concatenate(self._parts)
        is_whole = bool((numpy.abs(numbers) < 2**53).all()) and bool((numbers == numpy.floor(numbers)).all())
        return numbers.astype("int64") if is_whole else numbers
