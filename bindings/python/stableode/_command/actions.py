"""What the commands do."""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any, TextIO

import numpy

from ..dataset import Dataset
from ..network import Network
from ..trainer import Trainer
from .arguments import metric_list, naming_options, split_options
from .data import data_for, features_for, image_shape, training_data
from .errors import CommandError, UsageError
from .notes import note, note_columns, summary
from .source import naming_file


def train(arguments: argparse.Namespace) -> None:
    """Trains a network on a file, and writes the model file."""
    _check_writable(arguments.output, arguments.data, arguments.validation, arguments.labels)
    if Path(arguments.output).exists() and not Path(arguments.output).is_file():
        raise CommandError(f"{arguments.output} is no file; --output must be one, because a model is written whole or not at all")
    network_options, training_options = split_options(arguments.options)
    for key, option, value in (("epochs", "--epochs", arguments.epochs), ("seed", "--seed", arguments.seed), ("num_threads", "--threads", arguments.threads or None)):
        if value is not None and key in training_options:
            raise UsageError(f"{key} is given twice: --set {key}={training_options[key]} and {option} {value}")
        if value is not None:
            training_options[key] = value
    if arguments.threads == 0:
        training_options.setdefault("num_threads", 0)
    if arguments.seed is not None:
        network_options.setdefault("seed", arguments.seed)
    if arguments.task == "automatic" and "loss" in network_options:
        with naming_options():
            has_classes = Network(inputs=2, outputs=2, loss=network_options["loss"])._form.has_classes
        arguments.task = "classification" if has_classes else "regression"
    data, target, is_classification = training_data(arguments.data, arguments)
    with naming_options():
        network = _network_for(data, is_classification, network_options)
        Trainer(network, **training_options)
    network.columns = data.columns
    validation = None if arguments.validation is None else data_for(arguments.validation, arguments, network)
    say = _nothing if arguments.quiet else print
    say(f"{arguments.data}: {len(data)} samples, {_task(data, target, is_classification)}", flush=True)
    if data.columns is not None and not arguments.quiet:
        note_columns(arguments.data, data.columns.record)
    history = network.fit(data, validation=validation, verbose=not arguments.quiet, time_limit=arguments.time_limit, **training_options)
    network.save(arguments.output)
    say(network)
    last = history.best
    for name in ("training_loss", "training_accuracy", "validation_loss", "validation_accuracy"):
        value = getattr(last, name)
        if not math.isnan(value):
            say(_figure(name.replace("_", " "), value))
    say(f"{arguments.output}: written after {len(history)} epochs ({history.outcome})")


def _network_for(data: Dataset, is_classification: bool, chosen: dict[str, Any]) -> Network:
    if not chosen.keys() & {"inputs", "input_shape", "architecture"}:
        shape = image_shape(data)
        if shape is None:
            chosen.setdefault("inputs", data.feature_count)
        else:
            chosen["input_shape"] = shape
            if "blocks" not in chosen:
                chosen.setdefault("operator", "convolution")
    if is_classification:
        # One score suffices for two classes if the caller chose the logistic loss.
        chosen.setdefault("outputs", 1 if chosen.get("loss") == "logistic" and data.target_count == 2 else data.target_count)
    else:
        chosen.setdefault("loss", "least_squares")
        chosen.setdefault("outputs", 1 if data.has_labels else data.target_count)
    return Network(**chosen)


def _task(data: Dataset, target: str, is_classification: bool) -> str:
    kinds = "" if data.columns is None else summary(data.columns.record)
    count = f"{data.feature_count} features{f' from {kinds}' if kinds else ''}; target {target}"
    if not is_classification:
        return f"{count}: a number" if data.has_labels or data.target_count == 1 else f"{count}: {data.target_count} numbers"
    names = [str(name) for name in (data.columns.classes if data.columns is not None else None) or range(data.target_count)]
    return f"{count}: {len(names)} classes ({', '.join(names[:8])}{', …' if len(names) > 8 else ''})"


def evaluate(arguments: argparse.Namespace) -> None:
    """Prints loss, accuracy and metrics of a model on a file."""
    network = Network.load(arguments.model)
    is_regression = not network._form.class_columns
    wanted = metric_list(arguments.metrics) or (["r2", "mean_absolute_error"] if is_regression else [])
    data = data_for(arguments.data, arguments, network)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        figures = network.evaluate(data, metrics=wanted, threads=arguments.threads)
    if not arguments.quiet:
        for warning in caught:
            note(f"{arguments.data}: {warning.message}")
    shown = {name: value for name, value in figures.items() if not math.isnan(value)}
    if arguments.json:
        print(json.dumps(shown))
        return
    for name, value in shown.items():
        print(_figure(name, value))


def predict(arguments: argparse.Namespace) -> None:
    """Writes a row for each sample: the class or the value, and on request the probabilities."""
    if arguments.output is not None:
        _check_writable(arguments.output, arguments.model, arguments.data)
    network = Network.load(arguments.model)
    form, classes, columns = network._form, network.classes, network.columns
    if arguments.probabilities and not form.class_columns:
        raise CommandError(f"{arguments.model} predicts numbers and not classes, so there are no probabilities")
    features, source = features_for(arguments.data, arguments, network)
    with source.naming_lines() if source is not None else naming_file(arguments.data):
        found = network.predict(features, threads=arguments.threads)
        probabilities = network.predict_proba(features, threads=arguments.threads) if arguments.probabilities else None
    targets = [name for name in (columns.record.get("target", {}).get("names", []) if columns is not None else []) if name]
    names = list(range(max(network.outputs, 2))) if classes is None else classes
    if not form.has_classes:
        # Values, or labels of which each output is one.
        found, names = found.reshape(len(found), -1), targets if len(targets) == network.outputs else list(range(network.outputs))
        heads = targets if len(targets) == found.shape[1] else ["prediction"] if found.shape[1] == 1 else [f"prediction_{output}" for output in range(found.shape[1])]
        rows = [[repr(value) for value in row] for row in found.tolist()]
    else:
        heads = targets if len(targets) == 1 else ["prediction"]
        rows = [[str(names[label])] for label in found.tolist()]
    if probabilities is not None:
        if form.has_classes and probabilities.shape[1] == 1:
            probabilities = numpy.hstack([1 - probabilities, probabilities])
        heads = heads + [f"probability_{name}" for name in names]
        rows = [row + [f"{value:.9g}" for value in values] for row, values in zip(rows, probabilities.tolist(), strict=True)]
    if arguments.output is None:
        if sys.stdout is None:
            raise CommandError("standard output is closed; --output names a file for the predictions")
        _write_csv(sys.stdout, heads, rows)
        sys.stdout.flush()
    else:
        _write_file(arguments.output, heads, rows)


def inspect(arguments: argparse.Namespace) -> None:
    """Prints the specification, the parameters, the normalization, the metadata and the checksum of a model file."""
    network = Network.load(arguments.model)
    normalization = network.normalization
    found: dict[str, Any] = {
        "network": repr(network),
        "specification": network.specification,
        "parameters": {name: list(shape) for name, shape in network.parameters.shapes.items()},
        "parameter_count": network.parameter_count,
        "normalization": None if normalization is None else {"shift": normalization[0].tolist(), "scale": normalization[1].tolist()},
        "squashed": [int(place) for place in network.squashing.nonzero()[0]],
        "columns": None if network.columns is None else network.columns.record,
        "metadata": dict(network.metadata),
        "checksum": network.checksum,
    }
    if arguments.json:
        print(json.dumps(found, ensure_ascii=False))
        return
    print(found["network"])
    print(f"checksum: {found['checksum']}")
    print("specification:")
    for key, value in found["specification"].items():
        if key != "blocks":
            print(f"  {key}: {value}")
    for place, block in enumerate(found["specification"]["blocks"]):
        print(f"  {'connector' if 'connector' in block else 'block'} ({place + 1} of {len(found['specification']['blocks'])}):")
        for key, value in block.items():
            print(f"    {key}: {value}")
    print(f"parameters: {found['parameter_count']}")
    for name, shape in found["parameters"].items():
        print(f"  {name}: {' × '.join(map(str, shape))}")
    if normalization is None:
        print("normalization: none")
    else:
        print(f"normalization: (x − shift) · scale for {len(normalization[0])} features")
        for label, values in zip(("shift", "scale"), normalization, strict=True):
            print(f"  {label}: {', '.join(f'{value:.6g}' for value in values[:8])}{', …' if len(values) > 8 else ''}")
    if found["squashed"]:
        print(f"  asinh of that for the features {', '.join(map(str, found['squashed'][:16]))}{', …' if len(found['squashed']) > 16 else ''}")
    if found["columns"] is not None:
        record = found["columns"]
        print(f"columns: {', '.join(column['name'] for column in record.get('inputs', []))}; target {', '.join(record['target']['names'])}")
        if kinds := summary(record):
            print(f"  {kinds}")
        if record["target"].get("classes"):
            print(f"  classes: {', '.join(map(str, record['target']['classes']))}")
    print("metadata:" if found["metadata"] else "metadata: none")
    for key, value in found["metadata"].items():
        print(f"  {key}: {value}")


def _figure(name: str, value: float) -> str:
    """ "accuracy: 97.31 %" and "loss: 0.1234"."""
    if name == "samples":
        return f"{name}: {value}"
    return f"{name}: {100 * value:.2f} %" if name.endswith("accuracy") else f"{name}: {value:.6g}"


def _nothing(*_: object, **__: object) -> None:
    """Prints nothing."""


def _check_writable(path: str, *inputs: str | None) -> None:
    """Refuses an output that could not be written, or that is one of the inputs, before the work. Errors: CommandError."""
    folder = Path(path).parent
    for other in inputs:
        if other is not None and Path(path).exists() and Path(other).exists() and Path(path).samefile(other):
            raise CommandError(f"--output {path} is the file {other}, which is read; it must be another one")
    if Path(path).is_dir():
        raise CommandError(f"{path} is a folder; --output must be a file")
    if not folder.is_dir():
        raise CommandError(f"the folder {folder} of --output does not exist")
    if not Path(path).exists() or Path(path).is_file():
        # The file itself is replaced whole. Some folders, as /proc, refuse files in spite of their permissions.
        try:
            tempfile.TemporaryFile(dir=folder).close()
        except OSError as error:
            raise CommandError(f"the folder {folder} of --output cannot be written to: {error.strerror}") from None


def _write_csv(file: TextIO, heads: list[str], rows: list[list[str]]) -> None:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows(rows)


def _write_file(path: str, heads: list[str], rows: list[list[str]]) -> None:
    """Writes a CSV file whole, or leaves what was there."""
    if Path(path).exists() and not Path(path).is_file():
        # Another program reads a pipe or a device, which cannot be replaced.
        try:
            with open(path, "w", encoding="utf-8", newline="") as file:
                _write_csv(file, heads, rows)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from None
        return
    handle, temporary = tempfile.mkstemp(dir=Path(path).parent, prefix=".stableode-")
    try:
        with open(handle, "w", encoding="utf-8", newline="") as file:
            _write_csv(file, heads, rows)
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
