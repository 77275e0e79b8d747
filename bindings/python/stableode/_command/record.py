"""What a model of the command line remembers of its table: the names of features, target and classes, in the network's metadata."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from ..network import Network


@dataclass
class Record:
    """Lists are empty, and names None, where the data had none.

    features: names of the columns, in the order of the network's inputs. target: the name of the target. classes: names, by class number.
    """

    features: list[str] = field(default_factory=list)
    target: str | None = None
    classes: list[str] = field(default_factory=list)

    def write(self, network: Network) -> None:
        """Stores the record under the keys "features", "target" and "classes", as JSON."""
        for key, value in vars(self).items():
            if value:
                network.metadata[key] = json.dumps(value, ensure_ascii=False)

    @classmethod
    def of(cls, network: Network) -> Record:
        """The record of a model; empty for a network that the command line did not make."""
        found, notes = cls(), dict(network.metadata)
        for key, default in vars(cls()).items():
            try:
                value = json.loads(notes[key])
            except (KeyError, ValueError):
                continue
            if isinstance(value, str) if default is None else isinstance(value, list) and all(isinstance(each, str) for each in value):
                setattr(found, key, value)
        if len(found.features) != network.inputs:
            found.features = []
        if len(found.classes) != max(network.outputs, 2):
            found.classes = []
        return found
