"""The memory of the library's arrays, and a limit on it."""

import ctypes

from ._library import library
from ._text import integer


def memory_usage() -> tuple[int, int]:
    """(current, peak): bytes of the library's arrays now, and the most since the last reset."""
    current, peak = ctypes.c_int64(), ctypes.c_int64()
    library.sode_memory_usage(ctypes.byref(current), ctypes.byref(peak))
    return current.value, peak.value


def reset_memory_peak() -> None:
    """Sets the peak to the current usage."""
    library.sode_reset_memory_peak()


def set_memory_limit(count: int) -> None:
    """Limits the library's arrays to `count` bytes: a call that would need more raises MemoryError. 0 means no limit."""
    library.sode_set_memory_limit(integer(count, "count"))
