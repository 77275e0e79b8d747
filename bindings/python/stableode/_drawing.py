"""What can be drawn of a network with matplotlib: short forms of `stableode.plots`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from ._model import Model

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike


class Drawable(Model):
    """A network's methods that draw it."""

    def plot_trajectories(
        self, features: ArrayLike, targets: ArrayLike | None = None, *, block: int | None = None, names: Sequence[str] | None = None, ax: Axes | None = None
    ) -> Axes:
        """Draws the ways of samples through the layers of a block, over the readout's decision regions: `stableode.plots.trajectories`."""
        from .plots import trajectories

        return trajectories(cast("Any", self), features, targets, block=block, names=names, ax=ax)

    def plot_decision_regions(
        self,
        features: ArrayLike,
        targets: ArrayLike | None = None,
        *,
        axes_of: tuple[int | str, int | str] = (0, 1),
        resolution: int = 200,
        names: Sequence[str] | None = None,
        ax: Axes | None = None,
    ) -> Axes:
        """Draws the predicted class of each point in a plane of two features: `stableode.plots.decision_regions`."""
        from .plots import decision_regions

        return decision_regions(cast("Any", self), features, targets, axes_of=axes_of, resolution=resolution, names=names, ax=ax)

    def plot_k(self, *, ax: Axes | None = None) -> Axes:
        """Draws k_n of linear_multistep over the layers of the whole network: `stableode.plots.multistep_weights`."""
        from .plots import multistep_weights

        return multistep_weights(cast("Any", self), ax=ax)

    def plot_hidden(
        self, features: ArrayLike, *, block: int = 0, sample: int = 0, layers: Sequence[int] | None = None, ax: Axes | None = None
    ) -> Axes:
        """Draws the hidden images, or numbers, that the layers of a block make of one sample: `stableode.plots.hidden_states`."""
        from .plots import hidden_states

        return hidden_states(cast("Any", self), features, block=block, sample=sample, layers=layers, ax=ax)
