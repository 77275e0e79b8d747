"""Decision regions in a plane of the features."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy

from .._errors import InvalidArgumentError, ShapeMismatchError, UnknownNameError
from .._text import integer
from ._axes import axes, class_count, class_names, colors, labels_of, listed, rows_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

    from ..network import Network


def decision_regions(
    network: Network,
    features: ArrayLike,
    targets: ArrayLike | None = None,
    *,
    axes_of: tuple[int | str, int | str] = (0, 1),
    resolution: int = 200,
    names: Sequence[str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draws the predicted class of each point of a plane, and the samples in it.

    features: [samples, inputs], or a table; the plane is a little larger than they need. targets: labels [samples], or names of classes,
    which color the samples.
    axes_of: the two features that span the plane, by their numbers or the names of columns of numbers; in it all others have their means over the samples. resolution: points along each axis.
    names: of the classes, for the legend. Errors: IncompatibleError for least squares; OutOfRangeError.
    """
    count, points = class_count(network), rows_of(network, features)
    if points.ndim != 2 or points.shape[1] != network.inputs or not len(points):
        raise ShapeMismatchError(f"features has shape {list(points.shape)}; it must be [samples, {network.inputs}], with at least one sample")
    columns, spanning = _columns(network), listed(axes_of, "axes_of", "two features")
    if len(spanning) != 2:
        raise InvalidArgumentError(f"axes_of has {len(spanning)} entries; it must name two features")
    first, second = (_feature(each, f"axes_of[{place}]", columns, network.inputs) for place, each in enumerate(spanning))
    if first == second:
        raise InvalidArgumentError(f"axes_of is ({first}, {second}); the two features must differ")
    steps, labels = integer(resolution, "resolution", 2, 4000), labels_of(targets, len(points), network.classes)
    titles = class_names(network, names, count)
    low, high = extent(points[:, [first, second]])
    plane = grid(low, high, steps)
    rows = numpy.repeat(points.mean(axis=0, dtype="float64")[None], len(plane), axis=0)
    rows[:, [first, second]] = plane
    shown = axes(ax)
    draw_regions(shown, network.predict(rows).reshape(steps, steps), low, high, count)
    draw_samples(shown, points[:, [first, second]], labels, titles)
    shown.set_xlabel(columns.get(first, f"$x_{{{first + 1}}}$"))
    shown.set_ylabel(columns.get(second, f"$x_{{{second + 1}}}$"))
    return shown


def _columns(network: Network) -> dict[int, str]:
    """Number of a feature → the name of the column of numbers that it is, by the network's record."""
    found: dict[int, str] = {}
    place = 0
    record = {} if network.columns is None else network.columns.record
    for column in record.get("inputs", []):
        if "categories" not in column:
            found[place] = str(column["name"])
        place += len(column.get("categories", [None])) + ("indicator" in str(column["missing"]))
    return found


def _feature(wanted: int | str, name: str, columns: dict[int, str], inputs: int) -> int:
    """The number of a feature that is given by it, or by the name of a column of numbers."""
    if not isinstance(wanted, str):
        return integer(wanted, name, 0, inputs - 1)
    for place, column in columns.items():
        if column == wanted:
            return place
    known = f"the columns of numbers are {', '.join(columns.values())}" if columns else "the network knows no column of numbers; give the feature's number"
    raise UnknownNameError(f"{name} is {wanted!r}; {known}")


def extent(points: numpy.ndarray) -> tuple[numpy.ndarray, numpy.ndarray]:
    """The corners of a rectangle a little larger than the points [samples, 2] need."""
    low, high = points.min(axis=0).astype("float64"), points.max(axis=0).astype("float64")
    margin = 0.08 * numpy.where(high > low, high - low, 1.0)
    return low - margin, high + margin


def grid(low: numpy.ndarray, high: numpy.ndarray, steps: int) -> numpy.ndarray:
    """Points [steps², 2] of a rectangle, row by row from below."""
    lines = [numpy.linspace(low[axis], high[axis], steps) for axis in (0, 1)]
    return numpy.stack(numpy.meshgrid(*lines), axis=-1).reshape(-1, 2)


def draw_regions(ax: Axes, classes: numpy.ndarray, low: numpy.ndarray, high: numpy.ndarray, count: int) -> None:
    """Colors a rectangle by classes [steps, steps]; places of class −1 stay white."""
    image = numpy.ones((*classes.shape, 4))
    image[classes >= 0] = colors(count)[classes[classes >= 0]]
    image[..., 3] = 0.3
    ax.imshow(image, origin="lower", extent=(low[0], high[0], low[1], high[1]), aspect="auto", zorder=0)


def draw_samples(ax: Axes, points: numpy.ndarray, labels: numpy.ndarray | None, titles: list[str]) -> None:
    """Draws points [samples, 2] in the colors of their labels, with a legend for at most ten classes."""
    style: dict[str, Any] = dict(s=12, edgecolors="white", linewidths=0.4, zorder=3)
    if labels is None:
        ax.scatter(*points.T, color="0.25", **style)
        return
    for label, color in enumerate(colors(len(titles))):
        if (labels == label).any():
            ax.scatter(*points[labels == label].T, color=color, label=titles[label], **style)
    if len(titles) <= 10:
        ax.legend(frameon=False)
