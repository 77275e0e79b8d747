"""Training that can be stopped, continued, saved and refined."""

from __future__ import annotations

import ctypes
import os
from typing import ClassVar

from ._handle import new_pointer
from ._library import library
from ._text import path, text
from ._training import Training
from .introspection import OptionSignature
from .network import Network


class Trainer(Training):
    """Trains a network. A further run continues bit for bit where the earlier run stopped.

    The keywords are the library's options of the scope "trainer" (`stableode.options("trainer")`), with these additions:
    loss: a function loss(scores [samples, outputs], targets) → (losses [samples], gradient [samples, outputs]) that replaces the
    network's loss in training and validation. Row i of its gradient is the derivative of loss i with respect to the scores of
    sample i. The library calls it with tiles of a batch, on this thread only. The targets are labels [samples], or values
    [samples, targets] for a network with a loss of values.
    metric: may also be a function metric(scores, targets) → number. Its value over the validation data determines which iterate
    is kept: the largest if larger_is_better, otherwise the smallest.
    class_weights: may also be an array [classes] with the weight of the samples of each class, or a dict of some of them by the classes'
    names: {"rare": 10.0}.
    An exception in one of these functions ends the run, and the caller receives it. Only one thread at a time may use a trainer.

    Errors: UnknownNameError, which suggests the nearest option; OutOfRangeError.
    """

    __signature__: ClassVar[OptionSignature] = OptionSignature(("network",), "trainer", keywords=(("loss", None), ("larger_is_better", True)))

    @classmethod
    def load(cls, path_: str | os.PathLike[str]) -> tuple[Network, Trainer]:
        """(network, trainer) of a checkpoint.

        A checkpoint does not contain Python functions. If the trainer had a loss or a metric of your own, set it again by
        `trainer.loss = …` or `trainer.set(metric=…, larger_is_better=…)` before the next run; otherwise run raises StateError. Known terms
        of a trajectory's equation are set again by `network.set_known_terms(…)`.

        Errors: FileError; FileFormatError if the file is damaged or not a checkpoint.
        """
        network, pointer = new_pointer(), new_pointer()
        library.sode_trainer_load(path(path_), ctypes.byref(network), ctypes.byref(pointer))
        return cls._pair(network, pointer)

    def refine(self, prolongation: str = "linear") -> tuple[Network, Trainer]:
        """(network, trainer) for multi-level learning: the result of `Network.refine`, with twice the layers, and a trainer for it.

        The new trainer keeps the options, the optimizer's state and the history. It counts epochs anew and reports level + 1. This
        trainer does not change. prolongation: "linear" or "copy". Errors: UnknownNameError; OutOfRangeError if there are too many layers.
        """
        network, pointer = new_pointer(), new_pointer()
        encoded = text(prolongation, "prolongation")
        library.sode_trainer_refine(self._pointer, encoded, ctypes.byref(network), ctypes.byref(pointer))
        refined, finer = self._pair(network, pointer)
        finer._callers, finer._loss = self._callers, self._loss
        return refined, finer

    @classmethod
    def _pair(cls, network: ctypes.c_void_p, pointer: ctypes.c_void_p) -> tuple[Network, Trainer]:
        """(Network, Trainer) that own the handles from the library."""
        trainer = cls.__new__(cls)
        trainer._begin(pointer)
        trainer._network = found = Network._adopt(network)
        return found, trainer
