"""Cross-validation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy

from ._text import integer
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
    """Trains on all folds of the data but one and evaluates on that one, for each: {"loss", "accuracy", "samples", metrics …}, each [folds].

    network: copied for each fold, so that each begins with its parameters; or a function of the fold's number.
    data: a Dataset or a pair (features, targets); its folds are `data.fold(folds, fold, seed=seed)`, with every class dealt out evenly.
    metrics: names of `stableode.metrics()` to add. standardize: fit each copy's normalization to its training folds.
    options: the trainer's. The fold left out is not looked at in training: the last iterate is evaluated.

        figures = stableode.cross_validate(network, (features, labels), folds=5, metrics="auc", epochs=50)
        figures["accuracy"].mean(), figures["accuracy"].std()
    """
    dataset, count = as_dataset(data), integer(folds, "folds", 2)
    rows = []
    for fold in range(count):
        training, validation = dataset.fold(count, fold, seed=seed)
        candidate = network(fold) if callable(network) else network.copy()
        if standardize:
            candidate.fit_normalization(training)
        candidate.fit(training, **options)
        rows.append(candidate.evaluate(validation, metrics=metrics))
    return {name: numpy.array([row[name] for row in rows]) for name in rows[0]}
