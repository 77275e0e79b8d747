"""Choices for options that are not set, and the scaling of rows, until the library makes them itself."""

from __future__ import annotations

from typing import Any

import numpy

from ..dataset import Dataset
from ..network import Network
from ._rows import Rows

#: The options of the optimizer that is chosen.
_STEPS = {"optimizer": "adamw", "learning_rate": 5e-3}


def network_defaults(inputs: int) -> dict[str, Any]:
    """Options of the network."""
    return {"opening": "dense", "width": min(max(32, inputs), 128), "field": "antisymmetric", "layers": 6, "horizon": 3.0}


def training_defaults(options: dict[str, Any], rows: int) -> dict[str, Any]:
    """Options of a whole training that are not among `options`."""
    batch = min(rows, 64)
    chosen: dict[str, Any] = {**_STEPS, "batch_size": batch, "epochs": min(max(1500 * batch // rows, 10), 300), "schedule": "cosine"}
    return {"epochs": chosen["epochs"]} if options.get("optimizer", "adamw") != "adamw" else chosen


def incremental_defaults(options: dict[str, Any]) -> dict[str, Any]:
    """Options of training batch by batch that are not among `options`."""
    return {} if "optimizer" in options else dict(_STEPS)


def held_out(options: dict[str, Any], rows: int) -> float:
    """The part of the rows that is held out."""
    if options.get("validation_fraction") is None and (rows >= 1000 or "patience" in options):
        return 0.1
    return options.get("validation_fraction") or 0.0


def scaled(network: Network, rows: Rows, scale: tuple[numpy.ndarray, numpy.ndarray] | None) -> tuple[Dataset, tuple[numpy.ndarray, numpy.ndarray]]:
    """(data set, scale of the values). scale: that of an earlier fit, which this one goes on with."""
    if scale is None:
        network.fit_normalization(rows.features)
        scale = numpy.zeros(1), numpy.ones(1)
        if network.specification["loss"] == "least_squares":
            deviation = rows.targets.std(axis=0)
            scale = rows.targets.mean(axis=0), numpy.where(deviation > 0, deviation, 1.0)
    targets = (rows.targets - scale[0]) / scale[1] if rows.targets.dtype.kind == "f" else rows.targets
    data = Dataset(rows.features, targets, copy=False)
    return data if rows.weights is None else data.weighted(rows.weights), scale
