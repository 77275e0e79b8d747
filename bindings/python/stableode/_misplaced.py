"""What to say about names that the library does not know as options or metrics, but that belong elsewhere or are known by another name."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ._errors import UnknownNameError
from .columns import Columns, frames_of_the_package
from .introspection import options, registry

#: Names that other libraries have for metrics → the names here.
_METRICS = {
    "acc": "accuracy",
    "f1": "macro_f1",
    "f1_macro": "macro_f1",
    "f1_micro": "micro_f1",
    "f1_score": "macro_f1",
    "f1_weighted": "weighted_f1",
    "roc_auc": "auc",
    "roc_auc_score": "auc",
    "pr_auc": "average_precision",
    "brier": "brier_score",
    "logloss": "log_loss",
    "cross_entropy": "log_loss",
    "mse": "mean_squared_error",
    "rmse": "root_mean_squared_error",
    "mae": "mean_absolute_error",
    "r2_score": "r2",
    "pinball": "pinball_loss",
    "neg_log_loss": "log_loss",
    "neg_brier_score": "brier_score",
    "neg_mean_squared_error": "mean_squared_error",
    "neg_root_mean_squared_error": "root_mean_squared_error",
    "neg_mean_absolute_error": "mean_absolute_error",
    "neg_median_absolute_error": "median_absolute_error",
    "neg_mean_poisson_deviance": "poisson_deviance",
    "mean_pinball_loss": "pinball_loss",
    "mean_poisson_deviance": "poisson_deviance",
    "roc_auc_ovr": "auc",
    "average_precision_score": "average_precision",
    "accuracy_score": "accuracy",
    "balanced_accuracy_score": "balanced_accuracy",
    "brier_score_loss": "brier_score",
    "explained_variance_score": "explained_variance",
}
#: Names that other libraries have for options of training → the names here.
_TRAINING = {
    "clip": "clip_norm",
    "grad_clip": "clip_norm",
    "gradient_clip": "clip_norm",
    "lr": "learning_rate",
    "max_epochs": "epochs",
    "max_iter": "epochs",
    "n_epochs": "epochs",
    "n_jobs": "num_threads",
    "threads": "num_threads",
    "class_weight": "class_weights",
    "random_state": "seed",
}
_WEIGHTS = ("sample_weight", "sample_weights", "weights")


def metric_advice(name: object) -> str | None:
    """What to write for a metric that has another name here; None for a name that the library has."""
    if not isinstance(name, str):
        return None
    if name in ("precision", "recall") and name not in registry("metrics"):
        return f"unknown metric {name!r}; Network.class_figures gives precision and recall of each class"
    other = _METRICS.get(name)
    if other is None or name in registry("metrics"):
        return None
    return f"unknown metric {name!r}; it is called {other!r} here{', and less is better' if name.startswith('neg_') else ''}"


def check_metrics(names: Iterable[str]) -> None:
    """Refuses metrics that have other names here. Errors: UnknownNameError."""
    for name in names:
        if (advice := metric_advice(name)) is not None:
            raise UnknownNameError(advice)


def named_figures(names: Sequence[str], values: Sequence[float]) -> dict[str, float]:
    """Metrics with their values. A warning names those that are NaN, which the data leave undefined."""
    figures = dict(zip(names, values, strict=True))
    if undefined := [name for name, value in figures.items() if value != value]:
        one = len(undefined) == 1
        warnings.warn(
            f"{' and '.join(undefined)} {'is' if one else 'are'} NaN: {'it compares' if one else 'they compare'} samples of a class with those of others, and these data have samples of one class only",
            stacklevel=frames_of_the_package(),
        )
    return figures


def of_training(error: UnknownNameError, chosen: Mapping[str, Any]) -> UnknownNameError:
    """The error for a refused option of training, which says where the option belongs."""
    advice = metric_advice(chosen.get("metric"))
    known = options("trainer")
    for name in chosen:
        if name in known:
            continue
        if name in _WEIGHTS:
            advice = f"{name} is no option of training; Dataset(…).weighted({name}) gives samples their weights, or Dataset(table, target=…, weight=…) those of a column"
        elif name in _TRAINING:
            advice = f"unknown trainer option {name!r}; it is called {_TRAINING[name]!r} here"
        elif name in inspect.signature(Columns.fit).parameters:
            advice = f"{name} says how the columns of a table are read, and belongs to Dataset: fit(Dataset(table, target=…, {name}=…))"
        elif name in options("network") or name in options("block"):
            advice = f"{name} is an option of networks and not of training: Network({name}=…), or network_options of estimators"
    return error if advice is None else UnknownNameError(advice)


def of_network(error: UnknownNameError, chosen: Mapping[str, Any]) -> UnknownNameError:
    """The error for a refused option of a network, which says where the option belongs."""
    known = {**options("network"), **options("block"), **options("architecture"), "blocks": None}
    misplaced = [name for name in chosen if name not in known and name in options("trainer")]
    return UnknownNameError(f"{misplaced[0]} is an option of training and not of networks: fit({misplaced[0]}=…)") if misplaced else error
