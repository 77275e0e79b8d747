"""A network as an equation: its right-hand side at points, and its steps as observations arrive."""

from __future__ import annotations

from ._known import KnowingTerms
from ._shooting import Shooting
from .field import VectorField
from .stepper import Stepper


class Equational(KnowingTerms, Shooting):
    """A network's vector fields, their known terms, their fits to trajectories, and streams."""

    @property
    def field(self) -> VectorField:
        """The right-hand side f of a block's equation dy/dt = f(t, y; θ), and its products: a VectorField.

            network = stableode.Network(inputs=2, outputs=2, width=2, field="hamiltonian_h", layers=10)
            slopes = network.field(0.5, [1.0, 0.0])                              # f(t, y), y [n] or [samples, n]
            along = network.field.jvp(0.5, [1.0, 0.0], [0.0, 1.0])               # J v
            back = network.field.vjp(0.5, [1.0, 0.0], [0.0, 1.0])                # Jᵀ w
            gradient = network.field.parameter_vjp(0.5, [1.0, 0.0], [0.0, 1.0])  # (∂f/∂θ)ᵀ w

        Each takes `block`. Errors: IncompatibleError for fields driven by sequences and for integrators of two fields.
        """
        return VectorField(self)

    def stepper(self, rows: int | None = None) -> Stepper:
        """A Stepper: it takes sequences one observation at a time, and gives scores after each.

        The bits are those of the whole sequence at that step. Where all layers share their weights (weights_in_time "shared"), a stream has no end.

            network = stableode.Network(
                opening="sequence", channels=2, inputs=20, outputs=1, width=8, field="antisymmetric_rnn", layers=10, horizon=1.0,
                weights_in_time="shared", loss="least_squares",
            )
            with network.stepper() as stream:
                for observation in [[0.5, 1.0], [0.4, 0.9]]:
                    scores = stream.feed(observation)

        rows: None for one stream; a number for so many side by side.
        Errors: IncompatibleError for networks whose results depend on later observations: interpolation "linear" or "hermite", ode_rnn with
        sequence_time "scaled" and times, two driven blocks.
        """
        return Stepper(self, rows)
