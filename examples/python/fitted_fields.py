"""Vector fields fitted to measured trajectories: a damped pendulum, and Lotka and Volterra's predators and prey.

Each system is observed along 20 trajectories, at 50 irregular times of each trajectory's own within 10 units of time, with noise of
deviation 0.01 (pendulum) or 0.005; a tenth of the numbers is missing. Three kinds of field are fitted by multiple shooting, then by single shooting:

    two_layer          any field: K₂ σ(K₁ y + b₁) + b₂
    port_hamiltonian   (J − R) ∇H(y), which can only lose the energy H
    hamiltonian_h      J ∇H(y), which conserves H

Then new initial states are followed over the time of the data, and over five times this time. Energy is measured with the systems' own
formulas. The pendulum is damped, so that a field that conserves energy cannot follow it; predators and prey conserve theirs (in
logarithms their equations are Hamilton's), and the plain field drifts.

Expected: root mean square errors of roll-outs over the time of the data of at most 0.015 for the pendulum (two_layer,
port_hamiltonian) and of at most 0.01 for the logarithms of predators and prey (two_layer, hamiltonian_h). The exit status says whether
this holds.

    python fitted_fields.py [OUTPUT.png] [--write]      draws a picture if matplotlib is installed; --write replaces its lines in results.jsonl
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy
import stableode
from results import write
from stableode import trajectories

HORIZON, COUNT, TIMES, MISSING = 10.0, 20, 50, 0.1


@dataclass(frozen=True)
class System:
    """A differential equation with its energy, the initial states that are drawn, the noise, and the largest error that is stated of some fields."""

    name: str
    field: Callable[[numpy.ndarray], numpy.ndarray]
    energy: Callable[[numpy.ndarray], numpy.ndarray]
    draw: Callable[[numpy.random.Generator, int], numpy.ndarray]
    noise: float
    bound: float
    fields: tuple[str, ...]
    #: The options of the network: the activation suits the energy, and more steps suit faster changes.
    options: dict[str, Any]


def pendulum(states: numpy.ndarray) -> numpy.ndarray:
    """q̇ = p, ṗ = −sin q − 0.1 p."""
    q, p = states[..., 0], states[..., 1]
    return numpy.stack([p, -numpy.sin(q) - 0.1 * p], axis=-1)


def lotka_volterra(states: numpy.ndarray) -> numpy.ndarray:
    """The logarithms v of predators and u of prey: v̇ = eᵘ − 1, u̇ = 1 − eᵛ, with v as position and u as momentum."""
    v, u = states[..., 0], states[..., 1]
    return numpy.stack([numpy.exp(u) - 1, 1 - numpy.exp(v)], axis=-1)


SYSTEMS = [
    System(
        "pendulum", pendulum, lambda y: y[..., 1] ** 2 / 2 + 1 - numpy.cos(y[..., 0]), lambda random, count: random.uniform([-2.0, -1.0], [2.0, 1.0], (count, 2)), 0.01, 0.015,
        ("two_layer", "port_hamiltonian"), dict(activation="sin", hidden_width=12, substeps=2),
    ),
    System(
        "lotka_volterra", lotka_volterra, lambda y: numpy.exp(y[..., 0]) - y[..., 0] + numpy.exp(y[..., 1]) - y[..., 1] - 2,
        lambda random, count: random.uniform(-0.8, 0.8, (count, 2)), 0.005, 0.01, ("two_layer", "hamiltonian_h"),
        dict(hidden_width=16, substeps=2),
    ),
]
FIELDS = ("two_layer", "port_hamiltonian", "hamiltonian_h")


def solve(field: Callable[[numpy.ndarray], numpy.ndarray], starts: numpy.ndarray, times: numpy.ndarray, substeps: int = 40) -> numpy.ndarray:
    """The states at these times [trajectories, times], by Runge and Kutta's method with many steps in between."""
    states = [starts]
    for before, after in zip(times.T[:-1], times.T[1:], strict=True):
        y, h = states[-1], ((after - before) / substeps)[:, None]
        for _ in range(substeps):
            k1 = field(y)
            k2 = field(y + h / 2 * k1)
            k3 = field(y + h / 2 * k2)
            k4 = field(y + h * k3)
            y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        states.append(y)
    return numpy.stack(states, axis=1)


def measure(system: System, seed: int) -> tuple[numpy.ndarray, numpy.ndarray]:
    """(times [trajectories, times], states [trajectories, times, 2]): irregular, noisy, with NaN for what is missing."""
    random = numpy.random.default_rng(seed)
    times = numpy.sort(random.uniform(0, HORIZON, (COUNT, TIMES)), axis=1)
    times[:, 0] = 0
    states = solve(system.field, system.draw(random, COUNT), times)
    states = states + system.noise * random.normal(size=states.shape)
    states[:, 1:][random.uniform(size=states[:, 1:].shape) < MISSING] = numpy.nan
    return times, states


def fit(system: System, field: str, times: numpy.ndarray, states: numpy.ndarray, seed: int) -> tuple[trajectories.TrajectoryModel, float]:
    """(model, seconds of the processor): first in segments of five intervals, then along whole trajectories."""
    start = time.process_time()
    model = trajectories.fit(times, states, field=field, integrator="rk4", segment=5, rounds=2, epochs=100, seed=seed, **system.options)
    model = model.refit(times, states, epochs=500)
    return model, time.process_time() - start


def errors(system: System, model: trajectories.TrajectoryModel) -> dict[str, float]:
    """The error of roll-outs from 20 new initial states over the time of the data, over five times this time, and the change of the energy that the system does not have."""
    starts = system.draw(numpy.random.default_rng(1000), 20)
    times = numpy.linspace(0, 5 * HORIZON, 1001)
    truth, found = solve(system.field, starts, numpy.broadcast_to(times, (20, len(times))), 4), model.rollout(starts, times)
    near = times <= HORIZON
    drift = system.energy(found) - system.energy(truth)
    return dict(
        rmse=float(numpy.sqrt(((found - truth)[:, near] ** 2).mean())), long_rmse=float(numpy.sqrt(((found - truth) ** 2).mean())), energy_error=float(numpy.abs(drift[:, -1]).mean()))


def draw(models: dict[tuple[str, str], trajectories.TrajectoryModel], output: Path) -> None:
    """For each system: a phase portrait of a fitted field with a roll-out, and the energies of long roll-outs."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    from stableode import plots

    plt.rcParams.update({"font.size": 9, "axes.titlesize": 10})
    figure, axes = plt.subplots(len(SYSTEMS), 3, figsize=(9.5, 6), layout="constrained")
    colors = {"two_layer": "#777777", "port_hamiltonian": "#3b4cc0", "hamiltonian_h": "#c8323c"}
    for row, system in zip(axes, SYSTEMS, strict=True):
        times, states = measure(system, seed=1)
        kind = system.fields[-1]
        model = models[system.name, kind]
        plots.phase_portrait(model, states, ax=row[0])
        row[0].set_title(f"{system.name}: {kind}")
        plots.rollout(model, times[0], states[0], ax=row[1])
        start = system.draw(numpy.random.default_rng(1000), 20)[:1]
        long = numpy.linspace(0, 5 * HORIZON, 1001)
        truth = solve(system.field, start, long[None], 4)
        row[2].plot(long, system.energy(truth)[0], color="black", linewidth=1, linestyle=":", label="the system")
        for field, color in colors.items():
            row[2].plot(long, system.energy(models[system.name, field].rollout(start, long))[0], color=color, linewidth=1, label=field)
        row[2].axvline(HORIZON, color="#bbbbbb", linewidth=0.8)
        row[2].set(xlabel="t", ylabel="energy")
    axes[0][2].legend(frameon=False, fontsize=8)
    output.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(output, dpi=90)
    print(f"wrote {output.name}")


def main(arguments: list[str]) -> int:
    writes = "--write" in arguments
    names = [argument for argument in arguments if argument != "--write"]
    output = Path(names[0] if names else Path(__file__).parents[1] / "figures" / "fitted_fields.png")
    models: dict[tuple[str, str], trajectories.TrajectoryModel] = {}
    lines: list[dict[str, Any]] = []
    holds = True
    print("system          field               rmse   rmse, 5 × longer   energy error   seconds")
    for system in SYSTEMS:
        times, states = measure(system, seed=1)
        for field in FIELDS:
            model, seconds = fit(system, field, times, states, seed=1)
            models[system.name, field] = model
            found = errors(system, model)
            print(f"{system.name:15s} {field:17s} {found['rmse']:6.4f}   {found['long_rmse']:16.4f}   {found['energy_error']:12.4f}   {seconds:7.2f}")
            holds = holds and (field not in system.fields or found["rmse"] <= system.bound)
            lines.append({
                "figure": f"fitted_fields/{system.name}/{field}", "seed": 1, **{key: round(value, 6) for key, value in found.items()}, "seconds": round(seconds, 2), "bound": system.bound if field in system.fields else None,
                "command": "python examples/python/fitted_fields.py --write", "version": stableode.library_version(),
            })  # fmt: skip
    if writes:
        write(*lines)
    try:
        draw(models, output)
    except ImportError:
        print("matplotlib is not installed: no picture")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
