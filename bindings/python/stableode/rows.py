"""The rows for which a prediction or a solve has no result."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass

from ._errors import InvalidArgumentError
from ._library import decode, library
from ._table import Status

#: SODE_ROWS_OR_NAN: a flag added to the kind of prediction. Rows without a result become NaN (class −1) instead of an error.
_ROWS_OR_NAN = 0x100


@dataclass(frozen=True)
class FailedRow:
    """A row without a result."""

    #: The index of the row in the batch.
    row: int
    #: The status of the failure: the `code` of the corresponding exception.
    code: int
    #: The reason of the failure, as a sentence.
    reason: str


def failed_rows() -> list[FailedRow]:
    """The rows without a result of this thread's last solve or last prediction with rows_without_result="nan"."""
    count, row, code, reason = ctypes.c_int64(), ctypes.c_int64(), Status(), ctypes.c_char_p()
    library.sode_failed_row_count(ctypes.byref(count))
    rows = []
    for index in range(count.value):
        library.sode_failed_row_at(index, ctypes.byref(row), ctypes.byref(code), ctypes.byref(reason))
        rows.append(FailedRow(row.value, code.value, decode(reason.value)))
    return rows


def row_flag(rows_without_result: str) -> int:
    """The flag to add to the kind of prediction: 0 for "error"."""
    if rows_without_result == "error":
        return 0
    if rows_without_result == "nan":
        return _ROWS_OR_NAN
    raise InvalidArgumentError(f"rows_without_result is {rows_without_result!r}; it must be 'error' or 'nan'")
