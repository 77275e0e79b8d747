"""The ways of samples through the layers of a block."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy

from .. import equation
from .._errors import ShapeMismatchError
from .._tensor import as_array
from .._text import integer
from ._axes import axes, class_count, class_names, colors, labels_of
from .planes import draw_regions, extent, grid

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

    from ..network import Network

_RESOLUTION = 200


def trajectories(
    network: Network,
    features: ArrayLike,
    targets: ArrayLike | None = None,
    *,
    block: int | None = None,
    names: Sequence[str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draws the states of samples from layer to layer, in the plane of the two principal directions of all these states.

    A dot marks each start, a larger one in the color of the sample's class each end. Where the last block is drawn and a dense readout
    follows it, the plane is colored by the class that the readout sees at each of its points.
    features: [samples, inputs]. targets: labels [samples]; None: the predicted classes. block: None is the last. names: of the classes.
    A network for least squares has no classes: all its trajectories have one color.
    """
    source = numpy.asarray(as_array(features, "features"))
    if source.ndim < 2 or not len(source):
        raise ShapeMismatchError(f"features has shape {list(source.shape)}; it must be [samples, inputs], with at least one sample")
    last = network.block_count - 1
    chosen = last if block is None else integer(block, "block", 0, last)
    is_classifier = network.specification["loss"] != "least_squares"
    labels = labels_of(targets, len(source)) if is_classifier else None
    if is_classifier and labels is None:
        labels = network.predict(source)
    titles = class_names(network, names, class_count(network)) if is_classifier else [""]

    states = network.states(source, chosen).astype("float64")
    width = int(numpy.prod(equation.visible_shape(network, chosen)))
    states = states.reshape(*states.shape[:2], -1)[:, :, :width]
    center, directions = _principal_plane(states)
    ways = (states - center) @ directions.T
    shown = axes(ax)
    low, high = extent(ways.reshape(-1, 2))
    if is_classifier and chosen == last:
        plane = grid(low, high, _RESOLUTION)
        classes = _readout_classes(network, center + plane @ directions)
        if classes is not None:
            draw_regions(shown, classes.reshape(_RESOLUTION, _RESOLUTION), low, high, len(titles))
    _draw(shown, ways, labels, titles)
    shown.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))
    shown.set_xlabel("first principal direction of the states")
    shown.set_ylabel("second")
    return shown


def _principal_plane(states):
    """(center [width], directions [2, width]) of states [layers + 1, samples, width]; a state of one number lies on a line."""
    flat = states.reshape(-1, states.shape[-1])
    center = flat.mean(axis=0)
    # The covariance is small where there are many states.
    _, directions = numpy.linalg.eigh((flat - center).T @ (flat - center))
    found = directions.T[::-1][:2]
    return center, numpy.concatenate([found, numpy.zeros((2 - len(found), states.shape[-1]))])


def _readout_classes(network, states):
    """The classes that a dense readout sees in states [points, width]; None if something else follows the last block."""
    weights = network.parameters
    follows = network.specification["blocks"][-1]
    if "readout.W" not in weights or "connector" in follows or weights["readout.W"].shape[1] != states.shape[1]:
        return None
    scores = states @ weights["readout.W"].T.astype("float64")
    if "readout.b" in weights:
        scores = scores + weights["readout.b"]
    return (scores[:, 0] > 0).astype("int64") if scores.shape[1] == 1 else scores.argmax(axis=1)


def _draw(ax, ways, labels, titles):
    """Draws ways [layers + 1, samples, 2]."""
    from matplotlib.collections import LineCollection

    for label, color in enumerate(colors(len(titles))):
        chosen = ways if labels is None else ways[:, labels == label]
        if not chosen.shape[1]:
            continue
        ax.add_collection(LineCollection(list(chosen.transpose(1, 0, 2)), colors=[color], linewidths=0.7, alpha=0.6))
        ax.scatter(*chosen[0].T, s=4, color="0.25", linewidths=0, zorder=3)
        ax.scatter(*chosen[-1].T, s=14, color=color, edgecolors="white", linewidths=0.4, zorder=4, label=titles[label] or None)
    if labels is not None and len(titles) <= 10:
        ax.legend(frameon=False)
