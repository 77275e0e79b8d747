"""Reads a file of samples for training, evaluation or prediction, whatever its kind."""

from __future__ import annotations

import argparse
import contextlib
import warnings
from pathlib import Path
from typing import Any

import numpy

from .._errors import InvalidDataError, UnsupportedTypeError
from .._hints import TooManyCategories
from ..columns import Columns
from ..dataset import Dataset
from ..network import Network
from .arrays import is_idx, read_idx, read_npz
from .csv_file import Form, read_csv
from .errors import CommandError, UsageError
from .notes import like, note
from .parquet_file import read_parquet
from .source import Source, naming_file

#: Endings of files that other programs write for samples.
_OTHER_FORMATS = {
    "arrow": "Arrow", "feather": "Feather", "h5": "HDF5", "hdf5": "HDF5", "json": "JSON", "jsonl": "JSON", "mat": "MATLAB", "npy": "one array",
    "orc": "ORC", "pickle": "pickled objects", "pkl": "pickled objects", "pt": "PyTorch", "safetensors": "tensors", "sqlite": "SQLite", "xls": "Excel", "xlsx": "Excel",
}  # fmt: skip
#: Most distinct whole numbers of a target that are taken for classes.
_MOST_CLASSES = 20


def read(path: str, arguments: argparse.Namespace, target: str | None, needs_target: bool, columns: Columns | None = None) -> Source | tuple[numpy.ndarray, numpy.ndarray | None, str]:
    """A Source, or (features, targets, the target's name) of files of arrays. columns: the record by which the file is read. Errors: CommandError."""
    ending = path.lower().removesuffix(".gz").rpartition(".")[2]
    if ending == "npz":
        return read_npz(path, target, needs_target)
    if ending in ("parquet", "pq"):
        return read_parquet(path)
    if ending in _OTHER_FORMATS:
        raise CommandError(f"{path} is a file of {_OTHER_FORMATS[ending]}, which is not read; it must be CSV, NPZ (.npz), IDX or Parquet (.parquet)")
    if Path(path).is_file() and is_idx(path):
        return read_idx(path, arguments.labels, needs_target)
    return read_csv(path, Form(arguments.delimiter, arguments.header, arguments.decimal, arguments.thousands, _texts(columns)))


def _texts(columns: Columns | None) -> set[str]:
    """The columns of a record that hold texts: in another file they may look like numbers or booleans."""
    record = {} if columns is None else columns.record
    target = record.get("target", {})
    named = [(column["name"], column.get("categories")) for column in record.get("inputs", [])]
    named += [(name, target.get("classes")) for name in target.get("names", [])]
    return {name for name, values in named if values and all(isinstance(value, str) for value in values)}


def training_data(path: str, arguments: argparse.Namespace) -> tuple[Dataset, str, bool]:
    """(data, the target's name, whether it consists of classes). Errors: CommandError; UsageError without a target."""
    source = read(path, arguments, arguments.target, needs_target=True)
    if not isinstance(source, Source):
        features, targets, name = source
        if targets is None:
            raise UsageError(f"{path} has no targets")
        with naming_file(path):
            if features.ndim > 4:
                raise CommandError(f"{path}: the features have shape {list(features.shape)}; they must be [samples, features] or images, [samples, height, width] or [samples, channels, height, width]")
            _note_arrays(path, features, targets, arguments)
            features = features[:, None] if features.ndim == 3 else features
            data, is_classification = _of_arrays(features, targets, arguments.task)
        return data, name, is_classification
    target = arguments.target
    if target is None:
        raise UsageError(f"--target must name the column to predict, one of {', '.join(source.names[:20])}")
    source.require([target], unread=arguments.drop)
    used = [name for name in source.names if name != target and name not in arguments.drop]
    source.require(used)
    if not used:
        raise CommandError(f"{path} has no columns for features")
    options = dict(target=target, missing=arguments.missing, unseen=arguments.unseen, ignore=arguments.drop)
    with source.naming_lines(), warnings.catch_warnings():
        # The command says the same in its own words.
        warnings.simplefilter("ignore", UserWarning)
        classes = {"automatic": "auto", "classification": "always", "regression": "never"}[arguments.task]
        try:
            data = Dataset(source.table, classes=classes, **options)
        except TooManyCategories as error:
            advice = like(error.values) or "--drop leaves out columns"
            raise CommandError(f"{path}, column {error.column!r}: {len(error.values)} different texts in {error.rows} rows are too many for categories ({advice})") from None
        if arguments.task == "automatic" and not _has_classes(data) and data.targets.ndim == 1 and _look_like_classes(data.targets):
            # The library takes numbers of a type with fractions for no classes, even where they are whole.
            with contextlib.suppress(InvalidDataError, UnsupportedTypeError):
                data = Dataset(source.table, classes="always", **options)
    if _has_classes(data) and data.target_count < 2:
        raise CommandError(f"{path}, column {target!r}: there is one class; classification needs at least two")
    return data, target, _has_classes(data)


def _note_arrays(path: str, features: numpy.ndarray, targets: numpy.ndarray, arguments: argparse.Namespace) -> None:
    """Says what arrays of images and of labels could be learned as."""
    chosen = {option.partition("=")[0] for option in arguments.options}
    if arguments.quiet:
        return
    if features.ndim > 2 and not chosen & {"inputs", "input_shape", "architecture", "operator", "blocks"}:
        axes = [1] * (4 - features.ndim) + list(features.shape[1:])
        note(
            f"{path}: the samples are images of {' × '.join(map(str, axes))}, which are learned by convolutions; --set width=16 gives their states more channels, "
            "--set operator=dense takes matrices between all pixels"
        )
    if targets.ndim == 2 and targets.shape[1] > 1 and "loss" not in chosen and numpy.isin(targets, (0, 1)).all():
        note(f"{path}: targets of 0 and 1 are learned as numbers; --set loss=multilabel_logistic learns them as labels, of which a sample may have several")


def image_shape(data: Dataset) -> list[int] | None:
    """[channels, height, width] of the samples if they are images; None if they are rows."""
    extents = [extent for extent in data._info().extents if extent]
    return [1] * (3 - len(extents)) + extents if len(extents) > 1 else None


def _has_classes(data: Dataset) -> bool:
    return data.columns is not None and data.columns.classes is not None


def data_for(path: str, arguments: argparse.Namespace, network: Network) -> Dataset:
    """The samples of a file with their targets, by the network's record of columns. Errors: CommandError."""
    columns = network.columns
    known = _target_name(columns)
    target = arguments.target or known
    source = read(path, arguments, target, needs_target=True, columns=columns)
    if not isinstance(source, Source):
        features, targets, _ = source
        if targets is None:
            raise UsageError(f"{path} has no targets")
        if network.classes is not None and isinstance(network.classes[0], str):
            targets = class_texts(targets)
        with naming_file(path):
            return Dataset(features, targets, copy=False) if columns is None else Dataset(features, targets, copy=False, columns=columns)
    if target is None:
        raise UsageError(f"--target must name the column of the targets, one of {', '.join(source.names[:20])}")
    source.require([target, *_inputs(columns)])
    with source.naming_lines():
        if columns is not None and target == known:
            return Dataset(source.table, copy=False, columns=_passing_over(path, columns, source.names, arguments))
        # The network was trained with arrays: its inputs are the columns as they come.
        source.require(name for name in source.names if name not in arguments.drop)
        classes = "always" if network._form.has_classes else "never"
        data = Dataset(source.table, copy=False, target=target, ignore=arguments.drop, classes=classes)
    if network.classes is not None and data.columns is not None and data.columns.classes != network.classes:
        raise CommandError(f"{path}, column {target!r}: the classes are not those of the model, {', '.join(map(str, network.classes[:10]))}")
    return data


def features_for(path: str, arguments: argparse.Namespace, network: Network) -> tuple[Any, Source | None]:
    """(features without targets, the Source if they are a table), by the network's record of columns."""
    columns = network.columns
    target = _target_name(columns)
    source = read(path, arguments, target, needs_target=False, columns=columns)
    if not isinstance(source, Source):
        return source[0], None
    inputs = _inputs(columns)
    source.require(inputs)
    if columns is not None and inputs:
        network.columns = _passing_over(path, columns, source.names, arguments)
        return source.table, source
    rest = [name for name in source.names if name not in arguments.drop and name != target]
    source.require(rest)
    if len(rest) != network.inputs:
        raise CommandError(f"{path} has {len(rest)} columns of features; the model has {network.inputs} inputs (--drop leaves out columns)")
    with source.naming_lines():
        ignored = [name for name in source.names if name not in rest]
        return Dataset(source.table, numpy.zeros(source.rows), ignore=ignored).features, source


def _target_name(columns: Columns | None) -> str | None:
    """The name of the target in a record; None if it has none, as for arrays."""
    names = [] if columns is None else columns.record.get("target", {}).get("names", [])
    return names[0] or None if len(names) == 1 else None


def _passing_over(path: str, columns: Columns, names: list[str], arguments: argparse.Namespace) -> Columns:
    """The record for a file that has more columns than the training data had: they are passed over, and the command says which."""
    known = {*_inputs(columns), *columns._targets_and_weight, *columns.record.get("ignored", [])}
    more = [name for name in names if name not in known]
    if not arguments.quiet and (unasked := [name for name in more if name not in arguments.drop]):
        note(f"{path}: the model does not know {', '.join(map(repr, unasked[:10]))}{', …' if len(unasked) > 10 else ''}; passed over (--drop says so)")
    return columns.ignoring(more) if more else columns


def _inputs(columns: Columns | None) -> list[str]:
    return [] if columns is None else [column["name"] for column in columns.record.get("inputs", [])]


def _of_arrays(features: numpy.ndarray, targets: numpy.ndarray, task: str) -> tuple[Dataset, bool]:
    """(data, whether the targets are classes) of arrays: texts are, and numbers that look like them."""
    is_text = targets.dtype.kind in "US"
    if not is_text and (task == "regression" or (task == "automatic" and not (targets.ndim == 1 and _look_like_classes(targets)))):
        return Dataset(features, targets.astype("float64")), False
    names = numpy.unique(targets)
    is_numbered = not is_text and len(names) == names[-1] + 1 and (names == numpy.arange(len(names))).all()
    return Dataset(features, targets.astype("int64") if is_numbered else class_texts(targets)), True


def class_texts(targets: numpy.ndarray) -> numpy.ndarray:
    """Names of classes: texts as they are, whole numbers without a point."""
    if targets.dtype.kind == "f" and (targets == numpy.floor(targets)).all():
        targets = targets.astype("int64")
    return targets.astype(str)


def _look_like_classes(values: numpy.ndarray) -> bool:
    """Few distinct whole numbers, each of which occurs twice on average."""
    numbers = values.reshape(-1)
    if not (numbers == numpy.floor(numbers)).all():
        return False
    return len(numpy.unique(numbers)) <= min(_MOST_CLASSES, len(numbers) // 2)
