"""What a fitted network remembers of the names that the caller uses for columns and classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy

from ..columns import Columns

if TYPE_CHECKING:
    from collections.abc import Sequence


def record_of(names: Sequence[Any] | None, y: Any, classes: numpy.ndarray | None) -> Columns | None:
    """The record of the columns `names` of X (None: without names) and of the targets y; None where neither has a name.

    classes: the classes in the order of their numbers; None for values and for labels of which a row may have several.
    """
    called = _target_names(y)
    known = None if classes is None else _class_names(classes)
    if names is None and known is None:
        return None
    target: dict[str, Any] = {"names": called}
    if known is not None:
        target["classes"] = known
    columns = {} if names is None else {"inputs": [{"name": str(name), "missing": "error"} for name in names]}
    taken = [] if names is None else list(map(str, names))
    if any(name in taken for name in called):
        target["names"] = [""]
    return Columns.from_record({**columns, "target": target})


def _target_names(y: Any) -> list[str]:
    """The names of the columns of y: those of a frame, that of a Series, and otherwise ""."""
    columns = getattr(y, "columns", None)
    names: list[Any] = [getattr(y, "name", None)] if columns is None else list(columns)
    return names if all(isinstance(name, str) for name in names) else [""]


def _class_names(classes: numpy.ndarray) -> list[Any] | None:
    """The classes as a record can hold them: texts, integers and booleans; None for others."""
    found = [float(name) if isinstance(name, (float, numpy.floating)) else getattr(name, "item", lambda name=name: name)() for name in classes]
    whole = [int(name) if isinstance(name, float) and name.is_integer() else name for name in found]
    return whole if all(isinstance(name, (str, bool, int)) and (not isinstance(name, int) or -(2**63) <= name < 2**63) for name in whole) else None
