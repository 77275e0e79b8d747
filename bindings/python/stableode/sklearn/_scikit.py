"""What the estimators use of scikit-learn and its companions, which describe no types: the declarations are for type checkers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy
    from numpy.typing import ArrayLike
    from typing_extensions import Self

    class BaseEstimator:
        """Parameters and pickling."""

        def get_params(self, deep: bool = True) -> dict[str, Any]: ...
        def set_params(self, **params: Any) -> Self: ...
        def get_metadata_routing(self) -> Any: ...
        def __sklearn_tags__(self) -> Any: ...
        def __getstate__(self) -> dict[str, Any]: ...
        def __setstate__(self, state: dict[str, Any]) -> None: ...

    class ClassifierMixin:
        """The score of a classifier."""

        def score(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float: ...

    class RegressorMixin:
        """The score of a regressor."""

        def score(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float: ...

    class ClassNamePrefixFeaturesOutMixin:
        """The names of a transformer's columns."""

        def get_feature_names_out(self, input_features: ArrayLike | None = None) -> numpy.ndarray: ...

    class TransformerMixin:
        """Fitting and transforming in one call, and data frames as results."""

        def fit_transform(self, X: ArrayLike, y: ArrayLike | None = None, **fit_params: Any) -> Any: ...
        def set_output(self, *, transform: str | None = None) -> Self: ...

    check_array: Callable[..., numpy.ndarray]
    check_classification_targets: Callable[..., None]
    check_consistent_length: Callable[..., None]
    check_is_fitted: Callable[..., None]
    check_random_state: Callable[..., numpy.random.RandomState]
    check_sample_weight: Callable[..., numpy.ndarray]
    column_or_1d: Callable[..., numpy.ndarray]
    compute_class_weight: Callable[..., numpy.ndarray]
    d2_pinball_score: Callable[..., float]
    effective_n_jobs: Callable[..., int]
    expit: Callable[..., numpy.ndarray]
    log_expit: Callable[..., numpy.ndarray]
    log_softmax: Callable[..., numpy.ndarray]
    r2_score: Callable[..., float]
    softmax: Callable[..., numpy.ndarray]
    sparse_stack: Callable[..., Any]
    type_of_target: Callable[..., str]
    validate_data: Callable[..., numpy.ndarray]
else:
    from joblib import effective_n_jobs
    from scipy.sparse import vstack as sparse_stack
    from scipy.special import expit, log_expit, log_softmax, softmax
    from sklearn.base import BaseEstimator, ClassifierMixin, ClassNamePrefixFeaturesOutMixin, RegressorMixin, TransformerMixin
    from sklearn.metrics import d2_pinball_score, r2_score
    from sklearn.utils import check_array, check_consistent_length, check_random_state, column_or_1d
    from sklearn.utils.class_weight import compute_class_weight
    from sklearn.utils.multiclass import check_classification_targets, type_of_target
    from sklearn.utils.validation import _check_sample_weight as check_sample_weight
    from sklearn.utils.validation import check_is_fitted, validate_data

__all__ = [
    "BaseEstimator",
    "ClassNamePrefixFeaturesOutMixin",
    "ClassifierMixin",
    "RegressorMixin",
    "TransformerMixin",
    "check_array",
    "check_classification_targets",
    "check_consistent_length",
    "check_is_fitted",
    "check_random_state",
    "check_sample_weight",
    "column_or_1d",
    "compute_class_weight",
    "d2_pinball_score",
    "effective_n_jobs",
    "expit",
    "log_expit",
    "log_softmax",
    "r2_score",
    "softmax",
    "sparse_stack",
    "type_of_target",
    "validate_data",
]
