"""`python -m stableode`: trains, evaluates, predicts and inspects from the command line.

    python -m stableode train flowers.csv --target species --output flowers.safetensors
    python -m stableode predict flowers.safetensors more.csv --output species.csv

Exit codes: 0 success, 1 failure, 2 wrong usage, 130 Ctrl-C.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

try:
    from ._errors import StableODEError
except KeyboardInterrupt:
    print("stableode: interrupted", file=sys.stderr)
    sys.exit(130)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command and returns its exit code: 0 success, 1 failure with one sentence, 2 wrong usage, 130 Ctrl-C.

    arguments: those of the command line by default.
    """
    try:
        return _run(arguments)
    except KeyboardInterrupt:
        return _fail("interrupted", 130)


def _run(arguments: Sequence[str] | None) -> int:
    # Ctrl-C may come while these are imported.
    from ._command import actions
    from ._command.arguments import parser
    from ._command.errors import CommandError, UsageError

    chosen = parser().parse_args(arguments)
    try:
        getattr(actions, chosen.command)(chosen)
        return 0
    except UsageError as error:
        return _fail(str(error), 2)
    except (CommandError, StableODEError, ModuleNotFoundError) as error:
        return _fail(str(error), 1)
    except BrokenPipeError:
        # The program that read standard output has ended. Python would complain once more when it closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        return _fail(f"{error.filename}: {error.strerror}" if error.filename else str(error), 1)
    except MemoryError:
        return _fail("there is not enough memory", 1)
    except Exception as error:
        if chosen.traceback:
            raise
        return _fail(f"unexpected {type(error).__name__}: {error} (stableode --traceback {chosen.command} … shows where)", 1)


def _fail(message: str, code: int) -> int:
    """Says in one line what went wrong."""
    print(f"stableode: {' '.join(message.split())}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
