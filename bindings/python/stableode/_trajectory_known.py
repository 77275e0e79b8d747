"""Terms of an equation that are known, in the units of the data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy

from ._errors import InvalidDataError, UnsupportedTypeError
from ._known import spread
from ._tensor import as_array

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from .network import Network
    from ._trajectory_units import Units


@dataclass(frozen=True)
class KnownTerms:
    """Known terms g(t, y) of an equation ẏ = f(y) + g(t, y), in the units of the data, with their derivatives: `fit` learns f.

    All functions take t [samples] and y [samples, width], arrays that they only read. function: g, [samples, width]. jacobian: ∂g/∂y, [samples, width, width]; all
    results may have any shape that broadcasts to these. time_derivative: ∂g/∂t [samples, width]; None if g does not depend on t. Without units of the
    network's own (`fit` with scaling="none") the arrays are views of the library's memory, and nothing is copied.
    """

    function: Callable[[numpy.ndarray, numpy.ndarray], ArrayLike]
    jacobian: Callable[[numpy.ndarray, numpy.ndarray], ArrayLike]
    time_derivative: Callable[[numpy.ndarray, numpy.ndarray], ArrayLike] | None = None

    def __post_init__(self) -> None:
        for name in ("function", "jacobian", "time_derivative"):
            given = getattr(self, name)
            if not callable(given) and (given is not None or name != "time_derivative"):
                advice = "; difference_jacobian(function) makes one by differences" if name == "jacobian" else ""
                raise UnsupportedTypeError(f"{name} is a {type(given).__name__}; it must be a function of t and y{advice}")

    def _give(self, network: Network, units: Units) -> None:
        """Gives a network these terms in its units: g̃ = (moment/scale)·g, ∂g̃/∂z = (moment/scale)·∂g/∂y·scale, ∂g̃/∂τ = (moment²/scale)·∂g/∂t."""
        if units.is_identity:
            network.set_known_terms(self.function, jacobian=self.jacobian, time_derivative=self.time_derivative)
            return
        factor, by_time = units.moment / units.scale, self.time_derivative

        def function(t: numpy.ndarray, y: numpy.ndarray) -> numpy.ndarray:
            return numpy.asarray(factor * spread(self.function(units.moment * t, units.outwards(y)), y.shape, "known terms", numpy.float64))

        def jacobian(t: numpy.ndarray, y: numpy.ndarray) -> numpy.ndarray:
            found = spread(self.jacobian(units.moment * t, units.outwards(y)), (*y.shape, y.shape[1]), "jacobian", numpy.float64)
            return numpy.asarray(factor[:, None] * found * units.scale)

        def time_derivative(t: numpy.ndarray, y: numpy.ndarray) -> numpy.ndarray:
            assert by_time is not None
            return numpy.asarray(factor * units.moment * spread(by_time(units.moment * t, units.outwards(y)), y.shape, "time_derivative", numpy.float64))

        network.set_known_terms(function, jacobian=jacobian, time_derivative=None if by_time is None else time_derivative)


def difference_jacobian(
    function: Callable[[numpy.ndarray, numpy.ndarray], ArrayLike], scale: ArrayLike = 1.0
) -> Callable[[numpy.ndarray, numpy.ndarray], numpy.ndarray]:
    """A Jacobian ∂g/∂y of g(t, y) by central differences, for `KnownTerms` and `Network.set_known_terms`.

    scale: how far y may move, one number or [width], before g changes much: the differences are taken over about 1e-3 of it, with errors of
    about 1e-11 of g in float64 where g is smooth on this scale. Each call evaluates g four times for each number of a state.
    """
    if not callable(function):
        raise UnsupportedTypeError(f"function is a {type(function).__name__}; it must be a function of t and y")
    reach = as_array(scale, "scale").astype(numpy.float64)
    if reach.ndim > 1 or not (numpy.isfinite(reach).all() and (reach > 0).all()):
        raise InvalidDataError("scale must be positive and finite, one number or [width]")

    def jacobian(t: numpy.ndarray, y: numpy.ndarray) -> numpy.ndarray:
        base, moments = numpy.asarray(y, dtype=numpy.float64), numpy.asarray(t, dtype=numpy.float64)
        steps = numpy.broadcast_to(1e-3 * reach, base.shape[1:])
        columns = []
        for number, step in enumerate(steps):
            def at(distance: float, number: int = number) -> numpy.ndarray:
                moved = base.copy()
                moved[:, number] += distance
                return numpy.broadcast_to(numpy.asarray(function(moments, moved), dtype=numpy.float64), base.shape)

            columns.append((8 * (at(step) - at(-step)) - (at(2 * step) - at(-2 * step))) / (12 * step))
        return numpy.stack(columns, axis=2)

    return jacobian
