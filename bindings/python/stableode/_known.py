"""Known terms of a trajectory's equation, written in Python: a method of networks."""

from __future__ import annotations

import ctypes
import functools
import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy

from ._errors import InvalidArgumentError, ShapeMismatchError, UnsupportedTypeError
from ._interrupts import attention
from ._library import library
from ._model import Model
from ._pending import pending
from ._structures import EvaluateTermsFunction, KnownTermsData, PullbackTermsFunction, PushforwardTermsFunction, ReleaseFunction
from ._tensor import as_array, numpy_type

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

#: g(t [samples], y [samples, n]) → [samples, n]
Terms: TypeAlias = "Callable[[numpy.ndarray, numpy.ndarray], ArrayLike]"
#: (t, y, v [samples, n]) → [samples, n]
Product: TypeAlias = "Callable[[numpy.ndarray, numpy.ndarray, numpy.ndarray], ArrayLike]"

_DONE, _FAILED = 0, -1
# The C functions of networks' known terms, by the number that the library passes to _release.
_held: dict[int, tuple[Any, ...]] = {}
_next_number = itertools.count(1)

#: The functions of the library within which known terms are evaluated.
CALLING = (
    "sode_network_predict", "sode_network_predict_table", "sode_predictor_run", "sode_predictor_run_f32", "sode_predictor_run_f64",
    "sode_network_evaluate", "sode_network_evaluate_weighted", "sode_network_metrics", "sode_network_metrics_weighted", "sode_network_confusion", "sode_network_class_figures",
    "sode_network_states", "sode_network_field", "sode_network_field_pushforward", "sode_network_field_pullback", "sode_network_fit_trajectories",
    "sode_network_check_derivatives", "sode_gradient_run", "sode_gradient_pullback", "sode_gradient_pushforward", "sode_gradient_curvature",
    "sode_trainer_run", "sode_trainer_run_stream", "sode_trainer_find_learning_rate", "sode_multilevel_run",
)


@ReleaseFunction  # type: ignore[untyped-decorator]
def _release(number: int) -> None:
    _held.pop(number, None)


class KnowingTerms(Model):
    """A network's method for known terms of its equation."""

    def set_known_terms(
        self, function: Terms, *, jacobian: Terms | None = None, jvp: Product | None = None, vjp: Product | None = None, time_derivative: Terms | None = None
    ) -> None:
        """Gives a network with known_terms=True the function g of its equation ẏ = f(y; θ) + g(t, y), of which it learns f.

        function: g(t, y), of t [samples] and y [samples, n], views of the library's own memory, which are read-only and valid during the call only; it
        returns [samples, n], or what broadcasts to it. n is the width of `network.field`'s states. At the end of a tile a sample may be repeated.
        jacobian: (t, y) → ∂g/∂y, [samples, n, n], or what broadcasts to it. In its place jvp (t, y, v) → (∂g/∂y) v and vjp (t, y, w) → (∂g/∂y)ᵀ w,
        all [samples, n]. Fits and gradients need the Jacobian or vjp, forward derivatives jvp, implicit integrators maybe both;
        `stableode.trajectories.difference_jacobian` makes a Jacobian by differences.
        time_derivative: (t, y) → ∂g/∂t [samples, n], for gradients with respect to times; None if g does not depend on t.

            network = stableode.Network(
                opening="trajectory", channels=2, inputs=2 + 11, outputs=2, field="two_layer", readout="identity", loss="least_squares",
                outputs_at="steps", known_terms=True,
            )
            network.set_known_terms(lambda t, y: numpy.stack([y[:, 1], -numpy.sin(y[:, 0])], axis=1))
            network.field(0.0, [0.1, 0.0])

        Networks made from this one (with_steps, copies, trainers) share the function; models that are saved, pickled or loaded have none. What
        the function raises, the call of the library raises. Errors: StateError if the network has a function already; IncompatibleError
        without the option known_terms.
        """
        for name, given in (("function", function), ("jacobian", jacobian), ("jvp", jvp), ("vjp", vjp), ("time_derivative", time_derivative)):
            if not callable(given) and (given is not None or name == "function"):
                raise UnsupportedTypeError(f"{name} is a {type(given).__name__}; it must be a function of t and y{', v or w' if name in ('jvp', 'vjp') else ''}")
        if jacobian is not None and (jvp is not None or vjp is not None):
            raise InvalidArgumentError("jacobian and jvp or vjp are given; a Jacobian has both products")
        _guard_calls()
        terms = _Terms(function, jacobian, jvp, vjp, time_derivative)
        number = next(_next_number)
        functions = KnownTermsData(
            evaluate=EvaluateTermsFunction(terms.evaluate),
            pushforward=PushforwardTermsFunction(terms.pushforward) if jacobian or jvp else PushforwardTermsFunction(),
            pullback=PullbackTermsFunction(terms.pullback) if jacobian or vjp else PullbackTermsFunction(),
            release=_release,
            user_data=number,
        )
        _held[number] = (functions, terms)
        try:
            library.sode_network_set_known_terms(self._pointer, ctypes.byref(functions))
        except BaseException:
            _held.pop(number, None)
            raise


def _answering(run: Callable[..., None]) -> Callable[..., int]:
    """A function that C calls: it keeps what `run` raises."""

    @functools.wraps(run)
    def answer(*arguments: Any) -> int:
        try:
            run(*arguments)
            return _DONE
        except BaseException as exception:
            pending.keep(exception)
            return _FAILED

    return answer


class _Terms:
    """Python functions as C calls them."""

    def __init__(self, function: Terms, jacobian: Terms | None, jvp: Product | None, vjp: Product | None, time_derivative: Terms | None):
        self._function, self._jacobian, self._jvp, self._vjp, self._time_derivative = function, jacobian, jvp, vjp, time_derivative
        self._name = getattr(function, "__name__", "function")

    @_answering
    def evaluate(self, times: Any, states: Any, values: Any, _: Any) -> None:
        _write(self._function(_view(times), _view(states)), _view(values, True), "known terms")

    @_answering
    def pushforward(self, times: Any, states: Any, time_tangents: Any, state_tangents: Any, tangents: Any, _: Any) -> None:
        t, y, v, out = _view(times), _view(states), _view(state_tangents), _view(tangents, True)
        if self._jvp is not None:
            _write(self._jvp(t, y, v), out, "jvp")
        else:
            numpy.einsum("sij,sj->si", self._matrix(t, y), v, out=out)
        if self._time_derivative is not None:
            out += self._by_time(t, y) * _view(time_tangents)[:, None]

    @_answering
    def pullback(self, times: Any, states: Any, cotangents: Any, time_gradients: Any, state_gradients: Any, _: Any) -> None:
        t, y, w, out = _view(times), _view(states), _view(cotangents), _view(state_gradients, True)
        if self._vjp is not None:
            _write(self._vjp(t, y, w), out, "vjp")
        else:
            numpy.einsum("sij,si->sj", self._matrix(t, y), w, out=out)
        if self._time_derivative is not None:
            numpy.einsum("si,si->s", self._by_time(t, y), w, out=_view(time_gradients, True))

    def _matrix(self, t: numpy.ndarray, y: numpy.ndarray) -> numpy.ndarray:
        assert self._jacobian is not None
        return spread(self._jacobian(t, y), (len(y), y.shape[1], y.shape[1]), "jacobian", y.dtype)

    def _by_time(self, t: numpy.ndarray, y: numpy.ndarray) -> numpy.ndarray:
        assert self._time_derivative is not None
        return spread(self._time_derivative(t, y), y.shape, "time_derivative", y.dtype)


def _view(tensor: Any, is_writable: bool = False) -> numpy.ndarray:
    """A view of a vector over the samples, or of samples × numbers whose samples lie next to one another."""
    data = tensor.contents
    dtype, samples = numpy_type(data.dtype), data.shape[0]
    if data.ndim == 1:
        memory: Any = (ctypes.c_char * (samples * dtype.itemsize)).from_address(data.data)
        array = numpy.ndarray((samples,), dtype, memory)
    else:
        numbers, stride = data.shape[1], data.strides[1]
        memory = (ctypes.c_char * (((numbers - 1) * stride + samples) * dtype.itemsize)).from_address(data.data)
        array = numpy.ndarray((samples, numbers), dtype, memory, 0, (dtype.itemsize, stride * dtype.itemsize))
    if not is_writable:
        array.flags.writeable = False
    return array


def spread(found: Any, shape: tuple[int, ...], name: str, dtype: Any) -> numpy.ndarray:
    """What a caller's function returned, as an array of this shape. Errors: UnsupportedTypeError; ShapeMismatchError."""
    if found is None:
        raise UnsupportedTypeError(f"{name} returned None; it must return an array of shape {list(shape)}")
    array = as_array(found, f"the result of {name}").astype(dtype, copy=False)
    if array.shape == shape:
        return array
    try:
        return numpy.broadcast_to(array, shape)
    except ValueError:
        raise ShapeMismatchError(f"{name} returned shape {list(array.shape)}; it must be {list(shape)}, or broadcast to it") from None


def _write(found: Any, target: numpy.ndarray, name: str) -> None:
    target[...] = spread(found, target.shape, name, target.dtype)


def _guard_calls() -> None:
    """Lets Ctrl-C end the calls within which known terms are evaluated. A handler must not raise as such a function is entered, where nothing catches the exception."""
    for name in CALLING:
        call = getattr(library, name, None)
        if call is not None and not hasattr(call, "__wrapped__"):
            setattr(library, name, _noting(call))


def _noting(call: Any) -> Any:
    # A ctypes function has none of the attributes that functools.wraps copies.
    def run(*arguments: Any) -> Any:
        if attention.handler is not None:
            return call(*arguments)
        with attention.noting():
            return call(*arguments)

    run.__wrapped__ = call  # type: ignore[attr-defined]
    return run
