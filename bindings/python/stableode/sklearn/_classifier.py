"""The classifier."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy

from ._estimator import Estimator
from ._scikit import ClassifierMixin, expit, log_expit, log_softmax, softmax
from ._targets import Targets, class_factors, have_columns, indicators, labels

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.random import RandomState
    from numpy.typing import ArrayLike
    from typing_extensions import Self

    from ..network import Network


class StableODEClassifier(ClassifierMixin, Estimator):
    """Classifies rows with a stable ODE network.

        from stableode.sklearn import StableODEClassifier

        classifier = StableODEClassifier(random_state=0).fit(features, labels)
        classifier.predict(features), classifier.predict_proba(features)

    Labels are strings, numbers or booleans. Two classes are learned with one score and the loss logistic, more with one score each and the
    loss softmax_cross_entropy. An indicator matrix [rows, labels] of 0 and 1 gives each row any number of labels, by the loss
    multilabel_logistic: `predict` then gives such a matrix, and probabilities and scores have a column for each label.
    class_weight: a dict {class: weight}, "balanced", or None. It multiplies sample weights.
    classes_: the classes, in ascending order, or the numbers of the labels; columns of probabilities and scores are in this order.
    """

    classes_: numpy.ndarray

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
        self.class_weight = class_weight

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Trains a network on rows X [rows, features] with classes y [rows] or labels [rows, labels]; returns self.

        sample_weight: weights [rows] >= 0. A weight of 2 counts as two equal rows.
        """
        self._learn(X, y, sample_weight)
        return self

    def partial_fit(
        self, X: ArrayLike, y: ArrayLike, classes: ArrayLike | None = None, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Trains for one epoch over these rows, and goes on at the next call; returns self.

        classes: all classes that any call will bring. The first call needs them; the first rows also set the normalization.
        """
        if classes is None and not hasattr(self, "classes_") and not have_columns(y):
            raise ValueError("classes must be passed on the first call to partial_fit")
        self._learn(X, y, sample_weight, self._all_classes(classes), is_incremental=True)
        return self

    def predict(self, X: ArrayLike) -> numpy.ndarray:
        """The class of each row [rows], or 1 and 0 for its labels [rows, labels]."""
        rows = self._checked(X)
        found = self.network_.predict(rows, threads=self._threads_for(rows))
        return found if found.ndim == 2 else self.classes_[found]

    def predict_proba(self, X: ArrayLike) -> numpy.ndarray:
        """The probability of each class or label [rows, classes], of float64: softmax or logistic of the network's scores."""
        return self._probabilities(self._scores(self._checked(X)), softmax, expit)

    def predict_log_proba(self, X: ArrayLike) -> numpy.ndarray:
        """The logarithms of the probabilities [rows, classes]; finite where a probability rounds to 0, too."""
        return self._probabilities(self._scores(self._checked(X)), log_softmax, log_expit)

    def decision_function(self, X: ArrayLike) -> numpy.ndarray:
        """The score of each class or label [rows, classes]; for two classes [rows], above 0 for the second."""
        return self._decisions(self._scores(self._checked(X)))

    def _probabilities(self, scores: numpy.ndarray, of_classes: Any, of_labels: Any) -> numpy.ndarray:
        """Probabilities, or their logarithms, of scores [..., outputs]."""
        scores = scores.astype("float64")
        if self.network_._form.has_labels:
            return numpy.asarray(of_labels(scores))
        return numpy.asarray(of_classes(scores, axis=-1) if scores.shape[-1] > 1 else of_labels(numpy.concatenate([-scores, scores], axis=-1)))

    def _decisions(self, scores: numpy.ndarray) -> numpy.ndarray:
        if len(self.classes_) > 2 or self.network_._form.has_labels:
            return scores
        return numpy.asarray(scores[..., 0] if scores.shape[-1] == 1 else scores[..., 1] - scores[..., 0])

    def _scores(self, rows: numpy.ndarray) -> numpy.ndarray:
        return self.network_.scores(rows, threads=self._threads_for(rows))

    def _targets(self, y: ArrayLike, kept: numpy.ndarray | slice, classes: ArrayLike | None) -> Targets:
        if not have_columns(y):
            return labels(y, kept, classes)
        if not self._takes_indicators:
            raise ValueError(f"y has several columns, but loss {self._network_options()['loss']} takes one class for each row; multilabel_logistic takes labels [rows, labels]")
        return indicators(y, kept, classes)

    def _check_network(self, network: Network, targets: Targets) -> None:
        loss = network.specification["loss"]
        if not network._form.class_columns:
            raise ValueError(f"loss is {loss!r}, which is for values: StableODERegressor takes it")
        if network._form.has_labels and not targets.is_indicator:
            raise ValueError(f"loss is {loss!r}, which takes labels [rows, labels]; y has one class for each row")

    @property
    def _takes_indicators(self) -> bool:
        """Whether the parameters leave it to y that rows may have several labels."""
        return self._network_options().get("loss") in (None, "multilabel_logistic")

    def _weights(self, targets: Targets, weights: numpy.ndarray | None) -> numpy.ndarray | None:
        return class_factors(self.class_weight, targets, weights)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = tags.classifier_tags.multi_label = self._takes_indicators
        return tags
