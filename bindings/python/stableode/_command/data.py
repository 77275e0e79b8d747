"""Reads a file of samples for training, evaluation or prediction, whatever its kind."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import Any

import numpy

from .arrays import is_idx, read_idx, read_npz
from .csv_file import read_csv
from .errors import CommandError, UsageError
from .parquet_file import read_parquet
from .record import Record
from .table import Table

#: Most distinct whole numbers of a target that are taken for classes.
_MOST_CLASSES = 20


@dataclass
class Samples:
    """features: [samples, …]. targets: labels [samples] of int64, values [samples] of float64, or None. record: what a model should remember."""

    features: numpy.ndarray
    targets: numpy.ndarray | None
    record: Record


def training_samples(path: str, arguments: argparse.Namespace) -> Samples:
    """The samples to train with, and the record that they determine. Errors: CommandError."""
    source = _read(path, arguments, arguments.target, needs_target=True)
    if isinstance(source, Table):
        target = _target(source, arguments.target)
        names = [name for name in source.names if name != target and name not in arguments.drop]
        for name in arguments.drop:
            source.column(name)
        record = Record(features=names, target=target)
        features, column = source.features(names), source.column(target)
        classes, targets = _targets(column.numbers, column.texts, arguments.task, path, target)
    else:
        features, given, target = source
        record = Record(target=target)
        numbers = given.reshape(-1) if given is not None and given.dtype.kind in "biuf" else None
        texts = None if given is None or given.ndim != 1 else [str(entry) for entry in given]
        classes, targets = _targets(numbers, texts, arguments.task, path, target)
    record.classes = classes
    return Samples(features, targets, record)


def samples_for(path: str, arguments: argparse.Namespace, record: Record, inputs: int, *, needs_target: bool) -> Samples:
    """The samples of a file in the form that a model's record says: its columns in its order, its class numbers."""
    wanted = getattr(arguments, "target", None) or record.target
    source = _read(path, arguments, wanted, needs_target)
    if not isinstance(source, Table):
        features, given, name = source
        if not needs_target:
            return Samples(features, None, record)
        if given is None:
            raise UsageError(f"{path} has no targets")
        return Samples(features, _known(given, record, lambda row, why: CommandError(f"{path}, row {row} of {name}: {why}")), record)
    target = wanted if wanted in source.columns else None
    if needs_target and target is None:
        target = _target(source, wanted)
    names = record.features or [name for name in source.names if name != target and name not in arguments.drop]
    if len(names) != inputs:
        raise CommandError(f"{path} has {len(names)} columns of features; the model has {inputs} inputs (--drop leaves out columns)")
    features = source.features(names)
    if not needs_target or target is None:
        return Samples(features, None, record)
    column = source.column(target)
    entries = source.numbers(target) if not record.classes else numpy.array(column.texts, dtype=object)
    return Samples(features, _known(entries, record, lambda row, why: source.refuse(row, str(target), why)), record)


def _read(path: str, arguments: argparse.Namespace, target: str | None, needs_target: bool) -> Table | tuple[numpy.ndarray, numpy.ndarray | None, str]:
    """A Table, or (features, targets, the target's name) of files of arrays."""
    ending = path.lower().removesuffix(".gz").rpartition(".")[2]
    if ending == "npz":
        return read_npz(path, target, needs_target)
    if ending in ("parquet", "pq"):
        return read_parquet(path, texts_of=target)
    if is_idx(path):
        return read_idx(path, arguments.labels, needs_target)
    return read_csv(path, delimiter=arguments.delimiter, header=arguments.header, texts_of=target)


def _target(table: Table, wanted: str | None) -> str:
    if wanted is None:
        raise UsageError(f"--target must name the column to predict, one of {', '.join(table.names[:20])}")
    table.column(wanted)
    return wanted


def _targets(numbers: numpy.ndarray | None, texts: list[str] | None, task: str, path: str, target: str) -> tuple[list[str], numpy.ndarray]:
    """(names of the classes, labels), or ([], values) for regression."""
    if task == "automatic":
        task = "regression" if numbers is not None and not _look_like_classes(numbers) else "classification"
    if task == "regression":
        if numbers is None:
            row = next((row for row, text in enumerate(texts or []) if not _is_number(text)), 0)
            raise CommandError(f"{path}, target {target!r}: the entry {(texts or [''])[row]!r} of row {row} is not a finite number, which a regression needs")
        return [], numbers.astype("float64")
    if numbers is not None:
        values, labels = numpy.unique(numbers, return_inverse=True)
        names = [f"{value:g}" if value != int(value) else str(int(value)) for value in values.tolist()]
    else:
        entries = numpy.array(texts if texts is not None else [], dtype=object)
        if (entries == "").any():
            raise CommandError(f"{path}, target {target!r}: the entry of row {int((entries == '').argmax())} is empty")
        values, labels = numpy.unique(entries.astype(str), return_inverse=True)
        names = [str(value) for value in values]
    if len(names) < 2:
        raise CommandError(f"{path}, target {target!r}: there is one class, {names[0]!r}; classification needs at least two")
    return names, labels.astype("int64")


def _look_like_classes(numbers: numpy.ndarray) -> bool:
    """Few distinct whole numbers, each of which occurs twice on average."""
    if not (numbers == numpy.floor(numbers)).all():
        return False
    distinct = len(numpy.unique(numbers))
    return distinct <= min(_MOST_CLASSES, len(numbers) // 2)


def _known(entries: Any, record: Record, refuse: Any) -> numpy.ndarray:
    """Labels by the record's classes; values, or labels as they are, where it has none."""
    if not record.classes:
        return numpy.asarray(entries)
    numbers = {name: number for number, name in enumerate(record.classes)}
    labels = numpy.empty(len(entries), "int64")
    for row, entry in enumerate(entries):
        found = numbers.get(_class_name(entry))
        if found is None:
            shown = ", ".join(record.classes[:10])
            raise refuse(row, f"{str(entry)!r} is no class of the model; its classes are {shown}")
        labels[row] = found
    return labels


def _class_name(entry: Any) -> str:
    """A class's name as `_targets` writes it: whole numbers without a point."""
    text = str(entry)
    if not _is_number(text):
        return text
    value = float(text)
    return str(int(value)) if value == int(value) else f"{value:g}"


def _is_number(text: str) -> bool:
    try:
        return bool(numpy.isfinite(float(text)))
    except ValueError:
        return False
