"""The road from the library's training callback to Python and back, with exceptions and Ctrl-C."""

import signal
import threading

from ._structures import ProgressFunction

_GO_ON, _STOP, _FAIL = 0, 1, -1


class Relay:
    """Hands the reports of a training run to a Python function; what that raises is kept and raised again by `reraise` after the C call."""

    def __init__(self, make_progress):
        self.receiver = None
        self._make_progress = make_progress
        self._exception = None
        self._interrupted = False
        # ctypes prints and drops an exception that leaves the function it calls, so nothing may leave this one.
        self.function = ProgressFunction(self._receive)

    def _receive(self, data, user_data):
        try:
            if self.receiver is not None and self.receiver(self._make_progress(data.contents)):
                return _STOP
            return _STOP if self._interrupted else _GO_ON
        except BaseException as exception:
            self._exception = exception
            return _FAIL

    def reraise(self):
        """Raises what the receiver raised, if it did."""
        exception, self._exception = self._exception, None
        if exception is not None:
            raise exception

    def watching_interrupts(self):
        """A context in which Ctrl-C lets the run stop at its next event, and raises only when the C call is over.

        The default handler would raise at any bytecode, the callback's first one included, where no `try` can catch it and
        ctypes would drop it. In other threads than the main one, and where Ctrl-C is not Python's to handle, nothing is done.
        """
        return _InterruptWatch(self)


class _InterruptWatch:
    def __init__(self, relay):
        self._relay = relay
        self._previous = None
        self._frame = None

    def __enter__(self):
        self._relay._interrupted = False
        in_main_thread = threading.current_thread() is threading.main_thread()
        if in_main_thread and callable(signal.getsignal(signal.SIGINT)):
            self._previous = signal.signal(signal.SIGINT, self._note)

    def _note(self, number, frame):
        self._relay._interrupted = True
        self._frame = frame

    def __exit__(self, *exception):
        if self._previous is not None:
            signal.signal(signal.SIGINT, self._previous)
            if self._relay._interrupted:
                self._previous(signal.SIGINT, self._frame)  # Python's own raises KeyboardInterrupt
