"""The regressor of series."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._regressor import StableODERegressor
from ._sequences import SequenceEstimator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.random import RandomState
    from numpy.typing import ArrayLike
    from typing_extensions import Self

    from ..sequences._layout import Longer


class StableODESequenceRegressor(SequenceEstimator, StableODERegressor):
    """Predicts values, one or several for a series, with a network that a driven field reads series into.

        import numpy
        from stableode.sklearn import StableODESequenceRegressor

        random = numpy.random.default_rng(0)
        series = random.normal(size=(40, 20, 2))
        regressor = StableODESequenceRegressor(random_state=0).fit(series, series.mean(axis=(1, 2)))
        regressor.predict(series)

    Losses and values are as in `StableODERegressor`.
    """

    _learns_values = True

    def __init__(
        self,
        *,
        field: str | None = None,
        activation: str | None = None,
        integrator: str | None = None,
        width: int | None = None,
        layers: int | None = None,
        horizon: float | None = None,
        precision: str | None = None,
        loss: str | None = None,
        optimizer: str | None = None,
        learning_rate: float | None = None,
        batch_size: int | None = None,
        epochs: int | None = None,
        weight_decay: float | None = None,
        early_stopping: bool | None = None,
        validation_fraction: float | None = None,
        patience: int | None = None,
        channels_first: bool = False,
        time_channel: bool | None = None,
        integral_channels: bool | None = None,
        longer: Longer = "error",
        network_options: Mapping[str, Any] | None = None,
        training_options: Mapping[str, Any] | None = None,
        warm_start: bool = False,
        random_state: int | RandomState | None = None,
        n_jobs: int | None = None,
        verbose: bool | int = False,
    ) -> None:
        super().__init__(
            field=field,
            activation=activation,
            integrator=integrator,
            width=width,
            layers=layers,
            horizon=horizon,
            precision=precision,
            loss=loss,
            optimizer=optimizer,
            learning_rate=learning_rate,
            batch_size=batch_size,
            epochs=epochs,
            weight_decay=weight_decay,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            patience=patience,
            network_options=network_options,
            training_options=training_options,
            warm_start=warm_start,
            random_state=random_state,
            n_jobs=n_jobs,
            verbose=verbose,
        )
        self.channels_first = channels_first
        self.time_channel = time_channel
        self.integral_channels = integral_channels
        self.longer: Longer = longer

    def fit(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Trains a network on series X, such as [samples, steps, channels] or a list of [steps_i, channels], with values y [samples] or
        [samples, outputs]; returns self.

        sample_weight: weights [samples] >= 0. A weight of 2 counts as two equal series.
        """
        return super().fit(X, y, sample_weight)

    def partial_fit(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Trains for one epoch over these series, and goes on at the next call; returns self. The first series also set layout and normalization."""
        return super().partial_fit(X, y, sample_weight)
