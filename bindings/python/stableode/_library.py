"""Finds and loads libstableode.so, checks its version, and declares the types of its functions."""

from __future__ import annotations

import ctypes
import os
from typing import Any

from ._errors import CallbackFailedError, FileError, error_for
from ._interrupts import attention
from ._pending import pending
from ._table import FUNCTIONS, VERSION_NUMBER, Outcome, Status

SONAME = "libstableode.so.0"


def candidates() -> list[tuple[str, str]]:
    """The places to look in, best first: (path, origin). If STABLEODE_LIBRARY is set, it is the only place."""
    chosen = os.environ.get("STABLEODE_LIBRARY")
    if chosen:
        return [(chosen, "environment variable STABLEODE_LIBRARY")]
    return [
        (os.path.join(os.path.dirname(os.path.realpath(__file__)), SONAME), "this package"),
        (SONAME, "the system's library path"),
    ]


def load() -> ctypes.CDLL:
    """The loaded library, whose functions have the types of the table.

    Errors: ImportError, which lists every path tried and why it failed, or says that the library is too old for this package.
    """
    failures = []
    for path, origin in candidates():
        try:
            library = ctypes.CDLL(path)
        except OSError as error:
            failures.append(f"  {path} ({origin}): {error}")
            continue
        _check_version(library, path)
        for name, (result, arguments) in FUNCTIONS.items():
            _declare(library, path, name, result, arguments)
        return library
    raise ImportError(
        "libstableode could not be loaded. Tried:\n" + "\n".join(failures)
        + "\nBuild it with `make build`, install it with `make install`, or set STABLEODE_LIBRARY to its path."
    )


def _check_version(library: ctypes.CDLL, path: str) -> None:
    try:
        number = library.sode_version_number()
    except AttributeError:
        raise ImportError(f"{path} is not libstableode: it has no sode_version_number") from None
    if number // 10000 != VERSION_NUMBER // 10000 or number < VERSION_NUMBER:
        raise ImportError(
            f"{path} is version {_dotted(number)}; this package needs major version {VERSION_NUMBER // 10000}"
            f" and at least {_dotted(VERSION_NUMBER)}"
        )


def _dotted(number: int) -> str:
    return f"{number // 10000}.{number // 100 % 100}.{number % 100}"


def _declare(library: ctypes.CDLL, path: str, name: str, result: Any, arguments: Any) -> None:
    try:
        function = getattr(library, name)
    except AttributeError:
        raise ImportError(f"{path} lacks the function {name}") from None
    function.argtypes = arguments
    if result in (Status, Outcome):
        function.restype = ctypes.c_int32
        function.errcheck = _raise_unless_done if result is Status else _raise_if_negative
    else:
        function.restype = result


def _raise_if_negative(status: int, function: Any, arguments: tuple[Any, ...]) -> int:
    if status < 0 or attention.exception is not None:
        _raise(status, arguments, negative_only=True)
    return status


def _raise_unless_done(status: int, function: Any, arguments: tuple[Any, ...]) -> int:
    if status != 0 or attention.exception is not None:
        _raise(status, arguments, negative_only=False)
    return status


#: Statuses of calls that a callback, a cancel token or a time limit ended.
_INTERRUPTED = range(1, 4)
_CALLBACK_FAILED = CallbackFailedError.code


def _raise(status: int, arguments: tuple[Any, ...], negative_only: bool) -> None:
    attention.reraise(status == 1 and not negative_only)
    # What a Python function raised stands for the failure that it caused.
    raised = pending.take()
    if status == _CALLBACK_FAILED and raised is not None:
        raise raised
    if status < 0 or (not negative_only and status in _INTERRUPTED):
        message = decode(library.sode_last_error_message()) or decode(library.sode_status_text(status))
        error = error_for(status, message)
        if isinstance(error, FileError):
            error.describe(library.sode_last_error_number(), [argument for argument in arguments if isinstance(argument, bytes)])
        try:
            raise error
        finally:
            # The exception knows this frame. Without its name here, what the callers hold is freed as soon as the exception is.
            del error


def decode(text: bytes | None) -> str:
    """A C text as a str; "" for NULL."""
    return "" if text is None else text.decode("utf-8", "replace")


library = load()
