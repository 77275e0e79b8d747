"""A graph of ONNX: operators in the order in which they were added, and constant tensors. Field numbers are those of onnx.proto."""

from __future__ import annotations

from collections.abc import Sequence

import numpy

from .._errors import IncompatibleError
from ._protobuf import block, real, whole

#: Of onnx.proto: the version of the format, and of the operators, of which all that are used here exist since version 13.
IR_VERSION = 8
OPERATORS_VERSION = 13
FLOAT, DOUBLE, INT64 = 1, 11, 7
#: A message of Protocol Buffers is shorter than 2 GiB.
LARGEST_MODEL = (1 << 31) - 1

Attribute = float | int | Sequence[int]


def _attribute(name: str, value: Attribute) -> bytes:
    content = block(1, name)
    if isinstance(value, float):
        return content + real(2, value) + whole(20, 1)
    if isinstance(value, int):
        return content + whole(3, value) + whole(20, 2)
    return content + b"".join(whole(8, item) for item in value) + whole(20, 7)


def _value(name: str, kind: int, features: int) -> bytes:
    """A tensor [samples, features] that enters or leaves."""
    shape = block(1, block(2, "samples")) + block(1, whole(1, features))
    return block(1, name) + block(2, block(1, whole(1, kind) + block(2, shape)))


class Graph:
    """Adds operators and constants; names of values are numbered."""

    def __init__(self, dtype: numpy.dtype) -> None:
        self.dtype = numpy.dtype(dtype)
        self.kind = FLOAT if self.dtype == numpy.float32 else DOUBLE
        self._nodes: list[bytes] = []
        self._constants: list[bytes] = []
        self._known: dict[tuple[str, tuple[int, ...], bytes], str] = {}

    def constant(self, values: object, name: str = "constant") -> str:
        """The name of a constant tensor in the network's precision; whole numbers stay whole numbers. Equal ones are stored once."""
        array = numpy.ascontiguousarray(values)
        is_whole = array.dtype == numpy.int64
        # The only arithmetic with infinite results would be that of weights near the largest number.
        stored = array if is_whole else array.astype(self.dtype)
        if not is_whole and not numpy.isfinite(stored).all():
            raise IncompatibleError(f"{name} has numbers that {self.dtype} cannot hold, so the network cannot be exported")
        data = stored.astype(stored.dtype.newbyteorder("<")).tobytes()
        key = (str(stored.dtype), array.shape, data)
        if key not in self._known:
            label = f"{name}_{len(self._known)}"
            kind = INT64 if is_whole else self.kind
            self._known[key] = label
            self._constants.append(
                b"".join(whole(1, size) for size in array.shape) + whole(2, kind) + block(8, label) + block(9, data)
            )
        return self._known[key]

    def add(self, operator: str, *inputs: str, output: str | None = None, **attributes: Attribute) -> str:
        """The name of the operator's output."""
        name = output or f"value_{len(self._nodes)}"
        content = b"".join(block(1, value) for value in inputs) + block(2, name) + block(3, f"{operator}_{len(self._nodes)}")
        content += block(4, operator) + b"".join(block(5, _attribute(key, value)) for key, value in attributes.items())
        self._nodes.append(content)
        return name

    # Arithmetic that leaves out what changes nothing.

    def scaled(self, value: str, factor: float) -> str:
        return value if factor == 1 else self.add("Mul", value, self.constant(factor, "factor"))

    def sum(self, *terms: tuple[float, str]) -> str:
        """Σ factor·value."""
        result = self.scaled(terms[0][1], terms[0][0])
        for factor, value in terms[1:]:
            if factor == -1:
                result = self.add("Sub", result, value)
            elif factor != 0:
                result = self.add("Add", result, self.scaled(value, factor))
        return result

    def encoded(self, inputs: int, outputs: int, version: str) -> bytes:
        """The bytes of the model, whose input is named `features` and whose output is named `scores`."""
        graph = b"".join(block(1, node) for node in self._nodes) + block(2, "network")
        graph += b"".join(block(5, tensor) for tensor in self._constants)
        graph += block(11, _value("features", self.kind, inputs)) + block(12, _value("scores", self.kind, outputs))
        content = whole(1, IR_VERSION) + block(2, "stableode") + block(3, version)
        content += block(7, graph) + block(8, block(1, "") + whole(2, OPERATORS_VERSION))
        if len(content) > LARGEST_MODEL:
            raise IncompatibleError(f"the ONNX model would have {len(content)} bytes; the format's limit is {LARGEST_MODEL}")
        return content
