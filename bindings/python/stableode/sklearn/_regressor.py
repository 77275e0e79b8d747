"""The regressor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy

from ._estimator import Estimator
from ._scikit import RegressorMixin, d2_pinball_score
from ._targets import Targets, is_of_classes, values

if TYPE_CHECKING:
    from numpy.typing import ArrayLike
    from typing_extensions import Self


class StableODERegressor(RegressorMixin, Estimator):
    """Predicts values, one or several for a row, with a stable ODE network.

        from stableode.sklearn import StableODERegressor

        regressor = StableODERegressor(random_state=0).fit(features, features.sum(axis=1))
        regressor.predict(features)

    The loss is least_squares, or that which the parameter loss names: huber, quantile, poisson. With several levels,
    loss="quantile" and network_options={"quantiles": [0.1, 0.5, 0.9]}, each value has as many columns in predictions.
    """

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Trains a network on rows X [rows, features] with values y [rows] or [rows, outputs]; returns self.

        sample_weight: weights [rows] >= 0. A weight of 2 counts as two equal rows.
        """
        self._learn(X, y, sample_weight)
        return self

    def partial_fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Trains for one epoch over these rows, and goes on at the next call; returns self. The first rows also set the normalization."""
        self._learn(X, y, sample_weight, is_incremental=True)
        return self

    def predict(self, X: ArrayLike) -> numpy.ndarray:
        """The values of each row, as y was given: [rows] or [rows, outputs], of float64; with several quantiles [rows, values · levels]."""
        rows = self._checked(X)
        found = self.network_.predict(rows, threads=self._threads_for(rows)).astype("float64", copy=False)
        return found[:, 0] if self._is_flat else found

    def score(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """R² of the predictions; for the loss quantile the part of the pinball loss of constant quantiles that is explained, averaged over the levels."""
        if self.network_.specification["loss"] != "quantile":
            return super().score(X, y, sample_weight)
        levels = [float(level) for level in str(self.network_.specification["quantiles"]).split(",")]
        rows = len(self._checked(X))
        # Columns are ordered value by value, and level by level within each.
        found = numpy.asarray(self.predict(X)).reshape(rows, -1, len(levels))
        truth = numpy.asarray(y, dtype="float64").reshape(rows, -1)
        return float(numpy.mean([d2_pinball_score(truth, found[:, :, place], sample_weight=sample_weight, alpha=level) for place, level in enumerate(levels)]))

    def _targets(self, y: ArrayLike, kept: numpy.ndarray | slice, classes: ArrayLike | None) -> Targets:
        return values(y, kept)

    def _unset_options(self, options: dict[str, Any], sizes: dict[str, Any], rows: int) -> dict[str, Any]:
        if isinstance(options["loss"], str) and is_of_classes(options["loss"]):
            raise ValueError(f"loss is {options['loss']!r}, which is for classes: {type(self).__name__.replace('Regressor', 'Classifier')} takes it")
        return super()._unset_options(options, sizes, rows)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
