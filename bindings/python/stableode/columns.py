"""Records of columns: how the columns of a table become features, and what the classes are called."""

from __future__ import annotations

import contextlib
import ctypes
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy

from ._arrow import Table
from ._errors import IncompatibleError, InvalidArgumentError, StateError, UnknownNameError, UnsupportedTypeError
from ._hints import refuse_names, suspicious
from ._handle import Handle, new_pointer
from ._library import library
from ._text import names, options_json, read_json

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


class Columns(Handle):
    """What a network remembers of the table that it was trained with.

    `Dataset(table, target=…)` makes one, training gives it to the network, and model files keep it. Predictions find the columns of a table
    by its names.

        columns = stableode.Columns.fit(frame, target="kind", missing="mean", unseen="zeros")
        network = stableode.Network(inputs=columns.features, outputs=len(columns.classes), width=16)
        network.fit(stableode.Dataset(frame, columns=columns))
    """

    _kind = "columns"

    @classmethod
    def fit(
        cls,
        table: Any,
        targets: ArrayLike | Any | None = None,
        *,
        target: str | Sequence[str] | None = None,
        classes: Literal["auto", "always", "never"] = "auto",
        missing: Literal["error", "mean", "mean_and_indicator"] = "error",
        unseen: Literal["error", "zeros"] = "error",
        weight: str | None = None,
        ignore: str | Sequence[str] = (),
        by_column: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> Columns:
        """The record of a table of training data: a DataFrame of pandas or polars, a table of pyarrow, a relation of DuckDB, or another
        producer of Arrow's interface.

        Texts and dictionaries become categories: one feature for each value, which is 1 or 0. All other columns become numbers.
        A column with more than 50 different texts, in more than half of the rows, is an error unless `by_column` says that it is a category:
        it names the rows, as ids do.
        targets: the targets, if they are no column of the table. target: the column of the targets, or several columns of values.
        classes: "auto": targets that are texts, dictionaries or one column of booleans are classes; "always": integers too.
        missing: what becomes of a null or NaN: an error; the mean of the training data (categories: zeros); or the mean and one more
        feature, 1 where a value is missing. unseen: what becomes of a category that the training data do not have: an error, or zeros.
        weight: the column of the samples' weights, which are >= 0; it is no feature. ignore: columns that nobody reads.
        by_column: choices for single columns: {"zip": {"kind": "category"}, "age": {"missing": "mean"}}.
        Names may be integers too, as pandas has them: column 3 is called "3" in the record.
        Errors: InvalidDataError, which names the column and the row; UnknownNameError for a column that does not exist; OutOfRangeError for a
        column of texts that are too many for categories.
        """
        target, ignore, weight = _as_names(target), _as_names(ignore), _as_names(weight)
        by_column = None if by_column is None else {_as_names(name): own for name, own in by_column.items()}
        options: dict[str, Any] = {"target": [] if target is None else names(target, "target"), "classes": classes, "missing": missing, "unseen": unseen}
        options["ignore"] = names(ignore, "ignore")
        if weight is not None:
            options["weight"] = weight
        if by_column is not None:
            options["columns"] = {name: dict(own) for name, own in by_column.items()}
        features = table if isinstance(table, Table) else Table(table, "table")
        own = targets if isinstance(targets, Table) or targets is None else Table(targets, "targets", has_classes=classes == "always")

        features.refuse_periods(unread=options["ignore"])
        pointer, encoded = new_pointer(), options_json(options)
        try:
            library.sode_columns_fit(
                features._pointer, None if own is None else own._pointer, encoded, len(encoded), ctypes.byref(pointer)
            )
        except UnsupportedTypeError as error:
            if "it holds float" in str(error) and "categories" in str(error):
                error.args = (f"{error}; pandas makes integers of whole numbers by astype('Int64'), which keeps missing entries",)
            if "several targets must be numbers" in str(error):
                error.args = (f"{error}; classes='never' reads booleans as 0 and 1, which the loss multilabel_logistic takes for labels",)
            raise
        made = cls._adopt(pointer)
        record = made.record
        refuse_names(record, len(features), by_column or {})
        for name, kind, count in suspicious(record):
            if name not in (by_column or {}):
                warnings.warn(
                    f"column {name!r} holds texts that look like {kind}, and becomes {count} categories; make numbers of them first, "
                    f"or say that they are meant: by_column={{{name!r}: {{'kind': 'category'}}}}",
                    stacklevel=frames_of_the_package(),
                )
        return made

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Columns:
        """The record of a dict like `record`. Errors: InvalidArgumentError, which names the column."""
        pointer, encoded = new_pointer(), options_json(record)
        library.sode_columns_create_json(encoded, len(encoded), ctypes.byref(pointer))
        return cls._adopt(pointer)

    @property
    def record(self) -> dict[str, Any]:
        """The record as a dict: "inputs", a dict for each column; "target" with its "names" and "classes"; "weight"; "ignored"."""
        found: dict[str, Any] = read_json(library.sode_columns_json, self._pointer)
        return found

    def ignoring(self, columns: str | Sequence[str]) -> Columns:
        """This record for tables that have further columns, which nobody reads: otherwise a column that the record does not know is an error.

            network.columns = network.columns.ignoring(["id", "name"])
            network.predict(frame)

        Errors: InvalidArgumentError for a column that the record reads.
        """
        record = self.record
        read = [column["name"] for column in record.get("inputs", [])]
        for name in (more := names(columns, "columns")):
            if name in read:
                raise InvalidArgumentError(f"columns holds {name!r}, which is a feature of the record")
        known = [*record.get("ignored", []), *self._targets_and_weight]
        return type(self).from_record({**record, "ignored": [*record.get("ignored", []), *(name for name in dict.fromkeys(more) if name not in known)]})

    @property
    def _targets_and_weight(self) -> list[str]:
        """The names of the columns that the record knows besides the features: where they have names, the targets, and the weight."""
        record = self.record
        return [name for name in (*record.get("target", {}).get("names", []), record.get("weight")) if name]

    @property
    def features(self) -> int:
        """The number of features that the columns become; 0 if the record lists no columns."""
        count = ctypes.c_int64()
        library.sode_columns_describe(self._pointer, ctypes.byref(count), None, None)
        return count.value

    @property
    def classes(self) -> list[Any] | None:
        """The names of the classes in the order of their numbers, as the table has them; None for targets that are values."""
        found: list[Any] | None = self.record.get("target", {}).get("classes")
        return found

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Columns) and self.record == other.record

    def __hash__(self) -> int:
        return hash(str(self.record))

    def __copy__(self) -> Columns:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self).from_record, (self.record,)

    def __repr__(self) -> str:
        if self.closed:
            return "Columns(closed)"
        record = self.record
        own = [column["name"] for column in record.get("inputs", [])]
        return f"Columns({', '.join(own)}; {self.features} features, target {record.get('target', {}).get('names')})"


def _as_names(value: Any) -> Any:
    """Integers as the names that they become in Arrow's interface; everything else as it is."""
    if isinstance(value, (list, tuple)):
        return [_as_names(name) for name in value]
    return str(value) if isinstance(value, (int, numpy.integer)) and not isinstance(value, bool) else value


def frames_of_the_package() -> int:
    """The stack level, for a warning of the caller of this function, of the first frame outside of the package."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == __name__.partition(".")[0]:
        level, frame = level + 1, frame.f_back
    return level


@contextlib.contextmanager
def saying_how_to_pass_over() -> Iterator[None]:
    """A context in which errors for columns that a record does not know name the way to pass over them."""
    try:
        yield
    except IncompatibleError as error:
        if "that the record does not know" in str(error):
            error.args = (f"{error}, or pass over it with network.columns = network.columns.ignoring(…)",)
        raise


def weights_by_class(weights: Mapping[Any, float], classes: list[Any] | None, count: int) -> list[float]:
    """The weights of the classes in the order of their numbers, from a dict that names some of them; all others weigh 1.

    classes: the names of the classes; None: their numbers, of which there are `count`. Errors: UnknownNameError.
    """
    known = list(range(count)) if classes is None else classes
    for name in weights:
        if name not in known:
            shown = ", ".join(map(str, known[:10])) + (", …" if len(known) > 10 else "")
            raise UnknownNameError(f"class_weights names {name!r}, which is none of the classes {shown}")
    return [weights.get(name, 1.0) for name in known]


def class_names(classes: list[Any], numbers: numpy.ndarray) -> numpy.ndarray:
    """The names of classes by their numbers; None for a row without a result. Errors: StateError for a class without a name."""
    if (unnamed := numpy.flatnonzero(numbers >= len(classes))).size:
        row = int(unnamed[0])
        raise StateError(f"row {row} is of class {int(numbers[row])}, but the network knows the names of {len(classes)} classes: it has more outputs than that")
    # The number of a row without a result is -1, that of the last entry.
    known = numpy.array([*classes, None], dtype=object) if (numbers < 0).any() else numpy.array(classes)
    found: numpy.ndarray = known[numbers]
    return found
