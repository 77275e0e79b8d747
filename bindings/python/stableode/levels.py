"""Multi-level learning: training that starts with few layers and ends with many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._errors import CancelledError, OutOfRangeError, TimeLimitError
from ._handle import pointer_of
from ._limits import Deadline
from ._reporting import Receivers, Reporting
from ._text import function, integer, text
from ._training import read_data
from .dataset import Data, as_dataset
from .introspection import takes_options
from .network import Network
from .progress import History
from .trainer import Trainer

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Unpack

    from ._options import TrainingKeywords


@takes_options("trainer")
def multilevel(
    network: Network,
    training: Data,
    validation: Data | None = None,
    *,
    layers: int,
    prolongation: str = "linear",
    on_progress: Receivers = None,
    verbose: bool | int = False,
    on_level: Callable[[Network], object] | None = None,
    **options: Unpack[TrainingKeywords],
) -> tuple[Network, History]:
    """Trains a network of few layers and refines it until its deepest block has `layers` layers: (network, History).

    This is the multi-level learning of Haber & Ruthotto (2017): each level starts from the prolonged weights of the level before.
    `layers` must be the present number of layers times a power of two. The options are those of Trainer; `epochs` applies to each
    level. History has a row for each epoch of each level; `history.level` is its level. With validation data each level starts
    from the best iterate of the level before, and the returned network is the best of the finest level.
    on_progress, verbose: as in `Network.fit`. on_level: a function that receives the trained network of each level. A limit of `stableode.limits` counts for the whole call: if it
    ends training, the network of the level that was reached is returned.

        network = stableode.Network(inputs=2, outputs=2, width=4, field="hamiltonian", integrator="verlet", layers=16, horizon=10.0)
        network, history = stableode.multilevel(network, training, validation, layers=128, epochs=100, smoothness=1e-4)

    Errors: OutOfRangeError if `layers` cannot be reached; the errors of training.
    """
    deadline = Deadline()
    pointer_of(network, "network", "network")
    Reporting(on_progress, verbose)
    function(on_level, "on_level")
    text(prolongation, "prolongation")
    present = max(block.get("layers") or len(block["step_sizes"].split(",")) for block in network.specification["blocks"] if "connector" not in block)
    wanted = integer(layers, "layers", 1)
    factor, rest = divmod(wanted, present)
    if rest or factor < 1 or factor & (factor - 1):
        raise OutOfRangeError(f"layers is {wanted}; it must be {present}, the network's present number, times a power of 2")
    with deadline.rest():
        # Once for all levels: a table may be one that can be read once.
        training, validation = read_data(as_dataset(training, name="training", columns=network.columns), validation, network.columns)
    trainer = Trainer(network, **options)
    history = None
    while True:
        try:
            with deadline.rest():
                history = trainer.run(training, validation, on_progress=on_progress, verbose=verbose)
        except TimeLimitError:
            if history is None:
                raise
            # Nothing was left of the time for this level, whose network is that of the level before.
            history = History(history, "time_limit")
        if on_level is not None:
            on_level(network)
        if factor == 1 or history.outcome not in ("ok", "early_stopping", "converged", "no_descent"):
            trainer.close()
            return network, history
        coarse, factor = trainer, factor // 2
        try:
            with deadline.rest():
                network, trainer = coarse.refine(prolongation)
        except (TimeLimitError, CancelledError) as error:
            # The work ends between two levels: the finished level is the result.
            return network, History(history, "time_limit" if isinstance(error, TimeLimitError) else "cancelled")
        finally:
            coarse.close()
