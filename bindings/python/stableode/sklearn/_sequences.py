"""What the estimators of series share: series become features by `stableode.sequences`, and everything else is as for rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy

from ..sequences import PackedSequences, SequenceLayout, pack
from ..sequences._defaults import SPAN, has_time_channel, network_options, training_options
from ._estimator import Estimator
from ._scikit import check_is_fitted, validate_data

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ..sequences._layout import Longer

_TYPES = (numpy.dtype("float64"), numpy.dtype("float32"))
_FIELD = "antisymmetric_rnn"
#: What series alone determine.
_OF_THE_LAYOUT = {"channels": "the series determine", "sequence_layout": "the series determine"}


class SequenceEstimator(Estimator):
    """X holds series: an array [samples, steps, channels], or [samples, steps] for one channel; a list of arrays [steps_i, channels]; or
    what `stableode.sequences.pack` gives, which has times too. NaN means "not observed".

    Parameters besides those below:

    field: antisymmetric_rnn if None; neural_cde, gated_antisymmetric_rnn and ode_rnn are others.
    channels_first: whether arrays are [samples, channels, steps], as in aeon and sktime, and those of a list [channels, steps_i].
    time_channel: whether time is one more channel; None: where the field needs it.
    longer: what becomes of later series that are longer than those of the fit: "error", or "first" or "last", which keep their first or last steps.

    layout_: the `stableode.sequences.SequenceLayout` by which series become features of `network_`.
    n_features_in_: the columns of X [samples, steps], and otherwise the channels of the series.
    """

    layout_: SequenceLayout
    channels_first: bool
    time_channel: bool | None
    longer: Longer

    def _field(self) -> str:
        options = self._network_options()
        return str(options.get("field", _FIELD))

    def _features(self, X: Any, reset: bool) -> numpy.ndarray:
        packed = self._packed(X, reset)
        if reset:
            self.layout_ = packed.layout
        return packed.features

    def _packed(self, X: Any, reset: bool) -> PackedSequences:
        if isinstance(X, PackedSequences):
            if not reset and X.layout != self.layout_:
                raise ValueError("the series were not packed in the layout of the fit; pack them by layout_.pack(…)")
            if reset:
                self.__dict__.pop("feature_names_in_", None)
                self.n_features_in_ = len(X.channels)
            return X
        is_flat = _is_flat(X)
        if is_flat:
            series: Any = validate_data(self, X, dtype=_TYPES, reset=reset, ensure_all_finite="allow-nan")
        else:
            series = X
        if not reset:
            return self.layout_.pack(series, longer=self.longer)
        wanted = self.time_channel
        packed = pack(
            series,
            channels_first=self.channels_first,
            span=float(self._network_options().get("horizon", SPAN)),
            time_channel=has_time_channel(self._field()) if wanted is None else wanted,
        )
        if not is_flat:
            self.__dict__.pop("feature_names_in_", None)
            self.n_features_in_ = len(packed.channels) - packed.layout.has_time_channel
        return packed

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
        return {**layout, **network_options(layout, self._field(), self.layout_.steps), **{key: layout[key] for key in ("horizon", "sequence_time") if key in layout}}

    def _chosen_options(self, rows: int | None = None) -> dict[str, Any]:
        options = super()._chosen_options(rows)
        # As in the library, an optimizer that is named gets fixed defaults.
        return options if "optimizer" in options else {**training_options(self._field(), rows), **options}

    def _checked(self, X: Any) -> numpy.ndarray:
        if "network_" not in vars(self):
            check_is_fitted(self)
        return self._packed(X, reset=False).features

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = False
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = True
        return tags


def _is_flat(X: ArrayLike | Any) -> bool:
    """Whether scikit-learn should check X: everything but arrays of three axes and lists of series."""
    if isinstance(X, numpy.ndarray) and X.dtype == object and X.ndim == 1 and len(X) and numpy.ndim(X[0]) > 0:
        return False
    if isinstance(X, (list, tuple)):
        return not (len(X) and all(numpy.ndim(entry) > 0 for entry in X) and (numpy.ndim(X[0]) == 2 or len({len(entry) for entry in X}) > 1))
    return len(getattr(X, "shape", ())) != 3
