"""Draws the trajectories of a network trained on the peaks problem (examples/figures/peaks.png).

Three panels show the predicted class of every point in the plane; the trajectories of 200 points through the 64 layers, projected
onto the two principal directions of their states; and the probability of the right class if the readout is applied after each layer.

Expected: at least 98.5 % validation accuracy, and a picture below 200 kB.

    python trajectories.py [OUTPUT]      needs matplotlib
"""

import sys
from pathlib import Path
from typing import Any

import matplotlib
import numpy
import stableode

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402  (after the choice of a backend without a screen)
from matplotlib.collections import LineCollection  # noqa: E402
from matplotlib.colors import ListedColormap  # noqa: E402
from PIL import Image  # noqa: E402  (comes with matplotlib)

COLORS = ["#3b4cc0", "#5aa0d8", "#8fbf5f", "#f0a030", "#c8323c"]


def train() -> tuple[stableode.Network, float, stableode.Dataset]:
    """(network, accuracy, validation data) after training an antisymmetric network on the peaks problem."""
    training, validation = stableode.Dataset.problem("peaks", 4000, 1000, seed=1)
    network = stableode.Network(
        inputs=2, outputs=5, width=8, layers=64, horizon=5.0, field="antisymmetric", gamma=0.1, initial_scale=0.1
    )
    # The smoothness regularizer of Haber & Ruthotto: weights that change slowly in time give smooth trajectories.
    history = network.fit(
        training, validation=validation, optimizer="adam", learning_rate=0.02, schedule="cosine", epochs=120, smoothness=1e-4
    )
    return network, history.best.validation_accuracy, validation


def draw_classes(axes: Any, network: stableode.Network, points: numpy.ndarray, labels: numpy.ndarray) -> None:
    """Draws the predicted class of every point in the plane, and the samples."""
    line = numpy.linspace(-3, 3, 301)
    grid = numpy.stack(numpy.meshgrid(line, line), axis=-1).reshape(-1, 2)
    classes = network.predict(grid).reshape(301, 301)
    axes.imshow(classes, origin="lower", extent=(-3, 3, -3, 3), cmap=ListedColormap(COLORS), vmin=0, vmax=4, alpha=0.35)
    axes.scatter(*points.T, c=[COLORS[label] for label in labels], s=9, edgecolors="white", linewidths=0.4)
    axes.set_xlabel("$x_1$")
    axes.set_ylabel("$x_2$", labelpad=-4)


def draw_trajectories(axes: Any, states: numpy.ndarray, labels: numpy.ndarray) -> None:
    """Draws the samples' trajectories, projected onto the two principal directions of all states."""
    flat = states.reshape(-1, states.shape[-1])
    center = flat.mean(axis=0)
    directions = numpy.linalg.svd(flat - center, full_matrices=False)[2][:2]
    ways = (states - center) @ directions.T
    for label, color in enumerate(COLORS):
        chosen = ways[:, labels == label].transpose(1, 0, 2)
        axes.add_collection(LineCollection(chosen, colors=color, linewidths=0.7, alpha=0.55))
        axes.scatter(*chosen[:, 0].T, s=3, color="#444444", linewidths=0, zorder=3)
        axes.scatter(*chosen[:, -1].T, s=11, color=color, edgecolors="white", linewidths=0.4, zorder=4)
    axes.autoscale()
    axes.set_xlabel("first principal direction of the states")
    axes.set_ylabel("second", labelpad=2)


def draw_probabilities(axes: Any, network: stableode.Network, states: numpy.ndarray, labels: numpy.ndarray) -> None:
    """Draws the probability of a sample's own class if the readout is applied after each layer: median and quartiles."""
    parameters = network.parameters
    scores = states @ parameters["readout.W"].T + parameters["readout.b"]
    exponentials = numpy.exp(scores - scores.max(axis=-1, keepdims=True))
    probabilities = exponentials / exponentials.sum(axis=-1, keepdims=True)
    own = probabilities[:, numpy.arange(len(labels)), labels]
    time = numpy.linspace(0, 5, len(states))
    for label, color in enumerate(COLORS):
        low, middle, high = numpy.quantile(own[:, labels == label], [0.25, 0.5, 0.75], axis=1)
        axes.fill_between(time, low, high, color=color, alpha=0.12, linewidth=0)
        axes.plot(time, middle, color=color, linewidth=1.6, label=f"level {label + 1}")
    axes.set(xlim=(0, 5), ylim=(0, 1.02))
    axes.set_xlabel("time $t$ (64 layers)")
    axes.set_ylabel("probability of the right class", labelpad=2)


def main() -> None:
    output = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1] / "figures" / "peaks.png"
    network, accuracy, validation = train()
    points, labels = validation.features, validation.targets
    few = numpy.concatenate([numpy.flatnonzero(labels == label)[:40] for label in range(5)])
    states = network.states(points[few]).astype("float64")

    plt.rcParams.update({"font.size": 9, "axes.titlesize": 10, "axes.spines.top": False, "axes.spines.right": False})
    figure, axes = plt.subplots(1, 3, figsize=(11, 3.9), layout="constrained", width_ratios=[1, 1.25, 1.1])
    draw_classes(axes[0], network, points[few], labels[few])
    axes[0].set_title(f"classes learned ({100 * accuracy:.1f} % right)")
    draw_trajectories(axes[1], states, labels[few])
    axes[1].set_title("200 points on their way through the layers")
    draw_probabilities(axes[2], network, states, labels[few])
    axes[2].set_title("the readout applied at every layer")
    figure.legend(*axes[2].get_legend_handles_labels(), loc="outside lower center", ncols=5, frameon=False, handlelength=1.2)
    output.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(output, dpi=110)
    Image.open(output).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(output, optimize=True)  # a third of the size
    assert accuracy >= 0.985, f"validation accuracy {accuracy}; expected at least 98.5 %"
    print(f"{output}: {output.stat().st_size / 1024:.0f} KiB, validation accuracy {100 * accuracy:.2f} %")


if __name__ == "__main__":
    main()
