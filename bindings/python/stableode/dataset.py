"""Data sets: the library checks one when it is made; then any number of readers can share it."""

from __future__ import annotations

import ctypes
import itertools
import os
import warnings
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy

from ._arrow import Table, is_table, is_text
from ._errors import InvalidArgumentError, OutOfRangeError, StateError, UnsupportedTypeError
from ._handle import Handle, new_pointer, pointer_of
from ._library import library
from ._sparse import is_sparse
from ._structures import DatasetInfo, ReleaseFunction
from ._tensor import as_array, numpy_type, output, tensor_of
from ._text import flag, integer, path, seed_number, text
from .columns import Columns, frames_of_the_package, saying_how_to_pass_over

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

#: Integers above this that are more than there are rows are hardly classes.
_MANY_CLASSES = 1000
# The tensors whose memory data sets without copies use, by the number that the library passes to _release.
_retained: dict[int, tuple[Any, Any]] = {}
_next_number = itertools.count(1)


@ReleaseFunction  # type: ignore[untyped-decorator]
def _release(number: int) -> None:
    _retained.pop(number, None)


class Dataset(Handle):
    """Samples and their targets.

    features: [samples, features], finite real numbers of any type.
    targets: [samples] or values [samples, outputs]. The network's loss reads [samples] as class labels 0 … classes−1, or as
    values if it is a loss of values with one target. multilabel_logistic takes 0 or 1 for each output, poisson numbers >= 0, and
    quantile with Q levels [samples, outputs / Q]. For a network with outputs_at="steps" they are labels [samples, steps] or values
    [samples, steps, outputs]: the label −1 and the value NaN stand for what was not observed.
    copy: with False the data set uses the memory of the given arrays, which must not change during its life.

    features may also be a table (a DataFrame of pandas or polars, a table of pyarrow, a relation of DuckDB, any producer of Arrow's
    interface), or a sparse matrix of SciPy's kind, which is never made dense as a whole; and targets may be texts.

        data = stableode.Dataset(frame, target="kind", missing="mean")
        network = stableode.Network(inputs=data.feature_count, outputs=data.target_count, width=16)
        network.fit(data)

    target: the column of the targets, or several columns of values. columns: a Columns record to use, such as that of a network;
    without it a record is made, and the other keywords are those of `Columns.fit`.

    Errors: InvalidDataError, which names the row and column of a NaN or an infinity; ShapeMismatchError. A label that is not a
    class of the network raises InvalidDataError when the data set is used with that network.
    """

    _kind = "dataset"
    _assignment_advice = {"weights": "use weighted(weights), which makes another data set"}

    def __init__(
        self,
        features: ArrayLike | Any,
        targets: ArrayLike | Any | None = None,
        *,
        copy: bool = True,
        target: str | Sequence[str] | None = None,
        columns: Columns | None = None,
        **options: Any,
    ):
        if _needs_columns(features, targets) or target is not None or columns is not None or options:
            self._take_table(features, targets, flag(copy, "copy"), target, columns, options)
            return
        tensors = tensor_of(features, "features"), tensor_of(targets, "targets")
        pointer = new_pointer()
        arguments = [ctypes.byref(tensor) for tensor in tensors]
        if flag(copy, "copy"):
            library.sode_dataset_create(*arguments, ctypes.byref(pointer))
        else:
            number = next(_next_number)
            _retained[number] = tensors
            try:
                library.sode_dataset_retain(*arguments, _release, number, ctypes.byref(pointer))
            except BaseException:
                _retained.pop(number, None)
                raise
        self._own(pointer)

    def _take_table(
        self, features: Any, targets: Any, copy: bool, target: str | Sequence[str] | None, columns: Columns | None, options: dict[str, Any]
    ) -> None:
        if columns is not None and (target is not None or options):
            raise InvalidArgumentError(f"columns is given, which says what {', '.join(['target'] * (target is not None) + list(options))} would say")
        has_classes = options.get("classes") == "always" or getattr(columns, "classes", None) is not None
        table, own = features if isinstance(features, Table) else Table(features, "features"), None if targets is None else Table(targets, "targets", has_classes=has_classes)
        record = Columns.fit(table, own, target=target, **options) if columns is None else columns
        table.refuse_periods(read=[column["name"] for column in record.record.get("inputs", [])] if table._periods else ())
        pointer = new_pointer()
        # A sparse matrix is copied as it is, because it may be too large as a dense one.
        is_dense = copy and not is_sparse(features)
        with saying_how_to_pass_over():
            library.sode_dataset_from_table(
                table._pointer, None if own is None else own._pointer, pointer_of(record, "columns", "columns"), int(is_dense), ctypes.byref(pointer)
            )
        self._own(pointer)
        if columns is None and options.get("classes", "auto") == "auto" and record.classes is None and self.has_labels and self.target_count > max(_MANY_CLASSES, len(self)):
            warnings.warn(
                f"the targets are integers up to {self.target_count - 1}, which a network of classes would take for {self.target_count} classes; "
                "classes='always' makes a class of each integer that occurs, and classes='never' says that they are values",
                stacklevel=frames_of_the_package(),
            )

    @property
    def columns(self) -> Columns | None:
        """The record of columns by which a table became this data set; None for arrays."""
        pointer = new_pointer()
        try:
            library.sode_dataset_get_columns(self._pointer, ctypes.byref(pointer))
        except StateError:
            return None
        return Columns._adopt(pointer)

    def with_columns(self, columns: Columns) -> Dataset:
        """A data set of the same samples, sharing their memory, with a record that says what features and classes are called."""
        pointer = new_pointer()
        library.sode_dataset_with_columns(self._pointer, pointer_of(columns, "columns", "columns"), ctypes.byref(pointer))
        return type(self)._adopt(pointer)

    @classmethod
    def idx(cls, images: str | os.PathLike[str], labels: str | os.PathLike[str]) -> Dataset:
        """The data set of two IDX files (MNIST's format), compressed by gzip or not.

        The features are the images, [samples, rows·columns] of uint8; the targets are the labels. The data set knows the height and
        width of its images, and is refused by networks whose input_shape contradicts them.
        Errors: FileError (an OSError) if a file cannot be read, FileFormatError if it is not an IDX file, ShapeMismatchError if the
        files do not belong together. Headers and labels are checked before the images are read.
        """
        pointer = new_pointer()
        library.sode_dataset_load_idx(path(images, "images"), path(labels, "labels"), ctypes.byref(pointer))
        return cls._adopt(pointer)

    @classmethod
    def cifar(cls, paths: str | os.PathLike[str] | Sequence[str | os.PathLike[str]], *, classes: int = 10) -> Dataset:
        """The data set of binary files of CIFAR-10 or CIFAR-100, one behind the other, compressed by gzip or not.

        The features are the images, [samples, 3, 32, 32] of uint8; the targets are the labels.
        classes: 10 for CIFAR-10; for CIFAR-100, 100 (fine labels) or 20 (coarse labels).
        Errors: FileError (an OSError) if a file cannot be read, FileFormatError if it is not such a file.
        """
        if not isinstance(paths, (str, bytes, os.PathLike, list, tuple)):
            raise UnsupportedTypeError(f"paths is a {type(paths).__name__}; it must be a path or a list of paths")
        names = [paths] if isinstance(paths, (str, bytes, os.PathLike)) else list(paths)
        texts = (ctypes.c_char_p * max(len(names), 1))(*[path(name, f"paths[{index}]") for index, name in enumerate(names)])
        kinds = integer(classes, "classes")
        if not 0 <= kinds < 2**31:
            raise OutOfRangeError(f"classes is {kinds}; it must be 10 for CIFAR-10, or for CIFAR-100 100 (fine labels) or 20 (coarse labels)")
        pointer = new_pointer()
        library.sode_dataset_load_cifar(texts, len(names), kinds, ctypes.byref(pointer))
        return cls._adopt(pointer)

    @classmethod
    def problem(cls, name: str, training: int = 0, validation: int = 0, *, seed: int = 1) -> tuple[Dataset, Dataset]:
        """(training, validation) of a closed-form problem, one of `stableode.problems()`.

        training, validation: numbers of samples; 0 means the paper's number.
        """
        pointers = new_pointer(), new_pointer()
        library.sode_dataset_create_problem(
            text(name, "name"),
            integer(training, "training"),
            integer(validation, "validation"),
            seed_number(seed),
            *(ctypes.byref(pointer) for pointer in pointers),
        )
        return cls._adopt(pointers[0]), cls._adopt(pointers[1])

    def _info(self) -> DatasetInfo:
        info = DatasetInfo()
        library.sode_dataset_describe(self._pointer, ctypes.byref(info))
        return info

    def __len__(self) -> int:
        return self._info().samples

    @property
    def feature_count(self) -> int:
        """Features per sample."""
        return self._info().features

    @property
    def has_labels(self) -> bool:
        """Whether the targets can be class labels: one integer >= 0 per sample. Otherwise they are values."""
        return self._info().target_kind == 0

    @property
    def target_count(self) -> int:
        """Number of classes (the largest label + 1), or of values per sample."""
        return self._info().targets

    @property
    def features(self) -> numpy.ndarray:
        """A copy of the features [samples, features], in their stored type; of images with the axes that they were given with."""
        info = self._info()
        array = numpy.empty((info.samples, info.features), numpy_type(info.feature_type))
        library.sode_dataset_get(self._pointer, ctypes.byref(tensor_of(array, "features")), None)
        return array.reshape(info.samples, *info.extents) if info.extents[0] else array

    @property
    def targets(self) -> numpy.ndarray:
        """A copy of the labels [samples] as int64, or of the values [samples, outputs] as float64, those of all steps in one row."""
        info = self._info()
        labels = info.target_kind == 0
        array, tensor = output(info.samples if labels else (info.samples, info.targets), "int64" if labels else "float64")
        library.sode_dataset_get(self._pointer, None, ctypes.byref(tensor))
        return array

    def __getitem__(self, samples: slice) -> Dataset:
        """`dataset[start:stop]`: a data set of these samples, which shares memory with this one."""
        if not isinstance(samples, slice) or samples.step not in (None, 1):
            raise InvalidArgumentError("a data set can only be sliced as dataset[start:stop], with step 1")
        start, stop, _ = samples.indices(len(self))
        pointer = new_pointer()
        library.sode_dataset_slice(self._pointer, start, max(stop - start, 0), ctypes.byref(pointer))
        return type(self)._adopt(pointer)

    def weighted(self, weights: ArrayLike) -> Dataset:
        """A data set of the same samples, sharing their memory, with weights w [samples] >= 0. The training loss of a batch is Σ w l / Σ w.

        Evaluation and metrics ignore the weights unless they are called with weighted=True, and validation unless the trainer's
        option weighted_validation is True. Copies, slices and pickles keep them.
        Errors: InvalidDataError, which names the row of a weight that is negative or not finite.
        """
        pointer, tensor = new_pointer(), tensor_of(weights, "weights")
        library.sode_dataset_weighted(self._pointer, ctypes.byref(tensor), ctypes.byref(pointer))
        return type(self)._adopt(pointer)

    def fold(self, folds: int, fold: int, *, seed: int = 0) -> tuple[Dataset, Dataset]:
        """(training, validation) as copies: the fold of this number, 0 … folds−1, for validation, and all other folds for training.

        The seed determines the shuffling. Folds are stratified: the counts of a class in two folds differ by at most one.
        """
        pointers = new_pointer(), new_pointer()
        library.sode_dataset_fold(
            self._pointer,
            integer(folds, "folds"),
            integer(fold, "fold"),
            seed_number(seed),
            *(ctypes.byref(pointer) for pointer in pointers),
        )
        return type(self)._adopt(pointers[0]), type(self)._adopt(pointers[1])

    @property
    def weights(self) -> numpy.ndarray | None:
        """A copy of the samples' weights [samples] as float64; None if the data set has no weights."""
        info = self._info()
        if not info.is_weighted:
            return None
        array, tensor = output(info.samples, "float64")
        library.sode_dataset_get_weights(self._pointer, ctypes.byref(tensor))
        return array

    def __copy__(self) -> Dataset:
        return self[:]

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (type(self), self.features, self.targets, self.target_count, self.weights, self.columns)

    def __repr__(self) -> str:
        if self.closed:
            return "Dataset(closed)"
        kind = "classes" if self.has_labels else "values"
        return f"Dataset({len(self)} samples, {self.feature_count} features, {self.target_count} {kind})"


#: Samples with targets: a Dataset, a pair (features, targets) of the arguments of Dataset, or a table with the targets among its columns.
Data: TypeAlias = "Dataset | tuple[ArrayLike, ArrayLike] | Any"


def _needs_columns(features: Any, targets: Any) -> bool:
    """Whether arrays alone do not say what features and targets mean."""
    if is_table(features) or is_sparse(features):
        return True
    if targets is None:
        return False
    return is_table(targets) or is_text(targets)


def _restored(
    kind: type[Dataset],
    features: numpy.ndarray,
    targets: numpy.ndarray,
    target_count: int,
    weights: numpy.ndarray | None,
    columns: Columns | None = None,
) -> Dataset:
    """The data set of a pickle or deep copy.

    A slice may have more classes than its labels show. A sample of the last class is then added, and sliced off again.
    """
    count = len(features)
    if targets.ndim == 1 and target_count > targets.max() + 1:
        features = numpy.concatenate([features, features[:1]])
        targets = numpy.append(targets, target_count - 1)
    data = kind(features, targets)[:count]
    if columns is not None:
        data = data.with_columns(columns)
    return data if weights is None else data.weighted(weights)


def as_dataset(
    features: ArrayLike | Data,
    targets: ArrayLike | None = None,
    name: str = "features",
    *,
    columns: Columns | None = None,
    target: str | Sequence[str] | None = None,
    weight: str | None = None,
) -> Dataset:
    """A data set from a Dataset, a pair (features, targets), features and targets as two arguments, or a table; arrays are not copied.

    name: what `features` is called in errors. columns: the record to use for a table, such as the network's. target, weight: as in Dataset. Errors: UnsupportedTypeError for what is neither; InvalidArgumentError for features alone.
    """
    if weight is not None and not is_table(features):
        raise InvalidArgumentError(f"weight names a column, but {name} is no table; Dataset.weighted gives weights to arrays")
    if isinstance(features, Dataset):
        if targets is not None:
            raise InvalidArgumentError("targets are given in addition to a Dataset, which has its own")
        return features
    if isinstance(features, tuple) and len(features) == 2 and targets is None:
        features, targets = features
    if isinstance(targets, str):
        raise InvalidArgumentError(f"targets is the text {targets!r}; a column of the table is named by Dataset(table, target={targets!r})")
    if target is not None or _needs_columns(features, targets):
        return _of_table(features, targets, columns, target, weight)
    if targets is None:
        if not hasattr(features, "__len__") and not hasattr(features, "__dlpack__"):
            raise UnsupportedTypeError(f"{name} is a {type(features).__name__}; it must be a Dataset, or features and targets")
        if not isinstance(features, (tuple, list)) or len(features) != 2:
            raise InvalidArgumentError(f"{name} must be a Dataset, or features and targets")
        return Dataset(features[0], features[1], copy=False)
    return Dataset(cast("ArrayLike", features), targets, copy=False)


def _of_table(features: Any, targets: Any, columns: Columns | None, target: str | Sequence[str] | None, weight: str | None) -> Dataset:
    """A data set of a table, by the record that is known, unless another target is asked for."""
    if columns is not None:
        known = columns.record.get("target", {}).get("names")
        wanted = [target] if isinstance(target, str) else target
        if wanted is not None and known != list(wanted):
            raise InvalidArgumentError(f"target is {target!r}; this network was trained with the target {known}")
        return Dataset(features, targets, copy=False, columns=columns)
    options: dict[str, Any] = {} if weight is None else {"weight": weight}
    return Dataset(features, targets, copy=False, target=target, **options)


def as_features(features: ArrayLike | Data, targets: ArrayLike | None = None, *, columns: Columns | None = None) -> Dataset:
    """A data set whose targets nobody will read: as `as_dataset`, but from features alone too."""
    if targets is None and not isinstance(features, Dataset):
        is_pair = isinstance(features, tuple) and len(features) == 2 and numpy.ndim(features[0]) >= 2
        if not is_pair:
            if is_table(features) or is_sparse(features):
                return Dataset(features, numpy.zeros(len(Table(features, "features"))), copy=False)
            array = as_array(features, "features")
            return Dataset(array, numpy.zeros(len(array) if array.ndim else 0, "int64"), copy=False)
    return as_dataset(features, targets, columns=columns)
