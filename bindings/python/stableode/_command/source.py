"""A table in a file: what the library reads, and where its rows and columns are in the file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from .._errors import StableODEError
from .errors import CommandError


#: The library's words for options of data → those of the command.
_OPTIONS = {
    "set the option missing to mean or mean_and_indicator": "train with --missing mean or --missing mean_and_indicator",
    "with the option unseen zeros it would become zeros": "a model trained with --unseen zeros takes it",
}


class Source:
    """table: a producer of Arrow's interface. place: says where a row is ("line 7"). wrong: columns that cannot be read, with the reason."""

    def __init__(self, path: str, table: Any, names: Iterable[str], rows: int, place: Callable[[int], str], wrong: Mapping[str, str] | None = None):
        self.path = path
        self.table = table
        self.names = list(names)
        self.rows = rows
        self.place = place
        self._wrong = dict(wrong or {})

    def require(self, names: Iterable[str], *, unread: Iterable[str] = ()) -> None:
        """Checks that columns exist and can be read, and that those that nobody will read exist. Errors: CommandError, which lists the columns,
        or names line and column."""
        passed_over = list(unread)
        for name in [*names, *passed_over]:
            if name not in self.names:
                shown = ", ".join(self.names[:12]) + (", …" if len(self.names) > 12 else "")
                raise CommandError(f"{self.path} has no column {name!r}; its columns are {shown}")
            if name in self._wrong and name not in passed_over:
                raise CommandError(self._wrong[name])

    @contextmanager
    def naming_lines(self) -> Iterator[None]:
        """A context in which the library's errors say where in the file their row is."""
        try:
            yield
        except StableODEError as error:
            message = re.sub(r"\brow (\d+)\b", lambda match: self.place(int(match.group(1))), str(error))
            for words, option in _OPTIONS.items():
                message = message.replace(words, option)
            raise CommandError(f"{self.path}: {message}") from None


@contextmanager
def naming_file(path: str) -> Iterator[None]:
    """A context in which the library's errors say which file of arrays they are about."""
    try:
        yield
    except StableODEError as error:
        raise CommandError(f"{path}: {error}") from None
