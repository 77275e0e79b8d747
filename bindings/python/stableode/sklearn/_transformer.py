"""The transformer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy

from ..equation import visible_shape
from ._estimator import Estimator
from ._scikit import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from ._sparse import is_sparse
from ._targets import Targets, are_classes, labels, values

if TYPE_CHECKING:
    from numpy.typing import ArrayLike
    from typing_extensions import Self

#: Most rows whose final states are computed at a time, and for which a sparse matrix is made dense.
_HELD = 1 << 12


class StableODETransformer(ClassNamePrefixFeaturesOutMixin, TransformerMixin, Estimator):
    """Maps rows to the final state of a stable ODE network, from which its linear readout reads the scores.

        from stableode.sklearn import StableODETransformer

        states = StableODETransformer(width=8, random_state=0).fit_transform(features, labels)

    The network learns y: classes if y holds strings, booleans or integers, and values otherwise.
    classes_: the classes, in ascending order, if y held classes.
    """

    classes_: numpy.ndarray

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Trains a network on rows X [rows, features] with classes y [rows], or values [rows] or [rows, outputs]; returns self.

        sample_weight: weights [rows] >= 0. A weight of 2 counts as two equal rows.
        """
        self._learn(X, y, sample_weight)
        return self

    def partial_fit(self, X: ArrayLike, y: ArrayLike, classes: ArrayLike | None = None, sample_weight: ArrayLike | None = None) -> Self:
        """Trains for one epoch over these rows, and goes on at the next call; returns self.

        classes: all classes that any call will bring, if there are classes that the first rows do not show.
        """
        self._learn(X, y, sample_weight, self._all_classes(classes), is_incremental=True)
        return self

    def transform(self, X: ArrayLike) -> numpy.ndarray:
        """The final states [rows, width], in the type of X: float64 or float32."""
        rows = self._checked(X)
        states = numpy.empty((rows.shape[0], self._n_features_out), rows.dtype)
        for start in range(0, len(states), _HELD):
            part: Any = rows[start : start + _HELD]
            final = self.network_.final_states(part.toarray() if is_sparse(part) else part)
            states[start : start + _HELD] = final.reshape(len(final), -1)[:, : self._n_features_out]
        return states

    @property
    def _n_features_out(self) -> int:
        return int(numpy.prod(visible_shape(self.network_, self.network_.block_count - 1)))

    def _targets(self, y: ArrayLike, kept: numpy.ndarray | slice, classes: ArrayLike | None) -> Targets:
        return labels(y, kept, classes) if classes is not None or are_classes(y) else values(y, kept)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
