"""Time integrators as operators of ONNX, their steps unrolled."""

from __future__ import annotations

from collections.abc import Sequence

from .._errors import IncompatibleError
from ._graph import Graph
from ._layers import FieldMap, Options

#: Explicit Runge–Kutta methods: the coefficients below the diagonal, and the weights.
TABLEAUX: dict[str, tuple[list[list[float]], list[float]]] = {
    "euler": ([[]], [1.0]),
    "heun": ([[], [1.0]], [1 / 2, 1 / 2]),
    "ssprk3": ([[], [1.0], [1 / 4, 1 / 4]], [1 / 6, 1 / 6, 2 / 3]),
    "rk3": ([[], [1 / 2], [-1.0, 2.0]], [1 / 6, 2 / 3, 1 / 6]),
    "rk4": ([[], [1 / 2], [0.0, 1 / 2], [0.0, 0.0, 1.0]], [1 / 6, 1 / 3, 1 / 3, 1 / 6]),
}
#: The integrators that can be exported, with fields that they fit.
INTEGRATORS = (*TABLEAUX, "runge_kutta", "verlet", "leapfrog", "midpoint", "linear_multistep")


def numbers(value: object) -> list[float]:
    """A list of numbers, which a specification writes as a text with commas."""
    if isinstance(value, str):
        return [float(part) for part in value.split(",") if part.strip()]
    return [float(part) for part in value] if isinstance(value, Sequence) else []


def tableau(options: Options) -> tuple[list[list[float]], list[float]] | None:
    """The coefficients of an explicit Runge–Kutta method; None for other integrators."""
    if options["integrator"] != "runge_kutta":
        return TABLEAUX.get(options["integrator"])
    a, b = numbers(options["tableau_a"]), numbers(options["tableau_b"])
    stages = len(b)
    if stages > 1 and len(a) == stages * stages:
        return [a[i * stages : i * stages + i] for i in range(stages)], b
    return [a[i * (i - 1) // 2 : i * (i + 1) // 2] for i in range(stages)], b


def runge_kutta(graph: Graph, y: str, f: FieldMap, h: float, coefficients: tuple[list[list[float]], list[float]]) -> str:
    a, b = coefficients
    if len(b) == 1:
        return graph.add("Add", y, f(y, h * b[0]))
    rates: list[str] = []
    for row in a:
        rates.append(f(graph.sum((1.0, y), *((c, rate) for c, rate in zip(row, rates, strict=True))), h))
    return graph.sum((1.0, y), *zip(b, rates, strict=True))


def block(graph: Graph, options: Options, fields: Sequence[tuple[FieldMap, ...]], steps: Sequence[float], multistep: Sequence[float | str | None], y: str) -> str:
    """The state behind a block: `fields` has the components of each layer, `steps` the step sizes, `multistep` k of each layer (its name if there is one a feature)."""
    name = options["integrator"]
    if name not in INTEGRATORS:
        raise IncompatibleError(f"integrator {name} cannot be exported to ONNX; these can: {', '.join(INTEGRATORS)}")
    coefficients = tableau(options)
    earlier: str | None = None
    if name == "leapfrog":
        earlier = y if options["start"] == "neumann" else None
    # Two-step methods use the step before, which for the first layer is its own.
    for j, ((f, *others), h, previous) in enumerate(zip(fields, steps, [*steps[:1], *steps[:-1]], strict=True)):
        if name == "verlet" and others:
            # The momenta start at 0.
            momentum = others[0](y, h) if earlier is None else graph.add("Add", earlier, others[0](y, h))
            earlier, y = momentum, graph.add("Add", y, f(momentum, h))
        elif others or name == "verlet":
            raise IncompatibleError(f"field {options['field']} with integrator {name} cannot be exported to ONNX")
        elif coefficients is not None:
            y = runge_kutta(graph, y, f, h, coefficients)
        elif name == "leapfrog":
            ratio, force = h / previous, f(y, h * (h + previous) / 2)
            moved = graph.scaled(y, 1 + ratio) if earlier is None else graph.sum((1 + ratio, y), (-ratio, earlier))
            earlier, y = y, graph.add("Add", moved, force)
        elif name == "midpoint":
            # The first step is one of Euler.
            start, factor = (y, h) if earlier is None else (earlier, h + previous)
            earlier, y = y, graph.add("Add", start, f(y, factor))
        else:
            k, moved = multistep[j], y
            if k is not None and earlier is not None:
                scale = k if isinstance(k, str) else graph.constant(k, "k")
                moved = graph.add("Add", y, graph.add("Mul", scale, graph.add("Sub", earlier, y)))
            earlier, y = y, graph.add("Add", moved, f(y, h))
    return y
