"""What `verbose` shows of a training run on standard error: a bar of tqdm, a bar of plain text, or lines."""

from __future__ import annotations

import math
import sys
import time
from typing import Any, Protocol

from ._optional import need
from .progress import Progress

#: Seconds between two updates of a bar. Reports may come faster, when an epoch takes a millisecond.
_INTERVAL = 0.1


class Display(Protocol):
    """Shows the reports of one run."""

    def __call__(self, progress: Progress) -> None: ...

    def close(self) -> None: ...


def display(verbose: int, epochs: int, done: int) -> Display:
    """The display for a value of `verbose`: 0 none, 1 a bar, 2 a line for each epoch.

    epochs: the number of epochs at the end of the run, 0 if it is not known; done: those of earlier runs.
    """
    if verbose == 0 or sys.stderr is None:
        return Nothing()
    if verbose == 2:
        return Lines(epochs)
    try:
        bar = need("tqdm.auto", "a bar").tqdm
    except ModuleNotFoundError:
        return TextBar(epochs) if _is_terminal() else Lines(epochs, tenths=True)
    return TqdmBar(bar, epochs, done)


def _is_terminal() -> bool:
    """Whether standard error is a terminal; objects that take its place need not say so."""
    ask = getattr(sys.stderr, "isatty", None)
    return ask is not None and bool(ask())


def figures(progress: Progress) -> str:
    """The figures of a report: "loss 0.1234, accuracy 97.31 %, validation loss 0.1500, validation accuracy 96.80 %"."""
    shown = []
    for part in ("", "validation "):
        loss = progress.validation_loss if part else progress.training_loss
        accuracy = progress.validation_accuracy if part else progress.training_accuracy
        if not math.isnan(loss):
            shown.append(f"{part}loss {loss:.4g}")
        if not math.isnan(accuracy):
            shown.append(f"{part}accuracy {100 * accuracy:.2f} %")
    return ", ".join(shown)


def place(progress: Progress, epochs: int) -> str:
    """Where in training a report is: "epoch 3/60", or "level 1, epoch 3/60" after a refinement."""
    begun = progress.epoch + (progress.kind == "step")
    level = f"level {progress.level}, " if progress.level else ""
    return f"{level}epoch {begun}/{epochs}" if epochs else f"{level}epoch {begun}"


def _position(progress: Progress) -> float:
    """Completed epochs, with the completed part of the current one."""
    return progress.epoch + (progress.epoch_fraction if progress.kind == "step" else 0.0)


class Nothing:
    """Shows nothing: where `verbose` is 0, and in programs without a standard error."""

    def __call__(self, progress: Progress) -> None:
        """Drops the report."""

    def close(self) -> None:
        """There is nothing to close."""


class Lines:
    """A line at the end of each epoch; with `tenths` only where another tenth of the epochs is done, for files and pipes."""

    def __init__(self, epochs: int, tenths: bool = False):
        self._epochs = epochs
        self._tenths = tenths
        self._shown = -1
        self._last: Progress | None = None

    def __call__(self, progress: Progress) -> None:
        if progress.kind != "epoch":
            return
        tenth = 10 * progress.epoch // self._epochs if self._tenths and self._epochs else progress.epoch
        self._last = progress
        if tenth != self._shown:
            self._shown = tenth
            self._write(progress)

    def _write(self, progress: Progress) -> None:
        self._last = None
        print(f"{place(progress, self._epochs)}: {figures(progress)}, {progress.seconds:.1f} s", file=sys.stderr, flush=True)

    def close(self) -> None:
        """Shows the last epoch, where the run ended between two tenths."""
        if self._last is not None:
            self._write(self._last)


class TextBar:
    """A bar of plain text on a terminal: one line, written again and again."""

    WIDTH = 24

    def __init__(self, epochs: int):
        self._epochs = epochs
        self._next = 0.0
        self._longest = 0
        self._last = ""
        #: The validation figures come only at the ends of epochs; between them the last ones are shown.
        self._ended: Progress | None = None

    def __call__(self, progress: Progress) -> None:
        if progress.kind == "epoch":
            self._ended = progress
        self._last = self._line(progress)
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _INTERVAL
            self._write(self._last)

    def _line(self, progress: Progress) -> str:
        share = min(_position(progress) / self._epochs, 1.0) if self._epochs else 0.0
        full = round(share * self.WIDTH)
        bar = f" [{'#' * full}{'.' * (self.WIDTH - full)}] {100 * share:3.0f} %" if self._epochs else ""
        return f"{place(progress, self._epochs)}{bar} {figures(self._ended or progress)}, {progress.seconds:.1f} s"

    def _write(self, line: str, end: str = "") -> None:
        self._longest = max(self._longest, len(line))
        print("\r" + line.ljust(self._longest), end=end, file=sys.stderr, flush=True)

    def close(self) -> None:
        """Leaves the last state on the screen."""
        if self._last:
            self._write(self._last, end="\n")


class TqdmBar:
    """A bar of tqdm, which is a widget in notebooks."""

    def __init__(self, tqdm: Any, epochs: int, done: int):
        # tqdm would start a thread that watches slow bars, and a later fork would find it.
        quiet = type("Bar", (tqdm,), {"monitor_interval": 0})
        form = "{desc} {percentage:3.0f}%|{bar}| [{elapsed}<{remaining}{postfix}]" if epochs else "{desc} [{elapsed}{postfix}]"
        # A file or a pipe keeps every update.
        interval = _INTERVAL if _is_terminal() else 10.0
        self._epochs = epochs
        self._bar = quiet(total=epochs or None, initial=done, bar_format=form, mininterval=interval, dynamic_ncols=True)
        self._bar.set_description_str(f"epoch {done}/{epochs}" if epochs else "", refresh=False)

    def __call__(self, progress: Progress) -> None:
        self._bar.set_description_str(place(progress, self._epochs), refresh=False)
        if progress.kind == "epoch":
            self._bar.set_postfix_str(figures(progress), refresh=False)
        self._bar.update(max(_position(progress) - self._bar.n, 0.0))

    def close(self) -> None:
        self._bar.close()
