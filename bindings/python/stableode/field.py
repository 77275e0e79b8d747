"""The vector field of a block: f(t, y; θ) and its products."""

from __future__ import annotations

import ctypes
import math
from typing import TYPE_CHECKING, Any

import numpy

from . import equation
from ._attributes import Closed
from ._library import library
from ._model import Model
from ._structures import Tensor
from ._tensor import as_array, output, pass_tensor, tensor_of
from ._text import integer

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


class VectorField(Closed):
    """The right-hand side f of a block's equation dy/dt = f(t, y; θ), with the parameters that the network has at the time of a call.

    `Network.field` is one. y is the state of the field, (y, z) for fields with momenta: [n], or [samples, n]; states of images may have
    their axes [channels, height, width]. t is a number or [samples], between 0 and the block's horizon; None is possible where the weights
    are the same at all times. Layers with weights of their own belong to the times from their beginning up to their end, and bases in time
    (weights_in_time "polynomial", …) are evaluated at exactly t. What integrators and noise add to f is left out.
    With known terms (`Network.set_known_terms`) the value is f + g(t, y), and t is any time of the trajectories.

    Errors: IncompatibleError for fields driven by sequences, and for integrators of two fields such as revnet; OutOfRangeError for times
    outside of the block's.
    """

    def __init__(self, network: Model):
        self._network = network

    def __call__(self, t: ArrayLike | None, y: ArrayLike, *, block: int = 0) -> numpy.ndarray:
        """f(t, y), in the shape of y."""
        call = _Call(self._network, t, y, block)
        values, tensor = call.output()
        library.sode_network_field(*call.point, ctypes.byref(tensor))
        return call.shaped(values)

    def jvp(
        self, t: ArrayLike | None, y: ArrayLike, v: ArrayLike | None, *, parameters: ArrayLike | None = None, block: int = 0
    ) -> numpy.ndarray:
        """J v + (∂f/∂θ) d: the change of f along a direction v in the shape of y and a direction d in all parameters of the network, in the order
        of `parameter_vector`. None is zero."""
        call = _Call(self._network, t, y, block)
        tangent, tensor = call.output()
        direction = None if parameters is None else tensor_of(parameters, "parameters")
        along = None if v is None else call.states(v, "v")
        library.sode_network_field_pushforward(*call.point, pass_tensor(direction), pass_tensor(along), None, ctypes.byref(tensor))
        return call.shaped(tangent)

    def vjp(self, t: ArrayLike | None, y: ArrayLike, w: ArrayLike, *, block: int = 0) -> numpy.ndarray:
        """Jᵀ w, in the shape of y, for w in the shape of y."""
        call = _Call(self._network, t, y, block)
        gradient, tensor = call.output()
        library.sode_network_field_pullback(*call.point, ctypes.byref(call.states(w, "w")), None, ctypes.byref(tensor))
        return call.shaped(gradient)

    def parameter_vjp(self, t: ArrayLike | None, y: ArrayLike, w: ArrayLike, *, block: int = 0) -> numpy.ndarray:
        """(∂f/∂θ)ᵀ w, summed over the samples: a vector of all parameters of the network, which `Network.split` splits into tensors."""
        call = _Call(self._network, t, y, block)
        gradient, tensor = output((self._network.parameter_count,), self._network.dtype)
        library.sode_network_field_pullback(*call.point, ctypes.byref(call.states(w, "w")), ctypes.byref(tensor), None)
        return gradient

    def __repr__(self) -> str:
        return f"<VectorField of {self._network!r}>"


class _Call:
    """The arguments of one call: the states as rows, their times, and the shape of results."""

    def __init__(self, network: Model, t: Any, y: Any, block: int):
        self._axes = len(equation.state_shape(network, block))
        self._dtype = network.dtype
        array = as_array(y, "y")
        self._shape = array.shape
        self._states = self._rows(array, "y")
        samples = self._states.array.shape[0]
        times = None if t is None else as_array(t, "t")
        if times is not None and times.ndim == 0:
            times = numpy.full(samples, times)
        self._times = None if times is None else tensor_of(times, "t")
        self.point = network._pointer, integer(block, "block"), pass_tensor(self._times), ctypes.byref(self._states)

    def _rows(self, array: numpy.ndarray, name: str) -> Tensor:
        """Samples × numbers: a state alone is one sample, and the axes of images become one."""
        if array.ndim < 2 or array.ndim == self._axes:
            return tensor_of(array.reshape(1, -1), name)
        return tensor_of(array.reshape(array.shape[0], math.prod(array.shape[1:])) if array.ndim == self._axes + 1 else array, name)

    def states(self, value: Any, name: str) -> Tensor:
        """A direction or cotangent in the shape of y."""
        array = as_array(value, name)
        return self._rows(array, name)

    def output(self) -> tuple[numpy.ndarray, Tensor]:
        return output(self._states.array.shape, self._dtype)

    def shaped(self, rows: numpy.ndarray) -> numpy.ndarray:
        """A result in the shape of y."""
        return rows.reshape(self._shape)
