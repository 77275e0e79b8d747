"""Texts that look like numbers or dates: as categories they would become a feature for each value."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

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
