"""Signals during calls of the library: Python's handlers run meanwhile, and an exception that one raises ends the call and reaches the caller."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Generator, Iterator
from types import FrameType
from typing import Any

from ._structures import TickFunction

_GO_ON, _STOP = 0, 1


class Attention:
    """The tick of the main thread's calls. The library calls it about every 50 ms, so that Python can run the handlers of pending signals.

    CPython runs handlers when it enters or resumes a frame. If the tick were a function, a handler would run before the function's
    first `try`, and ctypes would print and drop its exception. A generator is resumed inside its `try`, so the tick resumes one.
    """

    def __init__(self) -> None:
        #: Whether the main thread's calls tick.
        self.is_paid = False
        #: The exception that a handler raised, kept until the call has ended.
        self.exception: BaseException | None = None
        #: Whether `noting` has noted an interrupt.
        self.noted = False
        #: The handler of Ctrl-C that `noting` has put aside.
        self.handler: Any = None
        ticks = self._ticks()
        next(ticks)
        self.tick = TickFunction(ticks.send)

    def _ticks(self) -> Generator[int, object, None]:
        answer = _GO_ON
        while True:
            try:
                while True:
                    yield answer
                    answer = _STOP if self.noted else _GO_ON
            except GeneratorExit:
                return
            except BaseException as exception:
                self.exception, answer = exception, _STOP

    def reraise(self, is_stopped: bool) -> None:
        """Raises the exception that a handler raised during this thread's call. is_stopped: whether a tick ended the call."""
        if not in_main_thread():
            return
        exception, self.exception = self.exception, None
        if exception is not None:
            raise exception
        if is_stopped and self.noted:
            raise KeyboardInterrupt

    def noting(self) -> _Noting:
        """A context in which Ctrl-C ends the current call, and the handler of Ctrl-C runs only after the call.

        It is for calls that call other Python functions besides the tick: a handler could raise just as such a function is entered,
        where nothing catches the exception. Outside the main thread, or where Python does not handle Ctrl-C, the context does nothing.
        """
        return _Noting(self)

    @contextlib.contextmanager
    def raising(self) -> Iterator[None]:
        """A context within `noting` in which Ctrl-C interrupts Python code, which may take long, where it stands. Its exceptions must be caught outside."""
        if self.handler is None or not in_main_thread():
            yield
            return
        if self.noted:
            raise KeyboardInterrupt
        noting = signal.signal(signal.SIGINT, self.handler)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, noting)


class _Noting:
    def __init__(self, attention: Attention):
        self._attention = attention
        self._previous: Any = None
        self._frame: Any = None

    def __enter__(self) -> None:
        if in_main_thread() and callable(signal.getsignal(signal.SIGINT)):
            self._attention.noted = False
            self._previous = signal.signal(signal.SIGINT, self._note)
            self._attention.handler = self._previous

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._attention.noted = True
        self._frame = frame

    def __exit__(self, *exception: object) -> None:
        if self._previous is None:
            return
        self._attention.handler = None
        signal.signal(signal.SIGINT, self._previous)
        noted, self._attention.noted = self._attention.noted, False
        if noted:
            self._previous(signal.SIGINT, self._frame)  # Python's default handler raises KeyboardInterrupt


def in_main_thread() -> bool:
    """Whether this is the thread in which Python runs signal handlers."""
    return threading.get_ident() == threading.main_thread().ident


#: The only Attention of this process.
attention = Attention()
