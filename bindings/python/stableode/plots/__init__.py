"""Plots with matplotlib, which is imported when the first one is drawn.

Each function draws on the Axes in `ax`, or on new ones of a new figure, and returns the Axes; none calls show or saves a file.
`History.plot`, `Network.plot_trajectories`, `Network.plot_decision_regions`, `Network.plot_k`,
`Network.plot_hidden`, `StabilityReport.plot` and `StabilityReport.plot_region` are these functions as methods.

    axes = stableode.plots.training_curves(history)  # needs matplotlib
    axes.figure.savefig("training.png")
"""

from .curves import multistep_weights, training_curves
from .fitted import phase_portrait, rollout, series
from .hidden import hidden_states
from .planes import decision_regions
from .stability import energy, singular_values, stability, stability_region
from .trajectories import trajectories

__all__ = [
    "decision_regions", "energy", "hidden_states", "multistep_weights", "phase_portrait", "rollout", "series", "singular_values", "stability", "stability_region", "training_curves", "trajectories",
]  # fmt: skip
