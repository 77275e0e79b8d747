"""The regressor of series."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy

from ._regressor import StableODERegressor
from ._scikit import check_is_fitted, d2_pinball_score, r2_score
from ._steps import StepEstimator, as_given, values_of_steps
from ._targets import Targets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.random import RandomState
    from numpy.typing import ArrayLike
    from typing_extensions import Self

    from ..sequences import PackedSequences
    from ..sequences._layout import Longer


class StableODESequenceRegressor(StepEstimator, StableODERegressor):
    """Predicts values, one or several for a series or for each of its steps, with a network that a driven field reads series into.

        import numpy
        from stableode.sklearn import StableODESequenceRegressor

        random = numpy.random.default_rng(0)
        series = random.normal(size=(40, 20, 2))
        regressor = StableODESequenceRegressor(random_state=0).fit(series, series.mean(axis=(1, 2)))
        regressor.predict(series)

    outputs_at: "end" for values of whole series, y [samples] or [samples, outputs]; "steps" for values at each step, y [samples, steps] or
    [samples, steps, outputs] or a list of [steps_i] or [steps_i, outputs], with NaN where nothing was observed. A step's values depend on the series
    up to it alone, so that `stableode.sequences.ahead` makes targets for forecasts. None: "steps" where y has three axes or holds series of
    different lengths.
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
        outputs_at: Literal["end", "steps"] | None = None,
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
        self.outputs_at = outputs_at
        self.channels_first = channels_first
        self.time_channel = time_channel
        self.integral_channels = integral_channels
        self.longer: Longer = longer

    def fit(self, X: Any, y: Any, sample_weight: ArrayLike | None = None) -> Self:
        """Trains a network on series X, such as [samples, steps, channels] or a list of [steps_i, channels], with values y [samples] or
        [samples, outputs], or of each step; returns self.

        sample_weight: weights [samples] >= 0. A weight of 2 counts as two equal series.
        """
        return super().fit(X, y, sample_weight)

    def partial_fit(self, X: Any, y: Any, sample_weight: ArrayLike | None = None) -> Self:
        """Trains for one epoch over these series, and goes on at the next call; returns self. The first series also set layout and normalization."""
        return super().partial_fit(X, y, sample_weight)

    def predict(self, X: Any) -> Any:
        """The values of each series, as y was given: [samples] or [samples, outputs], of float64. Values of steps are [samples, steps, outputs] where X
        is an array, a list of [steps_i, outputs] where it is a list or packed series, and [rows, outputs] where those are a table, without the
        last axis if y had none.
        """
        check_is_fitted(self)
        if not self._predicts_steps:
            return super().predict(X)
        packed = self._packed(X)
        return as_given(packed.unpack(self._of_steps(packed)[..., 0] if self._is_flat else self._of_steps(packed)), X)

    def score(self, X: Any, y: Any, sample_weight: ArrayLike | None = None) -> float:
        """As `StableODERegressor.score`; each step that was observed counts as a row."""
        check_is_fitted(self)
        if not self._predicts_steps:
            return super().score(X, y, sample_weight)
        packed = self._packed(X)
        truth, specification = values_of_steps(packed, y).values, self.network_.specification
        weights = numpy.ones(len(packed)) if sample_weight is None else numpy.asarray(sample_weight, dtype="float64")
        levels = [float(level) for level in str(specification["quantiles"]).split(",")] if specification["loss"] == "quantile" else []
        found = self._of_steps(packed).reshape(*truth.shape, max(1, len(levels)))
        scores = []
        for output in range(truth.shape[2]):
            seen = ~numpy.isnan(truth[:, :, output])
            if not seen.any():
                raise ValueError(f"y has no value of output {output}: all are NaN")
            own = dict(sample_weight=numpy.broadcast_to(weights[:, None], seen.shape)[seen])
            pairs = [(truth[:, :, output][seen], found[:, :, output, place][seen]) for place in range(found.shape[3])]
            scores += [d2_pinball_score(*pair, alpha=level, **own) for pair, level in zip(pairs, levels, strict=True)] if levels else [r2_score(*pairs[0], **own)]
        return float(numpy.mean(scores))

    def _targets_of_steps(self, packed: PackedSequences, y: Any, chosen: numpy.ndarray | slice, classes: ArrayLike | None) -> Targets:
        found = values_of_steps(packed, y, chosen)
        return Targets(found.values, None, found.are_flat)

    def _of_steps(self, packed: PackedSequences) -> numpy.ndarray:
        """The predictions of each step in the layout, of float64."""
        return self.network_.predict(packed.features, threads=self._threads_for(packed.features)).astype("float64", copy=False)
