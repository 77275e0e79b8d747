"""The parameters of the estimators, and the options of the library that they stand for."""

from __future__ import annotations

from inspect import cleandoc
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy

from ._scikit import BaseEstimator, effective_n_jobs


if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.random import RandomState

_NETWORK = ("field", "activation", "integrator", "width", "layers", "horizon", "precision", "loss")
_TRAINING = ("optimizer", "learning_rate", "batch_size", "epochs", "weight_decay", "validation_fraction", "patience")
#: What early_stopping=True means where nothing else is said: the part of the rows that is held out, and the epochs without improvement.
_HELD_OUT, _PATIENCE = 0.1, 20
#: The fewest rows of which one can be held out.
_FEWEST = 3
#: The decay of weights in `partial_fit`, which does not know how many rows will come: that for very many.
_DECAY = 0.03
#: The epochs of a training that goes on for as long as rows come.
_ENDLESS = 10**9
_MOST_THREADS = 1024
#: Arguments of a run, which training_options may hold besides options.
_OF_A_RUN = ("on_progress", "time_limit", "cancel")
#: Options that are no parameters → what determines them.
_DETERMINED = {"inputs": "the columns of X determine", "outputs": "y determines", "num_threads": "the parameter n_jobs determines"}


class Parameters(BaseEstimator):
    """Parameters, which are keywords; None leaves a choice to the library:

    field, activation, integrator, width, layers, horizon, precision, loss: options of `stableode.Network`.
    optimizer, learning_rate, batch_size, epochs, weight_decay: options of training.
    early_stopping: whether a part of the rows is held out, by which training ends early and the best iterate is kept.
    validation_fraction, patience: the part of the rows that is held out, and the epochs without improvement after which training ends.
    These three and epochs concern `fit`; each call of `partial_fit` is one epoch over its rows.
    network_options, training_options: dicts of all other options, such as {"gamma": 0.1} and {"schedule": "cosine"}; training also takes
    on_progress, time_limit and cancel of `Network.fit`.
    warm_start: whether `fit` goes on from the network of the fit before.
    random_state: an int, a RandomState, or None; it determines the initial parameters, the order of the rows and what is held out.
    n_jobs: threads, as in scikit-learn: None means 1, −1 as many as there are CPUs. Results have the same bits for any number.
    verbose: 1 shows a progress bar while training, 2 a line for each epoch.
    """

    def __init_subclass__(cls, **arguments: Any) -> None:
        """Appends what all estimators have to the description of each."""
        super().__init_subclass__(**arguments)
        own, inherited = cls.__dict__.get("__doc__"), cls.__mro__[1:]
        shared = next((base.__doc__ for base in inherited if issubclass(base, Parameters)), None)
        cls.__doc__ = "\n\n".join(cleandoc(text) for text in (own, shared) if text)

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
        network_options: Mapping[str, Any] | None = None,
        training_options: Mapping[str, Any] | None = None,
        warm_start: bool = False,
        random_state: int | RandomState | None = None,
        n_jobs: int | None = None,
        verbose: bool | int = False,
    ) -> None:
        self.field = field
        self.activation = activation
        self.integrator = integrator
        self.width = width
        self.layers = layers
        self.horizon = horizon
        self.precision = precision
        self.loss = loss
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.epochs = epochs
        self.weight_decay = weight_decay
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.network_options = network_options
        self.training_options = training_options
        self.warm_start = warm_start
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose

    def _options(self, named: tuple[str, ...], others: str) -> dict[str, Any]:
        """The options that are set: the parameters `named`, and those of the dict that is called `others`."""
        options = {key: getattr(self, key) for key in named if getattr(self, key) is not None}
        for key, value in self._given(others).items():
            if key in options:
                raise ValueError(f"{key} is set twice: as a parameter and in {others}")
            if key in _DETERMINED:
                raise ValueError(f"{others} holds {key}, which {_DETERMINED[key]}")
            options[key] = value
        return options

    def _given(self, others: str) -> Mapping[str, Any]:
        """The dict `others`, which is empty if there is none."""
        given: Any = getattr(self, others)
        if given is not None and not hasattr(given, "keys"):
            raise TypeError(f"{others} is a {type(given).__name__}; it must be a dict of options, or None")
        return given or {}

    def _check_switches(self) -> None:
        """Refuses texts and numbers where True and False are meant."""
        for name, allowed in (("early_stopping", (None, True, False)), ("warm_start", (True, False))):
            value = getattr(self, name)
            if not isinstance(value, (bool, numpy.bool_, type(None))) or value not in allowed:
                raise TypeError(f"{name} is {value!r}; it must be {' or '.join(map(str, allowed[-2:]))}{', or None' if None in allowed else ''}")

    def _network_options(self) -> dict[str, Any]:
        return self._options(_NETWORK, "network_options")

    def _training_options(self, rows: int) -> dict[str, Any]:
        """The options of a training on so many rows."""
        options = self._chosen_options(rows)
        if self.early_stopping is False:
            options |= {"validation_fraction": 0.0, "patience": 0}
        elif self.early_stopping:
            if rows < _FEWEST:
                raise ValueError(f"early_stopping holds rows out, but there {'is only one sample' if rows == 1 else 'are only two samples'}: n_samples = {rows}")
            options.setdefault("validation_fraction", max(_HELD_OUT, 1 / rows))
            if "epochs" in options or "optimizer" in options:  # then the library would not end early by itself
                options.setdefault("patience", max(5, options.get("epochs", 3 * _PATIENCE) // 3))
        return options

    def _endless_options(self) -> dict[str, Any]:
        """The options of a training that goes on for as long as rows come."""
        options = {key: value for key, value in self._chosen_options().items() if key not in ("validation_fraction", "patience", "epochs")}
        chosen = {} if "optimizer" in options else {"schedule": "constant", "weight_decay": _DECAY}
        return {**chosen, **options, "validation_fraction": 0.0, "patience": 0, "epochs": _ENDLESS}

    def _chosen_options(self, rows: int | None = None) -> dict[str, Any]:
        """The options of training that are set. rows: how many there are, if that is known."""
        options = self._options(_TRAINING, "training_options")
        return {key: value for key, value in options.items() if key not in _OF_A_RUN} | {"num_threads": self._threads()}

    def _run_arguments(self) -> dict[str, Any]:
        given = self._given("training_options")
        return {key: given[key] for key in _OF_A_RUN if key in given}

    def _threads(self) -> int:
        if self.n_jobs is not None and (not isinstance(self.n_jobs, Integral) or self.n_jobs > _MOST_THREADS):
            raise ValueError(f"n_jobs is {self.n_jobs!r}; it must be an int of at most {_MOST_THREADS}, or None")
        return int(effective_n_jobs(self.n_jobs))
