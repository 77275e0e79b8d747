"""Columns of a file by name: numbers where the file has numbers, texts otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy

from .errors import CommandError


class Column:
    """One column: `numbers` [rows] of float64, or None and the place of the first entry that is none; `texts` [rows] if they were kept."""

    def __init__(self, numbers: numpy.ndarray | None, texts: list[str] | None = None, wrong: tuple[int, str] | None = None):
        self.numbers = numbers
        self.texts = texts
        #: (row, text) of the first entry that is not a finite number.
        self.wrong = wrong


class Table:
    """The columns of a file. place: says where a row is ("line 7")."""

    def __init__(self, path: str, columns: Mapping[str, Column], rows: int, place: Callable[[int], str]):
        self.path = path
        self.columns = dict(columns)
        self.rows = rows
        self._place = place

    @property
    def names(self) -> list[str]:
        """The names of the columns, in the order of the file."""
        return list(self.columns)

    def column(self, name: str) -> Column:
        """Errors: CommandError, which lists the columns that there are."""
        if name not in self.columns:
            shown = ", ".join(self.names[:12]) + (", …" if len(self.names) > 12 else "")
            raise CommandError(f"{self.path} has no column {name!r}; its columns are {shown}")
        return self.columns[name]

    def numbers(self, name: str) -> numpy.ndarray:
        """A column of finite numbers [rows]. Errors: CommandError with line and column of the first entry that is none."""
        column = self.column(name)
        if column.numbers is None:
            row, text = column.wrong or (0, "")
            found = "is empty" if text == "" else f"is {text!r}"
            raise CommandError(f"{self.path}, {self._place(row)}, column {name!r}: the entry {found}; it must be a finite number (--drop leaves out columns)")
        return column.numbers

    def features(self, names: list[str]) -> numpy.ndarray:
        """The columns of these names as an array [rows, features] of float64."""
        if not names:
            raise CommandError(f"{self.path} has no columns for features")
        return numpy.column_stack([self.numbers(name) for name in names])

    def refuse(self, row: int, name: str, reason: str) -> CommandError:
        """The error for one entry."""
        return CommandError(f"{self.path}, {self._place(row)}, column {name!r}: {reason}")
