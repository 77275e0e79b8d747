"""Curves: figures over the epochs of training, and the weights of multi-step layers over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy

from .. import equation
from .._errors import IncompatibleError, StateError, UnsupportedTypeError
from .._text import names
from ._axes import axes, refuse_others

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..network import Network
    from ..progress import History

#: The columns of a History that are drawn together.
_TOGETHER = {"loss": ("training_loss", "validation_loss"), "accuracy": ("training_accuracy", "validation_accuracy")}


def training_curves(history: History, what: str | Sequence[str] = "loss", *, ax: Axes | None = None) -> Axes:
    """Draws columns of a History over the epochs, and marks the epoch whose iterate was kept.

    what: "loss" or "accuracy", in training and in validation; or names of columns: "learning_rate", ["objective", "validation_metric"].
    Columns without a finite number are left out. Errors: StateError before an epoch has ended; AttributeError for no column.
    """
    if not hasattr(history, "outcome") or not hasattr(history, "_column"):
        raise UnsupportedTypeError(f"history is a {type(history).__name__}; it must be a History, as trainer.history is")
    if len(history) == 0:
        raise StateError("no epoch has ended yet, so there is nothing to draw")
    columns = _TOGETHER.get(what, (what,)) if isinstance(what, str) else names(what, "what")
    values = {column: history._column(column).astype("float64") for column in columns}
    epochs, shown = numpy.arange(1, len(history) + 1), axes(ax)
    best = next((place for place in reversed(range(len(history))) if history[place].is_best), None)
    for column, numbers in values.items():
        if numpy.isfinite(numbers).any():
            (line,) = shown.plot(epochs, numbers, label=column.replace("_", " "), marker="." if len(history) == 1 else "")
            if best is not None and column.startswith("validation"):
                shown.plot(epochs[best], numbers[best], "o", color=line.get_color(), label=f"kept: epoch {epochs[best]}")
    shown.set_xlabel("epoch")
    shown.set_ylabel(what if isinstance(what, str) else ", ".join(columns))
    if len(shown.lines) > 1:
        shown.legend(frameon=False)
    return shown


def multistep_weights(network: Network, *, ax: Axes | None = None) -> Axes:
    """Draws k_n of linear_multistep, y₊ = (1−k_n)y + k_n y₋ + hf(y), over the layers, block behind block [Lu et al. 2018, fig. 4].

    Layers are counted from 1 through the whole network, connectors `residual` among them, as papers count residual blocks: those of
    lm_resnet_20 that have a k are 2, 3, 5, 6, 8 and 9 of 9.
    Where each channel has a k_n of its own, a line shows the mean and a band the smallest and the largest.
    Errors: IncompatibleError if no block has this integrator.
    """
    refuse_others(network)
    weights = network.parameters
    shown, start, found, block = None, 0, False, -1
    for options in network.specification["blocks"]:
        if "connector" in options:
            start += options["connector"] == "residual"
            continue
        block += 1
        layers, name = equation.layer_count(network, block), f"blocks.{block}.k"
        if name in weights and _integrator(network, block) == "linear_multistep":
            numbers = weights[name]
            shown = axes(ax) if shown is None else shown
            # The first layer of a block that starts by itself has no k_n.
            place = start + layers - len(numbers) + numpy.arange(1, len(numbers) + 1)
            (line,) = shown.plot(place, numbers.mean(axis=1), marker="o", markersize=3, label=f"block {block}")
            if numbers.shape[1] > 1:
                shown.fill_between(place, numbers.min(axis=1), numbers.max(axis=1), color=line.get_color(), alpha=0.2, linewidth=0)
            found = True
        start += layers
    if not found or shown is None:
        raise IncompatibleError("no block of the network has the integrator linear_multistep, so there are no k_n to draw")
    shown.axhline(0, color="0.6", linewidth=0.8, zorder=0)
    shown.set_xlabel("layer n of the network")
    shown.set_ylabel("$k_n$")
    if network.block_count > 1:
        shown.legend(frameon=False)
    return shown


def _integrator(network: Network, block: int) -> str:
    blocks = [options for options in network.specification["blocks"] if "connector" not in options]
    return str(blocks[block]["integrator"])
