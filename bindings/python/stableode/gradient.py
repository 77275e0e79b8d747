"""Exact derivatives of a network, for your own optimizers and losses."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any

from ._callers import Callers, Loss
from ._encoded import encoded
from ._handle import Handle, new_pointer, pointer_of
from ._library import library
from ._structures import StepReportData, Tensor
from ._tensor import output, pass_tensor, tensor_of
from ._text import integer, text, thread_count
from .equation import StepReport, step_report

if TYPE_CHECKING:
    import numpy
    from numpy.typing import ArrayLike

    from .network import Network

class Gradient(Handle):
    """Computes derivatives for batches of up to `max_batch` samples, with the parameters that the network has at each call.

    The derivatives are those of the discrete steps, not of the continuous problem. A Gradient owns scratch memory, so only one
    thread at a time may use it. memory: one of `stableode.memory_policies()`; None takes the blocks' option "memory".

    loss: a function loss(scores [samples, outputs], targets) → (losses [samples], gradient [samples, outputs]) that replaces the
    network's loss. Row i of its gradient is the derivative of loss i with respect to the scores of sample i. The library calls
    it with tiles of the batch, on one thread.

    A gradient or direction in the parameters is a vector [parameter_count]; `network.split(vector)` splits it by name.
    """

    _kind = "gradient"
    _assignment_advice = {"loss": "give a loss of your own when the object is made: Gradient(network, …, loss=…)"}
    _instead = "it is scratch memory of one thread: make another with Gradient(network, …)"

    def __init__(self, network: Network, max_batch: int = 256, *, memory: str | None = None, threads: int = 1, loss: Loss | None = None):
        policy = None if memory is None else text(memory, "memory")
        pointer = new_pointer()
        library.sode_gradient_create(
            pointer_of(network, "network", "network"), integer(max_batch, "max_batch"), policy, thread_count(threads), ctypes.byref(pointer)
        )
        self._own(pointer)
        self._callers = Callers()
        if loss is not None:
            library.sode_gradient_set_loss(self._pointer, self._callers.loss(loss), None)
        self._dtype, self._columns = network.dtype, network.columns
        self._form, self._parameters = network._form, network.parameter_count

    @property
    def bytes(self) -> int:
        """Bytes of scratch memory that this object owns."""
        count = ctypes.c_int64()
        library.sode_gradient_bytes(self._pointer, ctypes.byref(count))
        return count.value

    @property
    def report(self) -> StepReport:
        """The StepReport of the last run."""
        data = StepReportData()
        library.sode_gradient_report(self._pointer, ctypes.byref(data))
        return step_report(data)

    def loss(self, features: ArrayLike, targets: ArrayLike) -> float:
        """The mean loss over the batch. targets: as for Dataset."""
        return self._run(features, targets, None)

    def loss_and_gradient(
        self, features: ArrayLike, targets: ArrayLike, *, out: numpy.ndarray | None = None
    ) -> tuple[float, numpy.ndarray]:
        """(mean loss, its gradient [parameters])."""
        array, tensor = output(self._parameters, self._dtype, out)
        return self._run(features, targets, tensor), array

    def _run(self, features: Any, targets: Any, gradient: Tensor | None) -> float:
        x, y, loss = tensor_of(encoded(features, self._columns), "features"), tensor_of(targets, "targets"), ctypes.c_double()
        with self._callers.calling():
            library.sode_gradient_run(self._pointer, ctypes.byref(x), ctypes.byref(y), ctypes.byref(loss), pass_tensor(gradient))
        return loss.value

    def pullback(self, features: ArrayLike, cotangent: ArrayLike) -> tuple[numpy.ndarray, numpy.ndarray]:
        """Jᵀw: (its part for the parameters [parameters], its part for the features, in their shape: [samples, inputs] or images).

        cotangent: w [samples, outputs], with outputs_at="steps" [samples, steps, outputs]: the derivative of your loss with respect to the scores.
        """
        x, w = tensor_of(encoded(features, self._columns), "features"), tensor_of(cotangent, "cotangent")
        parameters, parameter_tensor = output(self._parameters, self._dtype)
        feature_gradient, feature_tensor = output(x.array.shape, self._dtype)
        library.sode_gradient_pullback(
            self._pointer, ctypes.byref(x), ctypes.byref(w), ctypes.byref(parameter_tensor), ctypes.byref(feature_tensor)
        )
        return parameters, feature_gradient

    def pushforward(
        self, features: ArrayLike, parameter_direction: ArrayLike | None = None, feature_direction: ArrayLike | None = None
    ) -> tuple[numpy.ndarray, numpy.ndarray]:
        """Jv: (scores, their tangent), both [samples, outputs]; with outputs_at="steps" [samples, steps, outputs].

        parameter_direction: [parameters]; feature_direction: in any shape that features may have; None means zero.
        """
        x = tensor_of(encoded(features, self._columns), "features")
        along_parameters = None if parameter_direction is None else tensor_of(parameter_direction, "parameter_direction")
        along_features = None if feature_direction is None else tensor_of(feature_direction, "feature_direction")
        scores, score_tensor = output(self._batch_shape(x), self._dtype)
        tangent, tangent_tensor = output(self._batch_shape(x), self._dtype)
        library.sode_gradient_pushforward(
            self._pointer,
            ctypes.byref(x),
            pass_tensor(along_parameters),
            pass_tensor(along_features),
            ctypes.byref(score_tensor),
            ctypes.byref(tangent_tensor),
        )
        return scores, tangent

    def curvature(self, features: ArrayLike, targets: ArrayLike, direction: ArrayLike, kind: str = "gauss_newton") -> numpy.ndarray:
        """The product [parameters] of the mean loss's second derivatives with a direction [parameters].

        kind: "gauss_newton" (JᵀHJ, positive semidefinite, exact) or "hessian" (sixth-order differences of exact gradients; near a kink,
        as of relu or max pooling, differences see both sides).
        """
        x, y = tensor_of(encoded(features, self._columns), "features"), tensor_of(targets, "targets")
        along = tensor_of(direction, "direction")
        product, product_tensor = output(self._parameters, self._dtype)
        with self._callers.calling():
            library.sode_gradient_curvature(
                self._pointer, text(kind, "kind"), ctypes.byref(x), ctypes.byref(y), ctypes.byref(along), ctypes.byref(product_tensor)
            )
        return product

    def _batch_shape(self, source: Tensor) -> tuple[int, ...]:
        return self._form.scores_shape(source.array.shape[0] if source.array.ndim else 0)
