"""Features of tables for the calls that read arrays alone: the columns become numbers as the network's record says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy

from ._arrow import Table, is_table
from .columns import Columns
from .dataset import Dataset

if TYPE_CHECKING:
    from ._model import Model


def encoded(features: Any, known: Model | Columns | None) -> Any:
    """`features` as they are, or of a table the array [samples, inputs] that it becomes by a record of columns: `known`, or that of a network.

    Without a record, or with one that lists no columns, a table must be readable as an array. Errors: those of Dataset.
    """
    if type(features) is numpy.ndarray or not is_table(features):
        return features
    columns = known if known is None or isinstance(known, Columns) else known.columns
    if columns is None or "inputs" not in (record := columns.record):
        return features
    passed_over = [*record.get("ignored", []), *columns._targets_and_weight]
    own = Columns.from_record({"inputs": record["inputs"], "target": {"names": [""]}, "ignored": passed_over})
    return Dataset(features, numpy.zeros(len(Table(features, "features"))), copy=False, columns=own).features
