"""The module, and the function through which torch differentiates it."""
# mypy: disable-error-code="import-not-found, misc, unused-ignore, untyped-decorator, no-any-return"
# pyright: reportMissingImports=false, reportAttributeAccessIssue=false

from __future__ import annotations

from typing import Any

import numpy
import torch

from .._errors import IncompatibleError, UnsupportedTypeError
from .._handle import pointer_of
from ..network import Network
from ._engine import Engine


class Module(torch.nn.Module):
    """A network as a torch.nn.Module: features [samples, inputs], or images, to scores [samples, outputs], with exact derivatives.

    The parameters are torch Parameters, named as in `Network.parameters` ("blocks.0.K"), so that torch's optimizers, state_dict and
    weight decay find them. They are copies: each forward pass hands their present values to the network that computes. Normalization and
    target scaling are the state_dict's entry "_extra_state", of float64 whatever type the module is converted to.
    network: gives the first values. share: with False the module computes with a copy of it; with True with the network itself, which then
    holds the values of the last pass, and which nothing else may change: the Parameters would replace it.
    memory, threads: as in `Gradient`; threads 0 means as many as the CPUs that the process may use.

    Backward passes compute the states again, so a training step costs one forward pass more than in `Network.fit`. First derivatives
    exist in both modes (backward, and forward by torch.autograd.forward_ad); second derivatives do not. Everything runs on the CPU, in the
    network's precision. Noise in the layers is not drawn.
    Errors: IncompatibleError for batch normalization, whose running averages no optimizer of torch moves.
    """

    def __init__(self, network: Network, *, share: bool = False, memory: str | None = None, threads: int = 1):
        super().__init__()
        pointer_of(network, "network", "network")
        if network.running_averages:
            raise IncompatibleError(
                "the network has batch normalization, whose running averages no optimizer of torch moves; use the normalization instance, group or layer"
            )
        self._engine = Engine(network if share else network.copy(), share, memory, threads)
        for name, values in network.parameters.items():
            *path, last = name.split(".")
            place: torch.nn.Module = self
            for part in path:
                if part not in place._modules:
                    place.add_module(part, _Tensors())
                place = place.get_submodule(part)
            place.register_parameter(last, torch.nn.Parameter(torch.from_numpy(values)))

    @torch.compiler.disable
    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """The scores [samples, outputs]. features: [samples, inputs], images or sequences, as `Network.scores` takes them, of any real type;
        where the inputs are plain numbers, also [inputs] or [..., inputs], as torch.nn.Linear takes them, which gives scores [..., outputs]."""
        if not isinstance(features, torch.Tensor):
            raise UnsupportedTypeError(f"features is a {type(features).__name__}; it must be a torch.Tensor")
        if features.dim() != 2 and self._engine.is_plain and features.shape[-1:] == (self._engine.network.inputs,):
            scores = self.forward(features.reshape(-1, features.shape[-1]))
            return scores.reshape(*features.shape[:-1], scores.shape[-1])
        tensors = self._tensors()
        for name, tensor in [("features", features), *zip(self._engine.names, tensors, strict=True)]:
            if tensor.device.type != "cpu":
                raise IncompatibleError(f"{name} is on {tensor.device}; StableODE computes on the CPU")
        for name, tensor in zip(self._engine.names, tensors, strict=True):
            if tensor.dtype != self._engine.dtype:
                raise UnsupportedTypeError(f"the parameter {name} is {tensor.dtype}; the network's precision is {self._engine.dtype}, which is fixed when it is made")
        return _Scores.apply(self._engine, features, *tensors)

    def _tensors(self) -> list[torch.Tensor]:
        """The Parameters in the order of the network's parameter vector; the tensors in their places under torch.func.functional_call."""
        parts = [name.rpartition(".") for name in self._engine.names]
        return [getattr(self.get_submodule(path), last) for path, _, last in parts]

    @property
    def network(self) -> Network:
        """A network with the present values of the Parameters, to save, plot or predict with: a copy, or the shared one."""
        with self._engine.lock:
            self._engine.write(self._tensors())
            return self._engine.network if self._engine.share else self._engine.network.copy()

    def load_network(self, network: Network) -> None:
        """Takes the Parameters' values, the normalization and the target scaling from a network with the same tensors. Errors: IncompatibleError."""
        pointer_of(network, "network", "network")
        values = network.parameters
        shapes = {name: tuple(self.get_parameter(name).shape) for name in self._engine.names}
        if values.shapes != shapes:
            raise IncompatibleError("the network has other parameter tensors than this module")
        with torch.no_grad():
            for name in self._engine.names:
                self.get_parameter(name).copy_(torch.from_numpy(values[name]))
        self._engine.scalings = network.normalization, network.squashing, network.target_scaling

    def get_extra_state(self) -> torch.Tensor:
        """Normalization and target scaling as one tensor of float64, which torch puts into the state_dict: the lengths of both, then shift
        and scale of each. A length is 0 where there is none. Behind them are the flags of squashed features, if there are any."""
        normalization, squashed, targets = self._engine.scalings
        pairs = (normalization, targets)
        lengths = [0 if pair is None else len(pair[0]) for pair in pairs]
        parts = [part for pair in pairs if pair is not None for part in pair] + ([squashed] if squashed.any() else [])
        return torch.from_numpy(numpy.concatenate([lengths, *parts]).astype("float64"))

    def set_extra_state(self, state: torch.Tensor) -> None:
        """Takes what `get_extra_state` gives. Errors: IncompatibleError for the state of a network with other inputs or targets."""
        numbers = state.detach().cpu().numpy().astype("float64")
        lengths = [int(length) for length in numbers[:2]]
        if len(lengths) != 2 or min(lengths) < 0 or len(numbers) - 2 - 2 * sum(lengths) not in (0, lengths[0]):
            raise IncompatibleError("the entry _extra_state of the state_dict is not that of a module of StableODE")
        if lengths[0] not in (0, self._engine.network.inputs):
            raise IncompatibleError(f"the state_dict normalizes {lengths[0]} inputs; the network has {self._engine.network.inputs}")
        pieces = numpy.split(numbers[2:], numpy.cumsum([lengths[0], lengths[0], lengths[1], lengths[1]]))
        normalization = (pieces[0], pieces[1]) if lengths[0] else None
        squashed = pieces[4] if len(pieces[4]) else numpy.zeros(self._engine.network.inputs)
        self._engine.scalings = normalization, squashed, (pieces[2], pieces[3]) if lengths[1] else None

    def extra_repr(self) -> str:
        """The network in one line, for torch's repr."""
        return repr(self._engine.network)


class _Tensors(torch.nn.Module):
    """Holds Parameters under a part of their name."""


class _Scores(torch.autograd.Function):
    """The scores, with derivatives by Gradient. Arguments: an Engine, features, and the parameter tensors."""

    @staticmethod
    def forward(engine: Engine, features: torch.Tensor, *tensors: torch.Tensor) -> torch.Tensor:
        return engine.scores(features, list(tensors))

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: torch.Tensor) -> None:
        engine, *tensors = inputs
        ctx.engine = engine
        ctx.save_for_backward(*tensors)
        ctx.save_for_forward(*tensors)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, cotangent: torch.Tensor) -> tuple[Any, ...]:
        features, *tensors = ctx.saved_tensors
        pulled, parts = ctx.engine.pullback(features, tensors, cotangent)
        return None, pulled.to(features.dtype) if ctx.needs_input_grad[1] else None, *parts

    @staticmethod
    def jvp(ctx: Any, _: None, along_features: torch.Tensor | None, *along: torch.Tensor | None) -> torch.Tensor:
        features, *tensors = ctx.saved_tensors
        return ctx.engine.pushforward(features, tensors, along_features, list(along))
