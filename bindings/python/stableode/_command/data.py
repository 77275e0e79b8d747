"""Reads a file of samples for training, evaluation or prediction, whatever its kind."""

from __future__ import annotations

import argparse
import contextlib
from typing import Any

import numpy

from .._errors import InvalidDataError, UnsupportedTypeError
from ..columns import Columns
from ..dataset import Dataset
from ..network import Network
from .arrays import is_idx, read_idx, read_npz
from .csv_file import read_csv
from .errors import CommandError, UsageError
from .parquet_file import read_parquet
from .source import Source, naming_file

#: Most distinct whole numbers of a target that are taken for classes.
_MOST_CLASSES = 20
#: Columns of texts with more values than this in more than half of their rows are names, not categories.
_MOST_CATEGORIES = 50


def read(path: str, arguments: argparse.Namespace, target: str | None, needs_target: bool) -> Source | tuple[numpy.ndarray, numpy.ndarray | None, str]:
    """A Source, or (features, targets, the target's name) of files of arrays. Errors: CommandError."""
    ending = path.lower().removesuffix(".gz").rpartition(".")[2]
    if ending == "npz":
        return read_npz(path, target, needs_target)
    if ending in ("parquet", "pq"):
        return read_parquet(path)
    if is_idx(path):
        return read_idx(path, arguments.labels, needs_target)
    return read_csv(path, delimiter=arguments.delimiter, header=arguments.header)


def training_data(path: str, arguments: argparse.Namespace) -> tuple[Dataset, str, bool]:
    """(data, the target's name, whether it consists of classes). Errors: CommandError; UsageError without a target."""
    source = read(path, arguments, arguments.target, needs_target=True)
    if not isinstance(source, Source):
        features, targets, name = source
        if targets is None:
            raise UsageError(f"{path} has no targets")
        with naming_file(path):
            data, is_classification = _of_arrays(features, targets, arguments.task)
        return data, name, is_classification
    target = arguments.target
    if target is None:
        raise UsageError(f"--target must name the column to predict, one of {', '.join(source.names[:20])}")
    source.require([target, *arguments.drop])
    used = [name for name in source.names if name != target and name not in arguments.drop]
    source.require(used)
    if not used:
        raise CommandError(f"{path} has no columns for features")
    options = dict(target=target, missing=arguments.missing, unseen=arguments.unseen, ignore=arguments.drop)
    with source.naming_lines():
        classes = {"automatic": "auto", "classification": "always", "regression": "never"}[arguments.task]
        data = Dataset(source.table, classes=classes, **options)
        if arguments.task == "automatic" and not _has_classes(data) and data.targets.ndim == 1 and _look_like_classes(data.targets):
            # The library takes numbers of a type with fractions for no classes, even where they are whole.
            with contextlib.suppress(InvalidDataError, UnsupportedTypeError):
                data = Dataset(source.table, classes="always", **options)
    if _has_classes(data) and data.target_count < 2:
        raise CommandError(f"{path}, column {target!r}: there is one class; classification needs at least two")
    for column in data.columns.record["inputs"] if data.columns is not None else []:
        if (count := len(column.get("categories", []))) > max(_MOST_CATEGORIES, len(data) // 2):
            raise CommandError(f"{path}, column {column['name']!r}: {count} different texts in {len(data)} rows are too many for categories (--drop leaves out columns)")
    return data, target, _has_classes(data)


def _has_classes(data: Dataset) -> bool:
    return data.columns is not None and data.columns.classes is not None


def data_for(path: str, arguments: argparse.Namespace, network: Network) -> Dataset:
    """The samples of a file with their targets, by the network's record of columns. Errors: CommandError."""
    columns = network.columns
    known = _target_name(columns)
    target = arguments.target or known
    source = read(path, arguments, target, needs_target=True)
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
            return Dataset(source.table, copy=False, columns=_passing_over(columns, source.names))
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
    source = read(path, arguments, target, needs_target=False)
    if not isinstance(source, Source):
        return source[0], None
    inputs = _inputs(columns)
    source.require(inputs)
    if columns is not None and inputs:
        network.columns = _passing_over(columns, source.names)
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


def _passing_over(columns: Columns, names: list[str]) -> Columns:
    """The record for a file that has more columns than the training data had: they are ignored."""
    record = columns.record
    known = {*_inputs(columns), *record["target"]["names"], *record.get("ignored", [])}
    more = [name for name in names if name not in known]
    return Columns.from_record({**record, "ignored": [*record.get("ignored", []), *more]}) if more else columns


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
