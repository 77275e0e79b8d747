"""The parameter tensors of a network by name."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy

from ._attributes import Closed
from ._library import decode, library
from ._model import Model
from ._tensor import as_array, output, tensor_of
from ._text import text

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


class Parameters(Closed, Mapping[str, numpy.ndarray]):
    """The parameter tensors of a network by name ("blocks.0.K"). Reading gives a copy; assigning sets the network's tensor.

    Kernels of convolutions are [layers, outputs, inputs / groups, kernel height · kernel width], without layers in connectors. They may
    also be assigned with the kernel's height and width as two axes, as PyTorch has them: for reading,
    `parameters[name].reshape(layers, outputs, inputs, 3, 3)`.

    Errors: UnknownNameError (a KeyError), which suggests the nearest name; ShapeMismatchError; NotFiniteError or InvalidDataError
    for values that are not finite.
    """

    def __init__(self, network: Model):
        self._network = network

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Name → shape, in the order of `parameter_vector`."""
        name, dimensions, shape = ctypes.c_char_p(), ctypes.c_int32(), (ctypes.c_int64 * 4)()
        found = {}
        for index in range(len(self)):
            library.sode_network_parameter_at(
                self._network._pointer, index, ctypes.byref(name), ctypes.byref(dimensions), shape
            )
            found[decode(name.value)] = tuple(shape[: dimensions.value])
        return found

    def __getitem__(self, name: str) -> numpy.ndarray:
        encoded = text(name, "name")
        array, tensor = output(self.shapes.get(name, ()), self._network.dtype)
        library.sode_network_get_parameter(self._network._pointer, encoded, ctypes.byref(tensor))
        return array

    def __setitem__(self, name: str, value: ArrayLike) -> None:
        array = as_array(value, f"parameters[{name!r}]")
        tensor = tensor_of(self._flat_kernel(name, array), f"parameters[{name!r}]")
        library.sode_network_set_parameter(self._network._pointer, text(name, "name"), ctypes.byref(tensor))

    def _flat_kernel(self, name: str, array: numpy.ndarray) -> numpy.ndarray:
        """The kernel of a convolution with its height and width as one axis; other arrays as they are."""
        shape, kind = self.shapes.get(name, ()), str(name).partition(".")[0]
        axes = {"blocks": 4, "connectors": 3}.get(kind, 0)
        if axes == 0 or len(shape) != axes or array.ndim != axes + 1 or array.shape[:-2] != shape[:-1]:
            return array
        elements = [each for each in self._network.specification["blocks"] if ("connector" in each) == (kind == "connectors")]
        # Along an axis of one pixel a kernel has the extent 1.
        extents = {1, elements[int(name.split(".")[1])]["kernel"]}
        return array.reshape(shape) if set(array.shape[-2:]) <= extents and math.prod(array.shape[-2:]) == shape[-1] else array

    def __iter__(self) -> Iterator[str]:
        return iter(self.shapes)

    def __len__(self) -> int:
        return self._network._info().tensors

    def __repr__(self) -> str:
        return f"Parameters({self.shapes})"
