"""Cross-validation."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy

from ._errors import InvalidDataError, NotConvergedError, NotFiniteError, StableODEError, StepLimitError
from ._handle import pointer_of
from ._limits import Deadline
from ._text import flag, integer, metric_names
from .dataset import Data, Dataset, as_dataset
from .introspection import takes_options
from .network import Network

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ._options import TrainingKeywords


@takes_options("trainer")
def cross_validate(  # type: ignore[misc]  # the name seed is the folds' here
    network: Network | Callable[[int], Network],
    data: Data,
    *,
    folds: int = 5,
    seed: int = 0,
    metrics: str | Sequence[str] = (),
    weighted: bool = False,
    standardize: bool = False,
    verbose: bool | int = False,
    **options: Unpack[TrainingKeywords],  # pyright: ignore[reportGeneralTypeIssues]
) -> dict[str, numpy.ndarray]:
    """For each fold, trains on all other folds and evaluates on it: {"loss", "accuracy", "samples", metrics …}, each [folds].

    network: a network, whose copy with the same parameters is trained for each fold; or a function of the fold's number that
    returns the network to train.
    data: a Dataset or a pair (features, targets); its folds are `data.fold(folds, fold, seed=seed)`, which are stratified.
    metrics: further figures, by their names in `stableode.metrics()`. weighted: as in `Network.evaluate`. standardize: whether to fit
    each network's normalization to its training folds. verbose: as in `Network.fit`, for each fold. options: those of Trainer. Training
    never sees the held-out fold, and the last iterate is evaluated.

        figures = stableode.cross_validate(network, (features, labels), folds=5, metrics="auc", epochs=50)
        figures["accuracy"].mean(), figures["accuracy"].std()

    A limit of `stableode.limits` counts for the whole call. Errors name the fold, and the row of `data`.
    """
    deadline = Deadline()
    if not callable(network):
        pointer_of(network, "network", "network")
    columns = None if callable(network) else network.columns
    dataset, count, standardize = as_dataset(data, name="data", columns=columns), integer(folds, "folds", 2), flag(standardize, "standardize")
    flag(weighted, "weighted")
    metric_names(metrics)
    rows = []
    for fold in range(count):
        with deadline.rest():
            parts = dataset.fold(count, fold, seed=seed)
        training, validation = parts
        with deadline.rest():
            candidate = network(fold) if callable(network) else network.copy()
        with deadline.rest(), _naming_rows(dataset, count, fold, seed, "training"):
            if standardize:
                candidate.fit_normalization(training)
        with deadline.rest(), _naming_rows(dataset, count, fold, seed, "training"):
            outcome = candidate.fit(training, verbose=verbose, **options).outcome
        if outcome == "time_limit" and deadline.is_over:
            raise deadline.error
        with deadline.rest(), _naming_rows(dataset, count, fold, seed, "held-out"):
            rows.append(candidate.evaluate(validation, metrics=metrics, weighted=weighted))
    return {name: numpy.array([row[name] for row in rows]) for name in rows[0]}


@contextlib.contextmanager
def _naming_rows(dataset: Dataset, folds: int, fold: int, seed: int, part: str) -> Iterator[None]:
    """A context whose errors name the fold, and rows of the whole data set instead of those of a part of the fold."""
    try:
        yield
    except (InvalidDataError, NotFiniteError, NotConvergedError, StepLimitError) as error:
        text, place = str(error), f"fold {fold}, {part} samples"
        if _ROW.search(text):
            try:
                # Folds depend on the targets and the seed alone, so row numbers are dealt out as the samples were.
                numbers = Dataset(numpy.arange(len(dataset))[:, None], dataset.targets).fold(folds, fold, seed=seed)
                own = numbers[part != "training"].features[:, 0]
                text = _ROW.sub(lambda found: f"row {own[int(found[1])]}", text)
            except (StableODEError, IndexError):
                place += ", counted among these"
        error.args = (f"{place}: {text}",)
        raise


#: A row in the library's messages.
_ROW = re.compile(r"\brow (\d+)\b")
