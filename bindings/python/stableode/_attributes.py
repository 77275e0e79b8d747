"""Attributes of the package's objects: assigning to a name that an object does not have is an error, and does not silently do nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from .introspection import options

_PACKAGE = __name__.partition(".")[0]


class Closed:
    """Refuses assignments to public names that the class does not offer for it.

    Names that begin with an underscore are the package's own. Classes that a caller derives may have any attributes.
    """

    #: The scopes of the options that an object has, which are no attributes, and what to do about an option {name}.
    _option_scopes: ClassVar[tuple[str, ...]] = ()
    _option_advice: ClassVar[str] = ""
    #: What to do instead of assigning, for single names.
    _assignment_advice: ClassVar[dict[str, str]] = {}

    if not TYPE_CHECKING:  # a type checker would take every assignment for a valid one

        def __setattr__(self, name: str, value: Any) -> None:
            owner = type(self)
            if name.startswith("_") or owner.__module__.partition(".")[0] != _PACKAGE:
                super().__setattr__(name, value)
                return
            found = getattr(owner, name, None)
            if isinstance(found, property) and found.fset is not None:
                super().__setattr__(name, value)
                return
            raise AttributeError(_refusal(owner, name, found))


def _refusal(owner: type[Closed], name: str, found: object) -> str:
    """Why a name cannot be assigned, and what to do instead."""
    advice = owner._assignment_advice.get(name)
    hint = f"; {advice}" if advice else ""
    if isinstance(found, property):
        return f"{owner.__name__}.{name} cannot be assigned{hint or '; it can only be read'}"
    if callable(found):
        return f"{owner.__name__}.{name} is a method, which cannot be replaced{hint}"
    known = [key for scope in owner._option_scopes for key in options(scope)]
    if name in known:
        return f"a {owner.__name__} has no attribute {name!r}; it is an option: {owner._option_advice.format(name=name)}"
    if advice:
        return f"a {owner.__name__} has no attribute {name!r}{hint}"
    # Importing it takes a while.
    import difflib

    names = [key for key in dir(owner) if not key.startswith("_")]
    nearest = difflib.get_close_matches(name, [*names, *known], n=1)
    if nearest and nearest[0] in names:
        return f"a {owner.__name__} has no attribute {name!r}; did you mean {nearest[0]!r}?"
    if nearest:
        return f"a {owner.__name__} has no attribute {name!r}; did you mean the option {nearest[0]!r}? {owner._option_advice.format(name=nearest[0])}"
    settable = [key for key in names if getattr(getattr(owner, key), "fset", None) is not None]
    return f"a {owner.__name__} has no attribute {name!r}; {'these can be assigned: ' + ', '.join(settable) if settable else 'none can be assigned'}"
