"""Passes arrays to and from the library: as views where the layout allows it, otherwise as copies."""

from __future__ import annotations

import ctypes
import functools
import math
import reprlib
from typing import Any

import numpy

from ._errors import InvalidArgumentError, OutOfRangeError, UnsupportedTypeError
from ._structures import DataType, Device, Tensor

_Byte = ctypes.c_char
# The types that the library reads: NumPy type → DLPack (code, bits).
_TYPES: dict[numpy.dtype[Any], tuple[int, int]] = {
    numpy.dtype("float32"): (2, 32),
    numpy.dtype("float64"): (2, 64),
    numpy.dtype("uint8"): (1, 8),
    numpy.dtype("int8"): (0, 8),
    numpy.dtype("int32"): (0, 32),
    numpy.dtype("int64"): (0, 64),
}
_NUMPY_TYPES: dict[tuple[int, int], numpy.dtype[Any]] = {described: dtype for dtype, described in _TYPES.items()}
_OUTPUT_TYPES = tuple(numpy.dtype(name) for name in ("float32", "float64", "int32", "int64"))


def numpy_type(data_type: DataType) -> numpy.dtype[Any]:
    """The NumPy type of a DLPack type that the library reported."""
    return _NUMPY_TYPES[data_type.code, data_type.bits]


def as_array(value: Any, name: str) -> numpy.ndarray:
    """`value` as a NumPy array of a type that the library reads.

    NumPy arrays of any stride are not copied, nor are objects with `__dlpack__` (PyTorch, JAX, CuPy's host arrays),
    `__array_interface__` or the buffer protocol. Other numeric types are converted (float16 to float32, bool to uint8, other
    integers to int64); sequences are copied.

    Errors: UnsupportedTypeError (a TypeError), naming the argument, if the value is not numeric, is ragged, or is masked.
    """
    array = _to_numpy(value, name)
    if array.dtype in _TYPES:
        return array
    return _converted(array, name)


def _to_numpy(value: Any, name: str) -> numpy.ndarray:
    if type(value) is numpy.ndarray:
        return value
    refuse_masked(value, name)
    if isinstance(value, numpy.ndarray):
        return value
    if hasattr(value, "toarray") and hasattr(value, "nnz"):
        raise UnsupportedTypeError(
            f"{name} is a sparse {type(value).__name__} of shape {list(value.shape)}; arrays must be dense: pass {name}.toarray(), for large ones in parts"
        )
    if not hasattr(value, "__array__") and (advice := _refusal(value, name)) is not None:
        raise UnsupportedTypeError(f"{name} is a {type(value).__name__}, {advice}")
    if hasattr(value, "__dlpack__"):
        try:
            return numpy.from_dlpack(value)
        except (BufferError, RuntimeError, TypeError, ValueError):
            pass  # DLPack cannot transfer this device or type; asarray below converts it or reports why it cannot
    try:
        return numpy.asarray(value)
    except (TypeError, ValueError, RuntimeError) as error:
        raise UnsupportedTypeError(f"{name} cannot be read as an array: {error}") from error


def refuse_masked(value: Any, name: str) -> None:
    """Errors: UnsupportedTypeError for a masked array with masked entries, or a list that holds one, whose masks NumPy's conversions drop."""
    if isinstance(value, numpy.ma.MaskedArray):
        if numpy.ma.is_masked(value):
            raise UnsupportedTypeError(f"{name} is a masked array with masked entries; fill or drop them first")
    elif isinstance(value, (list, tuple)):
        for place, entry in enumerate(value):
            if isinstance(entry, numpy.ma.MaskedArray):
                refuse_masked(entry, f"{name}[{place}]")


def _refusal(value: Any, name: str) -> str | None:
    """What an object is that holds samples, but not as numbers in rows, and what to pass instead; None for other objects."""
    if is_lazy(value):
        return f"whose rows are not computed yet; pass {name}.collect()"
    if has_batches(value):
        return f"whose rows are not read yet; pass {name}.to_table(), or train from it by Stream({name}, target=…)"
    if hasattr(value, "features") and hasattr(value, "targets"):
        return "which holds targets too; pass its attribute features"
    return None


def is_lazy(value: Any) -> bool:
    """Whether a value is a LazyFrame of polars."""
    return hasattr(value, "collect") and hasattr(value, "collect_schema")


def has_batches(value: Any) -> bool:
    """Whether a value is a Dataset of pyarrow, whose rows are in files."""
    return hasattr(value, "to_batches") and hasattr(value, "to_table")


def _converted(array: numpy.ndarray, name: str) -> numpy.ndarray:
    kind, size = array.dtype.kind, array.dtype.itemsize
    if kind == "b":
        return array.view(numpy.uint8)
    if kind == "f":
        return array.astype(numpy.float32 if size <= 4 else numpy.float64)
    if kind in "iu":
        if kind == "u" and size == 8 and array.size and array.max() > numpy.iinfo(numpy.int64).max:
            place = numpy.unravel_index(int(array.argmax()), array.shape)
            where = ", ".join(f"{axis} {index}" for axis, index in zip(("row", "column"), place, strict=False))
            raise OutOfRangeError(f"{name} holds {array.max()}{f' at {where}' if where else ''}; integers must be below 2^63")
        return array.astype(numpy.dtype(f"{kind}{size}") if numpy.dtype(f"{kind}{size}") in _TYPES else numpy.int64)
    raise UnsupportedTypeError(f"{name} is of type {array.dtype}; it must hold real numbers{_advice(array, name)}")


#: What to do with arrays that do not hold real numbers, by NumPy's letter for their kind.
_ENCODE = "encode categories as numbers: as labels, numpy.unique({name}, return_inverse=True)[1]; as features, one column of 0 and 1 for each"
_ADVICE = {
    "U": _ENCODE,
    "S": _ENCODE,
    "c": "pass real and imaginary parts as separate features",
    "M": "pass seconds since a chosen time: ({name} - start) / numpy.timedelta64(1, 's')",
    "m": "pass seconds: {name} / numpy.timedelta64(1, 's')",
    "V": "pass its fields as columns: numpy.lib.recfunctions.structured_to_unstructured({name})",
}


def _advice(array: numpy.ndarray, name: str) -> str:
    """What to do about an array that does not hold real numbers, and its first entry that is not one."""
    if array.dtype.kind != "O":
        advice = _ADVICE.get(array.dtype.kind)
        return "" if advice is None else "; " + advice.format(name=name)
    for place, entry in numpy.ndenumerate(array):
        if isinstance(entry, (bool, int, float, numpy.number, numpy.bool_)):
            continue
        where = ", ".join(f"{axis} {index}" for axis, index in zip(("row", "column"), place, strict=False))
        what = "; fill or drop what is missing" if entry is None else "; " + _ENCODE.format(name=name) if isinstance(entry, (str, bytes)) else ""
        found = "None" if entry is None else f"{reprlib.repr(entry)} (a {type(entry).__name__})"
        return f"; the entry at {where} is {found}{what}" if where else f"; it is {found}{what}"
    return f"; its entries are numbers as Python objects: pass numpy.asarray({name}, dtype=float)"


def tensor_of(value: Any, name: str) -> Tensor:
    """A Tensor that reads `value` (see as_array) and keeps its memory alive."""
    return _describe(as_array(value, name))


def output(shape: Any, dtype: Any, out: numpy.ndarray | None = None, name: str = "out") -> tuple[numpy.ndarray, Tensor]:
    """(array, Tensor) for the library to write: `out`, or a new array of `shape` and `dtype`.

    `out` may have any strides; the call that receives it checks its shape.
    Errors: UnsupportedTypeError if `out` is not a NumPy array of float32, float64, int32 or int64; InvalidArgumentError if it is
    read-only or not aligned.
    """
    if out is None:
        made = numpy.empty(shape, dtype)
        return made, _describe(made)
    if not isinstance(out, numpy.ndarray) or out.dtype not in _OUTPUT_TYPES:
        given = f"an array of {out.dtype}" if isinstance(out, numpy.ndarray) else f"a {type(out).__name__}"
        raise UnsupportedTypeError(f"{name} is {given}; it must be a NumPy array of float32, float64, int32 or int64")
    if not out.flags.writeable:
        raise InvalidArgumentError(f"{name} is read-only; it must be writable")
    if not _is_addressable(out):
        raise InvalidArgumentError(f"{name} is not aligned to its element size; it must be aligned")
    return out, _describe(out)


def image_output(
    shape: tuple[int, ...], width: int, dtype: Any, out: numpy.ndarray | None = None, *, axes: int = 2
) -> tuple[numpy.ndarray, Tensor]:
    """As `output` for an array of `shape` whose axes behind the first `axes` hold `width` numbers that the library writes as one axis."""
    array, result = output(shape, dtype, out)
    if array.ndim <= axes + 1:
        return array, result
    flat = array.reshape(*array.shape[:axes], math.prod(array.shape[axes:]))
    if array.shape[axes:] != tuple(shape[axes:]):
        raise InvalidArgumentError(f"out has shape {list(array.shape)}; it must be {list(shape)}")
    if not numpy.shares_memory(flat, array):
        raise InvalidArgumentError(
            f"out has strides {list(array.strides)}; the numbers of an image (its last {array.ndim - axes} axes) must be in row-major order without gaps, "
            f"as in numpy.empty({list(shape)})"
        )
    return array, _describe(flat)


def _is_addressable(array: numpy.ndarray) -> bool:
    """Whether the distance of every element from the first is a multiple of the element size."""
    if array.flags.c_contiguous:
        return array.flags.aligned
    size = array.dtype.itemsize
    return array.flags.aligned and all(stride % size == 0 for stride in array.strides)


#: NumPy type → the bytes of a Tensor of this type in CPU memory, with all other fields zero.
_TEMPLATES = {
    dtype: bytes(Tensor(device=Device(device_type=1), dtype=DataType(code=code, bits=bits, lanes=1)))
    for dtype, (code, bits) in _TYPES.items()
}


@functools.lru_cache(maxsize=256)
def _dense(dtype: numpy.dtype[Any], shape: tuple[int, ...]) -> tuple[bytes, Any]:
    """(bytes of a Tensor of this type and shape whose data pointer is unset, the extents that its shape points to)."""
    extents = (ctypes.c_int64 * max(len(shape), 1))(*shape)
    tensor = Tensor.from_buffer_copy(_TEMPLATES[dtype])
    tensor.ndim, tensor.shape = len(shape), extents
    return bytes(tensor), extents


def _describe(array: numpy.ndarray) -> Tensor:
    if not _is_addressable(array):
        array = array.copy()
    template, extents = _dense(array.dtype, array.shape)
    tensor = Tensor.from_buffer_copy(template)
    tensor.data = address_of(array)
    if not array.flags.c_contiguous:  # for contiguous arrays NULL strides mean dense rows
        size = array.dtype.itemsize
        tensor.strides = type(extents)(*(stride // size for stride in array.strides))
    tensor.array, tensor.extents = array, extents
    return tensor


def view_of(tensor: Tensor) -> numpy.ndarray:
    """An array that views the memory of a Tensor from the library. It is valid for as long as the library guarantees the memory."""
    dtype, axes = numpy_type(tensor.dtype), range(tensor.ndim)
    shape = [tensor.shape[axis] for axis in axes]
    dense = [math.prod(shape[axis + 1 :]) for axis in axes]
    strides = [tensor.strides[axis] for axis in axes] if tensor.strides else dense
    span = 1 + sum((extent - 1) * stride for extent, stride in zip(shape, strides, strict=True) if stride > 0)
    back = sum((extent - 1) * stride for extent, stride in zip(shape, strides, strict=True) if stride < 0)
    size = dtype.itemsize
    memory: Any = (ctypes.c_char * ((span - back) * size)).from_address(tensor.data + tensor.byte_offset + back * size)
    return numpy.ndarray(shape, dtype, memory, -back * size, [stride * size for stride in strides])


def address_of(array: numpy.ndarray) -> int:
    """The address of an array's first element."""
    try:
        # Three times faster than NumPy's own functions, but it raises for arrays that are read-only, not dense, or empty.
        return ctypes.addressof(_Byte.from_buffer(array))  # type: ignore[arg-type]
    except (BufferError, TypeError, ValueError):
        return int(array.__array_interface__["data"][0])


def pass_tensor(tensor: Tensor | None) -> Any:
    """A Tensor as an argument of a C function; None becomes NULL."""
    return None if tensor is None else ctypes.byref(tensor)
