"""Activations, linear maps and fields as operators of ONNX. Samples are rows; images are [samples, channels, height, width]."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy

from .._errors import IncompatibleError
from ._graph import Graph

Options = Mapping[str, Any]
Tensors = Mapping[str, numpy.ndarray]
#: The largest slope of each activation that steps `row_sums` accept.
LARGEST_SLOPE = {"sigmoid": 0.25}


def activation(graph: Graph, name: str, value: str) -> str:
    """σ of each number."""
    simple = {"tanh": "Tanh", "relu": "Relu", "sigmoid": "Sigmoid", "softplus": "Softplus", "sin": "Sin"}
    if name == "identity":
        return value
    if name in simple:
        return graph.add(simple[name], value)
    if name == "leaky_relu":
        # An attribute such as LeakyRelu's alpha is a float32, whatever the network's precision.
        return graph.add("Max", value, graph.scaled(value, 0.01))
    if name == "elu":
        return graph.add("Elu", value, alpha=1.0)
    if name == "silu":
        return graph.add("Mul", value, graph.add("Sigmoid", value))
    if name == "gelu":
        error = graph.add("Erf", graph.scaled(value, math.sqrt(0.5)))
        return graph.add("Mul", value, graph.scaled(graph.add("Add", error, graph.constant(1.0)), 0.5))
    if name == "smooth_relu":
        # (x + η)²/(4η) within ±η, and what x exceeds η by.
        eta = 0.1
        inside = graph.add("Add", graph.add("Clip", value, graph.constant(-eta), graph.constant(eta)), graph.constant(eta))
        beyond = graph.add("Relu", graph.add("Sub", value, graph.constant(eta)))
        return graph.add("Add", graph.scaled(graph.add("Mul", inside, inside), 1 / (4 * eta)), beyond)
    raise IncompatibleError(f"activation {name} cannot be exported to ONNX")


@dataclass(frozen=True)
class Linear:
    """x ↦ Wx: a matrix, or a convolution whose kernel is [outputs, inputs / groups, height, width]."""

    weights: numpy.ndarray
    groups: int = 1
    strides: tuple[int, int] = (1, 1)
    dilations: tuple[int, int] = (1, 1)
    #: Pixels of zeros above, left, below and right.
    pads: tuple[int, int, int, int] = (0, 0, 0, 0)

    @property
    def is_image(self) -> bool:
        return self.weights.ndim == 4

    def with_weights(self, weights: numpy.ndarray) -> Linear:
        return Linear(weights, self.groups, self.strides, self.dilations, self.pads)

    @property
    def transposed(self) -> Linear:
        """Wᵀ; a convolution has stride 1 here."""
        if not self.is_image:
            return Linear(self.weights.T)
        outputs, inputs, *taps = self.weights.shape
        parts = self.weights.reshape(self.groups, outputs // self.groups, inputs, *taps)[..., ::-1, ::-1]
        turned = parts.transpose(0, 2, 1, 3, 4).reshape(self.groups * inputs, outputs // self.groups, *taps)
        top, left, bottom, right = self.pads
        return Linear(turned, self.groups, self.strides, self.dilations, (bottom, right, top, left))

    @property
    def antisymmetric(self) -> Linear:
        """½(W − Wᵀ)."""
        return self.with_weights((self.weights - self.transposed.weights) / 2)

    def scaled_rows(self, factors: numpy.ndarray) -> Linear:
        return self.with_weights(self.weights * factors.reshape(-1, *[1] * (self.weights.ndim - 1)))

    def apply(self, graph: Graph, value: str, bias: numpy.ndarray | None = None, factor: float = 1.0) -> str:
        """factor·(Wx + bias)."""
        weights = self.weights * factor
        offset = None if bias is None else numpy.broadcast_to(bias * factor, len(self.weights))
        if self.is_image:
            inputs = [value, graph.constant(weights, "kernel")] + ([] if offset is None else [graph.constant(offset, "bias")])
            return graph.add("Conv", *inputs, group=self.groups, strides=self.strides, dilations=self.dilations, pads=self.pads, kernel_shape=self.weights.shape[2:])
        if offset is None:
            return graph.add("MatMul", value, graph.constant(weights.T, "weights"))
        return graph.add("Gemm", value, graph.constant(weights, "weights"), graph.constant(offset, "bias"), transB=1)


def convolution(options: Options, weights: numpy.ndarray, shape: tuple[int, ...], stride: int = 1, margin: int = -1) -> Linear:
    """The convolution of these options, of an image of channels × height × width."""
    if options["padding"] != "zero":
        raise IncompatibleError(f"padding {options['padding']} cannot be exported to ONNX; only zero can")
    sizes = [1 if pixels == 1 else options["kernel"] for pixels in shape[1:]]
    spread = [1 if pixels == 1 else options["dilation"] for pixels in shape[1:]]
    steps = [1 if pixels == 1 else stride for pixels in shape[1:]]
    reach = [(size - 1) * distance for size, distance in zip(sizes, spread, strict=True)]
    before = [extent // 2 if margin < 0 else (0 if pixels == 1 else margin) for extent, pixels in zip(reach, shape[1:], strict=True)]
    after = [extent - first if margin < 0 else first for extent, first in zip(reach, before, strict=True)]
    kernel = weights.reshape(*weights.shape[:2], *sizes)
    return Linear(kernel, options["groups"], (steps[0], steps[1]), (spread[0], spread[1]), (before[0], before[1], after[0], after[1]))


def row_factors(linear: Linear, log_q: numpy.ndarray, slope: float) -> numpy.ndarray:
    """2/(L r_i) of steps `row_sums`: r_i = 2⁻¹⁰ + Σ_j q_j/q_i Σ_δ |Σ_{c,u} k[i,c,u+δ]·k[j,c,u]|."""
    kernel = linear.weights if linear.is_image else linear.weights[:, :, None, None]
    outputs, _, height, width = kernel.shape
    parts = kernel.reshape(linear.groups, outputs // linear.groups, *kernel.shape[1:])
    q = numpy.exp(numpy.clip(log_q.astype(numpy.float64), -20, 20)).reshape(linear.groups, -1)
    sizes = numpy.zeros((linear.groups, outputs // linear.groups, outputs // linear.groups))
    for y in range(1 - height, height):
        for x in range(1 - width, width):
            here = parts[..., max(0, y) : height + min(0, y), max(0, x) : width + min(0, x)]
            there = parts[..., max(0, -y) : height + min(0, -y), max(0, -x) : width + min(0, -x)]
            sizes += abs(numpy.einsum("gicyx,gjcyx->gij", here, there))
    sums = 2.0**-10 + numpy.einsum("gij,gj->gi", sizes, q) / q
    return numpy.asarray(2 / (slope * sums)).reshape(-1)


#: h·f(y) as operators: the value of y and the factor h → the value.
FieldMap = Callable[[str, float], str]


def field(graph: Graph, options: Options, layer: Tensors, linear: Callable[[str], Linear], step: float) -> tuple[FieldMap, ...]:
    """The components of a layer's field. `layer` has its tensors, `linear` makes the operator of one; `step` is the layer's step size."""
    name, sigma = options["field"], options["activation"]

    def affine(operator: Linear, bias: str) -> Callable[[str], str]:
        return lambda y: activation(graph, sigma, operator.apply(graph, y, layer.get(bias)))

    def gradient(weight: str, bias: str, sign: float) -> FieldMap:
        operator = linear(weight)
        hidden, back = affine(operator, bias), operator.transposed
        return lambda y, h: back.apply(graph, hidden(y), factor=sign * h)

    def scaled(function: Callable[[str], str], sign: float = 1.0) -> FieldMap:
        return lambda y, h: graph.scaled(function(y), sign * h)

    if name == "dense":
        return (scaled(affine(linear("K"), "b")),)
    if name == "two_layer":
        first, second = affine(linear("K1"), "b1"), linear("K2")
        return (lambda y, h: second.apply(graph, first(y), layer.get("b2"), factor=h),)
    if name in ("antisymmetric", "antisymmetric_damped"):
        operator, gamma = linear("K").antisymmetric, options["gamma"]
        if name == "antisymmetric_damped":
            function = affine(operator, "b")
            return (lambda y, h: graph.sum((h, function(y)), (-h * gamma, y)),)
        damped = operator.weights.copy()
        center = () if damped.ndim == 2 else (damped.shape[2] // 2, damped.shape[3] // 2)
        size = damped.shape[0] // operator.groups
        for row in range(damped.shape[0]):
            damped[(row, row % size, *center)] -= gamma / 2
        return (scaled(affine(operator.with_weights(damped), "b")),)
    if name == "negative_definite":
        operator = linear("C")
        back = operator.transposed
        return (scaled(lambda y: activation(graph, sigma, back.apply(graph, operator.apply(graph, y, factor=-1.0), layer.get("b")))),)
    if name == "gradient_flow" and options["steps"] not in ("plain", "row_sums"):
        raise IncompatibleError(f"steps {options['steps']} cannot be exported; steps plain and row_sums can, and network.fold_norms() makes steps tight plain")
    if name == "gradient_flow" and options["steps"] == "row_sums":
        operator = linear("K")
        hidden = affine(operator, "b")
        back = operator.scaled_rows(row_factors(operator, layer["log_q"], LARGEST_SLOPE.get(sigma, 1.0))).transposed
        return (lambda y, h: back.apply(graph, hidden(y), factor=-h / step),)
    if name == "gradient_flow" or (name == "second_order" and options["form"] == "gradient"):
        return (gradient("K", "b", -1.0),)
    if name == "hamiltonian":
        operator = linear("K")
        return scaled(affine(operator, "b")), scaled(affine(operator.transposed, "b"), -1.0)
    if name == "hamiltonian_two_weight":
        return gradient("K1", "b1", 1.0), gradient("K2", "b2", -1.0)
    raise IncompatibleError(f"field {name} cannot be exported to ONNX")
