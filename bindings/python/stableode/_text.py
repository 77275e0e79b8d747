"""Passes texts, paths, options and JSON to and from the library."""

from __future__ import annotations

import ctypes
import json
import math
import numbers
import operator
import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any, SupportsIndex

import numpy

from ._errors import InvalidArgumentError, OutOfRangeError, UnsupportedTypeError
from ._library import decode


def text(value: str, name: str) -> bytes:
    """A str as a `const char *` argument. Errors: UnsupportedTypeError; InvalidArgumentError if it contains a zero byte."""
    if not isinstance(value, str):
        raise UnsupportedTypeError(f"{name} is a {type(value).__name__}; it must be a str")
    return _without_zero(value.encode("utf-8", "surrogatepass"), name)


def path(value: str | bytes | os.PathLike[str], name: str = "path") -> bytes:
    """A path (str, bytes or os.PathLike) as a `const char *` argument. Errors: as those of text."""
    if not isinstance(value, (str, bytes, os.PathLike)):
        raise UnsupportedTypeError(f"{name} is a {type(value).__name__}; it must be a str, bytes or os.PathLike")
    return _without_zero(os.fsencode(value), name)


def _without_zero(encoded: bytes, name: str) -> bytes:
    if b"\0" in encoded:
        raise InvalidArgumentError(f"{name} holds a zero byte; a text for the library ends there")
    return encoded


def integer(value: SupportsIndex, name: str, low: int = -(2**63), high: int = 2**63 - 1) -> int:
    """An int for an int64 argument; ctypes alone would wrap large values silently. Errors: UnsupportedTypeError, OutOfRangeError."""
    try:
        if isinstance(value, bool):
            raise TypeError
        number = operator.index(value)
    except TypeError:
        raise UnsupportedTypeError(f"{name} is a {type(value).__name__}; it must be an integer") from None
    if not low <= number <= high:
        raise OutOfRangeError(f"{name} is {number}; it must be between {low} and {high}")
    return number


def thread_count(value: SupportsIndex) -> int:
    """The argument `threads`; 0 means as many as the CPUs that the process may use."""
    return integer(value, "threads", 0, 1024)


def real(value: float, name: str) -> float:
    """A float for a double argument. Errors: UnsupportedTypeError."""
    if not isinstance(value, numbers.Real) and not (isinstance(value, numpy.ndarray) and value.ndim == 0 and value.dtype.kind in "fiu"):
        raise UnsupportedTypeError(f"{name} is a {type(value).__name__}; it must be a number")
    return float(value)


def flag(value: bool, name: str) -> bool:
    """A bool; 0 and 1 say the same. Errors: UnsupportedTypeError."""
    if isinstance(value, (bool, numpy.bool_)) or (isinstance(value, (int, numpy.integer)) and value in (0, 1)):
        return bool(value)
    raise UnsupportedTypeError(f"{name} is a {type(value).__name__}; it must be True or False")


def function(value: Callable[..., Any] | None, name: str) -> Callable[..., Any] | None:
    """A function, or None. Errors: UnsupportedTypeError."""
    if value is not None and not callable(value):
        raise UnsupportedTypeError(f"{name} is a {type(value).__name__}; it must be a function, or None")
    return value


def names(value: str | Iterable[str], name: str) -> list[str]:
    """A list of names from a name or several. Errors: UnsupportedTypeError."""
    found = [value] if isinstance(value, str) else list(value) if isinstance(value, Iterable) else None
    if found is None or not all(isinstance(item, str) for item in found):
        raise UnsupportedTypeError(f"{name} is a {type(value).__name__}; it must be a name (a str) or a list of names")
    return found


def metric_names(value: str | Iterable[str]) -> list[str]:
    """Names of metrics, of which none is empty or holds a comma, by which C separates them. Errors: also InvalidArgumentError."""
    found = names(value, "metrics")
    for place, name in enumerate(found):
        entry = "metrics" if isinstance(value, str) else f"metrics[{place}]"
        if not name.strip():
            raise InvalidArgumentError(f"{entry} is {name!r}; it must be the name of a metric")
        if "," in name:
            parts = [part.strip() for part in name.split(",") if part.strip()]
            raise InvalidArgumentError(f"{entry} is {name!r}, which holds a comma; several metrics are a list of names: {parts}")
    return found


def seed_number(value: SupportsIndex) -> int:
    """An int for a uint64 seed."""
    return integer(value, "seed", 0, 2**64 - 1)


def options_json(options: Mapping[str, Any]) -> bytes:
    """Keyword options as JSON bytes. Nested lists and dicts (`blocks=[{…}, {…}]`) are allowed; numbers must be finite.

    None becomes null, which gives a trainer's option its default again and leaves a network's automatic option to the library; others refuse it.
    """
    return json.dumps(_plain(options, "")).encode()


def _plain(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner, key) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner, name) for inner in value]
    if value is None:
        return None
    if isinstance(value, (bool, numpy.bool_)):
        return bool(value)
    if isinstance(value, (int, numpy.integer)):
        return int(value)
    if isinstance(value, (float, numpy.floating)):
        if not math.isfinite(value):
            raise OutOfRangeError(f"{name} is {float(value)}; it must be finite")
        return float(value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, numpy.ndarray) and value.ndim == 1:
        return _plain(value.tolist(), name)
    raise UnsupportedTypeError(f"{name} is a {type(value).__name__}; an option is a bool, an int, a float, a str, or a list or one-dimensional array of numbers")


def read_json(function: Any, handle: int) -> Any:
    """The object whose JSON text a C function (handle, buffer, capacity, needed) writes."""
    return json.loads(read_text(function, handle))


def read_text(function: Any, handle: int) -> str:
    """The text that a C function (handle, buffer, capacity, needed) writes with a zero byte at its end."""
    return decode(read_bytes(function, handle).rstrip(b"\0"))


def read_bytes(function: Any, *arguments: Any) -> bytes:
    """The bytes that a C function (…, buffer, capacity, needed) writes, after a query of their size.

    arguments: those before `buffer`, the handle first.
    """
    needed = ctypes.c_size_t()
    function(*arguments, None, 0, ctypes.byref(needed))
    buffer = ctypes.create_string_buffer(needed.value)
    function(*arguments, buffer, needed.value, ctypes.byref(needed))
    return buffer.raw[: needed.value]
