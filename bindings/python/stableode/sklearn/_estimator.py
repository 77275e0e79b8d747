"""What the estimators share: fitting a network to rows, going on with it, and checking the rows that pass through it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy

from .._sparse import is_sparse, rows_of
from ..dataset import Dataset
from ..network import Network
from ..trainer import Trainer
from ._checkpoint import restored, stored
from ._parameters import Parameters
from ._record import record_of
from ._rows import Rows, canonical, naming_rows, taken, used
from ._scikit import check_consistent_length, check_is_fitted, check_random_state, check_sample_weight, validate_data
from ._shape import chosen_shape
from ._targets import known_classes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from ..progress import History
    from ._targets import Targets

_TYPES = (numpy.dtype("float64"), numpy.dtype("float32"))
#: Rows below which threads would not save time.
_FEW = 256


class Estimator(Parameters):
    """Attributes after a fit:

    network_: the `stableode.Network`, which remembers the names of columns and classes: its file and the command line know them. history_: the History of its training, a Progress per epoch. n_iter_: the epochs.
    loss_curve_: the training loss of each epoch. validation_scores_: the score of the held-out rows after each epoch; None without such rows.
    n_features_in_, feature_names_in_: the columns of X.

    Rows of the same values count as one row with the sum of their weights, and rows of weight 0 do not count; the order of the rows does not
    matter. With training_options={"shuffle": False} rows stay as they are. If a fit fails, the estimator stays what it was. After Ctrl-C it has
    what was learned until then; before the first epoch ends that is nothing, and it stays what it was too.
    """

    network_: Network
    history_: History
    n_iter_: int
    loss_curve_: list[float]
    validation_scores_: list[float] | None
    n_features_in_: int
    _trained_with: dict[str, Any]

    # Training

    def _all_classes(self, classes: ArrayLike | None) -> numpy.ndarray | None:
        """The argument `classes` of partial_fit, in ascending order. Errors: ValueError if they are not those of the first call."""
        if classes is None:
            return None
        found, before = known_classes(classes), getattr(self, "classes_", None)
        if before is not None and not numpy.array_equal(found, before):
            raise ValueError(f"classes are {found.tolist()}, but those of the first call were {before.tolist()}")
        return found

    def _targets(self, y: ArrayLike, kept: numpy.ndarray | slice, classes: ArrayLike | None) -> Targets:
        """The targets of the rows `kept`. classes: those that there are, where they are known before."""
        raise NotImplementedError

    def _weights(self, targets: Targets, weights: numpy.ndarray | None) -> numpy.ndarray | None:
        """The weights of the rows in the loss."""
        return weights

    def _learn(
        self, X: ArrayLike, y: ArrayLike | None, sample_weight: ArrayLike | None, classes: ArrayLike | None = None, *, is_incremental: bool = False
    ) -> None:
        """Fits a network, or goes on with the present one. The attributes change when training has ended."""
        before = dict(vars(self))
        try:
            self._check_switches()
            if y is None:
                raise ValueError(f"{type(self).__name__} requires y to be passed, but the target y is None")
            goes_on = "network_" in before and bool(is_incremental or self.warm_start)
            features = self._features(X, sample_weight, reset=not goes_on)
            check_consistent_length(features, y)
            weights = None if sample_weight is None else check_sample_weight(sample_weight, features, dtype=numpy.float64)
            kept = used(weights)
            targets = self._targets(y, kept, getattr(self, "classes_", classes) if goes_on else classes)
            targets = targets._replace(record=record_of(self._column_names(), y, None if targets.is_indicator or targets.are_of_steps else targets.classes))
            weights = self._weights(targets, None if weights is None else weights[kept])
            rows = Rows(features if weights is None else taken(features, kept), targets.values, weights, kept if isinstance(kept, numpy.ndarray) else None)
            if is_incremental:
                self._train_on(rows, targets, goes_on)
            else:
                self._train(rows, targets, goes_on)
        except BaseException:
            if vars(self).get("history_") is before.get("history_"):
                self.__dict__.clear()
                self.__dict__.update(before)
            raise

    def _features(self, X: ArrayLike, sample_weight: ArrayLike | None, reset: bool) -> Any:
        """The features of the rows [rows, features], an array or a sparse matrix. reset: whether X determines what later rows must be like."""
        return validate_data(self, rows_of(X, "X") if is_sparse(X) else X, accept_sparse="csr", dtype=_TYPES, reset=reset)

    def _column_names(self) -> Sequence[Any] | None:
        """The names of the columns of features, if they have any."""
        names: Sequence[Any] | None = vars(self).get("feature_names_in_")
        return names

    def _train(self, rows: Rows, targets: Targets, goes_on: bool) -> None:
        """A whole training, after which the network holds the best iterate."""
        rows, seeds = self._ordered(rows), self._seeds()
        options = self._training_options(len(rows.targets))
        network = self._present_network() if goes_on else self._new_network(rows, targets, seeds[0])
        options.setdefault("seed", seeds[1])
        if network.specification["loss"] == "least_squares":
            options.setdefault("metric", "r2")
        if rows.weights is not None:
            options.setdefault("weighted_validation", True)
        self._run(network, Trainer(network, **options), targets, rows)

    def _train_on(self, rows: Rows, targets: Targets, goes_on: bool) -> None:
        """One epoch over these rows, by a trainer that stays."""
        rows, options, seeds = self._ordered(rows), self._endless_options(), self._seeds()
        network = self.network_ if goes_on else self._new_network(rows, targets, seeds[0])
        trainer = vars(self).get("_trainer") if goes_on else None
        if goes_on:
            self._check_unchanged("partial_fit", self._network_options(), self._made_with)
        if trainer is not None:
            self._check_unchanged("partial_fit", options, self._trained_with)
        else:
            self._trained_with = dict(options)
            options.setdefault("seed", seeds[1])
            # The rows of a first call are too few to say which columns later ones need.
            options.setdefault("screening", False)
            trainer = Trainer(network, **options)
        self._run(network, trainer, targets, rows, epochs=1)

    def _ordered(self, rows: Rows) -> Rows:
        """The rows in their own order if the caller wants it to matter, and otherwise in the canonical one."""
        return rows if self._given("training_options").get("shuffle") is False else canonical(rows)

    def _run(self, network: Network, trainer: Trainer, targets: Targets, rows: Rows, epochs: int | None = None) -> None:
        """Trains and takes over what has been learned, at Ctrl-C too if an epoch has ended."""
        past = len(trainer.history)
        with naming_rows(rows):
            data = Dataset(rows.features, rows.targets, copy=False)
        if rows.weights is not None:
            data = data.weighted(rows.weights)
        if network.columns is not None:
            data = data.with_columns(network.columns)
        try:
            with naming_rows(rows):
                trainer.run(data, epochs=epochs, verbose=self.verbose, **self._run_arguments())
        except KeyboardInterrupt:
            if len(trainer.history) > past:
                self._take(network, trainer, targets, epochs)
            raise
        self._take(network, trainer, targets, epochs)

    def _take(self, network: Network, trainer: Trainer, targets: Targets, epochs: int | None) -> None:
        history = trainer.history
        scores = [row.validation_metric for row in history]
        self.network_, self.history_, self.n_iter_ = network, history, len(history)
        self.loss_curve_ = [row.training_loss for row in history]
        self.validation_scores_ = None if not scores or numpy.isnan(scores).all() else scores
        if targets.classes is not None:
            self.__dict__["classes_"] = targets.classes  # only estimators of classes declare it
        self._is_flat = targets.is_flat and network.outputs == 1
        self._made_with = self._network_options()
        self.__dict__.pop("_trainer", None)
        if epochs is not None:
            self._trainer = trainer

    def _seeds(self) -> list[int]:
        """Seeds of the initial parameters and of training."""
        return [int(seed) for seed in check_random_state(self.random_state).randint(2**31 - 1, size=2)]

    def _new_network(self, rows: Rows, targets: Targets, seed: int) -> Network:
        options = {"seed": seed, "loss": targets.loss, **({"outputs_at": "steps"} if targets.are_of_steps else {}), **self._network_options()}
        sizes = {"inputs": rows.features.shape[1], "outputs": targets.outputs(options)}
        network = Network(**{**self._unset_options(options, sizes, len(rows.targets)), **options, **sizes})
        self._check_network(network, targets)
        network.columns = targets.record
        return network

    def _unset_options(self, options: dict[str, Any], sizes: dict[str, Any], rows: int) -> dict[str, Any]:
        """Options of the network that follow from those that are set."""
        return chosen_shape(options, sizes)

    def _check_network(self, network: Network, targets: Targets) -> None:
        """Refuses a loss that does not suit the targets. Errors: ValueError."""

    def _present_network(self) -> Network:
        """A copy of the network, for warm_start. Errors: ValueError if options of the network have changed."""
        self._check_unchanged("warm_start", self._network_options(), self._made_with)
        return self.network_.copy()

    @staticmethod
    def _check_unchanged(what: str, now: dict[str, Any], before: dict[str, Any]) -> None:
        """Refuses to go on with other options than at first. Errors: ValueError, which names them. Any number of threads gives the same bits."""
        changed = sorted(key for key in now.keys() | before.keys() if key != "num_threads" and now.get(key) != before.get(key))
        if changed:
            raise ValueError(f"{what} goes on with what the call before made, so these parameters cannot change: {', '.join(changed)}; a fit without it begins anew")

    # Use

    def _checked(self, X: ArrayLike) -> numpy.ndarray:
        """The rows as an array that the network takes. The network itself checks that the numbers of arrays are finite."""
        fitted = vars(self)
        if "network_" not in fitted:
            check_is_fitted(self)
        if (
            type(X) is numpy.ndarray
            and X.ndim == 2
            and X.dtype in _TYPES
            and X.shape[1] == fitted["n_features_in_"]
            and X.shape[0] > 0
            and "feature_names_in_" not in fitted
        ):
            return X
        return validate_data(self, rows_of(X, "X") if is_sparse(X) else X, accept_sparse="csr", dtype=_TYPES, reset=False)

    def _threads_for(self, rows: numpy.ndarray) -> int:
        return 1 if rows.shape[0] < _FEW else self._threads()

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    # Pickling

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        trainer = state.pop("_trainer", None)
        return state if trainer is None else {**state, "_checkpoint": stored(trainer)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        state = dict(state)
        checkpoint = state.pop("_checkpoint", None)
        if checkpoint is not None:
            state["network_"], state["_trainer"] = restored(checkpoint)
        super().__setstate__(state)

