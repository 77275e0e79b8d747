"""The classifier of series."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._classifier import StableODEClassifier
from ._sequences import SequenceEstimator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.random import RandomState
    from numpy.typing import ArrayLike
    from typing_extensions import Self

    from ..sequences._layout import Longer


class StableODESequenceClassifier(SequenceEstimator, StableODEClassifier):
    """Classifies series with a network that a driven field reads them into.

        import numpy
        from stableode.sklearn import StableODESequenceClassifier

        random = numpy.random.default_rng(0)
        series = [numpy.sin(numpy.linspace(0, 6, random.integers(20, 40))) * sign for sign in (-1, 1) * 20]
        classifier = StableODESequenceClassifier(random_state=0).fit(series, ["down", "up"] * 20)
        classifier.predict(series), classifier.predict_proba(series)

    Labels, probabilities and class_weight are as in `StableODEClassifier`.
    """

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
        class_weight: Mapping[Any, float] | str | None = None,
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
            class_weight=class_weight,
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
        """Trains a network on series X, such as [samples, steps, channels] or a list of [steps_i, channels], with classes y [samples] or
        labels [samples, labels]; returns self.

        sample_weight: weights [samples] >= 0. A weight of 2 counts as two equal series.
        """
        return super().fit(X, y, sample_weight)

    def partial_fit(self, X: Any, y: ArrayLike, classes: ArrayLike | None = None, sample_weight: ArrayLike | None = None) -> Self:
        """Trains for one epoch over these series, and goes on at the next call; returns self.

        classes: all classes that any call will bring. The first call needs them; its series also set layout and normalization.
        """
        return super().partial_fit(X, y, classes, sample_weight)
