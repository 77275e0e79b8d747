"""What the commands do."""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
import sys
import tempfile
from pathlib import Path
from typing import Any, TextIO

import numpy

from ..introspection import options
from ..network import Network
from .arguments import split_options
from .data import Samples, samples_for, training_samples
from .errors import CommandError
from .record import Record


def train(arguments: argparse.Namespace) -> None:
    """Trains a network on a file, and writes the model file."""
    _check_writable(arguments.output)
    network_options, training_options = split_options(arguments.options)
    for key, value in (("epochs", arguments.epochs), ("seed", arguments.seed), ("num_threads", arguments.threads)):
        if value is not None:
            training_options.setdefault(key, value)
    if arguments.seed is not None:
        network_options.setdefault("seed", arguments.seed)
    samples = training_samples(arguments.data, arguments)
    network = _network_for(samples, network_options)
    validation = None
    if arguments.validation is not None:
        validation = _pair(samples_for(arguments.validation, arguments, samples.record, network.inputs, needs_target=True))
    say = _nothing if arguments.quiet else print
    say(f"{arguments.data}: {len(samples.features)} samples, {_task(samples)}", flush=True)
    if network.normalization is None and "normalization" not in options("trainer"):
        network.fit_normalization(samples.features)
    history = network.fit(
        _pair(samples), validation=validation, verbose=not arguments.quiet, time_limit=arguments.time_limit, **training_options
    )
    samples.record.write(network)
    network.save(arguments.output)
    say(network)
    last = history.best
    for name in ("training_loss", "training_accuracy", "validation_loss", "validation_accuracy"):
        value = getattr(last, name)
        if not math.isnan(value):
            say(_figure(name.replace("_", " "), value))
    say(f"{arguments.output}: written after {len(history)} epochs ({history.outcome})")


def _pair(samples: Samples) -> tuple[numpy.ndarray, numpy.ndarray]:
    """(features, targets). Errors: CommandError."""
    if samples.targets is None:
        raise CommandError("the samples have no targets")
    return samples.features, samples.targets


def _network_for(samples: Samples, chosen: dict[str, Any]) -> Network:
    shape, classes = samples.features.shape, samples.record.classes
    if "input_shape" not in chosen and "architecture" not in chosen:
        chosen.setdefault("inputs", math.prod(shape[1:]))
    if classes:
        # One score suffices for two classes if the caller chose the logistic loss.
        chosen.setdefault("outputs", 1 if chosen.get("loss") == "logistic" and len(classes) == 2 else len(classes))
    else:
        chosen.setdefault("loss", "least_squares")
        chosen.setdefault("outputs", 1)
    return Network(**chosen)


def _task(samples: Samples) -> str:
    record = samples.record
    count = f"{len(record.features)} features" if record.features else f"features {' × '.join(map(str, samples.features.shape[1:]))}"
    if not record.classes:
        return f"{count}; target {record.target}: a number"
    names = ", ".join(record.classes[:8]) + (", …" if len(record.classes) > 8 else "")
    return f"{count}; target {record.target}: {len(record.classes)} classes ({names})"


def evaluate(arguments: argparse.Namespace) -> None:
    """Prints loss, accuracy and metrics of a model on a file."""
    network = Network.load(arguments.model)
    is_regression = not network._form.class_columns
    wanted = arguments.metrics.split(",") if arguments.metrics else ["r2", "mean_absolute_error"] if is_regression else []
    samples = samples_for(arguments.data, arguments, Record.of(network), network.inputs, needs_target=True)
    figures = network.evaluate(_pair(samples), metrics=[name.strip() for name in wanted], threads=arguments.threads)
    shown = {name: value for name, value in figures.items() if not math.isnan(value)}
    if arguments.json:
        print(json.dumps(shown))
        return
    for name, value in shown.items():
        print(_figure(name, value))


def predict(arguments: argparse.Namespace) -> None:
    """Writes a row for each sample: the class or the value, and on request the probabilities."""
    if arguments.output is not None:
        _check_writable(arguments.output)
    network = Network.load(arguments.model)
    record, is_regression = Record.of(network), not network._form.has_classes
    if arguments.probabilities and is_regression:
        raise CommandError(f"{arguments.model} predicts numbers and not classes, so there are no probabilities")
    samples = samples_for(arguments.data, arguments, record, network.inputs, needs_target=False)
    found = network.predict(samples.features, threads=arguments.threads)
    name, classes = record.target or "prediction", record.classes
    if is_regression:
        heads = [name] if network.outputs == 1 else [f"{name}_{output}" for output in range(network.outputs)]
        rows = [[repr(float(value)) for value in row] for row in found.tolist()]
    else:
        heads = [name]
        rows = [[classes[label] if classes else str(label)] for label in found.tolist()]
    if arguments.probabilities:
        probabilities = network.predict_proba(samples.features, threads=arguments.threads)
        if probabilities.shape[1] == 1:
            probabilities = numpy.hstack([1 - probabilities, probabilities])
        heads += [f"probability_{classes[label] if classes else label}" for label in range(probabilities.shape[1])]
        rows = [row + [f"{value:.9g}" for value in values] for row, values in zip(rows, probabilities.tolist(), strict=True)]
    if arguments.output is None:
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


def _check_writable(path: str) -> None:
    """Refuses an output that could not be written, before the work. Errors: CommandError."""
    folder = Path(path).parent
    if Path(path).is_dir():
        raise CommandError(f"{path} is a folder; --output must be a file")
    if not folder.is_dir():
        raise CommandError(f"the folder {folder} of --output does not exist")
    if not os.access(folder, os.W_OK):
        raise CommandError(f"the folder {folder} of --output cannot be written to")


def _write_csv(file: TextIO, heads: list[str], rows: list[list[str]]) -> None:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows(rows)


def _write_file(path: str, heads: list[str], rows: list[list[str]]) -> None:
    """Writes a CSV file whole, or leaves what was there."""
    if Path(path).exists() and not Path(path).is_file():
        # Another program reads a pipe or a device, which cannot be replaced.
        with open(path, "w", encoding="utf-8", newline="") as file:
            _write_csv(file, heads, rows)
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
