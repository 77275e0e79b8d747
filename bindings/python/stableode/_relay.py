"""Passes the library's progress reports of training to Python, and exceptions and Ctrl-C back to the caller."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ._interrupts import attention
from ._structures import ProgressFunction

_GO_ON, _STOP, _FAIL = 0, 1, -1


class Relay:
    """Passes the reports of a training run to a Python function. It keeps an exception that the function raises; `reraise` raises it after the C call."""

    def __init__(self, make_progress: Callable[[Any], Any]):
        self.receiver: Callable[[Any], object] | None = None
        self._make_progress = make_progress
        self._exception: BaseException | None = None
        # ctypes prints and drops an exception that escapes from a function it calls, so none may escape from this one.
        self.function = ProgressFunction(self._receive)

    def _receive(self, data: Any, user_data: Any) -> int:
        try:
            if self.receiver is not None and self.receiver(self._make_progress(data.contents)):
                return _STOP
            return _STOP if attention.noted else _GO_ON
        except BaseException as exception:
            self._exception = exception
            return _FAIL

    def reraise(self) -> None:
        """Raises the exception that the receiver raised, if there was one."""
        exception, self._exception = self._exception, None
        if exception is not None:
            raise exception
