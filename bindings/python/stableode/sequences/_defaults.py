"""What suits series of so many steps and channels where nothing is chosen; the guide page has the figures behind the numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: The time of the network that a series takes.
SPAN = 5.0
#: Fields whose state is moved by changes alone: they see time only as a channel, and begin with the first observation.
_OF_CHANGES = ("neural_cde",)


def has_time_channel(field: str) -> bool:
    """Whether time is a channel for this field where nothing is chosen."""
    return field in _OF_CHANGES


def network_options(options: Mapping[str, Any], field: str, steps: int) -> dict[str, Any]:
    """Options of a network for series in a layout with these `options`, which are not repeated."""
    found: dict[str, Any] = {"field": field, "width": 32, "layers": steps, "weights_in_time": "shared", "interpolation": "linear", "horizon": SPAN}
    if field in _OF_CHANGES:
        found |= {"opening": "sequence_dense"}
    if field == "ode_rnn":
        found |= {"interpolation": "none", "layers": 2 * steps}
    return found


def training_options(field: str, rows: int | None) -> dict[str, Any]:
    """Options of training for so many series; None: nobody knows how many will come."""
    return {"optimizer": "adam", "learning_rate": 0.01, "clip_norm": 1.0, "batch_size": 16, "epochs": 150, "schedule": "cosine"}
