"""Packages that only some functions need: they are imported when such a function is called."""

from __future__ import annotations

import importlib
from typing import Any


def need(module: str, purpose: str, package: str | None = None) -> Any:
    """The module of an optional package. purpose: what needs it, the subject of the error message; package: its name for pip.

    Errors: ModuleNotFoundError, which names the package to install.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        top = module.partition(".")[0]
        if error.name is None or error.name.partition(".")[0] != top:
            raise
        name = package or top
        raise ModuleNotFoundError(f"{purpose} needs {name}, which is not installed: pip install {name}", name=top) from None
