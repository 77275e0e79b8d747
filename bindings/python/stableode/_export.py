"""Files of a network for other programs, ONNX models and properties of them in VNN-LIB: these functions are methods of Network."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy

from ._errors import IncompatibleError, ShapeMismatchError, UnsupportedTypeError
from ._tensor import as_array
from ._text import integer, path, real

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from .network import Network


def export_onnx(network: Network, path_: str | os.PathLike[str]) -> None:
    """Writes the network as an ONNX model: `features` [samples, inputs] → `scores` [samples, outputs], layers unrolled.

        network = stableode.Network(inputs=3, outputs=2)
        network.export_onnx("network.onnx")

    Errors: IncompatibleError for a field, an integrator, a connector or weights in time that cannot be exported; OSError.
    """
    from .onnx import model

    target, data = path(path_), model(network)
    with open(target, "wb") as file:
        file.write(data)


def export_vnnlib(
    network: Network, path_: str | os.PathLike[str], sample: ArrayLike, radius: float, *, label: int | None = None, clip: tuple[float, float] | None = None
) -> None:
    """Writes the property that every input within `radius` of the sample, feature by feature, has the class `label`, for verifiers that read VNN-LIB.

        network = stableode.Network(inputs=3, outputs=2)
        network.export_vnnlib("sample.vnnlib", [0.2, 0.5, 0.1], 2 / 255, clip=(0.0, 1.0))

    sample: [inputs]; label: default the predicted class; clip: the least and the largest value that a feature can have.

    Errors: ShapeMismatchError, OutOfRangeError; IncompatibleError for a network whose class is not that of its largest score; OSError.
    """
    from .onnx import box_property

    # A single score tells two classes apart by its sign.
    if not network._form.has_classes or network.outputs < 2:
        raise IncompatibleError("the network's class is not that of its largest score, so there is no such property of it")
    target, radius = path(path_), real(radius, "radius")
    row = as_array(sample, "sample").astype(numpy.float64).reshape(-1)
    if len(row) != network.inputs:
        raise ShapeMismatchError(f"sample has {len(row)} numbers; the network has {network.inputs} inputs")
    chosen = int(network.scores(row[None])[0].argmax()) if label is None else integer(label, "label", 0, network.outputs - 1)
    if clip is not None:
        if not isinstance(clip, (tuple, list)) or len(clip) != 2:
            raise UnsupportedTypeError(f"clip is a {type(clip).__name__}; it must be a pair of numbers")
        clip = real(clip[0], "clip"), real(clip[1], "clip")
    content = box_property(row, radius, chosen, network.outputs, clip)
    with open(target, "w", encoding="utf-8") as file:
        file.write(content)
