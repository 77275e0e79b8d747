"""Reports: what was measured of a network, as a document and as arrays."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any

import numpy

from ._handle import Handle
from ._library import decode, library
from ._tensor import output
from ._text import read_json, text

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Report(Handle):
    """What an analysis found: `document`, a dict, and arrays, which are attributes.

    `arrays` lists them with their meaning. NaN stands for what was left out; `omitted` says why. A report never changes.
    """

    _kind = "report"

    @property
    def document(self) -> dict[str, Any]:
        """The whole document."""
        found: dict[str, Any] = read_json(library.sode_report_json, self._pointer)
        return found

    @property
    def statements(self) -> list[dict[str, Any]]:
        """What the report says in words: dicts of "sense", which names the meaning of stability, "holds", "value", "limit", "text" …"""
        return list(self.document.get("statements", []))

    @property
    def omitted(self) -> list[dict[str, str]]:
        """What was left out: dicts of "what", "where" and "reason"."""
        return list(self.document.get("omitted", []))

    @property
    def arrays(self) -> dict[str, str]:
        """The names of the arrays with their meaning."""
        return {name: meaning for name, _, meaning in self._listed()}

    def _listed(self) -> list[tuple[str, tuple[int, ...], str]]:
        count = ctypes.c_int64()
        library.sode_report_array_count(self._pointer, ctypes.byref(count))
        found = []
        for index in range(count.value):
            name, axes, shape, meaning = ctypes.c_char_p(), ctypes.c_int32(), (ctypes.c_int64 * 4)(), ctypes.c_char_p()
            library.sode_report_array_at(self._pointer, index, ctypes.byref(name), ctypes.byref(axes), shape, ctypes.byref(meaning))
            found.append((decode(name.value), tuple(shape[: axes.value]), decode(meaning.value)))
        return found

    def array(self, name: str) -> numpy.ndarray:
        """A copy of an array, float64. Errors: UnknownNameError."""
        shapes = {known: shape for known, shape, _ in self._listed()}
        made, tensor = output(shapes.get(name, ()), "float64")
        library.sode_report_get_array(self._pointer, text(name, "name"), ctypes.byref(tensor))
        return made

    def __getattr__(self, name: str) -> numpy.ndarray:
        if not name.startswith("_") and name in self.arrays:
            return self.array(name)
        raise AttributeError(f"{type(self).__name__} has no attribute or array {name!r}")

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *([] if self.closed else self.arrays)})

    def __repr__(self) -> str:
        if self.closed:
            return f"{type(self).__name__}(closed)"
        return "\n".join([f"{type(self).__name__}:", *(f"  {statement['text']}" for statement in self.statements)])


class StabilityReport(Report):
    """A network's stability as it was measured along given inputs: `network.stability_report(features)`.

        network = stableode.Network(inputs=2, outputs=2, width=4, integrator="rk4", layers=8)
        report = network.stability_report([[0.5, -0.2]])
        report.eigenvalues.shape  # samples, layers, rows of the state
        print(report)

    Arrays, with S samples and L layers, counted through all blocks: `eigenvalues` [S, L, n], complex, of the frozen Jacobians;
    `stability_radius` [S, L], the scheme's largest |R(hλ)|; `largest_step` and `amplification` [S, L]; `log_norm_2`, `log_norm_inf`
    [S, L]; `weight_change` [L]; `singular_values` [S, depths, k] of ∂Y_N/∂Y_j at the layers `singular_depths`; `lyapunov_exponents`
    [S, blocks, m]; `energy_change` [S, L]; `state_norms` [S, L, 2]; and others, which `arrays` describes.

    `statements` says the same in words. Each names the sense in which something is stable or not. All of it is measured at the given
    inputs and proves nothing about others.
    """

    _instead = "make another with network.stability_report(features)"

    @property
    def eigenvalues(self) -> numpy.ndarray:
        """The eigenvalues of each layer's frozen Jacobian, complex [samples, layers, n]; NaN beyond those of the layer."""
        parts = self.array("eigenvalues")
        found: numpy.ndarray = parts[..., 0] + 1j * parts[..., 1]
        return found

    def plot(self, *, block: int = 0, sample: int = 0, axes: Any = None) -> numpy.ndarray:
        """Draws three figures of one sample side by side: the eigenvalues hλ of a block's layers on its scheme's stability region, singular
        values over depth, and energy over depth. Returns the three Axes. Also one by one in `stableode.plots`: `stability_region`,
        `singular_values`, `energy`.
        """
        from .plots import stability

        return stability(self, block=block, sample=sample, axes=axes)

    def plot_region(self, *, block: int = 0, sample: int = 0, ax: Axes | None = None) -> Axes:
        """Draws the eigenvalues of a block's layers on its scheme's stability region: `stableode.plots.stability_region`."""
        from .plots import stability_region

        return stability_region(self, block=block, sample=sample, ax=ax)


class MechanicsReport(Report):
    """A network's mechanics along given samples: `network.mechanics(features, targets)`.

    Arrays, with S samples, L layers and P points, the states before and after each block's layers: `momenta` [S, P, n], `hamiltonian` [S, P],
    `hamiltonian_rate` [S, L, 3] (dH/dt, the part of the changing weights, and the scheme's error), `hamilton_residual` [S, L, 2],
    `lagrangian` [S, L], `divergence` [S, P], `log_determinant` [S, L, 2], `log_density_change` [S, blocks], `phase_determinant`,
    `symplectic_defect`, `entropy_change` [blocks, 2], `p_dot_v` [S, links + 1], and with a symmetry `noether` and `symmetry_defect` [S, P].
    """

    _instead = "make another with network.mechanics(features, targets)"


class DerivativeReport(Report):
    """How far pullbacks are from the transposes of pushforwards, link by link: `network.check_derivatives(features)`.

    Arrays: `state_difference` [S, links] and `parameter_difference` [S, groups], relative; `links` and `groups` name their columns.
    """

    _instead = "make another with network.check_derivatives(features)"

    @property
    def holds(self) -> bool:
        """Whether all differences are those of rounding."""
        return bool(self.document["holds"])

    @property
    def links(self) -> list[str]:
        """The names of the links: connectors, layers, and the beginnings and ends of blocks."""
        return list(self.document["links"])

    @property
    def groups(self) -> list[str]:
        """The names of the groups of parameters: a connector's, or those of one layer."""
        return list(self.document["groups"])
