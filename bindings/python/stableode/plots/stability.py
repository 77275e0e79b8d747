"""What a stability report says, drawn: eigenvalues on the region, singular values and energy over depth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy

from .._errors import IncompatibleError, UnsupportedTypeError
from .._optional import need
from .._text import integer
from ._axes import axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..report import StabilityReport


def _refuse_others(report: StabilityReport) -> None:
    """Errors: UnsupportedTypeError for what is no StabilityReport."""
    if not hasattr(report, "arrays") or not hasattr(report, "layers"):
        raise UnsupportedTypeError(f"report is a {type(report).__name__}; it must be a StabilityReport, which network.stability_report(features) gives")


def _layers(report: StabilityReport, block: int, sample: int) -> tuple[numpy.ndarray, int]:
    """(the rows of a block's layers, the checked sample). Errors: those of `_refuse_others`; OutOfRangeError."""
    _refuse_others(report)
    layers = report.layers
    chosen = integer(block, "block", 0, int(layers[:, 0].max()))
    return numpy.flatnonzero(layers[:, 0] == chosen), integer(sample, "sample", 0, len(report.state_norms) - 1)


def stability_region(report: StabilityReport, *, block: int = 0, sample: int = 0, ax: Axes | None = None) -> Axes:
    """Draws the eigenvalues λ of a block's layers, times h, on the region of absolute stability of its scheme, where it is shaded.

    For schemes of second-order equations the plane is that of h²λ. Colors go from the first layer to the last.
    Errors: IncompatibleError if the report has no eigenvalues or no region of the block, with the reason.
    """
    rows, sample = _layers(report, block, sample)
    eigenvalues = report.eigenvalues[sample, rows]
    region = report.array("region")[block] if "region" in report.arrays else numpy.full((0, 0), numpy.nan)
    if not numpy.isfinite(eigenvalues).any() or not numpy.isfinite(region).any():
        reasons = "; ".join(f"{entry['what']}: {entry['reason']}" for entry in report.omitted)
        raise IncompatibleError(f"the report has no eigenvalues or no stability region of block {block} ({reasons})")
    left, right, low, high = report.region_extent[block]
    shown = axes(ax)
    reals, imaginaries = numpy.linspace(left, right, region.shape[1]), numpy.linspace(low, high, region.shape[0])
    if (region <= 1).any():
        shown.contourf(reals, imaginaries, numpy.minimum(region, 2), levels=[0, 1], colors=["0.9"])
        shown.contour(reals, imaginaries, numpy.minimum(region, 2), levels=[1], colors="0.5", linewidths=0.8)
    is_second_order = report.document["blocks"][block]["region_variable"] == "h²λ"
    points = report.layers[rows, 2, None] ** (2 if is_second_order else 1) * eigenvalues
    colors = numpy.broadcast_to(numpy.arange(len(rows))[:, None], points.shape)
    shown.scatter(numpy.real(points), numpy.imag(points), c=colors, s=12, cmap="viridis")
    shown.axhline(0, color="0.7", linewidth=0.6, zorder=0)
    shown.axvline(0, color="0.7", linewidth=0.6, zorder=0)
    name = "h^2" if is_second_order else "h"
    shown.set_xlabel(rf"Re ${name}\lambda$")
    shown.set_ylabel(rf"Im ${name}\lambda$")
    shown.set_title(f"{report.document['blocks'][block]['integrator']}, block {block}")
    return shown


def singular_values(report: StabilityReport, *, sample: int = 0, ax: Axes | None = None) -> Axes:
    """Draws the singular values of ∂Y_N/∂Y_j over the layers j, on a logarithmic scale. Where the largest is far above 1 gradients explode, and where it is far below 1
    they vanish on their way to layer j.

    Errors: IncompatibleError for a report without singular values.
    """
    _refuse_others(report)
    if "singular_values" not in report.arrays:
        raise IncompatibleError("the report has no singular values: its option singular_values was 0")
    _, sample = _layers(report, 0, sample)
    depths, values, ends = report.singular_depths, report.singular_values[sample], report.singular_range[sample]
    shown = axes(ax)
    smallest = numpy.finfo("float64").tiny
    shown.fill_between(depths, numpy.maximum(ends[:, 0], smallest), numpy.maximum(ends[:, 1], smallest), alpha=0.15, linewidth=0)
    for place in range(values.shape[1]):
        shown.plot(depths, numpy.maximum(values[:, place], smallest), marker=".", markersize=4, linewidth=1)
    shown.axhline(1, color="0.6", linewidth=0.8, zorder=0)
    shown.set_yscale("log")
    shown.set_xlabel("layer j")
    shown.set_ylabel(r"singular values of $\partial Y_N/\partial Y_j$")
    return shown


def energy(report: StabilityReport, *, block: int = 0, sample: int = 0, ax: Axes | None = None) -> Axes:
    """Draws the sum of the changes of energy over the layers of a block, E being that of each layer's own weights; the norm of the state where the block's field has
    no energy.
    """
    rows, sample = _layers(report, block, sample)
    changes = report.energy_change[sample, rows]
    shown = axes(ax)
    depths = numpy.arange(len(rows) + 1)
    if numpy.isfinite(changes).all():
        shown.plot(depths, numpy.concatenate([[0.0], numpy.cumsum(changes)]), marker=".", markersize=4)
        shown.set_ylabel("change of energy")
    else:
        norms = report.state_norms[sample, rows]
        shown.plot(depths, numpy.append(norms[:, 0], norms[-1, 1]), marker=".", markersize=4)
        shown.set_ylabel("norm of the state")
    shown.set_xlabel("layer j")
    return shown


def stability(report: StabilityReport, *, block: int = 0, sample: int = 0, axes: Any = None) -> numpy.ndarray:
    """Draws `stability_region`, `singular_values` and `energy` of one sample side by side, on three given Axes or on new ones. A figure that the report has no
    numbers for says so.
    """
    _refuse_others(report)
    if axes is None:
        axes = need("matplotlib.pyplot", "a plot", "matplotlib").subplots(1, 3, figsize=(12, 3.6), layout="constrained")[1]
    shown = numpy.asarray(axes, dtype=object).reshape(3)
    for place, draw in enumerate((stability_region, None, energy)):
        try:
            if draw is None:
                singular_values(report, sample=sample, ax=shown[place])
            else:
                draw(report, block=block, sample=sample, ax=shown[place])
        except IncompatibleError as error:
            shown[place].text(0.5, 0.5, str(error), ha="center", va="center", wrap=True, transform=shown[place].transAxes, fontsize=8)
            shown[place].set_axis_off()
    return shown
