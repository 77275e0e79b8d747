"""Values and classes of each step of series, as estimators get them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy

from .._tensor import as_array
from ..sequences import PackedSequences
from ..sequences._defaults import is_of_changes
from ._sequences import SequenceEstimator
from ._targets import Targets, labels

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


class StepValues(NamedTuple):
    """values: [samples, steps, outputs] in the order of the layout, NaN where there are none. are_flat: whether they were given without an axis of outputs."""

    values: numpy.ndarray
    are_flat: bool


def have_steps(y: Any) -> bool:
    """Whether y can only hold targets of steps: it has three axes, or holds series of different lengths."""
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


def labels_of_steps(packed: PackedSequences, y: Any, chosen: numpy.ndarray | slice, classes: ArrayLike | None) -> Targets:
    """The classes of the steps of the series in `packed`: [samples, steps] in the order of the layout, −1 where a step has none, which NaN and None say, or −1 where `pack_targets` made y.

    Errors: ValueError for values instead of classes, for a single class, and for a label that is none of the classes; the errors of `pack_targets`.
    """
    is_list = isinstance(y, (list, tuple)) or getattr(y, "dtype", None) == object and numpy.ndim(y) == 1
    given = [numpy.asarray(part) for part in y] if is_list else [numpy.asarray(y)]
    if is_list and not isinstance(chosen, slice):
        given = [given[number] for number in chosen]
    elif not is_list:
        given = [given[0][chosen]]
    axes = 1 if is_list else 2 if packed.layout.columns is None else given[0].ndim
    wrong = next((part for part in given if part.ndim != axes or part.ndim > 2), None)
    if wrong is not None:
        raise ValueError(f"y holds an array of shape {list(wrong.shape)}; classes of steps are [samples, steps], or a list of [steps_i]")
    flat = numpy.concatenate([part.reshape(-1) for part in given])
    is_packed = not is_list and flat.dtype.kind in "iu" and given[0].shape == (len(packed), packed.steps) and (packed.layout.columns is not None or len(packed) * packed.steps != int(packed.lengths.sum()))
    seen = flat >= 0 if is_packed else numpy.array([label is not None and label == label for label in flat]) if flat.dtype == object else flat == flat
    found = labels(flat[seen], slice(None), classes)
    numbers = numpy.full(len(flat), -1, "int64")
    numbers[seen] = found.values
    if is_packed:
        return found._replace(values=numbers.reshape(given[0].shape))
    parts = numpy.split(numbers, numpy.cumsum([part.size for part in given])[:-1])
    return found._replace(values=packed.pack_targets(parts if is_list else parts[0].reshape(given[0].shape)))


def as_given(found: Any, X: Any) -> Any:
    """What was unpacked for X: an array [samples, steps, …] where X is an array and all series have as many steps."""
    is_array = isinstance(found, list) and hasattr(X, "shape") and not isinstance(X, PackedSequences) and len({len(part) for part in found}) == 1
    return numpy.stack(found) if is_array else found


class StepEstimator(SequenceEstimator):
    """An estimator of series that may have targets for each step, as its parameter outputs_at or y itself says."""

    outputs_at: str | None

    def _network_options(self) -> dict[str, Any]:
        options = super()._network_options()
        if self.outputs_at is None:
            return options
        if "outputs_at" in options:
            raise ValueError("outputs_at is set twice: as a parameter and in network_options")
        return {**options, "outputs_at": self.outputs_at}

    def _learn(self, X: Any, y: Any, *others: Any, **more: Any) -> None:
        # How series are packed depends on what is learned of them.
        self._learns_steps = y is not None and self._wants_steps(y)
        try:
            super()._learn(X, y, *others, **more)
        finally:
            self.__dict__.pop("_learns_steps", None)

    def _holds(self, field: str) -> bool:
        return self._learns_steps and is_of_changes(field)

    def _hold(self, packed: PackedSequences, kept: numpy.ndarray | slice, is_new: bool) -> None:
        self._learned = packed, kept, is_new

    def _targets(self, y: Any, kept: numpy.ndarray | slice, classes: ArrayLike | None) -> Targets:
        packed, chosen, is_new = self.__dict__.pop("_learned")
        if not (self._wants_steps(y) if is_new else self._predicts_steps):
            return super()._targets(y, kept, classes)
        found = self._targets_of_steps(packed, y, chosen, classes)
        return found._replace(values=found.values[kept]) if isinstance(chosen, slice) else found

    def _targets_of_steps(self, packed: PackedSequences, y: Any, chosen: numpy.ndarray | slice, classes: ArrayLike | None) -> Targets:
        raise NotImplementedError

    def _wants_steps(self, y: Any) -> bool:
        """Whether a new network is to learn targets y of steps."""
        options = self._network_options()
        return bool(options["outputs_at"] == "steps") if "outputs_at" in options else have_steps(y)

    @property
    def _predicts_steps(self) -> bool:
        return bool(self.network_.specification["outputs_at"] == "steps")
