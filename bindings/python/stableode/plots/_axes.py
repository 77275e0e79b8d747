"""Axes, colors and labels that the plots share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy

from .._arrow import is_text
from .._encoded import encoded
from .._errors import IncompatibleError, ShapeMismatchError, UnknownNameError, UnsupportedTypeError
from .._handle import pointer_of
from .._optional import need
from .._tensor import as_array

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

    from ..network import Network


def axes(ax: Axes | None) -> Axes:
    """`ax`, or the Axes of a new figure. Errors: ModuleNotFoundError without matplotlib; UnsupportedTypeError for what are no Axes."""
    if ax is not None:
        kind: type[Axes] = need("matplotlib.axes", "a plot", "matplotlib").Axes
        if not isinstance(ax, kind):
            raise UnsupportedTypeError(f"ax is a {type(ax).__name__}; it must be an Axes of matplotlib, or None")
        return ax
    made: Axes = need("matplotlib.pyplot", "a plot", "matplotlib").subplots(layout="constrained")[1]
    return made


def listed(value: Any, name: str, what: str) -> list[Any]:
    """The entries of an argument that is a list of `what`. Errors: UnsupportedTypeError."""
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        raise UnsupportedTypeError(f"{name} is a {type(value).__name__}; it must be a list of {what}")
    return list(value)


def colors(count: int) -> numpy.ndarray:
    """Colors [count, 4] of classes: those of a qualitative map, and for many classes some of a continuous one."""
    maps = need("matplotlib", "a plot").colormaps
    found: numpy.ndarray = maps["tab10"](numpy.arange(count)) if count <= 10 else maps["nipy_spectral"](numpy.linspace(0.05, 0.95, count))
    return found


def class_count(network: Network) -> int:
    """The classes that a network tells apart. Errors: those of `refuse_others`; IncompatibleError for losses without classes."""
    refuse_others(network)
    if not network._form.has_classes:
        raise IncompatibleError(f"the network has the loss {network.specification['loss']}, and so no classes to draw")
    return max(network.outputs, 2)


def refuse_others(network: Network) -> None:
    """Errors: UnsupportedTypeError for what is no network; InvalidHandleError for a closed one."""
    pointer_of(network, "network", "network")


def rows_of(network: Network, features: Any) -> numpy.ndarray:
    """Features as an array; tables become numbers by the network's record of columns. Errors: those of `refuse_others`."""
    refuse_others(network)
    return numpy.asarray(as_array(encoded(features, network), "features"))


def labels_of(targets: ArrayLike | None, samples: int, classes: list[Any] | None = None) -> numpy.ndarray | None:
    """Class labels [samples], or None. classes: the names by which targets may call them. Errors: ShapeMismatchError; UnknownNameError."""
    if targets is None:
        return None
    if is_text(named := targets if isinstance(targets, (list, numpy.ndarray)) else numpy.asarray(targets)) and classes is not None:
        numbers = {name: number for number, name in enumerate(classes)}
        found = [str(name) for name in numpy.asarray(named).reshape(-1)]
        if unknown := [name for name in found if name not in numbers]:
            raise UnknownNameError(f"targets holds {unknown[0]!r}, which is none of the classes {', '.join(map(str, classes[:10]))}")
        targets = numpy.array([numbers[name] for name in found])
    labels = numpy.asarray(as_array(targets, "targets"))
    labels = labels.reshape(-1) if labels.size == samples else labels
    if labels.shape != (samples,):
        raise ShapeMismatchError(f"targets has shape {list(labels.shape)}; it must be [{samples}], a label for each sample")
    return labels.astype("int64")


def class_names(network: Network, names: Sequence[str] | None, count: int) -> list[str]:
    """The names of the classes for a legend: those given, those that the network knows, or "class 0", "class 1" …"""
    known = network.classes if names is None else listed(names, "names", "names of classes")
    found = [f"class {index}" for index in range(count)] if known is None else [str(name) for name in known]
    if len(found) != count:
        raise ShapeMismatchError(f"names has {len(found)} names; the network has {count} classes")
    return found
