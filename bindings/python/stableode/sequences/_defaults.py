"""What suits series where nothing is chosen, by their number, steps and channels; the guide page has the figures behind the numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._layout import SequenceLayout

#: Fields whose state is moved by changes alone: they see time and values only as channels, and begin with the first observation.
_OF_CHANGES = ("neural_cde",)
#: The most layers along a path; of longer series only some changes are seen, as if they went on until the next layer.
_MOST_LAYERS = 2048
#: About how many series are read in one training: many series are read fewer times each. Of many channels, the fields of changes learn sooner.
_READ, _READ_OF_MANY_CHANNELS = 7000, 4000
#: Values take more epochs than classes, and so do long series of few channels: as many times more as they have steps for each channel beyond so many.
_MORE_FOR_VALUES, _MORE_FOR_LONG, _SHORT = 3, 3, 50
_FEWEST_EPOCHS, _MOST_EPOCHS = 10, 100
#: The size of initial weights, and how many times larger they may be by the same factor, where classes are told apart: a long series of few channels moves the state little, and weights learn too slowly to make up for it.
_WEIGHTS = {"antisymmetric_rnn": (1.0, 2.0), "neural_cde": (0.3, 3.0)}
#: States of fields of changes grow with the way of a series, in deviations of its channels: at most so much of it, times the larger weights.
_LONGEST_WAY = 100.0
#: The width of fields of changes, and that for more channels than so many: they have weights of width · width · channels.
_WIDTH, _FEW_CHANNELS, _WIDTH_FOR_MANY = 16, 16, 12


def is_of_changes(field: str) -> bool:
    """Whether the state is moved by changes alone."""
    return field in _OF_CHANGES


def span(field: str) -> float:
    """The time of the network that a series takes."""
    return 1.0 if field in _OF_CHANGES else 5.0


def extra_channels(field: str) -> dict[str, bool]:
    """The arguments of `pack` for channels that are made of the series."""
    return {"time_channel": field in _OF_CHANGES, "integral_channels": field in _OF_CHANGES}


def _length(steps: int, own: int) -> float:
    """1 for series that are not long for their own channels, and up to _MORE_FOR_LONG for long ones."""
    return max(1.0, min(float(_MORE_FOR_LONG), steps / (_SHORT * own)))


def network_options(options: Mapping[str, Any], field: str, layout: SequenceLayout, learns_values: bool = False, way: float = 0.0) -> dict[str, Any]:
    """Options of a network for series in this layout. options: those that are set, on which some depend. way: how far the series move, which fields of changes need to know."""
    steps, channels = layout.steps, len(layout.channels)
    found: dict[str, Any] = {"field": field, "width": 32, "weights_in_time": "shared"}
    if field in _OF_CHANGES and options.get("outputs_at") != "steps" and options.get("noise", "dropout") == "dropout":
        found |= {"noise": "dropout", "dropout_rate": 0.2}
    if field in _OF_CHANGES:
        width = _WIDTH if channels <= _FEW_CHANNELS else _WIDTH_FOR_MANY
        found |= {"width": width, "opening": "sequence_dense", "activation": "softplus"}
    if field in _WEIGHTS:
        scale, most = _WEIGHTS[field]
        larger = min(most, _length(steps, layout.own), max(1.0, _LONGEST_WAY / way) if way > 0 else most)
        # Quarters, so that the order of sums does not show.
        found["initial_scale"] = scale * (1.0 if learns_values or options.get("outputs_at") == "steps" else int(4 * larger) / 4)
    if field == "ode_rnn":  # which reads steps, with a layer of the flow before each
        return {**found, "layers": 2 * steps}
    if options.get("outputs_at") == "steps":  # the state is needed at each observation: a layer ends there
        return {**found, **({"interpolation": "linear", "layers": max(steps - 1, 1)} if field in _OF_CHANGES else {"interpolation": "none", "layers": steps})}
    reads_steps = options.get("interpolation") == "none"
    return {**found, "interpolation": "linear", "layers": steps if reads_steps else min(steps, _MOST_LAYERS)}


def training_options(field: str, layout: SequenceLayout, rows: int | None, learns_values: bool = False) -> dict[str, Any]:
    """Options of training for so many series in this layout; rows None: nobody knows how many will come."""
    read = _READ_OF_MANY_CHANNELS if field in _OF_CHANGES and len(layout.channels) > _FEW_CHANNELS else _READ
    more = max(_length(layout.steps, layout.own), _MORE_FOR_VALUES if learns_values else 1)
    most = int(more * _MOST_EPOCHS)
    epochs = most if rows is None else max(_FEWEST_EPOCHS, min(most, int(more * read) // max(rows, 1)))
    batch = 16 if rows is None or rows < 1000 else 32 if rows < 5000 else 64
    return {"optimizer": "adam", "learning_rate": 0.01, "schedule": "cosine", "clip_norm": 1.0, "batch_size": batch, "epochs": epochs}
