"""Columns in memory as a producer of Arrow's C data interface, which is how the library reads tables."""

from __future__ import annotations

import ctypes
import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy

from .._arrow import _Array, _ReleaseStructure, _Schema

_new_capsule = ctypes.pythonapi.PyCapsule_New
_new_capsule.restype, _new_capsule.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]

#: What released arrays no longer need, by the number in their private data.
_retained: dict[int, Any] = {}
_numbers = itertools.count(1)


@_ReleaseStructure  # type: ignore[untyped-decorator]
def _release_array(address: int) -> None:
    array = _Array.from_address(address)
    _retained.pop(array.private_data or 0, None)
    array.release = _ReleaseStructure()


@_ReleaseStructure  # type: ignore[untyped-decorator]
def _release_schema(address: int) -> None:
    _Schema.from_address(address).release = _ReleaseStructure()


class ArrowTable:
    """A table of columns: arrays of float64 or int64, NaN where a number is missing, or lists of texts or booleans, None where one is missing."""

    def __init__(self, columns: Mapping[str, numpy.ndarray | Sequence[str | None] | Sequence[bool | None]]):
        self._columns = dict(columns)
        self._schemas: list[Any] = []

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
        """(schema, array) as capsules."""
        kept: list[Any] = []
        schemas, arrays = [], []
        for name, values in self._columns.items():
            form, missing, buffers = _buffers(values)
            pointers = (ctypes.c_void_p * len(buffers))(*[None if buffer is None else buffer.ctypes.data for buffer in buffers])
            kept += [buffers, pointers]
            schemas.append(_Schema(format=form, name=name.encode(), flags=2, release=_release_schema))
            arrays.append(_Array(length=len(values), null_count=missing, n_buffers=len(buffers), buffers=ctypes.addressof(pointers), release=_release_array))
        rows = len(next(iter(self._columns.values()), ()))
        schema_list = (ctypes.c_void_p * len(schemas))(*map(ctypes.addressof, schemas))
        array_list = (ctypes.c_void_p * len(arrays))(*map(ctypes.addressof, arrays))
        no_buffer, number = (ctypes.c_void_p * 1)(None), next(_numbers)
        schema = _Schema(format=b"+s", name=b"", n_children=len(schemas), children=ctypes.addressof(schema_list), release=_release_schema)
        array = _Array(length=rows, n_buffers=1, n_children=len(arrays), buffers=ctypes.addressof(no_buffer), children=ctypes.addressof(array_list),
                       release=_release_array, private_data=number)  # fmt: skip
        _retained[number] = kept, arrays, array_list, no_buffer, array
        self._schemas = [schemas, schema_list, schema]
        return _new_capsule(ctypes.addressof(schema), b"arrow_schema", None), _new_capsule(ctypes.addressof(array), b"arrow_array", None)


def _buffers(values: numpy.ndarray | Sequence[str | None] | Sequence[bool | None]) -> tuple[bytes, int, list[numpy.ndarray | None]]:
    """(Arrow's format, count of missing entries, buffers) of a column."""
    if isinstance(values, numpy.ndarray):
        valid = ~numpy.isnan(values)
        return b"l" if values.dtype == numpy.int64 else b"g", int((~valid).sum()), [_bits(valid), numpy.ascontiguousarray(values)]
    valid = numpy.array([value is not None for value in values], dtype=bool)
    if any(isinstance(value, bool) for value in values):
        return b"b", int((~valid).sum()), [_bits(valid), numpy.packbits([value is True for value in values], bitorder="little")]
    encoded = [text.encode() if isinstance(text, str) else b"" for text in values]
    offsets = numpy.zeros(len(encoded) + 1, "int64")
    numpy.cumsum([len(text) for text in encoded], out=offsets[1:])
    joined = numpy.frombuffer(b"".join(encoded) or b"\0", "uint8")
    return b"U", int((~valid).sum()), [_bits(valid), offsets, joined]


def _bits(valid: numpy.ndarray) -> numpy.ndarray | None:
    return None if valid.all() else numpy.packbits(valid, bitorder="little")
