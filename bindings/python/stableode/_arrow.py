"""Tables from other libraries, through the Arrow C data interface and its Python capsules; no such library is imported."""

from __future__ import annotations

import ctypes
import itertools
from collections.abc import Collection, Sequence
from typing import Any

import numpy

from ._errors import InvalidDataError, UnsupportedTypeError
from ._handle import Handle, new_pointer
from ._library import library
from ._sparse import is_sparse, rows_of
from ._structures import ReleaseFunction
from ._tensor import as_array, tensor_of

_CAPSULE_POINTER = ctypes.pythonapi.PyCapsule_GetPointer
_CAPSULE_POINTER.restype, _CAPSULE_POINTER.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]

# What tables of the library use, by the number that the library passes to _release.
_retained: dict[int, Any] = {}
_next_number = itertools.count(1)


@ReleaseFunction  # type: ignore[untyped-decorator]
def _release(number: int) -> None:
    _retained.pop(number, None)


def is_table(value: Any) -> bool:
    """Whether a value has columns with names: a producer of Arrow's interface, a pandas DataFrame, or a relation of DuckDB."""
    return hasattr(value, "__arrow_c_stream__") or hasattr(value, "__arrow_c_array__") or _is_frame(value) or _is_relation(value)


def _is_frame(value: Any) -> bool:
    return hasattr(value, "to_numpy") and hasattr(value, "columns") and hasattr(value, "dtypes")


def _is_relation(value: Any) -> bool:
    return hasattr(value, "fetch_arrow_reader") or hasattr(value, "to_arrow_reader")


def _address(capsule: Any, kind: str, value: Any, name: str) -> int:
    """What a capsule of Arrow's interface points to. Errors: UnsupportedTypeError for anything else."""
    try:
        found: int = _CAPSULE_POINTER(capsule, kind.encode())
    except ValueError as error:
        method = "__arrow_c_stream__" if kind == "arrow_array_stream" else "__arrow_c_array__"
        given = "another capsule" if type(capsule).__name__ == "PyCapsule" else f"a {type(capsule).__name__}"
        raise UnsupportedTypeError(f"{name}: {method} of a {type(value).__name__} gave {given}; it must give a capsule {kind}") from error
    return found


def _periods(value: Any) -> list[str]:
    """The columns of pandas' periods, which Arrow stores as plain integers that count from 1970."""
    if _is_frame(value):
        return [str(column) for column, kind in zip(value.columns, value.dtypes, strict=True) if type(kind).__name__ == "PeriodDtype"]
    schema: Any = getattr(value, "schema", None)
    if not hasattr(schema, "field"):
        return []
    return [str(field.name) for field in schema if getattr(field.type, "extension_name", "") == "pandas.period"]


def _place_of_surrogate(value: Any, name: str) -> str:
    """The text of a table that has no UTF-8, and where it is."""
    for column in value.columns if _is_frame(value) else ():
        for row, cell in enumerate(value[column]):
            if isinstance(cell, str) and any("\ud800" <= letter <= "\udfff" for letter in cell):
                return f"{name}, column {str(column)!r}: the text at row {row}, {ascii(cell)[:60]},"
    return f"{name}: a text"


def is_text(value: Any) -> bool:
    """Whether a value is an array or list of texts: of NumPy's types for these, or of Python's str objects."""
    if not isinstance(value, numpy.ndarray):
        if isinstance(value, list) and not (value and isinstance(value[0], str)) or not hasattr(value, "__len__") or hasattr(value, "__dlpack__"):
            return False
        try:
            value = numpy.asarray(value)
        except (TypeError, ValueError):
            return False
    return value.dtype.kind in "UT" or (value.dtype.kind == "O" and value.size > 0 and all(isinstance(entry, str) for entry in value.flat))


class Table(Handle):
    """A table of the library, which uses the memory of `value` without a copy where its layout allows it.

    has_classes: whether an array of whole numbers or truth values is a column of classes and not a matrix of numbers.
    """

    _kind = "table"
    _periods: Sequence[str] = ()

    def __init__(self, value: Any, name: str, *, has_classes: bool = False):
        self._value = value
        if has_classes and (whole := _whole_numbers(value)) is not None:
            return self._take_column(*_whole_column(whole))
        if is_sparse(value):
            self._take_sparse(value, name)
        elif hasattr(value, "__arrow_c_stream__"):
            self._take_stream(value, name)
        elif hasattr(value, "__arrow_c_array__"):
            capsules = value.__arrow_c_array__()
            if not isinstance(capsules, tuple) or len(capsules) != 2:
                given = f"{len(capsules)} objects" if isinstance(capsules, tuple) else f"a {type(capsules).__name__}"
                raise UnsupportedTypeError(f"{name}: __arrow_c_array__ of a {type(value).__name__} gave {given}; it must give two capsules, arrow_schema and arrow_array")
            # The capsules own what the library does not take.
            self._take_array(_address(capsules[0], "arrow_schema", value, name), _address(capsules[1], "arrow_array", value, name))
        elif _is_relation(value):
            reader = value.to_arrow_reader() if hasattr(value, "to_arrow_reader") else value.fetch_arrow_reader()
            self._take_stream(reader, name)
        elif _is_frame(value):
            raise UnsupportedTypeError(f"{name} is a {type(value).__name__} without __arrow_c_stream__; install a newer version of its library")
        else:
            self._take_matrix(value, name)

    def _take_stream(self, value: Any, name: str) -> None:
        try:
            capsule, pointer = value.__arrow_c_stream__(), new_pointer()
        except ImportError:
            # pandas needs pyarrow for this. Numbers alone can be passed as an array, without their names.
            if not _is_frame(value) or not all(getattr(kind, "kind", "O") in "biuf" for kind in value.dtypes):
                raise
            return self._take_matrix(value.to_numpy(), name)
        except UnicodeError as error:
            raise InvalidDataError(f"{_place_of_surrogate(value, name)} is no Unicode: it holds half of a surrogate pair") from error
        except Exception as error:
            # Each library has exceptions of its own for columns of mixed types.
            raise UnsupportedTypeError(f"{name} cannot be read as a table: {'; '.join(map(str, error.args)) or type(error).__name__}") from error
        self._periods = _periods(value)
        # The capsule owns the stream and releases it.
        library.sode_table_from_stream(_address(capsule, "arrow_array_stream", value, name), ctypes.byref(pointer))
        self._own(pointer)

    def _take_array(self, schema: int, array: int) -> None:
        pointer = new_pointer()
        library.sode_table_from_array(schema, array, ctypes.byref(pointer))
        self._own(pointer)

    def _take_column(self, schema: Any, column: Any) -> None:
        try:
            self._take_array(ctypes.addressof(schema), ctypes.addressof(column))
        except BaseException:
            _retained.pop(column.private_data, None)
            raise

    def _take_matrix(self, value: Any, name: str) -> None:
        array = numpy.asarray(value) if not isinstance(value, numpy.ndarray) else value
        if is_text(array):
            if array.ndim != 1:
                raise UnsupportedTypeError(f"{name} is an array of texts of shape {list(array.shape)}; texts must be [samples]")
            return self._take_column(*_text_column(array))
        self._retain(library.sode_table_from_tensor, tensor_of(as_array(value, name), name))

    def _take_sparse(self, value: Any, name: str) -> None:
        matrix = rows_of(value, name)
        tensors = [tensor_of(part, name) for part in (matrix.indptr, matrix.indices, matrix.data)]
        self._retain(library.sode_table_from_csr, *tensors, first=(int(matrix.shape[1]),))

    def _retain(self, create: Any, *tensors: Any, first: tuple[int, ...] = ()) -> None:
        number, pointer = next(_next_number), new_pointer()
        _retained[number] = tensors
        try:
            create(*first, *(ctypes.byref(tensor) for tensor in tensors), _release, number, ctypes.byref(pointer))
        except BaseException:
            _retained.pop(number, None)
            raise
        self._own(pointer)

    def refuse_periods(self, unread: Collection[str] = (), read: Collection[str] | None = None) -> None:
        """Refuses columns of periods, except those that nobody reads. read: the columns that are read, if they are known. Errors: UnsupportedTypeError."""
        for column in self._periods:
            if column not in unread and (read is None or column in read):
                raise UnsupportedTypeError(f"column {column!r}: it holds periods; make numbers of them, such as months since a chosen one")

    def __len__(self) -> int:
        rows = ctypes.c_int64()
        library.sode_table_describe(self._pointer, ctypes.byref(rows), None)
        return rows.value


_ReleaseStructure = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


class _Schema(ctypes.Structure):
    _fields_ = [
        ("format", ctypes.c_char_p),
        ("name", ctypes.c_char_p),
        ("metadata", ctypes.c_char_p),
        ("flags", ctypes.c_int64),
        ("n_children", ctypes.c_int64),
        ("children", ctypes.c_void_p),
        ("dictionary", ctypes.c_void_p),
        ("release", _ReleaseStructure),
        ("private_data", ctypes.c_void_p),
    ]


class _Array(ctypes.Structure):
    _fields_ = [
        ("length", ctypes.c_int64),
        ("null_count", ctypes.c_int64),
        ("offset", ctypes.c_int64),
        ("n_buffers", ctypes.c_int64),
        ("n_children", ctypes.c_int64),
        ("buffers", ctypes.c_void_p),
        ("children", ctypes.c_void_p),
        ("dictionary", ctypes.c_void_p),
        ("release", _ReleaseStructure),
        ("private_data", ctypes.c_void_p),
    ]


@_ReleaseStructure  # type: ignore[untyped-decorator]
def _release_structure(address: int) -> None:
    _retained.pop(_Array.from_address(address).private_data or 0, None)


def _in_utf8(text: str, row: int) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise InvalidDataError(f"the text at row {row}, {ascii(text)[:60]}, is no Unicode: it holds half of a surrogate pair") from None


def _text_column(texts: numpy.ndarray) -> tuple[Any, Any]:
    """(schema, array) of a column of texts, whose memory lives until the array is released."""
    encoded = [_in_utf8(str(text), row) for row, text in enumerate(texts)]
    offsets = numpy.zeros(len(encoded) + 1, "int64")
    numpy.cumsum([len(text) for text in encoded], out=offsets[1:])
    joined = ctypes.create_string_buffer(b"".join(encoded))
    buffers = (ctypes.c_void_p * 3)(None, offsets.ctypes.data, ctypes.addressof(joined))
    number = next(_next_number)
    _retained[number] = offsets, joined, buffers
    array = _Array(length=len(encoded), n_buffers=3, buffers=ctypes.addressof(buffers), release=_release_structure, private_data=number)
    return _Schema(format=b"U", name=b"", release=_release_structure), array


def _whole_numbers(value: Any) -> numpy.ndarray | None:
    """An array or list of integers or truth values, [samples] or [samples, 1], as an array of one dimension; None for anything else."""
    if not isinstance(value, (numpy.ndarray, list, tuple)):
        return None
    try:
        array = numpy.asarray(value)
    except (TypeError, ValueError):
        return None
    if array.dtype.kind not in "iub" or not (array.ndim == 1 or array.ndim == 2 and array.shape[1] == 1):
        return None
    return array.reshape(-1)


def _whole_column(numbers: numpy.ndarray) -> tuple[Any, Any]:
    """(schema, array) of a column of integers or truth values."""
    kept, form = (numpy.packbits(numbers, bitorder="little"), b"b") if numbers.dtype.kind == "b" else (numpy.ascontiguousarray(numbers, "uint64"), b"L") if numbers.dtype == "uint64" else (numpy.ascontiguousarray(numbers, "int64"), b"l")
    buffers = (ctypes.c_void_p * 2)(None, kept.ctypes.data)
    number = next(_next_number)
    _retained[number] = kept, buffers
    array = _Array(length=len(numbers), n_buffers=2, buffers=ctypes.addressof(buffers), release=_release_structure, private_data=number)
    return _Schema(format=form, name=b"", release=_release_structure), array
