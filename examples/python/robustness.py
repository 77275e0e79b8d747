"""Robustness of networks whose steps are kept stable: handwritten digits with noise, and against an attacker who knows the network's gradients.

    python robustness.py                          five seeds of each network; takes some minutes
    python robustness.py --short                  two seeds of each without writing, and only fast networks
    python robustness.py --write                  also replaces the lines of these networks in examples/results.jsonl
    python robustness.py --draw [--output PNG]    draws the lines of examples/results.jsonl; needs matplotlib

Each network has 64 pixels as its state, 10 layers, the horizon 2 and the activation relu, and is trained with the library's defaults on 1 437 of scikit-learn's
digits, whose pixels lie between 0 and 1; nothing is standardized, and no noise or attack is seen in training. The others than `dense` are
kept within the stability limits of their integrators (keep_stable): with weights and slopes held fixed, no layer's step grows. For
`gradient_flow` and `rotate_relax` this means that no layer brings two states further apart. Besides, `antisymmetric` has the damping γ = 0.5,
and `rotate_relax` the integrator `cayley` in place of `euler` and twice the parameters, so that recipes are compared and not fields alone.
The remaining 360 digits are then classified as they are; with normal noise of a standard deviation of 0 to 0.8 on every pixel; and after
projected gradient ascent of the loss by 20 steps, which may change every pixel by a radius of 0 to 0.2 (Madry et al. 2018). The
gradient is the library's own Jᵀw. Accuracies are fractions of digits.

Expected, means over the seeds: none is more than two points behind `dense` without noise; at noise 0.5 and at radius 0.1 each of the others
classifies more digits than `dense`, at the radius at least twice as many.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy
import stableode
from results import read_lines, write
from sklearn import datasets  # type: ignore

#: Name → the network's options, and what is kept stable in training.
NETWORKS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "dense": (dict(field="dense"), {}),
    "antisymmetric": (dict(field="antisymmetric", gamma=0.5), dict(keep_stable=0.9)),
    "gradient_flow": (dict(field="gradient_flow"), dict(keep_stable=0.9)),
    "rotate_relax": (dict(field="rotate_relax", integrator="cayley"), dict(keep_stable=0.9)),
}
NOISES = (0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8)
RADII = (0.0, 0.025, 0.05, 0.1, 0.15, 0.2)
STEPS = 20
SEEDS = (1, 2, 3, 4, 5)


def digits(seed: int) -> tuple[numpy.ndarray, numpy.ndarray, numpy.ndarray, numpy.ndarray]:
    """Training images and labels, test images and labels."""
    found: Any = datasets.load_digits()
    order = numpy.random.default_rng(seed).permutation(len(found.data))
    images, labels = found.data[order] / 16, found.target[order]
    return images[360:], labels[360:], images[:360], labels[:360]


def train(name: str, seed: int) -> stableode.Network:
    options, training = NETWORKS[name]
    network = stableode.Network(inputs=64, outputs=10, width=64, layers=10, horizon=2.0, activation="relu", seed=seed, **options)
    images, labels, _, _ = digits(seed)
    network.fit(images, labels, normalization="none", seed=seed, num_threads=1, **training)
    return network


def accuracy(network: stableode.Network, images: numpy.ndarray, labels: numpy.ndarray) -> float:
    return float((network.predict(images) == labels).mean())


def attacked(network: stableode.Network, images: numpy.ndarray, labels: numpy.ndarray, radius: float) -> numpy.ndarray:
    """The images after 20 steps of projected gradient ascent of the cross-entropy, within `radius` of the pixels."""
    found, wanted = images.copy(), numpy.eye(10)[labels]
    with stableode.Gradient(network, len(images)) as gradient:
        for _ in range(STEPS):
            scores = network.scores(found).astype("float64")
            weights = numpy.exp(scores - scores.max(axis=1, keepdims=True))
            # The cross-entropy's derivative by the scores; the pullback gives its derivative by the pixels.
            _, slope = gradient.pullback(found, weights / weights.sum(axis=1, keepdims=True) - wanted)
            found = numpy.clip(found + 2.5 * radius / STEPS * numpy.sign(slope), images - radius, images + radius)
    return found


def measure(name: str, seed: int) -> dict[str, Any]:
    """The accuracies of one network as a line of the results."""
    network = train(name, seed)
    _, _, images, labels = digits(seed)
    random = numpy.random.default_rng(seed)
    return {
        "figure": f"robustness/{name}",
        "seed": seed,
        "noise": {str(size): round(accuracy(network, images + random.normal(0, size, images.shape), labels), 4) for size in NOISES},
        "attack": {str(radius): round(accuracy(network, attacked(network, images, labels, radius), labels), 4) for radius in RADII},
        "steps": STEPS,
        "parameters": network.parameter_count,
        "command": "python examples/python/robustness.py --write",
        "version": stableode.library_version(),
    }


def check(lines: list[dict[str, Any]]) -> None:
    """Prints the means over the seeds, and compares them with what is expected."""
    means = {}
    for name in NETWORKS:
        own = [line for line in lines if line["figure"] == f"robustness/{name}"]
        if own:
            means[name] = [float(numpy.mean([line[kind][size] for line in own])) for kind, size in (("noise", "0.0"), ("noise", "0.5"), ("attack", "0.1"))]
            print(f"{name:14} accuracy {means[name][0]:.3f}, with noise of 0.5 {means[name][1]:.3f}, after an attack of radius 0.1 {means[name][2]:.3f}")
    plain = means.pop("dense")
    for name, (clean, noisy, changed) in means.items():
        assert clean > plain[0] - 0.02, f"{name} loses accuracy without noise"
        assert noisy > plain[1], f"{name} suffers more from noise than dense"
        assert changed > 2 * plain[2], f"{name} suffers from attacks"


def draw(lines: list[dict[str, Any]], output: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    plt.rcParams.update({"font.size": 9, "axes.titlesize": 10, "axes.spines.top": False, "axes.spines.right": False})
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained", sharey=True)
    for name, color in zip(NETWORKS, ("#8a8a8a", "#3b4cc0", "#2a9d60", "#c8323c")):
        own = [line for line in lines if line["figure"] == f"robustness/{name}"]
        for axis, kind in zip(axes, ("noise", "attack")):
            curves = numpy.array([[line[kind][size] for size in own[0][kind]] for line in own])
            sizes = [float(size) for size in own[0][kind]]
            axis.plot(sizes, curves.mean(axis=0), "--" if name == "dense" else "-", color=color, marker=".", label=name)
            axis.fill_between(sizes, curves.min(axis=0), curves.max(axis=0), color=color, alpha=0.12, linewidth=0)
    axes[0].set(xlabel="standard deviation of the noise on pixels of 0 … 1", ylabel="test accuracy", title="noise", ylim=(0, 1))
    axes[1].set(xlabel="largest change of a pixel", title="projected gradient ascent, 20 steps")
    axes[0].legend(frameon=False)
    output.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(output, dpi=100)
    print(output)


def main() -> None:
    parser = argparse.ArgumentParser(description="accuracy of stable networks under noise and attacks")
    parser.add_argument("--short", action="store_true", help="two seeds without rotate_relax; nothing is written")
    parser.add_argument("--write", action="store_true", help="replace the lines in examples/results.jsonl")
    parser.add_argument("--draw", action="store_true", help="draw the lines of examples/results.jsonl")
    parser.add_argument("--output", type=Path, default=Path(__file__).parents[1] / "figures" / "robustness.png")
    arguments = parser.parse_args()
    if not arguments.draw:
        made = [measure(name, seed) for name in NETWORKS if not (arguments.short and name == "rotate_relax") for seed in (SEEDS[:2] if arguments.short else SEEDS)]
        check(made)
        if arguments.write:
            write(*made)
    if arguments.draw or arguments.write:
        draw([line for line in read_lines() if line["figure"].startswith("robustness/")], arguments.output)


if __name__ == "__main__":
    main()
