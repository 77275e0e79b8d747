"""Functions of `stableode.plots` as methods."""

from __future__ import annotations

import importlib
import types
from typing import Any


class Drawn:
    """A function of `stableode.plots` in the body of a class, whose objects it draws. The module is imported when somebody asks for the method."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, instance: object, owner: type) -> Any:
        function = getattr(importlib.import_module(".plots", __package__), self._name)
        return function if instance is None else types.MethodType(function, instance)
