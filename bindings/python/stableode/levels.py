"""Multi-level learning: from few layers to many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._errors import OutOfRangeError
from ._text import integer
from .dataset import Data, as_dataset
from .introspection import takes_options
from .network import Network
from .progress import History, Progress
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
    on_event: Callable[[Progress], object] | None = None,
    on_level: Callable[[Network], object] | None = None,
    **options: Unpack[TrainingKeywords],
) -> tuple[Network, History]:
    """Trains a network of few layers and refines it until its deepest block has `layers`: (network, History).

    Multi-level learning after Haber & Ruthotto (2017): each level begins near the answer. `layers` is the present number
    times a power of two. The options are the trainer's; `epochs` is for each level. History has a row for each epoch of each
    level, `history.level` says which; with validation data each level begins from the best iterate of the last, and the network
    given is the best of the finest. on_level: called with the trained network of each level.

        network = stableode.Network(inputs=2, outputs=2, width=4, field="hamiltonian", integrator="verlet", layers=16, horizon=10.0)
        network, history = stableode.multilevel(network, training, validation, layers=128, epochs=100, smoothness=1e-4)

    Errors: OutOfRangeError when `layers` cannot be reached; those of training.
    """
    present = max(block.get("layers") or len(block["step_sizes"].split(",")) for block in network.specification["blocks"])
    wanted = integer(layers, "layers", 1)
    factor, rest = divmod(wanted, present)
    if rest or factor < 1 or factor & (factor - 1):
        raise OutOfRangeError(f"layers is {wanted}; it must be {present}, the network's present number, times a power of 2")
    training = as_dataset(training)
    validation = None if validation is None else as_dataset(validation)
    trainer = Trainer(network, **options)
    while True:
        history = trainer.run(training, validation, on_event=on_event)
        if on_level is not None:
            on_level(network)
        if factor == 1 or history.outcome not in ("ok", "early_stopping", "converged", "no_descent"):
            trainer.close()
            return network, history
        coarse, factor = trainer, factor // 2
        network, trainer = coarse.refine(prolongation)
        coarse.close()
