"""The network behind a module of PyTorch, and its derivatives, in terms of tensors."""
# mypy: disable-error-code="import-not-found, unused-ignore, no-any-return"
# pyright: reportMissingImports=false, reportAttributeAccessIssue=false

from __future__ import annotations

import threading
from typing import Any, TypeAlias

import numpy
import torch

from ..gradient import Gradient
from ..network import Network


#: (shift, scale), or None.
Scaling: TypeAlias = tuple[numpy.ndarray, numpy.ndarray] | None


class Engine:
    """The network that computes, and the scratch memory of its derivatives, which one thread at a time may use."""

    def __init__(self, network: Network, share: bool, memory: str | None, threads: int):
        self.network, self.share = network, share
        self._memory, self._threads = memory, threads
        self.names = list(network.parameters)
        #: Whether a sample is a row of numbers, and no image or sequence.
        self.is_plain = "input_shape" not in (chosen := network.specification) and not str(chosen["opening"]).startswith("sequence")
        self.dtype = torch.from_numpy(numpy.empty(0, network.dtype)).dtype
        self.lock = threading.Lock()
        self._vector: numpy.ndarray | None = None
        self._capacity = 256
        self._gradient = Gradient(network, self._capacity, memory=memory, threads=threads)

    def __reduce__(self) -> tuple[Any, ...]:
        return Engine, (self.network, self.share, self._memory, self._threads)

    def __deepcopy__(self, memo: object) -> Engine:
        return Engine(self.network.copy(), self.share, self._memory, self._threads)

    @property
    def scalings(self) -> tuple[Scaling, numpy.ndarray, Scaling]:
        """The normalization, its squashed features and the target scaling of the network."""
        with self.lock:
            return self.network.normalization, self.network.squashing, self.network.target_scaling

    @scalings.setter
    def scalings(self, given: tuple[Scaling, numpy.ndarray, Scaling]) -> None:
        with self.lock:
            before, squashed = self.network.normalization, self.network.squashing
            try:
                self.network.normalization = given[0]
                self.network.squashing = given[1]
                self.network.target_scaling = given[2]
            except BaseException:
                self.network.normalization = before
                self.network.squashing = squashed
                raise
        self._vector = None

    def write(self, tensors: list[torch.Tensor]) -> None:
        """Gives the network the values of the Parameters. They are compared, because changes of `parameter.data` leave no trace in torch."""
        vector = torch.cat([tensor.detach().reshape(-1) for tensor in tensors]).numpy()
        if self.share or self._vector is None or not numpy.array_equal(self._vector, vector):
            self.network.parameter_vector = vector
            self._vector = vector

    def gradient(self, samples: int) -> Gradient:
        """Scratch memory for a batch of this size."""
        if samples > self._capacity:
            self._capacity = max(samples, 2 * self._capacity)
            self._gradient = Gradient(self.network, self._capacity, memory=self._memory, threads=self._threads)
        return self._gradient

    def scores(self, features: torch.Tensor, tensors: list[torch.Tensor]) -> torch.Tensor:
        with self.lock:
            self.write(tensors)
            return torch.from_numpy(self.network.scores(array_of(features), threads=self._threads))

    def pullback(self, features: torch.Tensor, tensors: list[torch.Tensor], cotangent: torch.Tensor) -> tuple[torch.Tensor, list[torch.Tensor]]:
        with self.lock:
            self.write(tensors)
            vector, pulled = self.gradient(len(features)).pullback(array_of(features), array_of(cotangent))
        return torch.from_numpy(pulled), [torch.from_numpy(part) for part in self.network.split(vector).values()]

    def pushforward(
        self, features: torch.Tensor, tensors: list[torch.Tensor], along_features: torch.Tensor | None, along: list[torch.Tensor | None]
    ) -> torch.Tensor:
        parts = [torch.zeros_like(tensor) if part is None else part for tensor, part in zip(tensors, along, strict=True)]
        direction = torch.cat([part.detach().reshape(-1) for part in parts]).numpy()
        with self.lock:
            self.write(tensors)
            _, tangent = self.gradient(len(features)).pushforward(
                array_of(features), direction, None if along_features is None else array_of(along_features)
            )
        return torch.from_numpy(tangent)


def array_of(tensor: torch.Tensor) -> numpy.ndarray:
    return tensor.detach().resolve_conj().resolve_neg().numpy()
