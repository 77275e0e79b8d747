"""The memory of the library's arrays, and a limit on it."""

import ctypes

from ._library import library
from ._text import integer


def memory_usage() -> tuple[int, int]:
    """(current, peak): bytes of the library's arrays now, and the most since the last reset.

    Arrays are parameters, data, scratch memory, tapes and files in memory, of all threads. NumPy's arrays are not counted.
    """
    current, peak = ctypes.c_int64(), ctypes.c_int64()
    library.sode_memory_usage(ctypes.byref(current), ctypes.byref(peak))
    return current.value, peak.value


def reset_memory_peak() -> None:
    """Sets the peak to the current usage.

    `memory_usage()` then gives the most bytes since this call.
    """
    library.sode_reset_memory_peak()


def set_memory_limit(count: int) -> None:
    """Limits the library's arrays to `count` bytes, in all threads together; 0 means no limit.

    A call that would need more raises stableode.MemoryError, which is also a built-in MemoryError, and changes nothing.
    """
    library.sode_set_memory_limit(integer(count, "count"))
