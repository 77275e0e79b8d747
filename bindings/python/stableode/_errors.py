"""Exceptions: one for each error status of the C interface, each derived from the matching built-in exception too."""

import builtins
import os
import re
from typing import Any

#: Statuses that are not errors: success, and the reasons why work ended early. Name without SODE_ → number.
OUTCOMES = {
    "OK": 0,
    "STOPPED_BY_CALLBACK": 1,
    "CANCELLED": 2,
    "TIME_LIMIT": 3,
    "EARLY_STOPPING": 4,
    "CONVERGED": 5,
    "ROWS_WITHOUT_RESULT": 6,
    "NO_DESCENT": 7,
}
#: Number → the word for it in results: "ok", "time_limit" …
OUTCOME_NAMES = {number: name.lower() for name, number in OUTCOMES.items()}


class StableODEError(Exception):
    """A call of the library failed. `code` is the status number; the message says what was given and what is allowed.

    Each status has a subclass (`ShapeMismatchError`, `UnknownNameError`, `FileError` …), which is also a ValueError, TypeError,
    KeyError, OSError, MemoryError, ArithmeticError or RuntimeError, whichever fits.
    """

    code: int = 0

    def __str__(self) -> str:
        # KeyError and OSError would format the message in their own way.
        message = str(self.args[0]) if self.args else ""
        # Half of a surrogate pair, which no stream could print.
        return message.encode("utf-8", "backslashreplace").decode()


class InvalidArgumentError(StableODEError, ValueError):
    """An argument makes no sense."""

    code = -1


class NullPointerError(StableODEError, ValueError):
    """NULL was passed where a pointer is required."""

    code = -2


class InvalidHandleError(StableODEError, ValueError):
    """The object has been closed, or is of another kind."""

    code = -3


class HandleBusyError(StableODEError, RuntimeError):
    """Another thread is using the object, which only one thread at a time may use."""

    code = -4


class UnknownNameError(StableODEError, ValueError, KeyError):
    """No option, registry entry or parameter has this name; the message suggests the nearest one."""

    code = -5


class OutOfRangeError(StableODEError, ValueError):
    """A number lies outside the allowed range."""

    code = -6


class ShapeMismatchError(StableODEError, ValueError):
    """An array has the wrong shape."""

    code = -7


class UnsupportedTypeError(StableODEError, TypeError):
    """A value or an array has a type that is not accepted."""

    code = -8


class InvalidDataError(StableODEError, ValueError):
    """The data contain a number or label that cannot be used; the message names its row and column."""

    code = -9


class MemoryError(StableODEError, builtins.MemoryError):  # noqa: A001 (the name follows the status)
    """There is not enough memory, or the call would exceed the limit of `set_memory_limit`."""

    code = -10


class FileError(StableODEError, OSError):
    """A file cannot be read or written.

    filename: its path. errno and strerror: the number and text of the system's error, such as errno.ENOENT for a missing file;
    None if the cause is no system call (the path leads to something that is not a regular file).
    """

    code = -11
    errno: int | None
    strerror: str | None
    filename: Any

    def describe(self, number: int, paths: list[bytes]) -> None:
        """Sets errno, strerror and filename. paths: the candidates, of which the message names one; it cuts long ones."""
        if number:
            self.errno, self.strerror = number, os.strerror(number)
        named = (os.fsdecode(path) for path in paths)
        self.filename = next((path for path in named if f"'{path[:400]}" in str(self)), None)

    def __reduce__(self) -> tuple[Any, ...]:
        return _file_error, (type(self), self.args, self.errno, self.strerror, self.filename)


def _file_error(kind: type[FileError], arguments: tuple[Any, ...], *details: Any) -> FileError:
    """The exception of a pickle: OSError's own form of it knows only arguments."""
    error = kind(*arguments)
    error.errno, error.strerror, error.filename = details
    return error


class FileFormatError(StableODEError, ValueError):
    """A file is damaged or has another format."""

    code = -12


class VersionMismatchError(StableODEError, RuntimeError):
    """A file was written by an incompatible version."""

    code = -13


class IncompatibleError(StableODEError, ValueError):
    """Two parts cannot be combined: a field and an integrator, or a network and a data set."""

    code = -14


class CallbackFailedError(StableODEError, RuntimeError):
    """A callback failed or returned something that cannot be used."""

    code = -15


class StateError(StableODEError, RuntimeError):
    """The object's current state does not allow this call."""

    code = -16


class NotFiniteError(StableODEError, ArithmeticError):
    """Numbers became infinite or NaN."""

    code = -17


class BufferTooSmallError(StableODEError, ValueError):
    """A buffer is too small for the result."""

    code = -18


class InternalError(StableODEError, RuntimeError):
    """A bug of the library."""

    code = -19


class NotConvergedError(StableODEError, ArithmeticError):
    """An iteration did not converge."""

    code = -20


class StepLimitError(StableODEError, ArithmeticError):
    """The step size or the number of steps of an adaptive integrator reached its limit."""

    code = -21


class CancelledError(StableODEError, RuntimeError):
    """A cancel token of `stableode.limits` ended a call, which changed nothing. Training does not raise this: it returns its History."""

    code = 2


class TimeLimitError(StableODEError, TimeoutError):
    """The time limit of `stableode.limits` ended a call, which changed nothing. Training does not raise this: it returns its History."""

    code = 3


def _status_name(error: type[StableODEError]) -> str:
    """The status name of an exception class: "ERR_SHAPE_MISMATCH" for ShapeMismatchError."""
    return "ERR" + re.sub(r"[A-Z]", r"_\g<0>", error.__name__.removesuffix("Error")).upper()


#: Status number → exception class.
CLASSES = {error.code: error for error in StableODEError.__subclasses__()}
#: Status name without SODE_ → number.
STATUSES = OUTCOMES | {_status_name(error): number for number, error in CLASSES.items() if number < 0}
for _error in CLASSES.values():
    _error.__module__ = "stableode"
    _name = next(name for name, number in STATUSES.items() if number == _error.code)
    _error.__doc__ = f"{_error.__doc__}\n\n    code: {_error.code}, the status SODE_{_name}. The message says what was given and what is allowed.\n    "


def error_for(code: int, message: str | None) -> StableODEError:
    """The exception for a status number; StableODEError itself for a number that only a later library knows."""
    error = CLASSES.get(code, StableODEError)(message)
    error.code = code
    return error
