"""Signals while the library works: Python's handlers run then too, and what they raise ends the call and comes through."""

import signal
import threading
from typing import Any

from ._structures import TickFunction

_GO_ON, _STOP = 0, 1


class Attention:
    """The tick of the main thread's calls: the library calls it about every 50 ms, and Python runs the handlers of signals that came since.

    CPython runs them where a frame is entered or resumed. A function would be entered before its first `try`, and ctypes prints
    and drops what leaves the function it calls; a generator is resumed inside its `try`. So the tick resumes a generator.
    """

    def __init__(self):
        #: Whether the main thread's calls tick.
        self.is_paid = False
        #: What a handler raised, until the call has ended.
        self.exception: BaseException | None = None
        #: Whether `noting` has noted an interrupt.
        self.noted = False
        ticks = self._ticks()
        next(ticks)
        self.tick = TickFunction(ticks.send)

    def _ticks(self):
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

    def reraise(self, is_stopped):
        """Raises what a handler raised while this thread's call went on. is_stopped: whether a tick ended the call."""
        if not in_main_thread():
            return
        exception, self.exception = self.exception, None
        if exception is not None:
            raise exception
        if is_stopped and self.noted:
            raise KeyboardInterrupt

    def noting(self):
        """A context in which Ctrl-C ends the call that is under way, and its handler runs only when that is over.

        For calls that call Python functions besides the tick: a handler that raises might do so as one is entered, where
        nothing could catch it. In other threads than the main one, and where Ctrl-C is not Python's to handle, nothing is done.
        """
        return _Noting(self)


class _Noting:
    def __init__(self, attention):
        self._attention = attention
        self._previous: Any = None
        self._frame: Any = None

    def __enter__(self):
        if in_main_thread() and callable(signal.getsignal(signal.SIGINT)):
            self._attention.noted = False
            self._previous = signal.signal(signal.SIGINT, self._note)

    def _note(self, number, frame):
        self._attention.noted = True
        self._frame = frame

    def __exit__(self, *exception):
        if self._previous is None:
            return
        signal.signal(signal.SIGINT, self._previous)
        noted, self._attention.noted = self._attention.noted, False
        if noted:
            self._previous(signal.SIGINT, self._frame)  # Python's own raises KeyboardInterrupt


def in_main_thread():
    """Whether this is the thread that Python runs handlers of signals in."""
    return threading.get_ident() == threading.main_thread().ident


#: The one of this process.
attention = Attention()
