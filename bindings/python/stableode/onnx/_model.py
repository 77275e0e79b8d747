"""A network as the bytes of an ONNX model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy

from .._errors import IncompatibleError
from ..introspection import library_version
from ._graph import Graph
from ._layers import Linear, Tensors, activation, convolution, field
from ._steps import block, numbers


class Exportable(Protocol):
    """What of a network goes into the model."""

    @property
    def parameters(self) -> Mapping[str, numpy.ndarray]: ...
    @property
    def specification(self) -> dict[str, Any]: ...
    @property
    def normalization(self) -> tuple[numpy.ndarray, numpy.ndarray] | None: ...
    @property
    def squashing(self) -> numpy.ndarray: ...
    @property
    def target_scaling(self) -> tuple[numpy.ndarray, numpy.ndarray] | None: ...
    @property
    def inputs(self) -> int: ...
    @property
    def outputs(self) -> int: ...
    @property
    def dtype(self) -> numpy.dtype: ...


def model(network: Exportable) -> bytes:
    """The network as an ONNX model in its precision: `features` [samples, inputs] → `scores` [samples, outputs], as `Network.scores` gives them.

    Layers are unrolled, prepared matrices (½(K − Kᵀ − γI), row sums, step sizes) are constants. Networks of dense and convolutional blocks with explicit schemes can be exported.

    Errors: IncompatibleError for a field, an integrator, a connector or weights in time that cannot be exported.
    """
    return _Exporter(network).run()


class _Exporter:
    def __init__(self, network: Exportable) -> None:
        self.network, self.graph = network, Graph(network.dtype)
        self.tensors: dict[str, numpy.ndarray] = {name: numpy.asarray(values, numpy.float64) for name, values in network.parameters.items()}
        self.specification = network.specification
        extents = [int(extent) for extent in numbers(self.specification.get("input_shape", ""))]
        if len(extents) == 2:
            extents.insert(1, 1)
        self.shape: tuple[int, ...] = tuple(extents) or (network.inputs,)
        self.value = "features"

    def run(self) -> bytes:
        norms = {name: self.specification.get(name) for name in ("opening_norm", "readout_norm")}
        norms |= {f"norm of connector {options['connector']}": options.get("norm") for options in self.specification["blocks"] if "connector" in options}
        for name, norm in norms.items():
            if norm not in (None, "free"):
                raise IncompatibleError(f"{name} is {norm}; weights that are scaled by their norm cannot be exported; network.fold_norms() gives the network with the scaled weights")
        if self.network.normalization is not None:
            shift, scale = self.network.normalization
            self.value = self.graph.add("Mul", self.graph.add("Sub", self.value, self.graph.constant(shift, "shift")), self.graph.constant(scale, "scale"))
            squashed = self.network.squashing
            if squashed.any():
                self._squash(squashed)
        self._opening()
        blocks = connectors = 0
        for options in self.specification["blocks"]:
            if "connector" in options:
                self._connector(options, f"connectors.{connectors}.")
                connectors += 1
            else:
                self._block(options, f"blocks.{blocks}.")
                blocks += 1
        self._flatten()
        if self.specification["readout"] == "dense":
            self._affine(Linear(self.tensors["readout.W"]), self.tensors.get("readout.b"))
        scaling = self.network.target_scaling
        if scaling is not None:
            # Neighboring outputs may be quantiles of one target.
            shift, scale = (numpy.repeat(part, self.network.outputs // len(part)) for part in scaling)
            self.value = self.graph.add("Add", self.graph.add("Mul", self.value, self.graph.constant(scale, "scale")), self.graph.constant(shift, "shift"))
        self.graph.add("Identity", self.value, output="scores")
        return self.graph.encoded(self.network.inputs, self.network.outputs, library_version())

    # -- shapes

    def _reshape(self, shape: tuple[int, ...]) -> None:
        if shape != self.shape:
            self.value = self.graph.add("Reshape", self.value, self.graph.constant(numpy.array([-1, *shape], numpy.int64), "shape"))
            self.shape = shape

    def _flatten(self) -> None:
        self._reshape((int(numpy.prod(self.shape)),))

    def _affine(self, linear: Linear, bias: numpy.ndarray | None, sigma: str = "identity") -> None:
        self.value = activation(self.graph, sigma, linear.apply(self.graph, self.value, bias))
        if not linear.is_image:
            self.shape = (len(linear.weights),)

    # -- stages

    def _squash(self, squashed: numpy.ndarray) -> None:
        """asinh of some features. Neither addend rounds the other, because one of them is 0."""
        add, constant = self.graph.add, self.graph.constant
        kept = add("Mul", self.value, constant((~squashed).astype(float), "kept"))
        value = add("Mul", self.value, constant(squashed.astype(float), "squashed"))
        if self.graph.dtype == numpy.float32:
            wide = add("Asinh", value)
        else:
            # Runtimes know asinh in float32 alone. With m = max(|z|, 1) it is log m + log(|z|/m + √((z/m)² + (1/m)²)), in which no square overflows.
            size, one = add("Abs", value), constant(1.0, "one")
            largest = add("Max", size, one)
            share, rest = add("Div", size, largest), add("Div", one, largest)
            root = add("Sqrt", add("Add", add("Mul", share, share), add("Mul", rest, rest)))
            wide = add("Mul", add("Sign", value), add("Add", add("Log", largest), add("Log", add("Add", share, root))))
        self.value = add("Add", wide, kept)

    def _opening(self) -> None:
        kind = self.specification["opening"]
        if kind == "dense":
            self._affine(Linear(self.tensors["opening.W"]), self.tensors.get("opening.b"))
            return
        if kind != "zero_padding":
            raise IncompatibleError(f"opening {kind} cannot be exported to ONNX")
        shape = self.shape
        if len(shape) == 3:
            # The features enter as a list.
            self.shape = (int(numpy.prod(shape)),)
            self._reshape(shape)
        width = self.specification["width"] or shape[0]
        self._pad_channels(width)

    def _pad_channels(self, channels: int) -> None:
        more = channels - self.shape[0]
        if more > 0:
            rest = [0] * (len(self.shape) - 1)
            self.value = self.graph.add("Pad", self.value, self.graph.constant(numpy.array([0, 0, *rest, 0, more, *rest], numpy.int64), "pads"))
            self.shape = (channels, *self.shape[1:])

    def _connector(self, options: dict[str, Any], prefix: str) -> None:
        kind = options["connector"]
        sigma = options.get("activation", "identity")
        if kind == "dense":
            self._flatten()
            self._affine(Linear(self.tensors[prefix + "W"]), self.tensors.get(prefix + "b"), sigma)
        elif kind == "convolution":
            linear = convolution(options, self.tensors[prefix + "K"], self.shape, options["stride"], options["margin"])
            self._affine(linear, self.tensors.get(prefix + "b"), sigma)
            taps, (top, left, bottom, right) = linear.weights.shape[2:], linear.pads
            sizes = [
                (pixels + first + last - (size - 1) * distance - 1) // step + 1
                for pixels, first, last, size, distance, step in zip(self.shape[1:], (top, left), (bottom, right), taps, linear.dilations, linear.strides, strict=True)
            ]
            self.shape = (len(linear.weights), *sizes)
        elif kind in ("average_pooling", "max_pooling"):
            window, margin = [1 if pixels == 1 else options["window"] for pixels in self.shape[1:]], options["window_margin"]
            steps = [1 if pixels == 1 else options["window_stride"] or options["window"] for pixels in self.shape[1:]]
            pads = [0 if pixels == 1 else margin for pixels in self.shape[1:]]
            self.value = self.graph.add("AveragePool" if kind == "average_pooling" else "MaxPool", self.value, kernel_shape=window, strides=steps, pads=[*pads, *pads])
            self.shape = (self.shape[0], *((pixels + 2 * pad - size) // step + 1 for pixels, pad, size, step in zip(self.shape[1:], pads, window, steps, strict=True)))
        elif kind == "global_average":
            self.value = self.graph.add("GlobalAveragePool", self.value)
            self.shape = (self.shape[0], *(1 for _ in self.shape[1:]))
            self._flatten()
        elif kind == "flatten":
            self._flatten()
        elif kind == "first_channels":
            channels = options["channels"] or self.shape[0]
            ends = [self.graph.constant(numpy.array([number], numpy.int64), "range") for number in (0, channels, 1)]
            self.value = self.graph.add("Slice", self.value, *ends)
            self.shape = (channels, *self.shape[1:])
        elif kind == "activation":
            self.value = activation(self.graph, sigma, self.value)
        elif kind != "dropout":
            raise IncompatibleError(f"connector {kind} cannot be exported to ONNX")

    def _block(self, options: dict[str, Any], prefix: str) -> None:
        if options["weights_in_time"] not in ("layers", "shared"):
            raise IncompatibleError(f"weights_in_time {options['weights_in_time']} cannot be exported to ONNX; only layers and shared can")
        if options.get("inner_normalization", "none") != "none":
            raise IncompatibleError(f"inner_normalization {options['inner_normalization']} cannot be exported to ONNX")
        if options["noise"] == "stochastic_depth" and options["survival_scaling"] == "none":
            raise IncompatibleError("survival_scaling none cannot be exported to ONNX: it scales the layers by their probabilities")
        shape, steps = self.shape, numbers(options.get("step_sizes", ""))
        # A specification with step sizes may leave out their number.
        layers = options.get("layers", len(steps))
        steps = steps or [options["horizon"] / layers] * layers
        is_image = options["operator"] == "convolution"
        if not is_image:
            self._flatten()
        own = {name.removeprefix(prefix): values for name, values in self.tensors.items() if name.startswith(prefix)}
        numbers_k = own.pop("k", None)
        fields = [self._field(options, {name: values[j if len(values) > 1 else 0] for name, values in own.items()}, steps[j], is_image) for j in range(layers)]
        # The first layer has no k where the method begins with a step of Euler.
        first = 1 if options.get("multistep_start", "euler") == "euler" else 0
        if options["integrator"] == "linear_multistep" and first == 0:
            raise IncompatibleError("multistep_start given cannot be exported to ONNX")
        multistep: list[float | str | None] = [None] * layers
        for j in range(first, layers if numbers_k is not None else 0):
            k = numbers_k[j - first] if numbers_k is not None else numpy.zeros(1)
            multistep[j] = float(k[0]) if len(k) == 1 else self.graph.constant(k.reshape(-1, *[1] * (len(self.shape) - 1)), "k")
        self.value = block(self.graph, options, fields, steps, multistep, self.value)
        self._reshape(shape)

    def _field(self, options: dict[str, Any], layer: Tensors, step: float, is_image: bool) -> Any:
        def linear(name: str) -> Linear:
            return convolution(options, layer[name], self.shape) if is_image else Linear(layer[name])

        return field(self.graph, options, layer, linear, step)
