"""What `_rows` needs of sparse matrices: rows in another order, and which of them are equal, without making a matrix dense."""

from __future__ import annotations

from typing import Any

import numpy

from ._scikit import sparse_stack


def is_sparse(features: Any) -> bool:
    """Whether features are a sparse matrix or array of SciPy."""
    return hasattr(features, "indptr")


def plain(matrix: Any) -> Any:
    """A matrix by rows, in which each entry is stored once, without the zeros that it stores."""
    kept = matrix.data != 0
    if kept.all():
        return matrix
    starts = numpy.concatenate([numpy.zeros(1, matrix.indptr.dtype), numpy.cumsum(kept, dtype=matrix.indptr.dtype)])[matrix.indptr]
    return type(matrix)((matrix.data[kept], matrix.indices[kept], starts), shape=matrix.shape)


def sums(matrix: Any, numbers: numpy.ndarray) -> numpy.ndarray:
    """The sum over each row's entries of a number for each stored entry, [rows] of uint64, where sums wrap around."""
    total = numpy.concatenate([numpy.zeros(1, "uint64"), numpy.cumsum(numbers, dtype="uint64")])
    found: numpy.ndarray = total[matrix.indptr[1:]] - total[matrix.indptr[:-1]]
    return found


def equal_rows(matrix: Any, left: numpy.ndarray, right: numpy.ndarray) -> numpy.ndarray:
    """Which rows `left` equal the rows `right` [pairs]."""
    differences = (matrix[left] != matrix[right]).tocsr()
    equal: numpy.ndarray = numpy.diff(differences.indptr) == 0
    return equal


def taken_rows(matrix: Any, order: numpy.ndarray, piece: int) -> Any:
    """`matrix[order]`, so many rows at a time."""
    return sparse_stack([matrix[order[start : start + piece]] for start in range(0, len(order), piece)], format="csr")
