"""The ways of samples through the layers of a block."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy

from .. import equation
from .._errors import ShapeMismatchError
from .._text import integer
from ._axes import axes, class_count, class_names, colors, labels_of, rows_of
from .planes import draw_regions, extent, grid

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

    from ..network import Network

_RESOLUTION = 200
#: The largest matrix of products of which principal directions are computed.
_MOST_PRODUCTS = 1000


def trajectories(
    network: Network,
    features: ArrayLike,
    targets: ArrayLike | None = None,
    *,
    block: int | None = None,
    names: Sequence[str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draws the states of samples from layer to layer, projected onto a plane.

    A dot marks each start, a larger one in the color of the sample's class each end. Where a dense readout follows the block, the plane is spanned
    by the two directions in which the readout tells the final states apart best, and colored by classes: the readout's class of the mean final state
    with these two coordinates, by linear regression. Otherwise the plane is that of the two principal directions of all states.
    features: [samples, inputs], or a table. targets: labels [samples], or names of classes; None: the predicted classes. block: None is the last. names: of the classes.
    Where the loss has no classes, all trajectories have one color.
    """
    source = rows_of(network, features)
    if source.ndim < 2 or not len(source):
        raise ShapeMismatchError(f"features has shape {list(source.shape)}; it must be [samples, inputs], with at least one sample")
    last = network.block_count - 1
    chosen = last if block is None else integer(block, "block", 0, last)
    is_classifier = network._form.has_classes
    labels = labels_of(targets, len(source), network.classes) if is_classifier else None
    if is_classifier and labels is None:
        labels = network.predict(source)
    titles = class_names(network, names, class_count(network)) if is_classifier else [""]

    states = network.states(source, chosen).astype("float64")
    width = int(numpy.prod(equation.visible_shape(network, chosen)))
    states = states.reshape(*states.shape[:2], -1)[:, :, :width]
    readout = _readout(network, width) if is_classifier and chosen == last else None
    center, directions = _principal_plane(states) if readout is None else _readout_plane(states[-1], readout[0])
    ways = (states - center) @ directions.T
    shown = axes(ax)
    low, high = extent(ways.reshape(-1, 2))
    if readout is not None:
        scores = _lift(ways[-1], states[-1] @ readout[0].T + readout[1], grid(low, high, _RESOLUTION))
        classes = _classes(scores).reshape(_RESOLUTION, _RESOLUTION)
        draw_regions(shown, classes, low, high, len(titles))
    _draw(shown, ways, labels, titles)
    shown.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))
    kind = "principal direction of the states" if readout is None else "direction of the readout"
    shown.set_xlabel(f"first {kind}")
    shown.set_ylabel("second")
    return shown


def _readout(network: Network, width: int) -> tuple[numpy.ndarray, numpy.ndarray] | None:
    """(W [scores, width], b [scores]) of a dense readout behind the last block; None if something else follows."""
    weights = network.parameters
    if "readout.W" not in weights or "connector" in network.specification["blocks"][-1] or weights["readout.W"].shape[1] != width:
        return None
    matrix = weights["readout.W"].astype("float64")
    bias = weights["readout.b"].astype("float64") if "readout.b" in weights else numpy.zeros(len(matrix))
    return matrix, bias


def _classes(scores: numpy.ndarray) -> numpy.ndarray:
    return (scores[:, 0] > 0).astype("int64") if scores.shape[1] == 1 else scores.argmax(axis=1)


def _two_rows(directions: numpy.ndarray, width: int) -> numpy.ndarray:
    """Two directions [2, width]; zeros in place of those that do not exist."""
    return numpy.concatenate([directions[:2], numpy.zeros((max(2 - len(directions), 0), width))])


def _principal_plane(states: numpy.ndarray) -> tuple[numpy.ndarray, numpy.ndarray]:
    """(center [width], directions [2, width]) of states [layers + 1, samples, width]."""
    flat = states.reshape(-1, states.shape[-1])
    center = flat.mean(axis=0)
    return center, _two_rows(_principal_directions(flat - center), states.shape[-1])


def _principal_directions(rows: numpy.ndarray) -> numpy.ndarray:
    """The principal directions [directions, width] of centered rows [rows, width], the first one first.

    The matrix of products has the smaller of the two extents. If both are large, evenly spaced rows stand for all.
    """
    count, width = rows.shape
    if width <= min(count, _MOST_PRODUCTS):
        return numpy.asarray(numpy.linalg.eigh(rows.T @ rows)[1].T[::-1])
    if count > _MOST_PRODUCTS:
        rows = rows[numpy.linspace(0, count - 1, _MOST_PRODUCTS).astype("int64")]
    values, vectors = numpy.linalg.eigh(rows @ rows.T)
    kept = values > 1e-12 * values[-1]
    directions = vectors[:, kept].T[::-1] @ rows
    return numpy.asarray(directions / numpy.linalg.norm(directions, axis=1, keepdims=True))


def _readout_plane(ends: numpy.ndarray, matrix: numpy.ndarray) -> tuple[numpy.ndarray, numpy.ndarray]:
    """(center [width], directions [2, width], orthonormal) in which differences of scores vary most over final states [samples, width]."""
    center = ends.mean(axis=0)
    differences = matrix - matrix.mean(axis=0) if len(matrix) > 1 else matrix
    scores = (ends - center) @ differences.T
    _, principal = numpy.linalg.eigh(scores.T @ scores)
    seen = principal.T[::-1][:2] @ differences
    # With two classes one direction is left; the states' own principal direction is the second.
    candidates = numpy.concatenate([seen, _principal_directions(ends - center)])
    chosen: list[numpy.ndarray] = []
    for candidate in candidates:
        rest = candidate - sum(((candidate @ each) * each for each in chosen), numpy.zeros_like(candidate))
        size = float(numpy.linalg.norm(rest))
        if len(chosen) < 2 and size > 1e-6 * float(numpy.linalg.norm(candidate)):
            chosen.append(rest / size)
    return center, _two_rows(numpy.array(chosen).reshape(-1, ends.shape[1]), ends.shape[1])


def _lift(ways: numpy.ndarray, scores: numpy.ndarray, plane: numpy.ndarray) -> numpy.ndarray:
    """Scores [points, outputs] for points of the plane: the linear regression of the samples' scores on their two coordinates.

    Scores are an affine map of final states, so these are the scores of the states that regression gives.
    """
    coordinates = numpy.column_stack([numpy.ones(len(ways)), ways])
    solution: numpy.ndarray = numpy.linalg.lstsq(coordinates, scores, rcond=1e-9)[0]
    lifted: numpy.ndarray = numpy.column_stack([numpy.ones(len(plane)), plane]) @ solution
    return lifted


def _draw(ax: Axes, ways: numpy.ndarray, labels: numpy.ndarray | None, titles: list[str]) -> None:
    """Draws ways [layers + 1, samples, 2]."""
    from matplotlib.collections import LineCollection

    for label, color in enumerate(colors(len(titles))):
        chosen = ways if labels is None else ways[:, labels == label]
        if not chosen.shape[1]:
            continue
        ax.add_collection(LineCollection(list(chosen.transpose(1, 0, 2)), colors=[color], linewidths=0.7, alpha=0.6))
        ax.scatter(chosen[0, :, 0], chosen[0, :, 1], s=4, color="0.25", linewidths=0, zorder=3)
        ax.scatter(chosen[-1, :, 0], chosen[-1, :, 1], s=14, color=color, edgecolors="white", linewidths=0.4, zorder=4, label=titles[label] or None)
    if labels is not None and len(titles) <= 10:
        ax.legend(frameon=False)
