"""Hidden states layer by layer: images, or numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy

from .. import equation
from .._errors import OutOfRangeError, ShapeMismatchError
from .._text import integer
from ._axes import axes, listed, rows_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

    from ..network import Network

#: Most rows of images that are drawn without being asked for.
_ROWS = 8


def hidden_states(
    network: Network, features: ArrayLike, *, block: int = 0, sample: int = 0, layers: Sequence[int] | None = None, ax: Axes | None = None
) -> Axes:
    """Draws what the layers of a block make of one sample.

    Of an image each row shows a layer, each column a channel, as in Ruseckas 2019; a state of numbers is drawn as a picture of layers by features.
    Colors are symmetric about 0, and each row of images has its own scale.
    features: a batch, of which `sample` is drawn. layers: which to show, 0 … layers, where 0 is the block's input; None: at most eight images,
    equally spaced, or all layers of numbers.
    """
    source = rows_of(network, features)
    if source.ndim < 2 or not len(source):
        raise ShapeMismatchError(f"features has shape {list(source.shape)}; it must be a batch, with at least one sample")
    chosen = integer(sample, "sample", 0, len(source) - 1)
    index = integer(block, "block", 0, network.block_count - 1)
    visible = equation.visible_shape(network, index)
    states = network.states(source[chosen : chosen + 1], index)[:, 0][:, : visible[0]].astype("float64")
    rows = _rows(layers, len(states), len(visible) == 3)
    shown = axes(ax)
    if len(visible) == 3:
        _draw_images(shown, states[rows], rows)
    else:
        limit = float(numpy.abs(states).max()) or 1.0
        picture = shown.imshow(states[rows], cmap="RdBu_r", vmin=-limit, vmax=limit, aspect="auto", interpolation="nearest")
        shown.set(xlabel="feature of the state", ylabel="layer")
        if len(rows) <= 16 or layers is not None:
            shown.set_yticks(range(len(rows)), labels=[str(row) for row in rows])
        if shown.figure is not None:
            shown.figure.colorbar(picture, ax=shown)
    return shown


def _rows(layers: Sequence[int] | None, count: int, are_images: bool) -> list[int]:
    """The layers to show, of `count` states."""
    if layers is not None:
        rows = [integer(layer, f"layers[{place}]", 0, count - 1) for place, layer in enumerate(listed(layers, "layers", "numbers of layers"))]
        if not rows:
            raise OutOfRangeError("layers is empty; it must name at least one layer")
        return rows
    if not are_images or count <= _ROWS:
        return list(range(count))
    return [round(place * (count - 1) / (_ROWS - 1)) for place in range(_ROWS)]


def _draw_images(ax: Axes, states: numpy.ndarray, rows: list[int]) -> None:
    """One picture of images [rows, channels, height, width] with gaps of a pixel between them."""
    count, channels, height, width = states.shape
    whole = numpy.full((count * (height + 1) - 1, channels * (width + 1) - 1), numpy.nan)
    for row in range(count):
        limit = float(numpy.abs(states[row]).max()) or 1.0
        for channel in range(channels):
            top, left = row * (height + 1), channel * (width + 1)
            whole[top : top + height, left : left + width] = states[row, channel] / limit
    ax.imshow(whole, cmap="RdBu_r", vmin=-1, vmax=1, interpolation="nearest")
    ax.set_yticks([row * (height + 1) + height / 2 for row in range(count)], labels=[f"layer {row}" for row in rows])
    ax.set_xticks([channel * (width + 1) + width / 2 for channel in range(channels)], labels=[str(channel) for channel in range(channels)])
    ax.set_xlabel("channel")
    ax.tick_params(length=0)
    ax.set_frame_on(False)
