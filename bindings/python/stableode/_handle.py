"""The base class of all objects of the library: it owns a handle, which close(), `with` or the garbage collector frees exactly once."""

from __future__ import annotations

import ctypes
import weakref
from typing import TYPE_CHECKING, Any

from ._attributes import Closed
from ._errors import InvalidHandleError, UnsupportedTypeError
from ._interrupts import attention
from ._library import library
from ._limits import heed_signals

if TYPE_CHECKING:
    from typing_extensions import Self


class Handle(Closed):
    """Owns one handle. A subclass sets its kind in `_kind` ("network"), which determines the C function that frees it."""

    _kind: str = ""
    #: What to do instead of copying or pickling: the end of the error message.
    _instead: str = "make another"

    def _own(self, pointer: ctypes.c_void_p) -> None:
        """Takes ownership of a new handle (a ctypes c_void_p that a create function filled)."""
        free = getattr(library, f"sode_{self._kind}_free")
        self._address = pointer.value or 0
        self._finalizer = weakref.finalize(self, free, ctypes.c_void_p(self._address))
        # The package may have been imported in a thread other than the main one.
        if not attention.is_paid:
            heed_signals()

    @classmethod
    def _adopt(cls, pointer: ctypes.c_void_p) -> Self:
        """An object that owns a new handle, made without its __init__."""
        handle = cls.__new__(cls)
        handle._own(pointer)
        return handle

    @property
    def _pointer(self) -> int:
        finalizer = getattr(self, "_finalizer", None)
        if finalizer is None or not finalizer.alive:
            raise InvalidHandleError(f"this {self._kind.replace('_', ' ')} is closed")
        return self._address

    @property
    def closed(self) -> bool:
        """Whether the handle has been freed."""
        return not self._finalizer.alive

    def close(self) -> None:
        """Frees the library's memory now. Using the object afterwards raises InvalidHandleError; closing again does nothing."""
        self._finalizer()

    def _give_away(self) -> int:
        """The handle, which somebody else owns from now on; this object is closed."""
        pointer = self._pointer
        self._finalizer.detach()
        return pointer

    def __reduce__(self) -> tuple[Any, ...]:
        # Copying and pickling call this. Two objects must never free one handle, so only subclasses that can be copied override it.
        raise TypeError(f"a {self._kind.replace('_', ' ')} cannot be copied or pickled; {self._instead}")

    def __enter__(self) -> Self:
        self._pointer
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def pointer_of(value: Any, kind: str, name: str) -> int:
    """The handle of an argument that must be an object of one kind. Errors: UnsupportedTypeError."""
    if not isinstance(value, Handle) or value._kind != kind:
        wanted = "".join(part.capitalize() for part in kind.split("_"))
        raise UnsupportedTypeError(f"{name} is a {type(value).__name__}; it must be a {wanted}")
    return value._pointer


def new_pointer() -> ctypes.c_void_p:
    """A c_void_p for a create function to fill."""
    return ctypes.c_void_p()
