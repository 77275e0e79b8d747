"""A disc within an annulus (Ruseckas 2019): two classes in the plane that a flow in the plane cannot separate, and one in space can.

A flow cannot carry the disc out of the annulus around it: trajectories in the plane would have to cross. The layers y + h σ(Ky + b) of
a network are steps of size h = 0.05 of such a flow. In the plane they need many layers, whose steps can tear the annulus open a little
at a time; a third dimension, in which the disc rises out of the annulus, makes 20 layers enough. The points are noisy.

Expected, for seeds 1 to 3 on 5000 test points: in 2 dimensions at most 97.5 % with 20 layers and at least 98.8 % with 100; in 3
dimensions at least 99.7 % with 20. The exit status says whether this holds.

    python disc_in_annulus.py [OUTPUT.png]      draws a picture if matplotlib is installed
"""

import sys
from pathlib import Path
from typing import Any

import numpy
import stableode

STEP = 0.05
#: (dimensions, layers) of the networks that are compared.
NETWORKS = [(2, 20), (2, 100), (3, 20)]
SEEDS = (1, 2, 3)
COLORS = ["#c8323c", "#3b4cc0"]


def sample(count: int, seed: int, noise: float = 0.05) -> tuple[numpy.ndarray, numpy.ndarray]:
    """(points [count, 2], labels [count]): label 0 for a disc of radius 1/2, 1 for the annulus between the radii 3/4 and 1."""
    random = numpy.random.default_rng(seed)
    labels = random.integers(0, 2, count)
    share = random.uniform(size=count)
    radius = numpy.where(labels == 0, 0.5 * numpy.sqrt(share), numpy.sqrt(0.75**2 + share * (1 - 0.75**2)))
    angle = random.uniform(0, 2 * numpy.pi, count)
    points = numpy.stack([radius * numpy.cos(angle), radius * numpy.sin(angle)], axis=1)
    return points + noise * random.normal(size=points.shape), labels


def train(dimensions: int, layers: int, seed: int) -> stableode.Network:
    """A network of Euler steps of size STEP, trained on 1000 points. Points enter a third dimension at 0."""
    network = stableode.Network(inputs=2, outputs=2, width=dimensions, layers=layers, horizon=layers * STEP, field="dense", opening="zero_padding", seed=seed)
    network.fit(sample(1000, seed=1), optimizer="adam", learning_rate=0.02, schedule="cosine", epochs=100, batch_size=50, seed=seed, num_threads=1, normalization="none")
    return network


def accuracy(network: stableode.Network) -> float:
    points, labels = sample(5000, seed=2)
    return float((network.predict(points) == labels).mean())


def draw(networks: dict[tuple[int, int], stableode.Network], accuracies: dict[tuple[int, int], list[float]], output: Path) -> None:
    """Above, the classes that each network predicts in the plane; below, how it moves 150 points."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    from matplotlib.colors import ListedColormap

    plt.rcParams.update({"font.size": 9, "axes.titlesize": 10})
    figure = plt.figure(figsize=(9, 6), layout="constrained")
    line = numpy.linspace(-1.25, 1.25, 251)
    grid = numpy.stack(numpy.meshgrid(line, line), axis=-1).reshape(-1, 2)
    points, labels = sample(150, seed=3)
    for column, (key, network) in enumerate(networks.items()):
        dimensions, layers = key
        axes: Any = figure.add_subplot(2, 3, column + 1, aspect="equal")
        axes.imshow(network.predict(grid).reshape(251, 251), origin="lower", extent=(-1.25, 1.25, -1.25, 1.25), cmap=ListedColormap(COLORS), vmin=0, vmax=1, alpha=0.3)
        axes.scatter(*points.T, c=[COLORS[label] for label in labels], s=7, linewidths=0)
        axes.set(title=f"{dimensions} dimensions, {layers} layers: {min(accuracies[key]):.1f} … {max(accuracies[key]):.1f} %", xticks=[], yticks=[])
        states = network.states(points)
        axes = figure.add_subplot(2, 3, column + 4, **({"projection": "3d"} if dimensions == 3 else {"aspect": "equal"}))
        for way, label in zip(states.transpose(1, 0, 2), labels, strict=True):
            axes.plot(*way.T, color=COLORS[label], linewidth=0.5, alpha=0.5)
        axes.scatter(*states[-1].T, c=[COLORS[label] for label in labels], s=8, linewidths=0)
        axes.set(xticks=[], yticks=[], **({"zticks": []} if dimensions == 3 else {}))
    output.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(output, dpi=90)
    print(f"wrote {output.name}")


def main(output: Path) -> int:
    accuracies: dict[tuple[int, int], list[float]] = {}
    networks: dict[tuple[int, int], stableode.Network] = {}
    print("dimensions  layers  accuracies, % (seeds 1 to 3)")
    for key in NETWORKS:
        trained = [train(*key, seed) for seed in SEEDS]
        networks[key], accuracies[key] = trained[0], [100 * accuracy(network) for network in trained]
        print(f"{key[0]:10d}  {key[1]:6d}  " + "  ".join(f"{value:.2f}" for value in accuracies[key]))
    narrow, deep, space = (accuracies[key] for key in NETWORKS)
    holds = max(narrow) <= 97.5 and min(deep) >= 98.8 and min(space) >= 99.7
    try:
        draw(networks, accuracies, output)
    except ImportError:
        print("matplotlib is not installed: no picture")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[1] / "figures" / "disc_in_annulus.png")))
