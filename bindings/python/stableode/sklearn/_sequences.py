"""What the estimators of series share: series become features by `stableode.sequences`, and everything else is as for rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy

from .._errors import OutOfRangeError
from .._tensor import as_array
from .._text import real
from ..sequences import PackedSequences, SequenceLayout, pack, pack_in
from ..sequences._defaults import extra_channels, is_of_changes, network_options, span, training_options
from ..sequences._tables import is_long
from ..sequences._variation import variation
from ._estimator import Estimator
from ._rows import used
from ._scikit import check_is_fitted, check_sample_weight, validate_data

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ..sequences._layout import Longer

_TYPES = (numpy.dtype("float64"), numpy.dtype("float32"))
_FIELD = "antisymmetric_rnn"
_PACKS = "stableode.sequences.pack(X, series=…, time=…) makes series of it, which this estimator takes"
#: What series alone determine.
_OF_THE_LAYOUT = {"channels": "the series determine", "sequence_layout": "the series determine"}


class SequenceEstimator(Estimator):
    """X holds series: an array [samples, steps, channels], or [samples, steps] for one channel; a list of arrays [steps_i, channels]; or
    what `stableode.sequences.pack` gives, which has times too. NaN means "not observed".

    Parameters besides those below:

    field: antisymmetric_rnn if None; neural_cde, gated_antisymmetric_rnn and ode_rnn are others.
    channels_first: whether arrays are [samples, channels, steps], as in aeon and sktime, and those of a list [channels, steps_i].
    time_channel, integral_channels: whether time, and the integral of each channel, are more channels; None: where the field needs them.
    longer: what becomes of later series that are longer than those of the fit: "error", or "first" or "last", which keep their first or last steps.

    layout_: the `stableode.sequences.SequenceLayout` by which series become features of `network_`.
    n_features_in_: the columns of X [samples, steps], and otherwise the channels of the series.
    """

    _learns_values = False
    layout_: SequenceLayout
    _way: float
    channels_first: bool
    time_channel: bool | None
    integral_channels: bool | None
    longer: Longer

    def _field(self) -> str:
        options = self._network_options()
        return str(options.get("field", _FIELD))

    def _features(self, X: Any, sample_weight: ArrayLike | None, reset: bool) -> numpy.ndarray:
        if not reset:
            packed = self._packed(X)
            self._hold(packed, slice(None), is_new=False)
            return packed.features
        series = self._series(X, reset)
        if isinstance(series, PackedSequences):
            self.layout_ = series.layout
            self._way = variation(series, None if sample_weight is None else check_sample_weight(sample_weight, series.features, dtype=numpy.float64)) if is_of_changes(self._field()) else 0.0
            self._hold(series, slice(None), is_new=True)
            return series.features
        # A series of weight 0 must not change the layout.
        weights = None if sample_weight is None else check_sample_weight(sample_weight, numpy.empty((len(series), 1)), dtype=numpy.float64)
        kept = used(weights)
        all_count = len(series)
        if weights is not None and not isinstance(kept, slice):
            series = series[kept] if isinstance(series, numpy.ndarray) else [series[number] for number in kept]
            weights = weights[kept]
        field = self._field()
        extra: Any = {name: value if getattr(self, name) is None else getattr(self, name) for name, value in extra_channels(field).items()}
        horizon = real(self._network_options().get("horizon", span(field)), "horizon")
        if not 0 < horizon < float("inf"):
            raise OutOfRangeError(f"horizon is {horizon}; it must be a finite number > 0")
        packed = pack(series, channels_first=self.channels_first, span=horizon, weights=weights, hold=self._holds(field), **extra)
        self.layout_ = packed.layout
        self._way = variation(packed, weights) if is_of_changes(field) else 0.0
        self._hold(packed, kept if len(packed) < all_count else slice(None), is_new=True)
        if not _is_flat(X):
            self.n_features_in_ = packed.layout.own
        if len(packed) == all_count:
            return packed.features
        features = numpy.zeros((all_count, packed.features.shape[1]), packed.features.dtype)
        features[kept] = packed.features
        return features

    def _holds(self, field: str) -> bool:
        """Whether gaps of the series hold the last observation."""
        return False

    def _hold(self, packed: PackedSequences, kept: numpy.ndarray | slice, is_new: bool) -> None:
        """Is called with the series that are learned, and which of the caller's they are. is_new: whether a new network learns them."""

    def _series(self, X: Any, reset: bool) -> Any:
        """X as scikit-learn checks it where it has rows and columns, and as it is otherwise."""
        if _is_long(X):
            raise ValueError(f"X is a long table, with a row for each series and time; {_PACKS}")
        if _is_flat(X):
            try:
                return validate_data(self, X, dtype=_TYPES, reset=reset, ensure_all_finite="allow-nan")
            except (ValueError, TypeError) as error:
                if not is_long(X) or "float" not in str(error):
                    raise
                raise ValueError(f"{error}; if X is a long table, with a row for each series and time, {_PACKS}") from error
        if reset:
            self.__dict__.pop("feature_names_in_", None)
        if isinstance(X, PackedSequences):
            if reset:
                self.n_features_in_: int = X.layout.own
            elif X.layout != self.layout_:
                raise ValueError("the series were not packed in the layout of the fit; pack them by stableode.sequences.pack_in(layout_, …)")
        elif not isinstance(X, (list, tuple)):
            return X if isinstance(X, numpy.ndarray) and X.dtype == object else as_array(X, "X")
        return X

    def _packed(self, X: Any) -> PackedSequences:
        """Series in the layout of the fit."""
        series = self._series(X, reset=False)
        return series if isinstance(series, PackedSequences) else pack_in(self.layout_, series, longer=self.longer)

    def _column_names(self) -> Any:
        names = vars(self).get("feature_names_in_")
        # Only where each column is one feature of the network does it know columns by their names.
        return names if names is not None and self.layout_.kind == "values" and len(self.layout_.channels) == 1 else None

    def _network_options(self) -> dict[str, Any]:
        options = super()._network_options()
        for key, why in _OF_THE_LAYOUT.items():
            if key in options:
                raise ValueError(f"network_options holds {key}, which {why}")
        return options

    def _unset_options(self, options: dict[str, Any], sizes: dict[str, Any], rows: int) -> dict[str, Any]:
        layout = self.layout_.options
        return {**layout, **network_options(options, self._field(), self.layout_, self._learns_values, self._way)}

    def _chosen_options(self, rows: int | None = None) -> dict[str, Any]:
        options = super()._chosen_options(rows)
        # As in the library, an optimizer that is named gets fixed defaults.
        return options if "optimizer" in options else {**training_options(self._field(), self.layout_, rows, self._learns_values), **options}

    def _checked(self, X: Any) -> numpy.ndarray:
        if "network_" not in vars(self):
            check_is_fitted(self)
        return self._packed(X).features

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = False
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = True
        return tags


def _is_long(X: Any) -> bool:
    """Whether X has columns of the names that `stableode.sequences.pack` looks for in a long table."""
    columns: Any = X if isinstance(X, Mapping) else getattr(X, "column_names", None) or getattr(X, "columns", ())
    return is_long(X) and {"series", "time"} <= {name for name in columns if isinstance(name, str)}


def _is_flat(X: Any) -> bool:
    """Whether scikit-learn should check X: everything but arrays of three axes and lists of series."""
    if isinstance(X, PackedSequences) or isinstance(X, (list, tuple)) and not X:
        return False
    if isinstance(X, numpy.ndarray) and X.dtype == object and X.ndim == 1 and len(X) and numpy.ndim(X[0]) > 0:
        return False
    if isinstance(X, (list, tuple)):
        return not (len(X) and all(numpy.ndim(entry) > 0 for entry in X) and (numpy.ndim(X[0]) == 2 or len({len(entry) for entry in X}) > 1))
    return len(getattr(X, "shape", ())) != 3
