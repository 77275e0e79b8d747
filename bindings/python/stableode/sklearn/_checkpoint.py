"""A trainer as bytes, with which pickles and copies of an estimator go on where it is."""

from __future__ import annotations

import tempfile
from pathlib import Path

from ..network import Network
from ..trainer import Trainer


def stored(trainer: Trainer) -> bytes:
    """The checkpoint of a trainer and its network."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "checkpoint"
        trainer.save(path)
        return path.read_bytes()


def restored(checkpoint: bytes) -> tuple[Network, Trainer]:
    """(network, trainer) of a checkpoint."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "checkpoint"
        path.write_bytes(checkpoint)
        return Trainer.load(path)
