"""Training that can be stopped, continued, saved and refined."""

from __future__ import annotations

import ctypes
import os

from ._handle import new_pointer
from ._library import library
from ._text import path, text
from ._training import Training
from .introspection import OptionSignature
from .network import Network


class Trainer(Training):
    """Trains a network, and goes on bit for bit where an earlier run stopped.

    The keywords are the library's options of the scope "trainer" (`stableode.options("trainer")`), and besides
    loss: a function loss(scores [samples, outputs], targets) → (losses [samples], gradient [samples, outputs]) for training and
    validation instead of the network's; the gradient is that of each sample's own loss by its scores. It is called with tiles of
    a batch, on this thread alone; targets are labels [samples], or values [samples, outputs] for a network of least_squares.
    metric: also a function metric(scores, targets) → number over the validation data, which chooses the iterate to keep;
    larger_is_better says how.
    class_weights: also an array [classes] of what the samples of each class count.
    An exception of these functions ends the run and comes through. One thread at a time.

    Errors: UnknownNameError naming the nearest option, OutOfRangeError.
    """

    __signature__ = OptionSignature(("network",), "trainer", keywords=(("loss", None), ("larger_is_better", True)))

    @classmethod
    def load(cls, path_: str | os.PathLike[str]) -> tuple[Network, Trainer]:
        """(network, trainer) of a checkpoint. No file holds functions of your own: where training had a loss or a metric of yours, set it again,
        by `trainer.loss = …` or `trainer.set(metric=…, larger_is_better=…)`, before it goes on; until then run raises StateError.

        Errors: FileError, FileFormatError for what is no checkpoint or damaged.
        """
        network, pointer = new_pointer(), new_pointer()
        library.sode_trainer_load(path(path_), ctypes.byref(network), ctypes.byref(pointer))
        return cls._pair(network, pointer)

    def refine(self, prolongation: str = "linear") -> tuple[Network, Trainer]:
        """(network, trainer) for multi-level learning: the network of twice the layers that `Network.refine` gives, and a trainer that goes on.

        Options, the optimizer's state and the history are carried over; epochs count anew, and events say level + 1. This
        trainer stays as it is. prolongation: "linear" or "copy". Errors: UnknownNameError, OutOfRangeError when too large.
        """
        network, pointer = new_pointer(), new_pointer()
        encoded = text(prolongation, "prolongation")
        library.sode_trainer_refine(self._pointer, encoded, ctypes.byref(network), ctypes.byref(pointer))
        refined, finer = self._pair(network, pointer)
        finer._callers, finer._loss = self._callers, self._loss
        return refined, finer

    @classmethod
    def _pair(cls, network: ctypes.c_void_p, pointer: ctypes.c_void_p) -> tuple[Network, Trainer]:
        """(Network, Trainer) around handles that the library gave."""
        trainer = cls.__new__(cls)
        trainer._begin(pointer)
        return Network._adopt(network), trainer
