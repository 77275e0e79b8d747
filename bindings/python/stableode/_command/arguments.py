"""The command's arguments."""

from __future__ import annotations

import argparse
import contextlib
import difflib
import json
import math
from collections.abc import Callable, Iterator
from typing import Any

from .._errors import StableODEError
from .._misplaced import check_metrics
from .._registries import metrics
from ..introspection import library_version, options
from .errors import UsageError

_DATA = "CSV (.gz too), NPZ, IDX or Parquet"


def parser() -> argparse.ArgumentParser:
    """The parser of `python -m stableode`."""
    made = argparse.ArgumentParser(
        prog="stableode",
        description="Train, evaluate and use stable ODE networks on files of samples.",
        epilog="Exit codes: 0 success, 1 failure, 2 wrong usage, 130 Ctrl-C.",
    )
    made.add_argument("--version", action="version", version=f"stableode {library_version()}")
    made.add_argument("--traceback", action="store_true", help="show where an unexpected error came from")
    commands = made.add_subparsers(dest="command", required=True, metavar="COMMAND")

    train = commands.add_parser("train", help="train a network and write a model file", epilog="Without --validation the model is the last iterate.")
    _add_data(train)
    train.add_argument("--target", metavar="NAME", help="the column, or the array of an NPZ file, to predict; columns of files without a header are 1, 2 …")
    train.add_argument("--output", "-o", required=True, metavar="FILE", help="the model file to write (safetensors)")
    train.add_argument("--validation", metavar="FILE", help="samples that choose the best iterate")
    train.add_argument("--task", choices=["automatic", "classification", "regression"], default="automatic",
                       help="automatic: classification if the target consists of texts or of few distinct whole numbers")
    train.add_argument("--missing", choices=["error", "mean", "mean_and_indicator"], default="error",
                       help="what becomes of missing entries: an error, the mean of the column, or the mean and a further feature that marks them")
    train.add_argument("--unseen", choices=["error", "zeros"], default="error", help="what later becomes of categories that the training data do not have")
    train.add_argument("--set", action="append", default=[], metavar="OPTION=VALUE", dest="options",
                       help="an option of the network or of training, such as width=64 or field=hamiltonian; may be repeated, for another option")
    train.add_argument("--epochs", type=_count(1), metavar="N", help="passes over the training data")
    train.add_argument("--seed", type=_count(0, 2**64 - 1), metavar="N", help="seed of the initial parameters and of the order of the samples")
    train.add_argument("--time-limit", type=_seconds, metavar="SECONDS", help="the most seconds of training; the model of that time is written")

    evaluate = commands.add_parser("evaluate", help="print the figures of a model on samples with targets")
    evaluate.add_argument("model", help="a model file, or a checkpoint")
    _add_data(evaluate)
    evaluate.add_argument("--target", metavar="NAME", help="as in train; by default the name that the model remembers")
    evaluate.add_argument("--metrics", default=None, metavar="NAMES", help="further figures, separated by commas, such as macro_f1,auc")
    evaluate.add_argument("--json", action="store_true", help="print one JSON object")

    predict = commands.add_parser("predict", help="write the predictions of a model as CSV")
    predict.add_argument("model", help="a model file, or a checkpoint")
    _add_data(predict)
    predict.add_argument("--output", "-o", metavar="FILE", help="the CSV file to write; by default standard output")
    predict.add_argument("--probabilities", action="store_true", help="add a column with the probability of each class")

    inspect = commands.add_parser("inspect", help="print what a model file holds")
    inspect.add_argument("model", help="a model file, or a checkpoint")
    inspect.add_argument("--json", action="store_true", help="print one JSON object")
    return made


def _count(least: int, most: int = 2**31 - 1) -> Callable[[str], int]:
    """The type of an argument that is a whole number between these two."""

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number") from None
        if not least <= number <= most:
            raise argparse.ArgumentTypeError(f"{number} is not between {least} and {most}")
        return number

    return read


def _seconds(text: str) -> float:
    """The type of an argument that is a time."""
    try:
        number = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds") from None
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is not above 0 and finite")
    return number


def metric_list(text: str | None) -> list[str] | None:
    """The names in `--metrics`; None where it is not given. Errors: UsageError for a metric that there is not."""
    if not text:
        return None
    names, known = [name.strip() for name in text.split(",")], metrics()
    try:
        check_metrics(names)
    except StableODEError as error:
        raise UsageError(f"--metrics: {error}") from None
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            raise UsageError(f"--metrics: there is no metric {name!r}" + (f"; did you mean {near[0]!r}?" if near else f"; metrics are {', '.join(known)}"))
    return names


@contextlib.contextmanager
def naming_options() -> Iterator[None]:
    """A context in which errors of options are those of the command's usage."""
    try:
        yield
    except MemoryError:
        raise
    except StableODEError as error:
        raise UsageError(f"--set: {error}") from None


def _add_data(command: argparse.ArgumentParser) -> None:
    command.add_argument("data", help=f"file of samples: {_DATA}; - is CSV from standard input")
    command.add_argument("--labels", metavar="FILE", help="for IDX images: the IDX file of their labels")
    command.add_argument("--drop", action="append", default=[], metavar="NAME", help="a column that is no feature; may be repeated")
    command.add_argument("--decimal", metavar="CHARACTER", default=".", help="the decimal point of a CSV file; by default a point")
    command.add_argument("--thousands", metavar="CHARACTER", help="the separator of thousands in a CSV file; by default none")
    command.add_argument("--delimiter", metavar="CHARACTER", help="between entries of a CSV file; by default found in its first line")
    command.add_argument("--header", action=argparse.BooleanOptionalAction, help="whether the first row of a CSV file holds names; by default found in its first rows")
    command.add_argument("--quiet", action="store_true", help="show nothing but results and errors")
    command.add_argument("--threads", type=_count(0, 1024), default=0, metavar="N", help="0: one for each CPU that the process may use")


def split_options(texts: list[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """(options of the network, options of training) of `--set OPTION=VALUE`. A seed is for both. Errors: UsageError."""
    network_keys = {*options("network"), *options("block"), "architecture", "blocks"}
    trainer_keys = set(options("trainer"))
    network: dict[str, Any] = {}
    training: dict[str, Any] = {}
    seen: dict[str, str] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals:
            raise UsageError(f"--set {text!r} has no value; write OPTION=VALUE")
        if key not in network_keys | trainer_keys:
            near = difflib.get_close_matches(key, network_keys | trainer_keys, 1)
            raise UsageError(f"--set: there is no option {key!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
        if key in seen:
            raise UsageError(f"--set names {key} twice: {seen[key]} and {text}")
        seen[key] = text
        for keys, chosen in ((network_keys, network), (trainer_keys, training)):
            if key in keys:
                chosen[key] = _value(key, value)
    return network, training


def _value(key: str, text: str) -> Any:
    """The value of an option: JSON where it is that (8, 0.5, true, [1, 28, 28]), otherwise a text."""
    try:
        return json.loads(text)
    except ValueError as error:
        if text[:1] in ("[", "{"):
            raise UsageError(f"--set {key}={text}: a value that begins with {text[0]} must be JSON, and this is none: {error}") from None
        return {"True": True, "False": False}.get(text, text)
