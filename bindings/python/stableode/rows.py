"""The rows for which a prediction or a solve has no result."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass

from ._errors import InvalidArgumentError, UnsupportedTypeError
from ._library import decode, library
from ._table import Status

#: SODE_ROWS_OR_NAN: a flag added to the kind of prediction. Rows without a result become NaN (class −1) instead of an error.
_ROWS_OR_NAN = 0x100


@dataclass(frozen=True)
class FailedRow:
    """A row without a result, one entry of `failed_rows()`.

    row: the index of the row in the batch.
    code: the status of the failure, which is the `code` of the corresponding exception.
    reason: the reason of the failure, as a sentence.
    """

    row: int
    code: int
    reason: str


def failed_rows() -> list[FailedRow]:
    """The rows without a result of this thread's last solve or last prediction with rows_without_result="nan".

    A list of FailedRow in ascending order of their rows; empty if every row has a result.
    """
    count, row, code, reason = ctypes.c_int64(), ctypes.c_int64(), Status(), ctypes.c_char_p()
    library.sode_failed_row_count(ctypes.byref(count))
    rows = []
    for index in range(count.value):
        library.sode_failed_row_at(index, ctypes.byref(row), ctypes.byref(code), ctypes.byref(reason))
        rows.append(FailedRow(row.value, code.value, decode(reason.value)))
    return rows


def row_flag(rows_without_result: str) -> int:
    """The flag to add to the kind of prediction: 0 for "error"."""
    if not isinstance(rows_without_result, str):
        raise UnsupportedTypeError(f"rows_without_result is a {type(rows_without_result).__name__}; it must be 'error' or 'nan'")
    if rows_without_result == "error":
        return 0
    if rows_without_result == "nan":
        return _ROWS_OR_NAN
    raise InvalidArgumentError(f"rows_without_result is {rows_without_result!r}; it must be 'error' or 'nan'")
