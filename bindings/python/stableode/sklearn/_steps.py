"""Values of each step of series, as regressors get them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy

from .._tensor import as_array

if TYPE_CHECKING:
    from ..sequences import PackedSequences


class StepValues(NamedTuple):
    """values: [samples, steps, outputs] in the order of the layout, NaN where there are none. are_flat: whether they were given without an axis of outputs."""

    values: numpy.ndarray
    are_flat: bool


def have_steps(y: Any) -> bool:
    """Whether y can only hold values of steps: it has three axes, or holds series of different lengths."""
    if hasattr(y, "ndim") and getattr(y, "dtype", None) != object:
        return int(y.ndim) == 3
    if not isinstance(y, (list, tuple, numpy.ndarray)) or not len(y):
        return False
    axes = {_axes(part) for part in y}
    return axes == {2} or axes == {1} and len({len(part) for part in y}) > 1


def _axes(part: Any) -> int:
    try:
        return numpy.ndim(part)
    except ValueError:  # ragged in itself
        return -1


def values_of_steps(packed: PackedSequences, y: Any, chosen: numpy.ndarray | slice = slice(None)) -> StepValues:
    """Values y of the series in `packed`, as the caller gave them or as `pack_targets` gives them. chosen: which of the caller's series these are.

    Errors: ValueError for infinite values, and the errors of `pack_targets`.
    """
    if isinstance(y, (list, tuple)) or getattr(y, "dtype", None) == object:
        parts = [as_array(part, f"y of series {number}").astype("float64") for number, part in enumerate(y)]
        found = packed.pack_targets(parts if isinstance(chosen, slice) else [parts[number] for number in chosen])
    else:
        array = as_array(y, "y").astype("float64")[chosen]
        # For ragged series and tables an array can also be what `pack_targets` has made.
        is_packed = array.shape[:2] == (len(packed), packed.steps) and (packed.layout.columns is not None or len(packed) * packed.steps != int(packed.lengths.sum()))
        found = array if is_packed else packed.pack_targets(array)
    infinite = numpy.isinf(found)
    if infinite.any():
        series, step = numpy.unravel_index(int(infinite.argmax()), infinite.shape)[:2]
        raise ValueError(f"the target of series {series}, step {step}, is infinite; numbers must be finite, or NaN where there is no target")
    return StepValues(found.reshape(*found.shape[:2], -1), found.ndim == 2)
