"""What `python -m stableode` says if Ctrl-C comes while the package is imported, before the command's own code can answer."""

from __future__ import annotations

import sys
from types import TracebackType

_before = sys.excepthook


def _say(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        print("stableode: interrupted", file=sys.stderr)
    else:
        _before(kind, error, trace)


sys.excepthook = _say
