"""The classifier of series."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy

from ._classifier import StableODEClassifier
from ._scikit import check_is_fitted, expit, log_expit, log_softmax, softmax
from ._steps import StepEstimator, as_given, labels_of_steps

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.random import RandomState
    from numpy.typing import ArrayLike
    from typing_extensions import Self

    from ..sequences import PackedSequences
    from ..sequences._layout import Longer
    from ._targets import Targets


class StableODESequenceClassifier(StepEstimator, StableODEClassifier):
    """Classifies series, or each of their steps, with a network that a driven field reads them into.

        import numpy
        from stableode.sklearn import StableODESequenceClassifier

        random = numpy.random.default_rng(0)
        series = [numpy.sin(numpy.linspace(0, 6, random.integers(20, 40))) * sign for sign in (-1, 1) * 20]
        classifier = StableODESequenceClassifier(random_state=0).fit(series, ["down", "up"] * 20)
        classifier.predict(series), classifier.predict_proba(series)

    outputs_at: "end" for a class of each series, y [samples]; "steps" for a class of each step, y [samples, steps] or a list of [steps_i], with NaN or None
    where a step has none. A step's class depends on the series up to it alone. None: "steps" where y holds series of different lengths.
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
        self.outputs_at = outputs_at
        self.channels_first = channels_first
        self.time_channel = time_channel
        self.integral_channels = integral_channels
        self.longer: Longer = longer

    def fit(self, X: Any, y: Any, sample_weight: ArrayLike | None = None) -> Self:
        """Trains a network on series X, such as [samples, steps, channels] or a list of [steps_i, channels], with classes y [samples],
        labels [samples, labels], or classes of each step; returns self.

        sample_weight: weights [samples] >= 0. A weight of 2 counts as two equal series.
        """
        return super().fit(X, y, sample_weight)

    def partial_fit(self, X: Any, y: Any, classes: ArrayLike | None = None, sample_weight: ArrayLike | None = None) -> Self:
        """Trains for one epoch over these series, and goes on at the next call; returns self.

        classes: all classes that any call will bring. The first call needs them; its series also set layout and normalization.
        """
        if classes is None and not hasattr(self, "classes_") and self._wants_steps(y):
            raise ValueError("classes must be passed on the first call to partial_fit")
        return super().partial_fit(X, y, classes, sample_weight)

    def predict(self, X: Any) -> Any:
        """The class of each series [samples], or 1 and 0 for its labels [samples, labels]. Classes of steps are [samples, steps] where X is an array, a list of [steps_i] where
        it is a list or packed series, and [rows] where those are a table; None stands at steps that the layout left out.
        """
        check_is_fitted(self)
        if not self._predicts_steps:
            return super().predict(X)
        packed = self._packed(X)
        numbers = self.network_.predict(packed.features, threads=self._threads_for(packed.features))
        found = packed.unpack(numbers.astype("float64"))
        return as_given([self._named(part) for part in found] if isinstance(found, list) else self._named(found), X)

    def _named(self, numbers: numpy.ndarray) -> numpy.ndarray:
        """The classes of these numbers, None for NaN."""
        there = ~numpy.isnan(numbers)
        if there.all():
            return numpy.asarray(self.classes_[numbers.astype("int64")])
        found = numpy.full(len(numbers), None, object)
        found[there] = self.classes_[numbers[there].astype("int64")]
        return found

    def predict_proba(self, X: Any) -> Any:
        """The probability of each class or label [samples, classes], of float64; of classes of steps [samples, steps, classes], or as `predict` gives them, NaN at steps that the layout left out."""
        check_is_fitted(self)
        return self._of_steps(X, lambda scores: self._probabilities(scores, softmax, expit)) if self._predicts_steps else super().predict_proba(X)

    def predict_log_proba(self, X: Any) -> Any:
        """The logarithms of the probabilities; finite where a probability rounds to 0, too."""
        check_is_fitted(self)
        return self._of_steps(X, lambda scores: self._probabilities(scores, log_softmax, log_expit)) if self._predicts_steps else super().predict_log_proba(X)

    def decision_function(self, X: Any) -> Any:
        """The score of each class or label [samples, classes]; for two classes [samples], above 0 for the second; for steps with one axis more."""
        check_is_fitted(self)
        return self._of_steps(X, self._decisions) if self._predicts_steps else super().decision_function(X)

    def score(self, X: Any, y: Any, sample_weight: ArrayLike | None = None) -> float:
        """The part of the series, or of the steps that have a class, whose class is predicted."""
        check_is_fitted(self)
        if not self._predicts_steps:
            return float(super().score(X, y, sample_weight))
        packed = self._packed(X)
        truth = labels_of_steps(packed, y, slice(None), self.classes_).values
        found = self.network_.predict(packed.features, threads=self._threads_for(packed.features))
        weights = numpy.ones(len(packed)) if sample_weight is None else numpy.asarray(sample_weight, dtype="float64")
        return float(numpy.average((found == truth)[truth >= 0], weights=numpy.broadcast_to(weights[:, None], truth.shape)[truth >= 0]))

    def _of_steps(self, X: Any, made: Any) -> Any:
        """What is made of the scores of each step, in the order and lengths of the series."""
        packed = self._packed(X)
        return as_given(packed.unpack(made(self._scores(packed.features))), X)

    def _targets_of_steps(self, packed: PackedSequences, y: Any, chosen: numpy.ndarray | slice, classes: ArrayLike | None) -> Targets:
        return labels_of_steps(packed, y, chosen, classes)
