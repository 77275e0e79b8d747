"""What networks learn: classes, which scikit-learn's users name as they like, and values."""

from __future__ import annotations

from numbers import Real
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy

from .._errors import StableODEError
from .._sparse import is_sparse, rows_of
from ..network import Network
from ._scikit import check_array, check_classification_targets, column_or_1d, compute_class_weight, type_of_target

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike

    from ..columns import Columns


class Targets(NamedTuple):
    """values: labels 0 … classes−1 [rows] of int64, or of each step [rows, steps], −1 where there is none; values [rows, outputs] of float64, or of each step [rows, steps, outputs]; or an indicator
    matrix [rows, labels] of 0 and 1, of float64 too. classes: the names of classes or the numbers of labels, or None for values.

    is_flat: whether targets were given as [rows], or [rows, steps]. record: what the network remembers of the names of columns and classes.
    """

    values: numpy.ndarray
    classes: numpy.ndarray | None
    is_flat: bool
    record: Columns | None = None

    @property
    def is_indicator(self) -> bool:
        """Whether a row may have any number of labels."""
        return self.classes is not None and self.values.ndim == 2 and self.values.dtype.kind == "f"

    @property
    def are_of_steps(self) -> bool:
        """Whether each step of a series has targets of its own."""
        return self.values.ndim == 3 or self.classes is not None and self.values.ndim == 2 and not self.is_indicator

    @property
    def loss(self) -> str:
        """The loss for such targets."""
        if self.classes is None:
            return "least_squares"
        if self.is_indicator:
            return "multilabel_logistic"
        return "logistic" if len(self.classes) == 2 else "softmax_cross_entropy"

    def outputs(self, options: Mapping[str, Any]) -> int:
        """The scores that a network with these options computes."""
        loss = options["loss"]
        if self.classes is None:
            levels = options.get("quantiles", []) if loss == "quantile" else []
            count = len(levels.split(",")) if isinstance(levels, str) else numpy.size(levels)
            return int(self.values.shape[-1]) * max(1, count)
        return 1 if loss == "logistic" and len(self.classes) == 2 else len(self.classes)


def labels(y: ArrayLike, kept: numpy.ndarray | slice, classes: ArrayLike | None = None) -> Targets:
    """The classes of the rows `kept`. classes: all that there are, in ascending order; None: those of these rows.

    Errors: ValueError for values instead of classes, for a single class, and for a label that is none of the classes.
    """
    column = column_or_1d(y, warn=True)
    _check_one_kind(column, "y")
    check_classification_targets(column)
    column = column[kept]
    found, numbers = numpy.unique(column, return_inverse=True)
    for label in found.tolist():
        if isinstance(label, str) and any("\ud800" <= letter <= "\udfff" for letter in label):
            raise ValueError(f"y holds {label!r}, which is no Unicode: it holds half of a surrogate pair")
    if classes is not None:
        classes = numpy.asarray(classes)
        unknown = numpy.setdiff1d(found, classes)
        if len(unknown):
            raise ValueError(f"y holds {unknown.tolist()[0]!r}, which is not one of the classes {classes.tolist()}")
        found, numbers = classes, numpy.searchsorted(classes, found)[numbers]
    if len(found) < 2:
        raise ValueError(f"a classifier needs rows of at least 2 classes; there is only one class: {found.tolist()[0]!r}")
    return Targets(numbers.astype("int64"), found, True)


def known_classes(classes: ArrayLike) -> numpy.ndarray:
    """The classes that a caller names, in ascending order. Errors: ValueError for what is no class, and for classes of different kinds."""
    array = numpy.asarray(classes)
    if array.ndim == 0:
        raise ValueError(f"classes are {classes!r}; they must be a list of all classes")
    _check_one_kind(array.ravel(), "classes")
    return numpy.unique(array)


def _check_one_kind(column: numpy.ndarray, name: str) -> None:
    """Refuses missing labels, and labels of different kinds, which have no order. Errors: ValueError, with the rows."""
    if column.dtype.kind == "f":
        if name == "classes" and (rows := numpy.flatnonzero(~numpy.isfinite(column))).size:
            raise ValueError(f"{name} hold {column[rows[0]]} at place {rows[0]}, which is no class")
        return
    if column.dtype != object:
        return
    first: tuple[int, str] | None = None
    for row, label in enumerate(column.tolist()):
        if label is None or type(label).__name__ in ("NAType", "NaTType") or label != label:
            raise ValueError(f"{name} holds {label!r} at row {row}: Input {name} contains NaN or None, which is no class")
        kind = "text" if isinstance(label, str) else "number" if isinstance(label, Real) else type(label).__name__
        if first is None:
            first = row, kind
        elif kind != first[1]:
            raise ValueError(f"{name} holds a {first[1]} at row {first[0]} and a {kind} at row {row}; labels must be of one kind")


def indicators(y: ArrayLike, kept: numpy.ndarray | slice, classes: ArrayLike | None = None) -> Targets:
    """The labels of the rows `kept` as an indicator matrix, dense or sparse, of at least two columns. classes: the labels that are known before.

    Errors: ValueError for another number of labels, and for numbers other than 0 and 1.
    """
    matrix: Any = rows_of(y, "y") if is_sparse(y) else y
    kind = type_of_target(matrix, input_name="y")
    array = numpy.asarray(matrix.toarray() if hasattr(matrix, "toarray") else matrix)
    # What scikit-learn calls an indicator may hold any two numbers.
    if kind != "multilabel-indicator" or not ((array == 0) | (array == 1)).all():
        raise ValueError(
            f"Unknown label type: y has shape {list(array.shape)} and is no indicator matrix; it must be [rows] with a class for each row, or "
            "[rows, labels] of 0 and 1, which the loss multilabel_logistic learns"
        )
    array = array.astype("float64")[kept]
    if classes is not None and array.shape[1] != len(numpy.asarray(classes)):
        raise ValueError(f"y has {array.shape[1]} labels; those of the first call were {len(numpy.asarray(classes))}")
    return Targets(array, numpy.arange(array.shape[1]), False)


def have_columns(y: ArrayLike) -> bool:
    """Whether y has several columns."""
    array: Any = y
    if not hasattr(array, "shape"):
        try:
            array = numpy.asarray(array)
        except ValueError:
            # Rows of different lengths: whoever reads them says so.
            return False
    return len(array.shape) == 2 and array.shape[1] > 1


def values(y: ArrayLike, kept: numpy.ndarray | slice) -> Targets:
    """The values of the rows `kept`, of one output or several. Errors: ValueError for values that are not finite numbers."""
    array = check_array(y, dtype="float64", ensure_2d=False, allow_nd=False, input_name="y")
    return Targets(array.reshape(len(array), -1)[kept], None, array.ndim == 1)


def are_classes(y: ArrayLike) -> bool:
    """Whether y names classes: strings, booleans, or integers in one column."""
    return type_of_target(y, input_name="y") in ("binary", "multiclass")


def is_of_classes(loss: str) -> bool:
    """Whether a loss is one of classes or labels; False for a name that there is not, which the library refuses."""
    for outputs in (2, 1):  # the loss logistic has one output
        try:
            return bool(Network(inputs=1, outputs=outputs, loss=loss, width=1, layers=1)._form.class_columns)
        except StableODEError:
            continue
    return False


def class_factors(
    class_weight: Mapping[Any, float] | str | None, targets: Targets, weights: numpy.ndarray | None
) -> numpy.ndarray | None:
    """The weights of the rows times those of their classes. "balanced" counts rows by their weights.

    Errors: ValueError for a dict with a class that there is not, for other texts than "balanced", and if no row has a weight > 0.
    """
    if class_weight is None or targets.classes is None:
        return weights
    if targets.is_indicator:
        raise ValueError("class_weight is for rows of one class each; network_options={'output_weights': [...]} weighs labels")
    if targets.are_of_steps:
        raise ValueError("class_weight is for series of one class each; training_options={'class_weights': 'balanced'} weighs the classes of steps")
    if not isinstance(class_weight, str):
        for name, weight in class_weight.items():
            if not isinstance(weight, (int, float, numpy.number)) or not 0 <= float(weight) < float("inf"):
                raise ValueError(f"class_weight is {weight!r} for class {name!r}; it must be a finite number >= 0")
    numbers = numpy.arange(len(targets.classes))
    if isinstance(class_weight, str) and class_weight == "balanced":
        sums = numpy.bincount(targets.values, weights, len(numbers))
        factors = sums.sum() / (numpy.count_nonzero(sums) * numpy.where(sums > 0, sums, 1))
    else:
        factors = compute_class_weight(class_weight, classes=targets.classes, y=targets.classes)
    product: numpy.ndarray = factors[targets.values] * (1 if weights is None else weights)
    if not product.any():
        raise ValueError("class_weight is 0 for the classes of all rows; at least one row must have a weight > 0")
    return product
