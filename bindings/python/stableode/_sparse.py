"""Sparse matrices of SciPy's kind, row by row.

SciPy's own functions trust the parts of a matrix, and each of them is one long call. Here the parts are checked first, and long work is done
in pieces, between which Python reacts to signals.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy

from ._errors import InvalidDataError, ShapeMismatchError, UnsupportedTypeError
from ._tensor import as_array

#: Entries that are handled at a time, unless a row has more.
_PIECE = 1 << 18


def is_sparse(value: Any) -> bool:
    """Whether a value is a sparse matrix or array of SciPy's kind."""
    return hasattr(value, "tocsr") and hasattr(value, "nnz")


def rows_of(value: Any, name: str) -> Any:
    """The matrix by rows (CSR), the columns of each row in ascending order and each once; the value itself where it is such a matrix.

    Errors: InvalidDataError for parts that do not describe a matrix, ShapeMismatchError for another number of axes than two, UnsupportedTypeError
    for entries that are no real numbers.
    """
    shape = tuple(getattr(value, "shape", ()))
    if len(shape) != 2:
        raise ShapeMismatchError(f"{name} is a sparse array of shape {list(shape)}; it must be [samples, features]")
    entries = getattr(value, "data", None)
    if isinstance(entries, numpy.ndarray) and entries.dtype.kind not in "biuf" and getattr(value, "format", "") != "lil":
        as_array(entries, name)
    convert = _CONVERSIONS.get(getattr(value, "format", ""))
    matrix = value.tocsr() if convert is None else convert(value, name)
    _check_starts(matrix, shape[0], name, "row")
    return _ordered(matrix, name)


def _check_starts(matrix: Any, count: int, name: str, what: str) -> None:
    """Checks that `indptr` says where each row (or column, or row of blocks) begins and ends among the entries."""
    starts, indices, entries = matrix.indptr, matrix.indices, matrix.data
    for part, called in ((starts, "indptr"), (indices, "indices")):
        if not isinstance(part, numpy.ndarray) or part.ndim != 1 or part.dtype.kind not in "iu":
            raise UnsupportedTypeError(f"{name}: {called} of the sparse matrix must be an array [numbers] of integers")
    if not isinstance(entries, numpy.ndarray) or len(indices) != len(entries):
        raise ShapeMismatchError(f"{name}: indices and data of the sparse matrix must have the same length; they have {len(indices)} and {len(entries)}")
    if len(starts) != count + 1:
        raise ShapeMismatchError(f"{name}: indptr of the sparse matrix has {len(starts)} numbers; it must have {count + 1}, one more than there are {what}s")
    if starts[0] != 0:
        raise InvalidDataError(f"{name}: indptr of the sparse matrix begins with {starts[0]}; it must begin with 0")
    wrong = (starts[1:] < starts[:-1]) | (starts[1:] > len(entries))
    if wrong.any():
        place = int(wrong.argmax())
        raise InvalidDataError(
            f"{name}: {what} {place} of the sparse matrix goes from entry {starts[place]} to {starts[place + 1]}; indptr must ascend from 0 to at most {len(entries)}, the number of entries"
        )


def _check_indices(indices: numpy.ndarray, count: int, name: str, what: str) -> None:
    """Checks the numbers of rows or columns."""
    for start in range(0, len(indices), _PIECE):
        piece = indices[start : start + _PIECE]
        if piece.min() < 0 or piece.max() >= count:
            place = start + int(((piece < 0) | (piece >= count)).argmax())
            raise InvalidDataError(f"{name}: entry {place} of the sparse matrix lies in {what} {indices[place]}; {what}s are 0 to {count - 1}")


def _pieces(starts: numpy.ndarray) -> Iterator[tuple[int, int]]:
    """Ranges of rows that have about `_PIECE` entries each, or one row."""
    row, rows = 0, len(starts) - 1
    while row < rows:
        end = int(numpy.searchsorted(starts, int(starts[row]) + _PIECE, "right")) - 1
        end = min(max(end, row + 1), rows, row + _PIECE)
        yield row, end
        row = end


def _part(matrix: Any, start: int, end: int, width: int) -> Any:
    """Rows (or columns, or rows of blocks) `start` … `end - 1` of a compressed matrix, whose numbers are not copied. width: of the other axis."""
    first, last = int(matrix.indptr[start]), int(matrix.indptr[end])
    across, block = {"csr": (False, 1), "csc": (True, 1)}.get(matrix.format, (False, matrix.data.shape[1] if matrix.data.ndim == 3 else 1))
    shape = (width, end - start) if across else ((end - start) * block, width)
    return type(matrix)((matrix.data[first:last], matrix.indices[first:last], matrix.indptr[start : end + 1] - matrix.indptr[start]), shape=shape)


def _ordered(matrix: Any, name: str) -> Any:
    """The matrix itself if the columns of each row ascend, and otherwise one in which they do."""
    starts, indices = matrix.indptr, matrix.indices
    columns, is_ordered = matrix.shape[1], int(starts[-1]) == len(indices)
    for start, end in _pieces(starts):
        first, last = int(starts[start]), int(starts[end])
        piece = indices[first:last]
        if last > first and (piece.min() < 0 or piece.max() >= columns):
            place = int(((piece < 0) | (piece >= columns)).argmax())
            row = int(numpy.searchsorted(starts, first + place, "right")) - 1
            raise InvalidDataError(f"{name}: row {row} of the sparse matrix: the column {piece[place]} does not exist; columns are 0 to {columns - 1}")
        if is_ordered and last > first + 1:
            ascends = piece[1:] > piece[:-1]
            begins = starts[start + 1 : end] - first
            ascends[begins[(begins > 0) & (begins < last - first)] - 1] = True
            is_ordered = bool(ascends.all())
    if is_ordered:
        return matrix
    parts: list[Any] = []
    for start, end in _pieces(starts):
        part = _part(matrix, start, end, columns).copy()
        part.sum_duplicates()
        parts.append(part)
    return _stacked(parts, matrix.shape) if parts else matrix


def _stacked(parts: list[Any], shape: tuple[int, int]) -> Any:
    """Matrices below one another."""
    counts = [int(part.indptr[-1]) for part in parts]
    starts = numpy.zeros(shape[0] + 1, "int64")
    indices = numpy.empty(sum(counts), parts[0].indices.dtype)
    entries = numpy.empty(sum(counts), parts[0].data.dtype)
    row = place = 0
    for part, count in zip(parts, counts, strict=True):
        indices[place : place + count], entries[place : place + count] = part.indices[:count], part.data[:count]
        starts[row + 1 : row + len(part.indptr)] = part.indptr[1:] + numpy.int64(place)
        row, place = row + len(part.indptr) - 1, place + count
    return _made(parts[0], entries, indices, starts, shape)


def _made(like: Any, entries: numpy.ndarray, indices: numpy.ndarray, starts: numpy.ndarray, shape: tuple[int, int]) -> Any:
    """A CSR matrix of these parts, whose integers have the type that SciPy chooses."""
    small = max(len(entries), *shape) < 2**31
    return type(like)((entries, indices, starts.astype("int32") if small else starts), shape=shape)


def _merged(parts: list[Any], shape: tuple[int, int]) -> Any:
    """The entries of CSR matrices of one shape in one matrix, in each row those of the first part first."""
    lengths = numpy.zeros(shape[0], "int64")
    for part in parts:
        lengths += numpy.diff(part.indptr)
    starts = numpy.concatenate([numpy.zeros(1, "int64"), numpy.cumsum(lengths)])
    next_places = starts[:-1].copy()
    indices = numpy.empty(int(starts[-1]), parts[0].indices.dtype)
    entries = numpy.empty(int(starts[-1]), parts[0].data.dtype)
    for part in parts:
        own = numpy.diff(part.indptr)
        places = numpy.repeat(next_places - part.indptr[:-1], own) + numpy.arange(int(part.indptr[-1]))
        indices[places], entries[places] = part.indices[: len(places)], part.data[: len(places)]
        next_places += own
    return _made(parts[0], entries, indices, starts, shape)


def _of_columns(value: Any, name: str) -> Any:
    """A CSC matrix by rows."""
    _check_starts(value, value.shape[1], name, "column")
    _check_indices(value.indices, value.shape[0], name, "row")
    parts = []
    for start, end in _pieces(value.indptr):
        part = _part(value, start, end, value.shape[0]).tocsr()
        parts.append(type(part)((part.data, part.indices + part.indices.dtype.type(start), part.indptr), shape=value.shape))
    return _merged(parts, value.shape) if parts else value.tocsr()


def _of_blocks(value: Any, name: str) -> Any:
    """A BSR matrix by rows."""
    if not isinstance(value.data, numpy.ndarray) or value.data.ndim != 3 or 0 in value.data.shape[1:] or value.shape[0] % value.data.shape[1] or value.shape[1] % value.data.shape[2]:
        raise ShapeMismatchError(f"{name}: data of the sparse matrix must be [blocks, rows, columns] of blocks that divide its shape {list(value.shape)}")
    height, width = value.data.shape[1:]
    _check_starts(value, value.shape[0] // height, name, "block row")
    _check_indices(value.indices, value.shape[1] // width, name, "block column")
    parts = [_part(value, start, end, value.shape[1]).tocsr() for start, end in _pieces(value.indptr)]
    return _stacked(parts, value.shape) if parts else value.tocsr()


def _of_places(value: Any, name: str) -> Any:
    """A COO matrix by rows."""
    rows, columns, entries = value.row, value.col, value.data
    if not len(rows) == len(columns) == len(entries):
        raise ShapeMismatchError(f"{name}: row, col and data of the sparse matrix must have the same length; they have {len(rows)}, {len(columns)} and {len(entries)}")
    _check_indices(rows, value.shape[0], name, "row")
    _check_indices(columns, value.shape[1], name, "column")
    pieces = [slice(start, start + _PIECE) for start in range(0, max(len(entries), 1), _PIECE)]
    return _merged([type(value)((entries[piece], (rows[piece], columns[piece])), shape=value.shape).tocsr() for piece in pieces], value.shape)


def _of_diagonals(value: Any, name: str) -> Any:
    """A DIA matrix by rows."""
    if numpy.ndim(value.offsets) != 1 or numpy.ndim(value.data) != 2 or len(value.offsets) != len(value.data):
        raise ShapeMismatchError(f"{name}: offsets and data of the sparse matrix must have the same length; they have {numpy.size(value.offsets)} and {len(value.data)}")
    return value.tocsr()


def _of_lists(value: Any, name: str) -> Any:
    """A LIL matrix by rows."""
    if not len(value.rows) == len(value.data) == value.shape[0]:
        raise ShapeMismatchError(f"{name}: rows and data of the sparse matrix must have {value.shape[0]} lists; they have {len(value.rows)} and {len(value.data)}")
    for row, (columns, entries) in enumerate(zip(value.rows, value.data, strict=True)):
        if len(columns) != len(entries):
            raise ShapeMismatchError(f"{name}: row {row} of the sparse matrix has {len(columns)} columns and {len(entries)} entries")
    return value.tocsr()


_CONVERSIONS = {"csr": lambda value, name: value, "csc": _of_columns, "bsr": _of_blocks, "coo": _of_places, "dia": _of_diagonals, "lil": _of_lists}
