"""The regressor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy

from ._estimator import Estimator
from ._scikit import RegressorMixin, d2_pinball_score
from ._targets import Targets, values

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
        """R² of the predictions; with several quantiles the mean of their D² pinball scores, which compare each with the constant quantile of y."""
        levels = self._levels
        if len(levels) < 2:
            return super().score(X, y, sample_weight)
        found, values = self.predict(X), numpy.asarray(y, "float64").reshape(len(numpy.asarray(y)), -1)
        predicted = found.reshape(len(found), values.shape[1], len(levels))
        scores = [d2_pinball_score(values, predicted[:, :, place], sample_weight=sample_weight, alpha=level) for place, level in enumerate(levels)]
        return float(numpy.mean(scores))

    @property
    def _levels(self) -> list[float]:
        """The levels of a network of quantiles, and otherwise none."""
        chosen = self.network_.specification
        return [float(level) for level in chosen["quantiles"].split(",")] if chosen["loss"] == "quantile" and chosen.get("quantiles") else []

    def _targets(self, y: ArrayLike, kept: numpy.ndarray | slice, classes: ArrayLike | None) -> Targets:
        return values(y, kept)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
