"""What suits series where nothing is chosen, by their number, steps and channels; the guide page has the figures behind the numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: Fields whose state is moved by changes alone: they see time and values only as channels, and begin with the first observation.
_OF_CHANGES = ("neural_cde",)
#: The most layers along a path; longer series are seen at so many times.
_MOST_LAYERS = 256
#: Series that are read in one training; more series are read fewer times each.
_READ, _FEWEST_EPOCHS, _MOST_EPOCHS = 40_000, 10, 100


def span(field: str) -> float:
    """The time of the network that a series takes."""
    return 1.0 if field in _OF_CHANGES else 5.0


def extra_channels(field: str) -> dict[str, bool]:
    """The arguments of `pack` for channels that are made of the series."""
    return {"time_channel": field in _OF_CHANGES, "integral_channels": field in _OF_CHANGES}


def network_options(options: Mapping[str, Any], field: str, steps: int) -> dict[str, Any]:
    """Options of a network for series of so many steps. options: those that are set, on which some depend."""
    found: dict[str, Any] = {"field": field, "width": 32, "weights_in_time": "shared", "noise": "dropout", "dropout_rate": 0.1}
    if field in _OF_CHANGES:
        found |= {"width": 16, "opening": "sequence_dense", "activation": "softplus", "initial_scale": 0.3, "dropout_rate": 0.2}
    if field == "ode_rnn":  # which reads steps, with a layer of the flow before each
        return {**found, "layers": 2 * steps}
    reads_steps = options.get("interpolation") == "none"
    return {**found, "interpolation": "linear", "layers": steps if reads_steps else min(steps, _MOST_LAYERS)}


def training_options(rows: int | None) -> dict[str, Any]:
    """Options of training for so many series; None: nobody knows how many will come."""
    epochs = _MOST_EPOCHS if rows is None else max(_FEWEST_EPOCHS, min(_MOST_EPOCHS, _READ // max(rows, 1)))
    batch = 16 if rows is None or rows < 1000 else 32 if rows < 5000 else 64
    return {"optimizer": "adam", "learning_rate": 0.01, "schedule": "cosine", "clip_norm": 1.0, "batch_size": batch, "epochs": epochs}
