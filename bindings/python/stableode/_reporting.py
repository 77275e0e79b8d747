"""Who hears of a training run: the display of `verbose`, the log, and the caller's functions, in this order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from ._bars import Display, display, figures, place
from ._errors import UnsupportedTypeError
from ._text import function, integer
from .progress import Progress

if TYPE_CHECKING:
    import logging

#: What `on_progress` may be: a function of a Progress, or several.
Receivers: TypeAlias = "Callable[[Progress], object] | Sequence[Callable[[Progress], object]] | None"


def receivers(on_progress: Receivers) -> list[Callable[[Progress], object]]:
    """The functions in `on_progress`. Errors: UnsupportedTypeError, which names the place of what is not a function."""
    if on_progress is None:
        return []
    if callable(on_progress):
        return [on_progress]
    if not isinstance(on_progress, (list, tuple)):
        raise UnsupportedTypeError(f"on_progress is a {type(on_progress).__name__}; it must be a function, a list of functions, or None")
    for index, each in enumerate(on_progress):
        if function(each, f"on_progress[{index}]") is None:
            raise UnsupportedTypeError(f"on_progress[{index}] is None; it must be a function")
    return list(on_progress)


def verbosity(value: Any) -> int:
    """The argument `verbose`: False or 0, True or 1, 2."""
    return int(value) if isinstance(value, bool) else integer(value, "verbose", 0, 2)


def logger() -> logging.Logger:
    """The logger "stableode". A handler of its own keeps Python's handler of last resort from printing."""
    import logging

    found = logging.getLogger("stableode")
    if not found.handlers:
        found.addHandler(logging.NullHandler())
    return found


class Reporting:
    """The receivers of one run. Each of them gets each report once, in order; the run stops if one of them returns True.

    A later receiver cannot overrule an earlier one, nor miss the report with which the run stops. An exception ends the run at once.
    """

    def __init__(self, on_progress: Receivers, verbose: Any):
        self._functions = receivers(on_progress)
        self._verbose = verbosity(verbose)
        self._display: Display | None = None
        self._log: logging.Logger | None = None
        self._all_epochs: Callable[[], int] = int
        self._epochs = self._limit = 0

    @property
    def reads_options(self) -> bool:
        """Whether `begin` uses its arguments, which cost a call of the library."""
        return self._verbose > 0 or _logged()

    def begin(self, what: str, epochs: Callable[[], int], limit: int) -> None:
        """what: the data and the optimizer, for the log. limit: the most epochs of this run, 0 for none.

        epochs: gives the number of epochs of all runs, 0 if it is not known. It is asked at the first report, because the run may choose them.
        """
        self._all_epochs, self._limit = epochs, limit
        if _logged():
            self._log = logger()
            self._log.info("training begins: %s", what)

    @property
    def receiver(self) -> Callable[[Progress], object] | None:
        """One function that passes reports to all; None if nobody wants any."""
        own = [self._show] if self._verbose or self._log else []
        called = own + self._functions
        if len(called) <= 1:
            return called[0] if called else None

        def pass_on(progress: Progress) -> bool:
            return any([bool(each(progress)) for each in called])

        return pass_on

    def _show(self, progress: Progress) -> None:
        # Only a report says how many epochs of this level earlier runs completed.
        if self._display is None:
            done = progress.epoch - (progress.kind == "epoch")
            ends = [self._all_epochs(), done + self._limit if self._limit else 0]
            self._epochs = min([end for end in ends if end > 0], default=0)
            self._display = display(self._verbose, self._epochs, done)
        self._display(progress)
        if self._log is not None and progress.kind == "epoch":
            text = f"{place(progress, self._epochs)}: {figures(progress)}"
            self._log.info("%s, %.1f s", text, progress.seconds, extra={"progress": progress})

    def end(self, outcome: str) -> None:
        """Takes the display down, and logs how the run ended."""
        if self._display is not None:
            self._display.close()
        if self._log is not None:
            self._log.info("training ended: %s", outcome)


def _logged() -> bool:
    import logging

    return logger().isEnabledFor(logging.INFO)
