"""What all objects of the library share: a handle that is freed once, by close(), `with`, or the garbage collector."""

import ctypes
import weakref

from ._errors import InvalidHandleError
from ._interrupts import attention
from ._library import library
from ._limits import heed_signals


class Handle:
    """Owns one handle. A subclass names its kind in `_kind` ("network"), from which the C function that frees it follows."""

    _kind = ""

    def _own(self, pointer):
        """Takes a fresh handle (a ctypes c_void_p that a create function filled)."""
        free = getattr(library, f"sode_{self._kind}_free")
        self._address = pointer.value
        self._finalizer = weakref.finalize(self, free, ctypes.c_void_p(pointer.value))
        # The package may have been imported in another thread than the main one.
        if not attention.is_paid:
            heed_signals()

    @classmethod
    def _adopt(cls, pointer):
        """An object around a fresh handle, without its __init__."""
        handle = cls.__new__(cls)
        handle._own(pointer)
        return handle

    @property
    def _pointer(self):
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

    def __enter__(self):
        self._pointer
        return self

    def __exit__(self, *exception):
        self.close()


def new_pointer():
    """A c_void_p for a create function to fill."""
    return ctypes.c_void_p()
