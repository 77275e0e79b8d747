"""Limits on the calls that a thread makes."""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import math
import numbers
import os
import threading
from collections.abc import Iterator
from time import monotonic
from typing import Protocol

from ._attributes import Closed
from ._errors import OutOfRangeError, TimeLimitError, UnsupportedTypeError
from ._interrupts import attention, in_main_thread
from ._library import library
from ._structures import Limits


class Token(Protocol):
    """The part of CancelToken that limits use; CancelToken's own module imports this one."""

    @property
    def _pointer(self) -> int: ...


class limits(Closed):
    """A context that limits calls: they raise TimeLimitError after `seconds`, or CancelledError once `cancel` is requested.

    seconds: how long each call may take; None: no limit. cancel: a CancelToken, which any thread may request. Every call of this
    thread ends within 0.1 s of its limit and leaves its objects unchanged. Training ends with its best network and the outcome
    "time_limit" or "cancelled", as with its own limits. A nested context keeps the outer limits that it does not set.

        with stableode.limits(seconds=2.0):
            accuracy = network.evaluate(validation)["accuracy"]

    Errors: OutOfRangeError, UnsupportedTypeError.
    """

    def __init__(self, seconds: float | None = None, *, cancel: Token | None = None):
        self._milliseconds = milliseconds(seconds, "seconds")
        self._cancel = cancel
        if cancel is not None and getattr(cancel, "_kind", None) != "cancel_token":
            raise UnsupportedTypeError(f"cancel is a {type(cancel).__name__}; it must be a CancelToken")
        self._outer: list[tuple[int, Token | None]] = []

    def __enter__(self) -> limits:
        self._outer.append(_of_thread.given)
        outer_time, outer_token = _of_thread.given
        _set(self._milliseconds or outer_time, self._cancel or outer_token)
        return self

    def __exit__(self, *exception: object) -> None:
        _set(*self._outer.pop())


class _OfThread(threading.local):
    #: Milliseconds (0: no limit) and token of this thread's calls.
    given: tuple[int, Token | None] = (0, None)


_of_thread = _OfThread()


def _set(time: int, token: Token | None) -> None:
    given = Limits(milliseconds=time, cancel=None if token is None else token._pointer)
    if in_main_thread():
        given.tick = attention.tick
    library.sode_set_thread_limits(ctypes.byref(given))
    _of_thread.given = (time, token)


class Deadline:
    """This thread's time limit for several calls that share it as one call does: the limit counts from when the object is made."""

    #: The library's clock may be this many seconds behind.
    _ROUNDING = 0.01

    def __init__(self) -> None:
        self._limit = _of_thread.given[0]
        self._end = monotonic() + self._limit / 1000

    @property
    def is_over(self) -> bool:
        """Whether there is a limit and its time has passed."""
        return self._limit > 0 and monotonic() >= self._end - self._ROUNDING

    @property
    def error(self) -> TimeLimitError:
        """The error of a call at the limit."""
        return TimeLimitError(f"the time limit of {self._limit} ms was reached")

    @contextlib.contextmanager
    def rest(self) -> Iterator[None]:
        """A context in which a call has the time that is left. Errors: TimeLimitError if none is."""
        if self._limit == 0:
            yield
            return
        left = math.ceil(1000 * (self._end - monotonic()))
        if left <= 0:
            raise self.error
        time, token = _of_thread.given
        _set(min(left, time), token)
        try:
            yield
        except TimeLimitError:
            if self.is_over:
                raise self.error from None
            raise
        finally:
            _set(time, token)


def milliseconds(seconds: float | None, name: str) -> int:
    """A time limit for C, in milliseconds, from seconds > 0; 0 for None."""
    if seconds is None:
        return 0
    if not isinstance(seconds, numbers.Real):
        raise UnsupportedTypeError(f"{name} is a {type(seconds).__name__}; it must be a number of seconds, or None")
    if not 0 < seconds < 1e12:
        raise OutOfRangeError(f"{name} is {seconds}; it must be > 0 seconds, or None")
    return math.ceil(seconds * 1000)


def heed_signals() -> None:
    """If this is the main thread, lets its calls react to signals; in any other thread it does nothing."""
    if in_main_thread():
        attention.is_paid = True
        _set(*_of_thread.given)


heed_signals()
# The thread that forks becomes the main thread of the child.
os.register_at_fork(after_in_child=heed_signals)
# The tick must not outlive the interpreter.
atexit.register(library.sode_set_thread_limits, None)
