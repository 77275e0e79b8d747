"""Training rows in an order and with weights that depend on the weighted set of rows alone.

A row of weight 2 must count as two equal rows, and a row of weight 0 as none. Training visits rows in batches, so that equal sets of
rows lead to the same bits only if they are equal lists of rows. `canonical` makes this list. So fits do not depend on
the order of the rows either.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy

from .._errors import StableODEError
from ._sparse import equal_rows, is_sparse, plain, sums, taken_rows

#: Rows that are handled at a time, so that Python can react to signals in between.
_PIECE = 1 << 14


class Rows(NamedTuple):
    """features [rows, features], an array or a sparse matrix; targets [rows] or [rows, outputs], weights [rows] or None for equal weights.

    numbers: the caller's number of each row; None: they count as they lie.
    """

    features: Any
    targets: numpy.ndarray
    weights: numpy.ndarray | None
    numbers: numpy.ndarray | None = None


def used(weights: numpy.ndarray | None) -> numpy.ndarray | slice:
    """The rows whose weight is above 0. Errors: ValueError for weights that are negative, not finite, or all 0."""
    if weights is None:
        return slice(None)
    wrong = ~((weights >= 0) & numpy.isfinite(weights))
    if wrong.any():
        row = int(wrong.argmax())
        raise ValueError(f"sample_weight of row {row} is {weights[row]}; weights must be finite and >= 0")
    if not weights.any():
        raise ValueError("sample_weight is zero for every row; at least one weight must be above 0")
    return numpy.flatnonzero(weights)


def canonical(rows: Rows) -> Rows:
    """The rows in an order that does not depend on theirs, equal ones merged, and heavy ones split into copies.

    Copies share a row's weight, and have about the mean weight. So batches see a row in proportion to its weight, and a few
    equal rows become what they were.
    """
    if is_sparse(rows.features):
        rows = rows._replace(features=plain(rows.features))
    keys = _keys(rows)
    order = _sorted(keys)
    weights = numpy.ones(len(order)) if rows.weights is None else rows.weights
    first = numpy.ones(len(order), bool)
    candidates = 1 + numpy.flatnonzero(keys[order[1:]] == keys[order[:-1]])
    first[candidates] = ~_are_equal(rows, order[candidates], order[candidates - 1])
    starts = numpy.flatnonzero(first)
    merged = numpy.add.reduceat(weights[order], starts)
    copies = numpy.maximum(1, numpy.rint(merged / merged.mean())).astype("int64")
    order, each = order[starts].repeat(copies), (merged / copies).repeat(copies)
    numbers = order if rows.numbers is None else rows.numbers[order]
    return Rows(taken(rows.features, order), taken(rows.targets, order), None if (each == each[0]).all() else each, numbers)


@contextlib.contextmanager
def naming_rows(rows: Rows) -> Iterator[None]:
    """A context in which the library's errors name rows of the training data by the caller's numbers."""
    try:
        yield
    except StableODEError as error:
        numbers, message = rows.numbers, str(error)
        if numbers is not None and "validation" not in message:
            message = re.sub(r"\brow (\d+)\b", lambda found: f"row {numbers[int(found[1])]}" if int(found[1]) < len(numbers) else found[0], message)
            error.args = (message, *error.args[1:])
        raise


def taken(array: Any, order: numpy.ndarray | slice) -> Any:
    """`array[order]`, piece by piece."""
    if isinstance(order, slice):
        return array[order]
    if is_sparse(array):
        return taken_rows(array, order, _PIECE)
    result = numpy.empty((len(order), *array.shape[1:]), array.dtype)
    for start in range(0, len(order), _PIECE):
        piece = slice(start, start + _PIECE)
        result[piece] = array[order[piece]]
    return result


def _sorted(keys: numpy.ndarray) -> numpy.ndarray:
    """The order of ascending keys, part by part: keys are distributed evenly, so that ranges of equal length have about equally many."""
    count = 1 + (len(keys) >> 20)
    part = (keys >> numpy.uint64(32)) * numpy.uint64(count) >> numpy.uint64(32)
    rows = (numpy.flatnonzero(part == number) for number in range(count))
    return numpy.concatenate([each[numpy.argsort(keys[each])] for each in rows])


def _are_equal(rows: Rows, left: numpy.ndarray, right: numpy.ndarray) -> numpy.ndarray:
    """Which rows `left` equal the rows `right` [pairs]: keys of different rows may be equal, if hardly ever."""
    equal = numpy.empty(len(left), bool)
    for start in range(0, len(left), _PIECE):
        piece = slice(start, start + _PIECE)
        equal[piece] = _same(rows.features, left[piece], right[piece]) & _same(rows.targets, left[piece], right[piece])
    return equal


def _same(array: Any, left: numpy.ndarray, right: numpy.ndarray) -> numpy.ndarray:
    if is_sparse(array):
        return equal_rows(array, left, right)
    ones, others = array[left].reshape(len(left), -1), array[right].reshape(len(left), -1)
    same = ones == others
    if array.dtype.kind == "f":  # NaN: targets of steps that were not observed
        same |= (ones != ones) & (others != others)
    return numpy.asarray(same.all(axis=1))


def _keys(rows: Rows) -> numpy.ndarray:
    """A number for each row, the same for equal rows, [rows] of uint64: the sum of a hash of each entry.

    The hash is the mixing function of SplitMix64 [Steele, Lea & Flood 2014]; each column adds its own number first.
    """
    count = rows.features.shape[1]
    keys = _hashed(rows.targets.reshape(len(rows.targets), -1), count)
    if not is_sparse(rows.features):
        keys += _hashed(rows.features, 0)
        return keys
    # Each stored entry of a sparse matrix is a row of one column; zeros, which are not stored, add nothing.
    entries = numpy.empty(rows.features.nnz, "uint64")
    for start in range(0, len(entries), _PIECE):
        piece = slice(start, start + _PIECE)
        entries[piece] = _mixed(_bits(rows.features.data[piece]) + _columns(rows.features.indices[piece]))
    keys += sums(rows.features, entries)
    return keys


def _hashed(array: numpy.ndarray, first: int) -> numpy.ndarray:
    """The sum of the hashes of each row, whose columns count from `first`."""
    found = numpy.empty(len(array), "uint64")
    columns = _columns(numpy.arange(first, first + array.shape[1]))
    for start in range(0, len(found), _PIECE):
        piece = slice(start, start + _PIECE)
        found[piece] = _mixed(_bits(array[piece]) + columns).sum(axis=1, dtype="uint64")
    return found


def _columns(numbers: numpy.ndarray) -> numpy.ndarray:
    """What each column adds."""
    return (numbers.astype("uint64") + numpy.uint64(1)) * numpy.uint64(0x9E3779B97F4A7C15)


def _mixed(numbers: numpy.ndarray) -> numpy.ndarray:
    """The mixing function, in place."""
    numbers ^= numbers >> numpy.uint64(30)
    numbers *= numpy.uint64(0xBF58476D1CE4E5B9)
    numbers ^= numbers >> numpy.uint64(27)
    numbers *= numpy.uint64(0x94D049BB133111EB)
    numbers ^= numbers >> numpy.uint64(31)
    return numbers


def _bits(array: numpy.ndarray) -> numpy.ndarray:
    """The bits of each number, as uint64; −0 as 0, which equals it."""
    array = array + 0 if array.dtype.kind == "f" else array
    return numpy.ascontiguousarray(array).view(f"uint{8 * array.itemsize}").astype("uint64")
