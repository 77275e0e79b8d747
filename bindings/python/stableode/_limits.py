"""Limits of every call that a thread makes."""

from __future__ import annotations

import atexit
import ctypes
import math
import os
import threading
from typing import Protocol

from ._errors import OutOfRangeError, UnsupportedTypeError
from ._interrupts import attention, in_main_thread
from ._library import library
from ._structures import Limits


class Token(Protocol):
    """What a CancelToken is to a limit; its module stands above this one."""

    @property
    def _pointer(self) -> int: ...


class limits:
    """A context whose calls end early: with TimeLimitError after so many seconds, with CancelledError once a token is requested.

    seconds: how long each call may take; None: as long as it likes. cancel: a CancelToken, which any thread may request. Every
    call of this thread keeps to them within 0.1 s, and what it works on stays as it was. Training ends with its best network and
    the outcome "time_limit" or "cancelled", as with limits of its own. In a context within another, what is not given stays.

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


def milliseconds(seconds: float | None, name: str) -> int:
    """A C limit of time from seconds > 0; 0 of None."""
    if seconds is None:
        return 0
    if not 0 < seconds < 1e12:
        raise OutOfRangeError(f"{name} is {seconds}; it must be > 0 seconds, or None")
    return math.ceil(seconds * 1000)


def heed_signals() -> None:
    """Lets the calls of the main thread heed signals, if this is the main thread; in others it changes nothing."""
    if in_main_thread():
        attention.is_paid = True
        _set(*_of_thread.given)


heed_signals()
# A thread that forks is the child's main thread.
os.register_at_fork(after_in_child=heed_signals)
# The tick must not outlive the interpreter.
atexit.register(library.sode_set_thread_limits, None)
