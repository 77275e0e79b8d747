"""What can be measured and proved of a network: the methods that give reports and certificates."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING

from ._encoded import encoded
from ._errors import InvalidArgumentError
from ._handle import new_pointer
from ._library import library
from ._model import Model
from ._structures import Tensor
from ._tensor import output, pass_tensor, tensor_of
from ._text import options_json, text, thread_count
from .certificate import Certificate
from .introspection import takes_options
from .report import DerivativeReport, MechanicsReport, StabilityReport

if TYPE_CHECKING:
    import numpy
    from numpy.typing import ArrayLike
    from typing_extensions import Self, Unpack

    from ._options import CertificateOptions, MechanicsOptions, StabilityReportOptions


class Analyzable(Model):
    """A network's methods that measure it, and that prove something of it."""

    def _rows(self, features: ArrayLike) -> Tensor:
        """Features as they are, or those that a table becomes by the network's record of columns."""
        return tensor_of(encoded(features, self), "features")

    @takes_options("stability_report")
    def stability_report(self, features: ArrayLike, **options: Unpack[StabilityReportOptions]) -> StabilityReport:
        """Measures the network's stability along the trajectories of some samples, each followed by itself: a StabilityReport.

        It holds the eigenvalues of the layers' Jacobians and the scheme's stability region, largest stable steps, logarithmic norms,
        singular values of the later states with respect to the earlier ones, finite-time Lyapunov exponents, changes of conserved energies,
        and the modified equation of linear_multistep. All are computed in float64 with the network's parameters.

            network = stableode.Network(inputs=2, outputs=2, width=4, layers=8)
            report = network.stability_report([[0.5, -0.2]])
            report.stability_radius.max()

        features: [samples, inputs], at most 1024 samples. options: dense_limit, singular_values, lanczos_steps, depths,
        lyapunov_exponents, region_points; `stableode.options("stability_report")` describes each. Errors: InvalidDataError and those of
        steps, naming the row; NotFiniteError.
        """
        source, pointer, chosen = self._rows(features), new_pointer(), options_json(options)
        library.sode_network_stability_report(self._pointer, ctypes.byref(source), chosen, len(chosen), ctypes.byref(pointer))
        return StabilityReport._adopt(pointer)

    @takes_options("mechanics")
    def mechanics(
        self,
        features: ArrayLike,
        targets: ArrayLike | None = None,
        *,
        cotangent: ArrayLike | None = None,
        symmetry: ArrayLike | None = None,
        **options: Unpack[MechanicsOptions],
    ) -> MechanicsReport:
        """The network's mechanics [Ruseckas 2019] along the trajectories of some samples: momenta a = ∂loss/∂y, the Hamiltonian H = a·f(y, θ), the
        residuals of Hamilton's and Lagrange's equations, divergences, determinants, densities and Noether's quantities: a MechanicsReport.

            network = stableode.Network(inputs=2, outputs=2, width=4, integrator="rk4", weights_in_time="shared", layers=8)
            report = network.mechanics([[0.5, -0.2]], [1])
            numpy.ptp(report.hamiltonian, axis=1)  # the drift of H, which measures the scheme's error

        targets: as for Dataset; momenta then begin with the loss's gradient. cotangent: ∂loss/∂scores [samples, outputs] of a loss of your own,
        instead of targets. symmetry: a matrix G [n, n], for which a·Gy is observed. options: dense_limit, momenta.
        """
        if (targets is None) == (cotangent is None):
            raise InvalidArgumentError("mechanics needs targets or a cotangent of the scores, one of the two")
        source, pointer, chosen = self._rows(features), new_pointer(), options_json(options)
        aims = None if targets is None else tensor_of(targets, "targets")
        last = None if cotangent is None else tensor_of(cotangent, "cotangent")
        matrix = None if symmetry is None else tensor_of(symmetry, "symmetry")
        library.sode_network_mechanics(
            self._pointer, ctypes.byref(source), pass_tensor(aims), pass_tensor(last), pass_tensor(matrix), chosen, len(chosen), ctypes.byref(pointer)
        )
        return MechanicsReport._adopt(pointer)

    def check_derivatives(self, features: ArrayLike) -> DerivativeReport:
        """Tests the library's derivatives of this network at some samples, layer by layer: a DerivativeReport, whose `holds` says whether each
        pullback is the transpose of its pushforward, and whose statements name the worst layer.

            network = stableode.Network(inputs=2, outputs=2, width=4)
            assert network.check_derivatives([[0.5, -0.2]]).holds

        The trainer's option check_derivatives does the same at the end of training.
        """
        source, pointer = self._rows(features), new_pointer()
        library.sode_network_check_derivatives(self._pointer, ctypes.byref(source), ctypes.byref(pointer))
        return DerivativeReport._adopt(pointer)

    @takes_options("certificate")
    def certify(self, statement: str, features: ArrayLike | None = None, **options: Unpack[CertificateOptions]) -> Certificate:
        """Proves a statement about this network as it is now, one of `stableode.certificates()`: a Certificate.

            network = stableode.Network(inputs=2, outputs=2, width=4, field="gradient_flow", steps="row_sums")
            network.certify("non_expansive").verdict
            network.certify("certified_radius", [[0.5, -0.2]])["radius"]

        features: the one input that "certified_radius" is about. options: those of the scope "certificate". A statement that no theorem
        is known for is no error: its verdict is "not_provable". Errors: UnknownNameError; InvalidArgumentError for an input that is
        missing or not asked for.
        """
        source, pointer, chosen = None if features is None else self._rows(features), new_pointer(), options_json(options)
        library.sode_network_certify(self._pointer, text(statement, "statement"), chosen, len(chosen), pass_tensor(source), ctypes.byref(pointer))
        return Certificate._adopt(pointer)

    @takes_options("certificate")
    def repair(self, statement: str, **options: Unpack[CertificateOptions]) -> tuple[Self, float]:
        """(network, distance): the network with the nearest weights for which a statement is proved, and the Frobenius norm of the change.

            network = stableode.Network(inputs=2, outputs=2, width=4, field="gradient_flow", horizon=40.0)
            repaired, distance = network.repair("non_expansive")
            assert repaired.certify("non_expansive")

        statement: "step_size", "non_expansive", "contraction", "energy", "absolute_stability", "zero_stability", or with a limit
        "lipschitz_l2" (on a box of inputs, if lower and upper are given) or "lipschitz_linf", which change the readout. The singular values
        of matrices above what the failing conditions allow become that, as do sums of magnitudes in rows for "lipschitz_linf" and numbers k
        outside of (−1, 1] for "zero_stability"; kernels of convolutions are multiplied by a factor, which is not the nearest change.
        `certificate.repair["distance"]` says the distance beforehand where it is soon computed. Errors: UnknownNameError;
        IncompatibleError, with the reason and what else helps, where no change of the weights is known.
        """
        distance, pointer, chosen = ctypes.c_double(), new_pointer(), options_json(options)
        library.sode_network_repair(self._pointer, text(statement, "statement"), chosen, len(chosen), ctypes.byref(distance), ctypes.byref(pointer))
        return type(self)._adopt(pointer), distance.value

    def certified_radius(self, features: ArrayLike, *, threads: int = 1) -> tuple[numpy.ndarray, numpy.ndarray]:
        """(classes [samples], radii [samples]) of a batch, in the unit of the features.

        Every input within a sample's radius, in the Euclidean norm, gets the sample's class from this library in the network's precision,
        rounding errors included: that of the scores, as `predict` gives it (probabilities of nearly equal scores may round to equal numbers).
        0 where nothing can be proved. Errors: IncompatibleError, with the reason, for a network without
        classes or of whose parts no bound is known; as `predict` for rows without a result.
        """
        source = self._rows(features)
        samples = source.array.shape[0] if source.array.ndim else 0
        classes, classes_tensor = output((samples,), "int64")
        radii, radii_tensor = output((samples,), "float64")
        library.sode_network_certified_radius(
            self._pointer, ctypes.byref(source), thread_count(threads), ctypes.byref(classes_tensor), ctypes.byref(radii_tensor)
        )
        return classes, radii
