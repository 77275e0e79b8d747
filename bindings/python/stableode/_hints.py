"""Texts that look like numbers or dates: as categories they would become a feature for each value."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ._errors import OutOfRangeError

DECIMALS, THOUSANDS, DATES, NUMBERS = "numbers with decimal commas", "numbers with thousands separators", "dates", "numbers"

_PLAIN = r"[+-]?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?"
#: What texts look like → the form of all of them, and the form that one of them at least must have.
_FORMS = {
    THOUSANDS: (rf"{_PLAIN}|[+-]?\d{{1,3}}(,\d{{3}})+(\.\d+)?", r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?"),
    DECIMALS: (r"[+-]?\d+(\.\d{3})*(,\d+)?", r".*,\d+"),
    DATES: (r"(\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d{4}/\d{1,2}/\d{1,2})([T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?", r".*"),
    NUMBERS: (_PLAIN, r".*"),
}
#: Fewer texts that are plain numbers may well be names, such as those of classes.
_FEW_NUMBERS = 20
#: Columns with more different texts than this in more than half of their rows hold names of the rows, not categories.
_MOST_CATEGORIES = 50


def likeness(values: Iterable[Any]) -> str | None:
    """What at least nine tenths of several different texts look like: DECIMALS, THOUSANDS, DATES or NUMBERS; None for names."""
    texts = [value for value in values if isinstance(value, str)]
    if len(texts) < 2:
        return None
    for kind, (form, mark) in _FORMS.items():
        if kind == NUMBERS and len(texts) <= _FEW_NUMBERS:
            continue
        alike = [text for text in texts if re.fullmatch(form, text.strip())]
        if 10 * len(alike) >= 9 * len(texts) and any(re.fullmatch(mark, text.strip()) for text in alike):
            return kind
    return None


def suspicious(record: Mapping[str, Any]) -> Iterator[tuple[str, str, int]]:
    """(column, what its texts look like, how many different ones there are) of the columns of a record whose texts are hardly names."""
    columns = [(column["name"], column.get("categories", [])) for column in record.get("inputs", [])]
    target = record.get("target", {})
    for name, values in [*columns, *((name, target.get("classes") or []) for name in target.get("names", []))]:
        kind = likeness(values)
        if kind is not None:
            yield name, kind, len(values)


class TooManyCategories(OutOfRangeError):
    """A column of texts has nearly as many different ones as rows. column, values: its name and these texts; rows: how many there are."""

    def __init__(self, message: str, column: str = "", values: Sequence[Any] = (), rows: int = 0):
        super().__init__(message)
        self.column, self.values, self.rows = column, values, rows


def refuse_names(record: Mapping[str, Any], rows: int, meant: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuses columns of texts that name the rows, each of which would become a feature of its own. meant: the choices for single columns.

    Errors: TooManyCategories.
    """
    for column in record.get("inputs", []):
        name, values = column["name"], column.get("categories", [])
        if len(values) <= max(_MOST_CATEGORIES, rows // 2) or not isinstance(values[0], str) or {"kind", "categories"} & meant.get(name, {}).keys():
            continue
        kind = likeness(values)
        advice = "" if kind is None else f"; they look like {kind}, of which numbers can be made"
        raise TooManyCategories(
            f"column {name!r}: {len(values)} different texts in {rows} rows are too many for categories{advice}; ignore={name!r} leaves the column out, and "
            f"by_column={{{name!r}: {{'kind': 'category'}}}} makes a feature of each text",
            name, values, rows,
        )  # fmt: skip
