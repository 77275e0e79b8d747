"""The exception of a Python function that the library called, kept until the call of the library has ended."""

from __future__ import annotations

import threading


class Pending(threading.local):
    """Of each thread."""

    exception: BaseException | None = None

    def keep(self, exception: BaseException) -> None:
        """Keeps an exception, unless an earlier one is kept."""
        if self.exception is None:
            self.exception = exception

    def take(self) -> BaseException | None:
        """The kept exception, which is kept no longer."""
        exception, self.exception = self.exception, None
        return exception


#: The only Pending of this process.
pending = Pending()
