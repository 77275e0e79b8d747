"""Cross-validation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy

from ._handle import pointer_of
from ._text import flag, integer, metric_names
from .dataset import Data, as_dataset
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
    standardize: bool = False,
    **options: Unpack[TrainingKeywords],  # type: ignore
) -> dict[str, numpy.ndarray]:
    """For each fold, trains on all other folds and evaluates on it: {"loss", "accuracy", "samples", metrics …}, each [folds].

    network: a network, whose copy with the same parameters is trained for each fold; or a function of the fold's number that
    returns the network to train.
    data: a Dataset or a pair (features, targets); its folds are `data.fold(folds, fold, seed=seed)`, which are stratified.
    metrics: further figures, by their names in `stableode.metrics()`. standardize: whether to fit each network's normalization to its
    training folds. options: those of Trainer. Training never sees the held-out fold, and the last iterate is evaluated.

        figures = stableode.cross_validate(network, (features, labels), folds=5, metrics="auc", epochs=50)
        figures["accuracy"].mean(), figures["accuracy"].std()
    """
    dataset, count, standardize = as_dataset(data, name="data"), integer(folds, "folds", 2), flag(standardize, "standardize")
    metric_names(metrics)
    if not callable(network):
        pointer_of(network, "network", "network")
    rows = []
    for fold in range(count):
        training, validation = dataset.fold(count, fold, seed=seed)
        candidate = network(fold) if callable(network) else network.copy()
        if standardize:
            candidate.fit_normalization(training)
        candidate.fit(training, **options)
        rows.append(candidate.evaluate(validation, metrics=metrics))
    return {name: numpy.array([row[name] for row in rows]) for name in rows[0]}
