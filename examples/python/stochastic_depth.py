"""Stochastic depth (Huang et al. 2016; Lu et al. 2018): networks that still work when some of their layers are removed.

Trains residual and linear multi-step networks of 16 layers on the peaks problem, with and without stochastic depth. With it, each
sample skips layer l of 16 with probability l/16 · 1/2 in training; predictions use all layers. Then the example removes layers
from the trained networks.

Expected: at least 95.5 % validation accuracy for all four networks. With two random layers removed (mean of 30 choices), still at
least 93 % for the networks trained with stochastic depth, and at most 90 % for the others. One thread and two threads give the same bits.

    python stochastic_depth.py [OUTPUT.png]      draws a picture if matplotlib is installed
"""

import sys
from pathlib import Path
from typing import Any

import numpy
import stableode

LAYERS = 16
NAMES = {"euler": "ResNet (euler)", "linear_multistep": "LM-ResNet (linear_multistep)"}
NOISES: dict[str, dict[str, Any]] = {"without": {}, "with": dict(noise="stochastic_depth", survival=0.5)}
COUNTS = range(0, 9)
CHOICES = 30


def train(
    integrator: str, noise: dict[str, Any], training: stableode.Dataset, validation: stableode.Dataset, threads: int = 1
) -> tuple[stableode.Network, float]:
    """(network, best validation accuracy) after training."""
    network = stableode.Network(inputs=2, outputs=5, width=16, layers=LAYERS, horizon=4.0, field="dense", integrator=integrator, **noise)
    history = network.fit(
        training, validation=validation, optimizer="adam", learning_rate=0.02, schedule="cosine", batch_size=100, epochs=150, num_threads=threads,
        normalization="none",
    )
    return network, history.best.validation_accuracy


def without(network: stableode.Network, layers: Any) -> stableode.Network:
    """A copy of the network in which the field of these layers vanishes: tanh(0 y + 0) = 0."""
    thinned = stableode.Network.from_json(network.specification_json)
    vector = network.parameter_vector.copy()
    tensors = network.split(vector)
    for name in ("blocks.0.K", "blocks.0.b"):
        tensors[name][list(layers)] = 0
    thinned.parameter_vector = vector
    return thinned


def accuracy(network: stableode.Network, data: stableode.Dataset) -> float:
    return float((network.predict(data.features) == data.targets).mean())


def thinned_accuracies(network: stableode.Network, data: stableode.Dataset) -> tuple[numpy.ndarray, numpy.ndarray]:
    """Accuracies with 0, 1, … 8 layers removed, [counts, choices], and with each single layer removed, [layers]."""
    random = numpy.random.default_rng(1)
    several = [[accuracy(without(network, random.choice(LAYERS, count, replace=False)), data) for _ in range(CHOICES)] for count in COUNTS]
    single = [accuracy(without(network, [layer]), data) for layer in range(LAYERS)]
    return 100 * numpy.array(several), 100 * numpy.array(single)


def draw(results: Any, output: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    plt.rcParams.update({"font.size": 9, "axes.titlesize": 10, "axes.spines.top": False, "axes.spines.right": False})
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained", sharey=True)
    for (integrator, kind), (several, single) in results.items():
        color = {"euler": "#3b4cc0", "linear_multistep": "#c8323c"}[integrator]
        style = "-" if kind == "with" else "--"
        axes[0].plot(COUNTS, several.mean(axis=1), style, color=color, label=f"{NAMES[integrator]}, {kind} stochastic depth")
        axes[0].fill_between(COUNTS, *numpy.quantile(several, [0.25, 0.75], axis=1), color=color, alpha=0.12, linewidth=0)
        axes[1].plot(range(1, LAYERS + 1), single, style, color=color, marker=".")
    axes[0].set(xlabel="layers taken out at random, of 16", ylabel="validation accuracy, %", title="mean and quartiles of 30 choices", ylim=(0, 100))
    axes[1].set(xlabel="the layer taken out", title="one layer less")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False)
    output.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(output, dpi=100)


def main() -> None:
    output = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1] / "figures" / "stochastic_depth.png"
    training, validation = stableode.Dataset.problem("peaks", 2000, 1000, seed=1)
    results, networks = {}, {}
    for integrator in NAMES:
        for kind, noise in NOISES.items():
            network, best = train(integrator, noise, training, validation)
            networks[integrator, kind] = network
            several, single = results[integrator, kind] = thinned_accuracies(network, validation)
            least, most = (93, 100) if kind == "with" else (0, 90)
            print(f"{NAMES[integrator]} {kind} stochastic depth: validation accuracy {100 * best:.1f} %, without 2 layers {several[2].mean():.1f} %, 4 {several[4].mean():.1f} %")
            assert best >= 0.955, "expected at least 95.5 %"
            assert least <= several[2].mean() <= most, f"expected between {least} and {most} % without two layers"
    again, _ = train("linear_multistep", NOISES["with"], training, validation, threads=2)
    assert numpy.array_equal(again.parameter_vector, networks["linear_multistep", "with"].parameter_vector), "expected the same bits from two threads"
    print("two threads gave the same bits")
    try:
        draw(results, output)
        print(output)
    except ModuleNotFoundError:
        print("no picture: matplotlib is not installed")


if __name__ == "__main__":
    main()
