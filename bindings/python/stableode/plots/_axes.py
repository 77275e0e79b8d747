"""Axes, colors and labels that the plots share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy

from .._errors import IncompatibleError, ShapeMismatchError
from .._optional import need
from .._tensor import as_array

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

    from ..network import Network


def axes(ax: Axes | None, **options: Any) -> Axes:
    """`ax`, or the Axes of a new figure. Errors: ModuleNotFoundError without matplotlib."""
    if ax is not None:
        return ax
    made: Axes = need("matplotlib.pyplot", "a plot", "matplotlib").subplots(layout="constrained", **options)[1]
    return made


def colors(count: int) -> numpy.ndarray:
    """Colors [count, 4] of classes: those of a qualitative map, and for many classes some of a continuous one."""
    maps = need("matplotlib", "a plot").colormaps
    found: numpy.ndarray = maps["tab10"](numpy.arange(count)) if count <= 10 else maps["nipy_spectral"](numpy.linspace(0.05, 0.95, count))
    return found


def class_count(network: Network) -> int:
    """The classes that a network tells apart. Errors: IncompatibleError for losses without classes."""
    if not network._form.has_classes:
        raise IncompatibleError(f"the network has the loss {network.specification['loss']}, and so no classes to draw")
    return max(network.outputs, 2)


def labels_of(targets: ArrayLike | None, samples: int) -> numpy.ndarray | None:
    """Class labels [samples], or None. Errors: ShapeMismatchError."""
    if targets is None:
        return None
    labels = numpy.asarray(as_array(targets, "targets"))
    labels = labels.reshape(-1) if labels.size == samples else labels
    if labels.shape != (samples,):
        raise ShapeMismatchError(f"targets has shape {list(labels.shape)}; it must be [{samples}], a label for each sample")
    return labels.astype("int64")


def class_names(network: Network, names: Sequence[str] | None, count: int) -> list[str]:
    """The names of the classes for a legend: those given, or "class 0", "class 1" …"""
    found = list(names) if names is not None else [f"class {index}" for index in range(count)]
    if len(found) != count:
        raise ShapeMismatchError(f"class_names has {len(found)} names; the network has {count} classes")
    return found
