"""Training rows in an order and with weights that depend on the weighted set of rows alone.

A row of weight 2 must count as two equal rows, and a row of weight 0 as none. Training visits rows in batches, so that equal sets of
rows lead to the same bits only if they are equal lists of rows. `canonical` makes this list. So fits do not depend on
the order of the rows either.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy

#: Rows that are handled at a time, so that Python can react to signals in between.
_PIECE = 1 << 14


class Rows(NamedTuple):
    """features [rows, features], targets [rows] or [rows, outputs], weights [rows] or None for equal weights."""

    features: numpy.ndarray
    targets: numpy.ndarray
    weights: numpy.ndarray | None


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
    return Rows(taken(rows.features, order), taken(rows.targets, order), None if (each == each[0]).all() else each)


def taken(array: numpy.ndarray, order: numpy.ndarray | slice) -> numpy.ndarray:
    """`array[order]`, piece by piece."""
    if isinstance(order, slice):
        return array[order]
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
        same = [(array[left[piece]] == array[right[piece]]).reshape(len(equal[piece]), -1) for array in (rows.features, rows.targets)]
        equal[piece] = numpy.concatenate(same, axis=1).all(axis=1)
    return equal


def _keys(rows: Rows) -> numpy.ndarray:
    """A number for each row, the same for equal rows, [rows] of uint64: the sum of a hash of each entry.

    The hash is the mixing function of SplitMix64 [Steele, Lea & Flood 2014]; each column adds its own number first.
    """
    keys = numpy.empty(len(rows.features), "uint64")
    targets = rows.targets.reshape(len(keys), -1)
    columns = numpy.arange(1, 1 + rows.features.shape[1] + targets.shape[1], dtype="uint64") * numpy.uint64(0x9E3779B97F4A7C15)
    for start in range(0, len(keys), _PIECE):
        piece = slice(start, start + _PIECE)
        mixed = numpy.concatenate([_bits(rows.features[piece]), _bits(targets[piece])], axis=1)
        mixed += columns
        mixed ^= mixed >> numpy.uint64(30)
        mixed *= numpy.uint64(0xBF58476D1CE4E5B9)
        mixed ^= mixed >> numpy.uint64(27)
        mixed *= numpy.uint64(0x94D049BB133111EB)
        mixed ^= mixed >> numpy.uint64(31)
        keys[piece] = mixed.sum(axis=1, dtype="uint64")
    return keys


def _bits(array: numpy.ndarray) -> numpy.ndarray:
    """The bits of each number, as uint64; −0 as 0, which equals it."""
    array = array + 0 if array.dtype.kind == "f" else array
    return numpy.ascontiguousarray(array).view(f"uint{8 * array.itemsize}").astype("uint64")
