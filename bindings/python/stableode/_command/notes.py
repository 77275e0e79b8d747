"""What the commands say besides their results: on standard error, in one line each."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import Any

from .._hints import DATES, DECIMALS, NUMBERS, THOUSANDS, likeness, suspicious

#: What texts look like → what to do about them.
_ADVICE = {
    DECIMALS: "--decimal , reads them so",
    THOUSANDS: "--thousands , reads them so",
    DATES: "a number, such as days since a day, can be learned; --drop leaves the column out",
    NUMBERS: "entries that are none make the column one of texts",
}


def note(text: str) -> None:
    """Says something that the caller may want to know."""
    print(f"stableode: {text}", file=sys.stderr, flush=True)


def like(values: Iterable[Any]) -> str | None:
    """What texts look like and what to do about them; None for names."""
    kind = likeness(values)
    return None if kind is None else f"they look like {kind}; {_ADVICE[kind]}"


def note_columns(path: str, record: Mapping[str, Any]) -> None:
    """Says which columns of texts look like numbers or dates."""
    for name, kind, count in suspicious(record):
        note(f"{path}, column {name!r}: its {count} different texts look like {kind}; {_ADVICE[kind]}")


def summary(record: Mapping[str, Any]) -> str:
    """The columns that become features, by their kinds: "3 numbers and 2 categories (city: 12 values, plan: 3 values)"."""
    inputs = record.get("inputs", [])
    categories = [(column["name"], len(column["categories"])) for column in inputs if "categories" in column]
    parts = []
    if count := len(inputs) - len(categories):
        parts.append(f"{count} number{'' if count == 1 else 's'}")
    if categories:
        shown = ", ".join(f"{name}: {values} value{'' if values == 1 else 's'}" for name, values in categories[:8])
        parts.append(f"{len(categories)} categor{'y' if len(categories) == 1 else 'ies'} ({shown}{', …' if len(categories) > 8 else ''})")
    return " and ".join(parts)
